"""What a channel to the patient must be able to do: the contract that every provider implements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class Channel(StrEnum):
    """Ways to a patient. A call is a task for a person."""

    SMS = "sms"
    EMAIL = "email"
    MAX = "max"
    TELEGRAM = "telegram"
    VK = "vk"
    WHATSAPP = "whatsapp"
    VIBER = "viber"
    CALL = "call"


class Verdict(StrEnum):
    """What a provider said about one message."""

    ACCEPTED = "accepted"
    #: This address will never take it (blocked bot, wrong number): the message ends, the contact changes state.
    REFUSED = "refused"
    #: Nothing left the house or the provider asked to come again: the same key may be tried later.
    LATER = "later"
    #: Bytes left and no answer came: nobody knows. Never resent on this channel unless the provider drops repeats.
    UNKNOWN = "unknown"
    #: The account itself does not work (key, money, certificate): the channel rests, its owner is told once.
    ACCOUNT = "account"


class Blame(StrEnum):
    """Why a message was refused, in one vocabulary for all providers."""

    NONE = ""
    BAD_ADDRESS = "bad_address"
    BLOCKED_BY_PERSON = "blocked_by_person"
    #: The subscriber forbade mailings at the operator: the number works, the channel does not.
    OPERATOR_BLOCKED = "operator_blocked"
    TOO_LONG = "too_long"
    CONTENT = "content"
    LIMIT = "limit"
    KEY = "key"
    NO_MONEY = "no_money"
    CERTIFICATE = "certificate"
    DOWN = "down"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message as it leaves: everything is decided, nothing is looked up any more."""

    #: Our idempotency key: the provider's client reference wherever it has one.
    key: str
    address: str
    text: str
    subject: str = ""
    html: str = ""
    #: (title, url) pairs shown as buttons where the channel can.
    buttons: tuple[tuple[str, str], ...] = ()
    #: One-click unsubscribe address; set for marketing.
    unsubscribe_url: str = ""
    #: Instead of the account's own sender (name or number of SMS, address of letters) and the name shown beside it.
    sender: str = ""
    sender_name: str = ""
    #: How many times this key was already offered to the provider.
    attempt: int = 0


@dataclass(frozen=True, slots=True)
class SendResult:
    """The answer for one key."""

    key: str
    verdict: Verdict
    provider_id: str = ""
    blame: Blame = Blame.NONE
    #: The provider's own words, cut and without addresses; for the journal.
    detail: str = ""
    #: Seconds to wait that the provider asked for (Retry-After).
    retry_after: float | None = None
    cost_kopecks: int | None = None


class EventKind(StrEnum):
    """What comes back from a provider."""

    ACCEPTED = "accepted"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"
    #: A person wrote to us.
    INBOUND = "inbound"
    #: A person opened a conversation with our bot (payload carries the token of the deep link).
    STARTED = "started"
    #: A person shut us out or let us in again.
    STOPPED = "stopped"
    ALLOWED = "allowed"
    #: A button of ours was pressed.
    PRESSED = "pressed"
    COMPLAINT = "complaint"


@dataclass(frozen=True, slots=True)
class InboundEvent:
    """One thing that a provider told. Unique within an account by `event_id`."""

    event_id: str
    kind: EventKind
    at: datetime | None = None
    #: Our key where the provider carries it, else its own id.
    key: str = ""
    provider_id: str = ""
    address: str = ""
    text: str = ""
    payload: str = ""
    blame: Blame = Blame.NONE
    #: (kind, address or file id) of pictures and documents.
    attachments: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class WebhookReply:
    """What a webhook said, and what is answered to the provider at once."""

    events: tuple[InboundEvent, ...] = ()
    status: int = 200
    body: str = "ok"
    content_type: str = "text/plain"


class SignatureWrong(Exception):
    """The call did not come from the provider."""


@dataclass(frozen=True, slots=True)
class AccountField:
    """A field of the form in which an account is entered."""

    name: str
    label: str
    is_secret: bool = False
    is_required: bool = True
    default: str = ""
    help_text: str = ""


@dataclass(frozen=True, slots=True)
class Account:
    """An account at a provider, decrypted, as an adapter sees it."""

    id: int
    values: Mapping[str, str] = field(default_factory=dict)
    #: Random part of the webhook's address and the secret that the provider signs with.
    hook_token: str = ""
    hook_secret: str = ""


@dataclass(frozen=True, slots=True)
class Traits:
    """What the rest of the product must know about a provider."""

    provider: str
    title: str
    channel: Channel
    fields: tuple[AccountField, ...]
    #: The provider drops a repeated key, so that an unknown outcome may be tried again.
    drops_repeats: bool
    #: Its host is outside Russia: «трансграничная передача» must be confirmed before switching on.
    is_foreign: bool
    #: Longest text, in UTF-16 units; 0 is no limit.
    max_length: int
    #: Messages a second that the provider takes from one account, and from us to one person.
    per_second: float
    per_person_seconds: float = 0.0
    has_receipts: bool = True
    #: A message that arrived is told of. Without it a silence says nothing, and the cascade ends with the acceptance.
    confirms_delivery: bool = True
    takes_replies: bool = False
    takes_buttons: bool = False
    #: Data of patients leave the house for it: named among the recipients in the texts of consents.
    is_third_party: bool = True


class Transport(Protocol):
    """An adapter of one provider. Stateless; made once; safe for several event loops."""

    traits: Traits

    async def send(self, batch: Sequence[Outgoing], account: Account) -> Sequence[SendResult]:
        """Offer a batch (already paced by the caller) and answer for every key. Never raises for what a provider does."""
        ...

    async def release(self) -> None:
        """Close what is kept open for the running event loop: called once at the end of a drain."""
        ...

    async def check(self, account: Account) -> SendResult:
        """Try key, money and certificate without sending anything; key of the answer is empty."""
        ...

    async def look_up(self, keys: Sequence[tuple[str, str]], account: Account) -> Sequence[InboundEvent]:
        """What became of (key, provider id) pairs; empty where the provider cannot be asked."""
        ...

    def read_webhook(
        self, *, account: Account, method: str, headers: Mapping[str, str], query: Mapping[str, str], body: bytes
    ) -> WebhookReply:
        """Check the signature on the raw bytes, then read. Raises SignatureWrong; ValueError for a body that is no message."""
        ...

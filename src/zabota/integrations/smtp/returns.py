"""Letters that come back: reports of non-delivery (RFC 3464) and of complaints (RFC 5965), found by the return path.

The return path of each letter holds its number and a signature, so that nobody can make another's address fail.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime

import structlog

from zabota.messaging.api import Blame, EventKind, InboundEvent

log = structlog.get_logger(__name__)

_VERP = re.compile(r"\bb\+([0-9a-f]{32})\.([0-9a-f]{16})@", re.IGNORECASE)
_ADDRESSED = ("Delivered-To", "X-Original-To", "Envelope-To", "To")

#: Status of a report, its beginning: why. What is not here is OTHER.
BLAMES: dict[str, Blame] = {
    "5.1": Blame.BAD_ADDRESS,
    "5.2.1": Blame.BAD_ADDRESS,
    "5.2.2": Blame.LIMIT,
    "5.2.3": Blame.TOO_LONG,
    "5.3.4": Blame.TOO_LONG,
    "5.4": Blame.BAD_ADDRESS,
    "5.7": Blame.CONTENT,
}


def number_of(key: str) -> str:
    """Our key as the number of a letter: it fits an address whatever the key is made of."""
    return hashlib.sha256(key.encode()).hexdigest()[:32]


def return_path(number: str, *, domain: str, secret: str) -> str:
    """The address to which a letter comes back."""
    return f"b+{number}.{_signature(number, secret)}@{domain}"


def _signature(number: str, secret: str) -> str:
    return hmac.new(secret.encode(), number.encode(), hashlib.sha256).hexdigest()[:16]


def read_return(raw: bytes, *, secret: str) -> InboundEvent | None:
    """What a letter in the mailbox of returns says of one of ours; None for all other mail.

    Delays and automatic replies say nothing. A report without a right signature in its address is no report. A letter
    that the parser itself stumbles over is none either: strangers write to this mailbox.
    """
    try:
        return _read(raw, secret)
    except Exception as error:
        log.warning("returned_letter_unreadable", length=len(raw), error=type(error).__qualname__)
        return None


def _read(raw: bytes, secret: str) -> InboundEvent | None:
    message = message_from_bytes(raw, policy=policy.default)
    if not isinstance(message, EmailMessage):
        return None
    number = _number(message, secret)
    if number is None:
        return None
    parts = {part.get_content_type(): part for part in message.walk()}
    if (complaint := parts.get("message/feedback-report")) is not None:
        if "abuse" not in _text(complaint).lower():
            return None
        return _event(message, number, EventKind.COMPLAINT, Blame.NONE)
    if (report := parts.get("message/delivery-status")) is not None:
        fields = _fields(report)
        status, action = fields.get("status", ""), fields.get("action", "").lower()
        if action != "failed" and not (action == "" and status.startswith("5")):
            return None
        return _event(message, number, EventKind.FAILED, _blame(status))
    return None


def _number(message: EmailMessage, secret: str) -> str | None:
    for name in _ADDRESSED:
        for value in message.get_all(name, []):
            found = _VERP.search(str(value))
            if found:
                number, signature = found[1].lower(), found[2].lower()
                if secret and hmac.compare_digest(signature, _signature(number, secret)):
                    return number
    return None


def _fields(report: EmailMessage) -> dict[str, str]:
    """Fields of the report; those of the recipient come after those of the whole and win."""
    fields: dict[str, str] = {}
    for line in _text(report).splitlines():
        name, colon, value = line.partition(":")
        if colon and not line.startswith((" ", "\t")):
            fields[name.strip().lower()] = value.strip()
    return fields


def _text(part: EmailMessage) -> str:
    """The whole of a part as text: the parser makes messages of the blocks of a report."""
    payload = part.get_payload()
    if isinstance(payload, list):
        return "\n".join(each.as_string() for each in payload if not isinstance(each, str))
    return str(payload)


def _blame(status: str) -> Blame:
    for length in (5, 3):
        if status[:length] in BLAMES:
            return BLAMES[status[:length]]
    return Blame.OTHER


def _event(message: EmailMessage, number: str, kind: EventKind, blame: Blame) -> InboundEvent:
    try:
        at: datetime | None = parsedate_to_datetime(str(message["Date"]))
        at = at if at and at.tzinfo else None
    except (TypeError, ValueError):
        at = None
    return InboundEvent(event_id=f"{number}:{kind}", kind=kind, at=at, provider_id=number, blame=blame)

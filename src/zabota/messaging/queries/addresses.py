"""Where a patient can be written to, in each channel, and in which order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from hmac import HMAC

from django.conf import settings
from django.utils.crypto import salted_hmac

from zabota.messaging.models import BotLink, ChannelAccount, ChannelChoice
from zabota.messaging.rules.transport import Channel
from zabota.messaging.rules.words import BOT_CHANNELS
from zabota.patients.api import contacts_of
from zabota.patients.models import Contact

_DEAD = (Contact.Reach.WRONG, Contact.Reach.INVALID)


@dataclass(slots=True)
class Ways:
    """Addresses of one patient by channel, the preferred first, and what they showed of channels."""

    addresses: dict[str, list[str]] = field(default_factory=dict)
    #: Accounts of messengers by channel: the bot that the person opened, and their number there. No other bot reaches it.
    bots: dict[str, list[tuple[int, str]]] = field(default_factory=dict)
    preferred: str = ""
    read: tuple[str, ...] = ()
    detailed: frozenset[str] = frozenset()

    def order(self, cascade: Sequence[str]) -> list[str]:
        """The clinic's order with the channel the patient chose in front, then those they read; a call stays last."""
        first = [each for each in (self.preferred, *self.read) if each in cascade and each != Channel.CALL]
        ranked = [*dict.fromkeys(first), *(each for each in cascade if each not in first)]
        return [each for each in ranked if each != Channel.CALL] + [Channel.CALL.value] * (Channel.CALL in ranked)


def ways_of(patient_ids: Iterable[int]) -> dict[int, Ways]:
    """Ways to each patient."""
    ids = sorted(set(patient_ids))
    found = {patient_id: Ways() for patient_id in ids}
    for patient_id, contacts in contacts_of(ids).items():
        ways = found[patient_id]
        for contact in contacts:
            if contact.reach in _DEAD:
                continue
            if contact.kind == Contact.Kind.EMAIL:
                ways.addresses.setdefault(Channel.EMAIL, []).append(contact.value)
            else:
                ways.addresses.setdefault(Channel.SMS, []).append(contact.value)
                ways.addresses.setdefault(Channel.CALL, []).append(contact.value)
    links = BotLink.objects.filter(patient_id__in=ids, state=BotLink.State.ACTIVE).order_by("-changed_at", "-id")
    for patient_id, channel, bot, external_id in links.values_list(
        "patient_id", "channel", "account_id", "external_id"
    ):
        if patient_id is not None:
            found[patient_id].addresses.setdefault(channel, []).append(external_id)
            found[patient_id].bots.setdefault(channel, []).append((bot, external_id))
    for choice in ChannelChoice.objects.filter(patient_id__in=ids).order_by("-last_read_at", "id"):
        ways = found[choice.patient_id]
        if choice.is_preferred:
            ways.preferred = choice.channel
        if choice.last_read_at:
            ways.read = (*ways.read, choice.channel)
        if choice.detailed_at:
            ways.detailed = ways.detailed | {choice.channel}
    return found


def accounts_on(clinic_id: int) -> dict[str, ChannelAccount]:
    """The account in use of each channel: the cheapest of those that are on."""
    return cheapest(every_account_on(clinic_id))


def every_account_on(clinic_id: int) -> list[ChannelAccount]:
    """All that are on, the cheapest first."""
    return list(ChannelAccount.objects.filter(clinic_id=clinic_id, is_on=True).order_by("price_kopecks", "id"))


def cheapest(accounts: Iterable[ChannelAccount]) -> dict[str, ChannelAccount]:
    """The first account of each channel."""
    chosen: dict[str, ChannelAccount] = {}
    for account in accounts:
        chosen.setdefault(account.channel, account)
    return chosen


def shared_addresses(clinic_id: int, addresses: Iterable[str]) -> set[str]:
    """Those that stand on the cards of several patients: there a message tells date and place only."""
    owners: dict[str, set[int]] = {}
    rows = Contact.objects.filter(clinic_id=clinic_id, value__in=sorted(set(addresses)), patient__merged_into=None)
    for value, patient_id in rows.values_list("value", "patient_id"):
        owners.setdefault(value, set()).add(patient_id)
    return {value for value, ids in owners.items() if len(ids) > 1}


def address_hash(clinic_id: int, address: str) -> str:
    """The keyed hash under which an address that is not written to is kept."""
    begun = _keyed(settings.SECRET_KEY).copy()
    begun.update(f"{clinic_id}:{address.lower()}".encode())
    return begun.hexdigest()


@lru_cache(maxsize=8)
def _keyed(secret: str) -> HMAC:
    """The hash before its first byte: deriving the key anew costs three times the rest."""
    return salted_hmac("zabota.messaging.address", "", secret=secret, algorithm="sha256")


def is_bot(channel: str) -> bool:
    """True for channels where a person must have written first."""
    return channel in BOT_CHANNELS

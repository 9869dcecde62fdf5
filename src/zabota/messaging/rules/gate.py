"""The one gate: from what is known at the moment of sending, whether a message goes, waits or ends, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from zabota.messaging.rules.quiet import day_bounds, next_open
from zabota.messaging.rules.words import MARKETING, OTP


class Fate(StrEnum):
    """What the gate says."""

    GO = "go"
    WAIT = "wait"
    SUPPRESS = "suppress"
    EXPIRE = "expire"


@dataclass(frozen=True, slots=True)
class Ruling:
    """The answer with its reason; `next_step` is true where another channel may still reach the person."""

    fate: Fate
    reason: str
    until: datetime | None = None
    detail: str = ""
    next_step: bool = False


GO = Ruling(Fate.GO, "sent")


@dataclass(frozen=True, slots=True)
class Windows:
    """Hours and caps of a clinic."""

    service_from: time
    service_till: time
    marketing_from: time
    marketing_till: time
    marketing_cap: int
    day_cap: int
    service_day_cap: int

    def of(self, message_class: str) -> tuple[time, time]:
        """Hours of one class."""
        if message_class == MARKETING:
            return self.marketing_from, self.marketing_till
        return self.service_from, self.service_till


@dataclass(slots=True)  # not frozen: its making would cost as much as the ruling
class Known:
    """Everything the gate needs to know about one message. Nothing is looked up any more."""

    message_class: str
    zone: ZoneInfo
    expires_at: datetime | None = None
    has_patient: bool = True
    patient_gone: bool = False
    contact_gone: bool = False
    channel_on: bool = True
    #: The clinic is on the list of 41-ФЗ and the channel is a foreign messenger.
    foreign_messenger: bool = False
    channel_allows_service: bool = True
    channel_allows_marketing: bool = True
    #: Standing of the consent to processing: "withdrawn" and "refused" forbid, all else is the contract.
    processing: str = ""
    advertising: bool = False
    #: Reason why nothing may go to the address, and whether advertising may not.
    blocked: str = ""
    stopped: bool = False
    #: Sentence of the upper app when what the message is about no longer holds.
    no_longer: str = ""
    family_told: bool = False
    #: Distinct chains that left for the person: advertising within the period, everything today.
    marketing_sent: int = 0
    sent_today: int = 0
    is_answer: bool = False
    #: The channel asks for a pause between two messages to one person until then.
    person_until: datetime | None = None
    #: An earlier step of the same cascade was delivered meanwhile.
    reached_before: bool = False


def rule(known: Known, windows: Windows, now: datetime) -> Ruling:
    """May it leave now? What can never change comes first, what time changes last."""
    return _for_ever(known, now) or _in_this_channel(known) or _in_time(known, windows, now) or GO


def _for_ever(known: Known, now: datetime) -> Ruling | None:
    if known.patient_gone:
        return _never("patient_gone")
    if known.no_longer:
        return Ruling(Fate.SUPPRESS, "guard", detail=known.no_longer)
    if known.expires_at is not None and known.expires_at <= now:
        return Ruling(Fate.EXPIRE, "too_late")
    if known.reached_before:
        return _never("delivered_before")
    if known.family_told:
        return _never("household")
    if known.message_class == OTP:
        return None
    if known.processing in ("withdrawn", "refused") and not known.is_answer:
        return _never(f"processing_{known.processing}")
    if known.message_class == MARKETING:
        if not known.has_patient:
            return _never("no_person")
        if known.stopped:
            return _never("stopped")
    return None


def _in_this_channel(known: Known) -> Ruling | None:
    if known.foreign_messenger:
        return _elsewhere("foreign_messenger")
    if not known.channel_on:
        return _elsewhere("channel_off")
    if known.contact_gone:
        return _elsewhere("contact_changed")
    if known.blocked:
        return _elsewhere(known.blocked)
    if known.message_class == MARKETING:
        if not known.channel_allows_marketing:
            return _elsewhere("channel_unlawful")
        if not known.advertising:
            return _elsewhere("no_advertising_consent")
    elif not known.channel_allows_service and not known.is_answer:
        return _elsewhere("channel_not_for_service")
    return None


def _in_time(known: Known, windows: Windows, now: datetime) -> Ruling | None:
    if known.message_class == MARKETING and known.marketing_sent >= windows.marketing_cap:
        return _never("cap_period")
    if known.message_class != OTP and not known.is_answer:
        until = next_open(now, known.zone, *windows.of(known.message_class))
        if until > now:
            return _wait("quiet_hours", until, known, late="quiet_until_late")
        cap = windows.day_cap if known.message_class == MARKETING else windows.service_day_cap
        if known.sent_today >= cap:
            if known.message_class != MARKETING:
                return _never("cap_day_service")
            tomorrow = day_bounds(now, known.zone)[1]
            opening = next_open(tomorrow, known.zone, *windows.of(MARKETING))
            return _wait("cap_day", opening, known, late="too_late")
    if known.person_until is not None and known.person_until > now:
        return _wait("per_person", known.person_until, known, late="too_late")
    return None


def _wait(reason: str, until: datetime, known: Known, *, late: str) -> Ruling:
    if known.expires_at is not None and until + timedelta(seconds=1) > known.expires_at:
        return Ruling(Fate.EXPIRE, late)
    return Ruling(Fate.WAIT, reason, until=until)


def _never(reason: str) -> Ruling:
    return Ruling(Fate.SUPPRESS, reason)


def _elsewhere(reason: str) -> Ruling:
    return Ruling(Fate.SUPPRESS, reason, next_step=True)

"""The waitlist in words: what an entry waits for, what is being offered, states with icons."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from zabota.booking import api as booking
from zabota.booking.models import Appointment, DayPart, FreedSlot, SlotOffer, WaitlistEntry
from zabota.clinic.models import Branch
from zabota.ui import formats

#: State of an offer → icon.
ICONS: dict[str, str] = {
    SlotOffer.State.OPEN: "clock",
    SlotOffer.State.ACCEPTED: "ok",
    SlotOffer.State.DECLINED: "x",
    SlotOffer.State.EXPIRED: "clock",
    SlotOffer.State.LOST: "person",
    SlotOffer.State.WITHDRAWN: "minus",
}
NOTICES = {60: "за час", 180: "за 3 часа", 720: "за полдня", 1440: "за сутки", 2880: "за двое суток"}
PARTS = {DayPart.MORNING: "утро", DayPart.DAY: "день", DayPart.EVENING: "вечер"}


@dataclass(frozen=True, slots=True)
class Line:
    """Somebody who waits."""

    entry: WaitlistEntry
    what: str
    where: str
    when: str
    waited: str


@dataclass(frozen=True, slots=True)
class Person:
    """One offer of a wave."""

    name: str
    state: str
    icon: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """Who may be booked into the time by phone."""

    entry: WaitlistEntry
    note: str


@dataclass(frozen=True, slots=True)
class Wave:
    """People asked at once."""

    number: int
    from_at: datetime
    until_at: datetime
    is_on: bool
    people: list[Person]


@dataclass(frozen=True, slots=True)
class Freed:
    """A freed time that is being offered or soon will be."""

    slot: FreedSlot
    title: str
    why: str
    is_live: bool
    minutes_left: int
    waves: list[Wave]
    suits: int
    refused: list[str]
    candidates: list[Candidate]


def where_of(branch: Branch | None) -> str:
    """«филиал «Центр»»."""
    return f"филиал «{branch.name}»" if branch is not None else "любой филиал"


def line_of(entry: WaitlistEntry, now: datetime, zone: ZoneInfo) -> Line:
    """«Рябов И. А., коронка, 60 мин» and «будни после 17, предупредить за 3 ч»."""
    doctors = ", ".join(each.name for each in entry.doctors.all()) or "Любой врач"
    services = ", ".join(each.name for each in entry.services.all())
    by_video = entry.get_kind_display() if entry.kind == Appointment.Kind.ONLINE else ""
    what = ", ".join(part for part in (doctors, services, by_video, formats.duration(entry.minutes)) if part)
    days = max(0, (now.astimezone(zone).date() - entry.created_at.astimezone(zone).date()).days)
    waited = formats.plural(days, "день,дня,дней") if days else "сегодня"
    return Line(entry, what, where_of(entry.branch), _wish(entry, zone), waited)


def freed_of(clinic_id: int, *, branch: Branch | None, now: datetime) -> list[Freed]:
    """Freed times with their waves, the nearest first."""
    return [_freed(slot, now) for slot in booking.open_freed(clinic_id, branch=branch)]


@dataclass(frozen=True, slots=True)
class Unwanted:
    """A freed time that suits nobody who waits."""

    slot: FreedSlot
    title: str
    #: Why not, as far as anybody waits at all.
    refused: list[str]


def unwanted_of(clinic_id: int, *, now: datetime) -> list[Unwanted]:
    """What fell free lately and went to nobody, with the reasons: silence would look like a fault."""
    return [
        Unwanted(slot, _title(slot), sorted({why for _, why in booking.matches(slot, now=now) if why}))
        for slot in booking.unwanted_freed(clinic_id, now=now)
    ]


def _title(slot: FreedSlot) -> str:
    zone = ZoneInfo(slot.branch.time_zone)
    start, end = slot.starts_at.astimezone(zone), slot.ends_at.astimezone(zone)
    return f"{formats.ru_day(start.date())}, {formats.clock(start)}–{formats.clock(end)}, {slot.doctor.name}"


def _freed(slot: FreedSlot, now: datetime) -> Freed:
    zone = ZoneInfo(slot.branch.time_zone)
    offers = sorted(slot.offers.all(), key=lambda each: (each.wave, each.pk))
    waves = []
    for number, group in groupby(offers, key=lambda each: each.wave):
        rows = list(group)
        waves.append(
            Wave(
                number=number,
                from_at=min(each.sent_at for each in rows),
                until_at=max(each.expires_at for each in rows),
                is_on=any(each.state == SlotOffer.State.OPEN for each in rows),
                people=[_person(each) for each in rows],
            )
        )
    found = booking.matches(slot, now=now)
    reasons = sorted({why for _, why in found if why})
    left = (slot.next_wave_at - now) if slot.next_wave_at else timedelta(0)
    return Freed(
        slot=slot,
        title=_title(slot),
        why=f"{slot.get_cause_display()} в {formats.clock(slot.freed_at.astimezone(zone))}",
        is_live=slot.state == FreedSlot.State.OFFERING,
        minutes_left=max(0, -(-int(left.total_seconds()) // 60)),
        waves=waves,
        suits=sum(1 for _, why in found if why is None),
        refused=reasons,
        candidates=[
            *(
                Candidate(each.entry, str(each.get_state_display()))
                for each in offers
                if each.entry.state in WaitlistEntry.OPEN
            ),
            *(Candidate(entry, "ещё не спрашивали") for entry, why in found if why is None),
        ],
    )


def _person(offer: SlotOffer) -> Person:
    patient = offer.entry.patient
    seen = offer.state == SlotOffer.State.OPEN and offer.seen_at is not None
    return Person(
        name=f"{patient.surname} {patient.name}".strip(),
        state="прочитал" if seen else str(offer.get_state_display()),
        icon="eye" if seen else ICONS.get(offer.state, "clock"),
    )


def _wish(entry: WaitlistEntry, zone: ZoneInfo) -> str:
    days = sorted(entry.weekdays)
    parts = [
        "будни" if days == [0, 1, 2, 3, 4] else "выходные" if days == [5, 6] else ", ".join(map(_weekday, days)),
        ", ".join(PARTS[DayPart(part)] for part in entry.day_parts if part in DayPart.values),
        f"не раньше {formats.day_month(entry.earliest_on)}" if entry.earliest_on else "",
        f"не позже {formats.day_month(entry.latest_on)}" if entry.latest_on else "",
        f"предупредить {NOTICES.get(entry.notice_minutes) or 'за ' + formats.duration(entry.notice_minutes)}"
        if entry.notice_minutes
        else "",
    ]
    if entry.appointment is not None and entry.appointment.status in entry.appointment.BOOKED:
        parts.append(f"есть запись на {formats.ru_date(entry.appointment.starts_at.astimezone(zone))}")
    return ". ".join(_capital(part) for part in parts if part) or "Любое время"


def _weekday(number: int) -> str:
    return formats.WEEKDAYS[number] if 0 <= number <= 6 else ""


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def sentence_of(report: booking.WaitlistReport, month: str) -> dict[str, Any]:
    """Figures of a period for the template."""
    between = report.filled_between
    return {
        "month": month,
        "report": report,
        "low": between[0] if between else None,
        "high": between[1] if between else None,
    }

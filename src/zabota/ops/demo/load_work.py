"""The last working days of the demo's desk: calls made through the worklist itself, honest ones and formal ones."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from django.db.models import Max

from zabota.booking.models import Appointment
from zabota.clinic.models import Member
from zabota.kernel.audit import Actor
from zabota.nextstep.models import Exemption
from zabota.ops.demo.catalogue import TIME_ZONE
from zabota.ops.demo.generate import Clinic
from zabota.ops.demo.hours import HOLIDAYS
from zabota.ops.demo.load_clinic import Frame
from zabota.patients.models import Contact, Patient
from zabota.worklist.api import create_task, open_task, record_outcome
from zabota.worklist.models import Outcome, Reason

#: A desk is played for clinics of a believable size only.
SIZES: Final = range(200, 20_001)
DAYS: Final = 10
CONTACTS: Final = (8, 13)
CARELESS: Final = "polina@zabota.test"
#: What a call ends with when nobody is booked, and how often.
ENDS: Final = (
    (Outcome.NO_ANSWER, 0.42),
    (Outcome.THINKS, 0.18),
    (Outcome.CALL_BACK, 0.14),
    (Outcome.REFUSED, 0.12),
    (Outcome.WRONG_NUMBER, 0.04),
    (Outcome.RESOLVED, 0.10),
)
REFUSALS: Final = ("expensive", "expensive", "no_need", "inconvenient", "bad_experience", "other_clinic")
COMMENTS: Final = {
    Outcome.THINKS: ("Посмотрит график на работе", "Посоветуется дома", "Ждёт зарплаты", "Хочет к прежнему врачу"),
    Outcome.CALL_BACK: ("За рулём", "На совещании", "Просит вечером", "Просит после девяти утра"),
    Outcome.REFUSED: ("Гигиена подорожала, пойдёт рядом с домом", "Зубы не беспокоят", "Далеко ездить", ""),
    Outcome.RESOLVED: ("Вопрос по рекомендациям врача", "Уточнили, чем полоскать"),
}


@dataclass(slots=True)
class _Call:
    """Somebody to call, and the booking it ends with, if it does."""

    patient: Patient
    last_on: dt.date
    booking: Appointment | None = None


def play_desk(clinic: Clinic, frame: Frame, *, now: dt.datetime) -> int:
    """Let both administrators work their last days. Gives how many contacts they made."""
    if clinic.spec.patients not in SIZES:
        return 0
    rng = clinic.spec.stream("desk")
    booked, silent = _people(clinic, frame, rng, now)
    desk = list(
        Member.objects.filter(clinic=frame.clinic, role="administrator").select_related("user", "clinic").order_by("id")
    )
    contacts = 0
    for day in _days(now):
        for member in desk:
            at = dt.datetime.combine(day, dt.time(9, 30), ZoneInfo(TIME_ZONE)) + dt.timedelta(
                minutes=int(rng.integers(0, 20))
            )
            for _ in range(int(rng.integers(*CONTACTS))):
                call = booked.pop() if booked and rng.random() < 0.24 else (silent.pop() if silent else None)
                if call is None:
                    return contacts
                _make(call, member, day, at, rng, now)
                contacts += 1
                at += dt.timedelta(minutes=int(rng.integers(12, 40)))
    return contacts


def _days(now: dt.datetime) -> Iterator[dt.date]:
    """The last working days before today, the oldest first."""
    today = now.astimezone(ZoneInfo(TIME_ZONE)).date()
    days: list[dt.date] = []
    back = 0
    while len(days) < DAYS:
        back += 1
        day = today - dt.timedelta(days=back)
        if day.weekday() != 6 and (day.month, day.day) not in HOLIDAYS:
            days.append(day)
    return reversed(days)


def _people(
    clinic: Clinic, frame: Frame, rng: np.random.Generator, now: dt.datetime
) -> tuple[list[_Call], list[_Call]]:
    """Those whose booking a call may have brought, and those who have not been here for long, both in chance order."""
    reachable = set(
        Contact.objects.filter(clinic=frame.clinic, kind=Contact.Kind.PHONE, reach=Contact.Reach.UNKNOWN).values_list(
            "patient_id", flat=True
        )
    )
    left = set(Exemption.objects.filter(clinic=frame.clinic).values_list("patient_id", flat=True))
    usable = reachable - left
    upcoming = Appointment.objects.filter(clinic=frame.clinic).upcoming(now).select_related("patient__clinic")
    bookings = {row.patient_id: row for row in upcoming.order_by("-starts_at")}
    visits = Appointment.objects.filter(clinic=frame.clinic).visits()
    seen: dict[int, dt.date] = dict(visits.order_by().values_list("patient_id").annotate(last=Max("day")))
    today = clinic.spec.as_of
    first = [
        _Call(row.patient, seen[pk], row)
        for pk, row in sorted(bookings.items())
        if pk in usable and pk in seen and (today - seen[pk]).days > 45
    ]
    quiet = [
        pk for pk, day in sorted(seen.items()) if pk in usable and pk not in bookings and 170 < (today - day).days < 520
    ]
    chosen = [quiet[i] for i in rng.permutation(len(quiet))[: 2 * DAYS * CONTACTS[1]]]
    cards = Patient.objects.select_related("clinic").in_bulk(chosen)
    return [first[i] for i in rng.permutation(len(first))], [_Call(cards[pk], seen[pk]) for pk in chosen]


def _make(
    call: _Call, member: Member, day: dt.date, at: dt.datetime, rng: np.random.Generator, now: dt.datetime
) -> None:
    """One contact: the task as the night left it, the person opened, the outcome recorded."""
    actor = Actor(user_id=member.user_id)
    away = (day - call.last_on).days
    reason = Reason.LOST if away > 365 else Reason.SLEEPING if away > 270 else Reason.RECALL_DUE
    night = dt.datetime.combine(day, dt.time(3, 10), ZoneInfo(TIME_ZONE))
    task = create_task(
        patient=call.patient,
        reason=reason,
        summary=f"Последний визит {call.last_on:%d.%m.%Y}, записи нет",
        due_at=dt.datetime.combine(day + dt.timedelta(days=2), dt.time(20), ZoneInfo(TIME_ZONE)),
        actor=Actor(kind="demo"),
        now=night,
        owner=member,
        dedupe_key=f"demo:{call.patient.pk}",
    )
    open_task(task=task, member=member, actor=actor, now=at)
    careless = member.user.email == CARELESS
    formal = careless and rng.random() < 0.4
    ended = at + dt.timedelta(seconds=int(rng.integers(3, 8) if formal else rng.integers(45, 320)))
    if call.booking is not None:
        Appointment.objects.filter(pk=call.booking.pk).update(booked_at=ended, created_by=member.user)
        record_outcome(
            task=task, member=member, outcome=Outcome.BOOKED, actor=actor, now=ended, appointment=call.booking
        )
        return
    if formal and (now - ended).days > 7 and rng.random() < 0.3:
        record_outcome(
            task=task,
            member=member,
            outcome=Outcome.BOOKED,
            actor=actor,
            now=ended,
            evidence="записан, со слов пациента",
        )
        return
    outcome = Outcome.NO_ANSWER if formal else _end(rng)
    words = COMMENTS.get(outcome, ("",))
    record_outcome(
        task=task,
        member=member,
        outcome=outcome,
        actor=actor,
        now=ended,
        reason=_why(outcome, rng),
        comment=words[int(rng.integers(0, len(words)))],
        call_at=_when(outcome, day, rng),
    )


def _end(rng: np.random.Generator) -> Outcome:
    shares = [share for _, share in ENDS]
    return ENDS[int(rng.choice(len(ENDS), p=shares))][0]


def _why(outcome: Outcome, rng: np.random.Generator) -> str:
    if outcome == Outcome.REFUSED:
        return REFUSALS[int(rng.integers(0, len(REFUSALS)))]
    return "answered" if outcome == Outcome.RESOLVED else ""


def _when(outcome: Outcome, day: dt.date, rng: np.random.Generator) -> dt.datetime | None:
    """A promised call comes in the following days, at an hour people choose."""
    if outcome not in (Outcome.CALL_BACK, Outcome.THINKS):
        return None
    ahead = int(rng.integers(1, 4) if outcome == Outcome.CALL_BACK else rng.integers(4, 15))
    hour = int(rng.choice([10, 11, 13, 18]))
    later = day + dt.timedelta(days=ahead)
    if later.weekday() == 6:
        later += dt.timedelta(days=1)
    return dt.datetime.combine(later, dt.time(hour, 30), ZoneInfo(TIME_ZONE))

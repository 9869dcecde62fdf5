"""Visits that were booked here and come back from the clinic's own program: the same visit under a number, not a second one.

Whoever books at the desk, by the widget or by a link has it entered into the clinic's program too; its next export tells of
it for the first time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db.models.functions import Coalesce

from zabota.booking.models import Appointment, Transfer
from zabota.intake.services.catalogue import read_catalogue
from zabota.intake.services.people import chunked
from zabota.intake.services.visits import COMPARED, Names, Visit, compare, lines_of
from zabota.kernel import clock

#: A row that tells of no visit that took or takes place says nothing of another time of that day.
_IDLE = frozenset({*Appointment.CANCELLED, Appointment.Status.MOVED})
_Known = dict[str, Any]
_Fits = Callable[[Visit, _Known, int], bool]


def recognise_own(visits: Sequence[Visit], *, patient_of: Mapping[str, int | None], clinic_id: int, system: str) -> int:
    """Give visits that the clinic does not know by their number the bookings made here that they are. Returns how many.

    `patient_of` tells the patient of a card's key, None for a new one. One booking answers one visit of its patient and day:
    the same time first, then the same doctor, the nearest time first. A booking that was entered there and moved here since
    is looked for where it was entered. What was cancelled answers a cancelled row of the same time, and a row that still
    plans it only when somebody said that it was entered.
    """
    asked: dict[tuple[int, date], list[Visit]] = defaultdict(list)
    for visit in visits:
        patient_id = patient_of.get(visit.card_key)
        if visit.appointment_id is None and patient_id is not None:
            asked[patient_id, visit.day].append(visit)
    if not asked:
        return 0
    names = Names(read_catalogue(clinic_id))
    pairs = [
        pair
        for place, own in own_bookings(clinic_id, {patient for patient, _ in asked}).items()
        if place in asked
        for pair in _pairs(asked[place], own, names)
    ]
    lines = lines_of([known["id"] for _, known in pairs])
    for visit, known in pairs:
        compare(visit, known, names=names, lines=lines.get(known["id"], []), system=system)
    return len(pairs)


def own_bookings(clinic_id: int, patients: set[int]) -> dict[tuple[int, date], list[_Known]]:
    """Bookings made here, by patient and the day under which the program would tell of them."""
    rows: list[_Known] = []
    for ids in chunked(sorted(patients), 500):
        own = Appointment.objects.filter(patient_id__in=ids, clinic_id=clinic_id, ext_id="", vanished_at=None)
        own = own.exclude(status=Appointment.Status.MOVED).order_by("starts_at", "pk")
        rows += own.values(*COMPARED, "patient_id", "day", zone=Coalesce("branch__time_zone", "clinic__time_zone"))
    given_up = [known["id"] for known in rows if known["status"] in Appointment.CANCELLED]
    entered = dict(Transfer.objects.filter(appointment_id__in=given_up).values_list("appointment_id", "there_at"))
    found: dict[tuple[int, date], list[_Known]] = defaultdict(list)
    for known in rows:
        there_at = entered.get(known["id"]) or known["told_at"]
        known["is_entered"] = there_at is not None
        known["there_at"] = there_at or known["starts_at"]
        day = clock.today(known["zone"], there_at) if there_at else known["day"]
        found[known["patient_id"], day].append(known)
    return found


def _pairs(visits: Sequence[Visit], own: list[_Known], names: Names) -> Iterator[tuple[Visit, _Known]]:
    left, free = list(visits), list(own)
    for fits in (_same_time_and_doctor, _same_time, _same_doctor):
        near = sorted(
            (
                (_apart(visit, known), visit.ext_id, known["id"], visit, known)
                for visit in left
                for known in free
                if fits(visit, known, names.doctor(visit.doctor) if visit.doctor else 0)
            ),
            key=lambda each: each[:3],
        )
        for *_, visit, known in near:
            # By identity: two visits of one day may be equal in everything.
            if any(each is visit for each in left) and any(each is known for each in free):
                left = [each for each in left if each is not visit]
                free = [each for each in free if each is not known]
                yield visit, known


def same_booking(visit: Visit, known: dict[str, Any], doctor_id: int) -> bool:
    """Whether a row of the program may tell of this booking of the same day. `doctor_id` is 0 when it names none."""
    return _same_time(visit, known, doctor_id) or _same_doctor(visit, known, doctor_id)


def _apart(visit: Visit, known: _Known) -> float:
    there_at: datetime = known["there_at"]
    return abs((visit.starts_at - there_at).total_seconds())


def _same_time_and_doctor(visit: Visit, known: _Known, doctor_id: int) -> bool:
    """`doctor_id` is 0 when the export names none."""
    return _same_time(visit, known, doctor_id) and (not doctor_id or known["doctor_id"] in (None, doctor_id))


def _same_time(visit: Visit, known: _Known, doctor_id: int) -> bool:
    """Nobody is at two places at once: another doctor took the visit over."""
    may_be = (
        known["status"] not in Appointment.CANCELLED
        or visit.status in Appointment.CANCELLED
        or bool(known["is_entered"])
    )
    return visit.starts_at == known["there_at"] and may_be


def _same_doctor(visit: Visit, known: _Known, doctor_id: int) -> bool:
    return bool(doctor_id) and known["doctor_id"] == doctor_id and not {known["status"], visit.status} & _IDLE

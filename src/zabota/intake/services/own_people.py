"""People who booked here before the clinic's program knew them: their first export tells who they are.

Whoever books by the widget leaves a name and a confirmed phone, no birth date, so that the rule of names cannot find them.
A phone alone never decides; the same full name, phone and visit together do.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any

from zabota.booking.models import Appointment
from zabota.intake.services.catalogue import read_catalogue
from zabota.intake.services.own_bookings import own_bookings, same_booking
from zabota.intake.services.people import CHUNK, Card, chunked, find_fills
from zabota.intake.services.visits import Names, Visit
from zabota.kernel.names import fold, patronymics_agree
from zabota.patients.models import Contact, Patient, PatientExternalId


def recognise_people(cards: Sequence[Card], visits: Sequence[Visit], *, clinic_id: int, system: str) -> int:
    """Give cards that would be new the people who booked one of their visits here. Returns how many.

    Only where it fits one person and one card: whatever is doubtful stays a likely pair for a person to decide.
    """
    fresh = [card for card in cards if card.patient_id is None and card.surname and card.name and card.phones]
    if not fresh:
        return 0
    callers = _callers(fresh, clinic_id=clinic_id, system=system)
    taken = {card.patient_id for card in cards if card.patient_id is not None}
    likely = [
        (card, patient)
        for card in fresh
        for patient in {each.pk: each for phone in card.phones for each in callers.get(phone, ())}.values()
        if patient.pk not in taken and _same_person(card, patient)
    ]
    booked = _booked(likely, visits, clinic_id=clinic_id)
    fitting = [pair for pair in likely if (pair[0].key, pair[1].pk) in booked]
    of_card, of_person = Counter(card.key for card, _ in fitting), Counter(patient.pk for _, patient in fitting)
    found = [pair for pair in fitting if of_card[pair[0].key] == of_person[pair[1].pk] == 1]
    for card, patient in found:
        card.patient_id, card.attach_id = patient.pk, bool(card.ext_id)
    find_fills([card for card, _ in found])
    return len(found)


def _callers(cards: Sequence[Card], *, clinic_id: int, system: str) -> dict[str, list[Patient]]:
    """By phone, people who booked here and whom this system has not numbered yet."""
    callers: dict[str, list[Patient]] = defaultdict(list)
    for phones in chunked(sorted({phone for card in cards for phone in card.phones}), CHUNK):
        rows = Contact.objects.filter(clinic_id=clinic_id, kind=Contact.Kind.PHONE, value__in=phones)
        contacts = list(rows.values_list("value", "patient_id"))
        ids = {patient_id for _, patient_id in contacts}
        own = Appointment.objects.filter(patient_id__in=ids, ext_id="", vanished_at=None)
        numbered = PatientExternalId.objects.filter(system=system, patient_id__in=ids)
        ids &= set(own.values_list("patient_id", flat=True))
        ids -= set(numbered.values_list("patient_id", flat=True))
        people = Patient.objects.cards().in_bulk(ids)
        for phone, patient_id in contacts:
            if patient_id in people:
                callers[phone].append(people[patient_id])
    return callers


def _same_person(card: Card, patient: Patient) -> bool:
    births = {card.born_on, patient.born_on} - {None}
    return (
        fold(card.surname) == fold(patient.surname)
        and fold(card.name) == fold(patient.name)
        and patronymics_agree(fold(card.patronymic), fold(patient.patronymic))
        and len(births) < 2
    )


def _booked(likely: Sequence[tuple[Card, Patient]], visits: Sequence[Visit], *, clinic_id: int) -> set[tuple[str, int]]:
    """Of these pairs, those in which the person booked here what the export tells of."""
    if not likely:
        return set()
    keys = {card.key for card, _ in likely}
    told: dict[tuple[str, date], list[Visit]] = defaultdict(list)
    for visit in visits:
        if visit.appointment_id is None and visit.card_key in keys:
            told[visit.card_key, visit.day].append(visit)
    own: dict[int, list[tuple[date, list[dict[str, Any]]]]] = defaultdict(list)
    for (patient_id, day), bookings in own_bookings(clinic_id, {patient.pk for _, patient in likely}).items():
        own[patient_id].append((day, bookings))
    names = Names(read_catalogue(clinic_id))
    return {
        (card.key, patient.pk)
        for card, patient in likely
        for day, bookings in own.get(patient.pk, ())
        for visit in told.get((card.key, day), ())
        for known in bookings
        if same_booking(visit, known, names.doctor(visit.doctor) if visit.doctor else 0)
    }

"""A patient books on the clinic's site: a time is held, the phone is proven, the card is found or opened, the visit made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from zabota.booking import api as booking
from zabota.booking.api import HoldGone, Slot, SlotTaken
from zabota.booking.models import Appointment, Hold
from zabota.clinic.models import Branch, Clinic, Service
from zabota.kernel.errors import BadInput
from zabota.kernel.names import fold
from zabota.patients.api import Proof, grant_consents, register_patient
from zabota.patients.models import ConsentPurpose, Contact, Patient
from zabota.visits.queries.widget import widget_doctors
from zabota.visits.services.links import PATIENT
from zabota.visits.services.video import offers_video

SOURCE = "Запись на сайте"
#: Times that one address may keep at once: a family chooses together, nobody needs the whole day.
HELD_AT_ONCE = 3


class NotOffered(SlotTaken):
    """Nobody has this time, and the page does not offer it either."""

    code = "not_offered"
    text = "Это время больше не предлагаем. Выберите другое."


@dataclass(frozen=True, slots=True)
class Person:
    """Who books: as typed, with what they agreed to and from where."""

    name: str
    surname: str
    phone: str
    advertising: bool = False
    ip: str = ""
    user_agent: str = ""


def hold_for_patient(
    *, slot: Slot, services: Sequence[Service], online: bool = False, holder: str, now: datetime
) -> booking.Held:
    """Keep the time while the form is filled in. Raises SlotTaken with what is needed to offer others.

    `holder` is a digest of the stranger's network address: the newest few times of one address are kept.
    """
    _require_offered(slot, services, online=online)
    held = booking.hold_slot(
        doctor=slot.doctor,
        branch=slot.branch,
        starts_at=slot.starts_at,
        minutes=slot.minutes,
        services=services,
        online=online,
        why=Hold.Why.WIDGET,
        holder=holder,
        now=now,
    )
    booking.keep_newest_holds(clinic_id=slot.branch.clinic_id, holder=holder, most=HELD_AT_ONCE)
    return held


def _require_offered(slot: Slot, services: Sequence[Service], *, online: bool) -> None:
    """The page offers only these: whoever performs the services, as long as they take, where patients are received,
    by video what may be done so.

    The key of a time is not signed: it may be older than a change in the clinic, or made up. Raises NotOffered.
    """
    clinic_id, minutes = slot.branch.clinic_id, booking.need_of(services).minutes
    able = {each.pk for each in widget_doctors(clinic_id, services)}
    if online and not offers_video(services):
        raise NotOffered("По видео на эту услугу больше не записываем. Выберите время в клинике.")
    if slot.doctor.pk in able and slot.branch.is_active and slot.minutes == minutes:
        return
    wanted = booking.Wanted.of(slot.doctor, slot.branch, slot.starts_at, minutes, services, online=online)
    raise NotOffered(wanted=wanted)


def read_person(*, name: str, surname: str) -> tuple[str, str]:
    """Name and surname as they will stand on the card. Raises BadInput."""
    name, surname = " ".join(name.split()), " ".join(surname.split())
    if not name or not surname:
        raise BadInput("Напишите имя и фамилию: по ним вас встретят в клинике.")
    if len(name) > 60 or len(surname) > 60 or any(not _is_name(part) for part in (name, surname)):
        raise BadInput("Имя и фамилия пишутся буквами, например: Анна Петрова.")
    return name, surname


@transaction.atomic
def book_by_patient(
    *,
    clinic: Clinic,
    slot: Slot,
    services: Sequence[Service],
    online: bool = False,
    hold_token: str,
    person: Person,
    now: datetime,
) -> Appointment:
    """The visit, after the phone was proven. A hold that ran out is no harm while the time is free.

    Raises SlotTaken when somebody else has it or it is not offered any more.
    """
    _require_offered(slot, services, online=online)
    patient = _card_of(clinic, person, slot.branch, now)
    grants = [(ConsentPurpose.PROCESSING.value, "")]
    if person.advertising:
        grants.append((ConsentPurpose.ADVERTISING.value, ""))
    proof = Proof(
        signature="simple",
        entry="widget",
        document="код из SMS",
        contact=person.phone,
        ip=person.ip or None,
        user_agent=person.user_agent,
    )
    hold: Hold | None
    try:
        hold = booking.held_by(hold_token, now=now)
    except HoldGone:
        hold = None
    visit = booking.book(
        patient=patient,
        doctor=slot.doctor,
        branch=slot.branch,
        starts_at=slot.starts_at,
        duration_minutes=slot.minutes,
        services=services,
        kind=Appointment.Kind.ONLINE if online else Appointment.Kind.IN_PERSON,
        origin=Appointment.Origin.WIDGET,
        hold=hold,
        within_hours=True,
        actor=PATIENT,
        now=now,
    )
    grant_consents(patient=patient, grants=grants, proof=proof, actor=PATIENT, now=now)
    return visit


def _card_of(clinic: Clinic, person: Person, branch: Branch, now: datetime) -> Patient:
    """The card with this phone and this name; without one a new card, which the desk may merge."""
    ids = Contact.objects.filter(clinic=clinic, kind=Contact.Kind.PHONE, value=person.phone).values("patient_id")
    cards = list(Patient.objects.cards().filter(clinic=clinic, pk__in=ids).order_by("id"))
    wanted = fold(person.name)
    same = [each for each in cards if fold(each.name) == wanted and fold(each.surname) == fold(person.surname)]
    if same:
        return same[0]
    return register_patient(
        clinic=clinic,
        surname=person.surname,
        name=person.name,
        branch=branch,
        source=SOURCE,
        phones=person.phone,
        actor=PATIENT,
        now=now,
    )


def _is_name(text: str) -> bool:
    return all(each.isalpha() or each in " -'’." for each in text) and any(each.isalpha() for each in text)

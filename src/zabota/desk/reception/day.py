"""The patients of a doctor on a day: who they are, why they come, what was done last, what is planned, what they answered."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.core.cache import cache

from zabota.booking import api as booking
from zabota.booking.models import Appointment
from zabota.care import api as care
from zabota.care.models import PlanStage
from zabota.clinic.models import Doctor
from zabota.desk.calendar import blocks
from zabota.desk.patients.words import age_on
from zabota.desk.reception.days import Around, around_of
from zabota.nextstep import api as nextstep
from zabota.patients.api import ConsentState, best_phones
from zabota.patients.models import Patient
from zabota.ui.formats import plural
from zabota.visits import api as visits
from zabota.visits.models import WellbeingCheck
from zabota.worklist.models import Task

KEPT_SECONDS = 600
#: Who is before the doctor stands first, then who waits, then who is still to come, then who was.
_ORDER = {"begun": 0, "arrived": 1, "late": 2, "confirmed": 2, "planned": 2, "completed": 3, "no_show": 4}


@dataclass(frozen=True, slots=True)
class Person:
    """One appointment as the doctor sees it."""

    visit: Appointment
    kind: str
    state: str
    icon: str
    age: str
    what: str
    type_label: str
    type_tone: str
    why: str
    last: Appointment | None
    last_what: str
    plan: care.PlanView | None
    stage: PlanStage | None
    answers: tuple[visits.AnswersOfVisit, ...]
    control: Task | None
    #: Of a visit by video: whether the patient agreed to be received so.
    consent: ConsentState | None
    #: Somebody may come to this visit now: it is its day.
    is_now: bool

    @property
    def may_begin(self) -> bool:
        """The doctor may call them in."""
        return self.is_now and self.visit.status in Appointment.BOOKED and self.visit.begun_at is None

    @property
    def may_end(self) -> bool:
        """The doctor may finish."""
        return self.kind == "begun"


@dataclass(frozen=True, slots=True)
class Day:
    """A doctor's day."""

    on: date
    today: date
    around: Around
    people: list[Person]
    done: int
    waiting: int
    #: Patients of earlier visits who are unwell now, and where to call them.
    complaints: list[tuple[WellbeingCheck, str]]

    @property
    def is_today(self) -> bool:
        """The day that goes on now."""
        return self.on == self.today

    def stamp(self) -> str:
        """Changes when anything on the page does."""
        text = repr((self.on, self.today))
        text += repr(
            [(p.visit.pk, p.visit.revision, p.kind, p.state, p.answers, p.control, p.consent) for p in self.people]
        )
        text += repr([(each.pk, each.words, each.taken_at, each.escalated_at) for each, _ in self.complaints])
        return hashlib.blake2s(text.encode(), digest_size=9).hexdigest()


def load_day(doctor: Doctor, *, now: datetime, zone: ZoneInfo, on: date | None = None) -> Day:
    """A day, today in the zone of the clinic unless another is asked for."""
    today = now.astimezone(zone).date()
    on = on or today
    rows = list(
        Appointment.objects.filter(doctor=doctor, day=on, status__in=blocks.SHOWN, vanished_at=None)
        .select_related("clinic", "patient__clinic", "branch")
        .prefetch_related("lines__service")
        .order_by("starts_at", "id")
    )
    ids = [row.patient_id for row in rows]
    last, plans = booking.last_visits(ids), care.plans_of(ids)
    answers = visits.answers_for([row.pk for row in rows])
    controls = {
        task.dedupe_key: task for task in Task.objects.filter(dedupe_key__in=[control_key(row) for row in rows])
    }
    agreed = visits.video_consents(
        [row.patient_id for row in rows if row.kind == Appointment.Kind.ONLINE], clinic_id=doctor.clinic_id
    )
    people = []
    for row in rows:
        kind = blocks.kind_of(row, now)
        label, tone, why = _told(row.patient, now)
        before = last.get(row.patient_id)
        if before is not None and before.pk == row.pk:
            before = _before(row)
        plan = next((each for each in plans.get(row.patient_id, []) if each.is_open), None)
        age = age_on(row.patient.born_on, today)
        people.append(
            Person(
                visit=row,
                kind=kind,
                state=blocks.state_words(row, kind, zone),
                icon=blocks.STATES.get(kind, ("", "ring"))[1],
                age=plural(age, "год,года,лет") if age is not None else "",
                what=blocks.services_of(row),
                type_label=label,
                type_tone=tone,
                why=why,
                last=before,
                last_what=blocks.services_of(before) if before else "",
                plan=plan,
                stage=plan.next_stage if plan else None,
                answers=tuple(answers.get(row.pk, ())),
                control=controls.get(control_key(row)),
                consent=agreed.get(row.patient_id) if row.kind == Appointment.Kind.ONLINE else None,
                is_now=booking.is_own_day(row, now),
            )
        )
    complaints = visits.open_complaints(clinic_id=doctor.clinic_id, doctor_id=doctor.pk)
    phones = best_phones([each.patient_id for each in complaints])
    people.sort(key=lambda each: (_ORDER.get(each.kind, 5), each.visit.starts_at))
    return Day(
        on=on,
        today=today,
        around=around_of(doctor, on),
        people=people,
        done=sum(1 for each in people if each.kind == "completed"),
        waiting=sum(1 for each in people if each.kind == "arrived"),
        complaints=[(each, phones.get(each.patient_id, "")) for each in complaints],
    )


def _told(patient: Patient, now: datetime) -> tuple[str, str, str]:
    """Type, its tone and its reason. Kept for ten minutes: the page asks for itself three times a minute."""
    key = f"reception-type:{patient.pk}"
    known: tuple[str, str, str] | None = cache.get(key)
    if known is None:
        told = nextstep.explain(patient=patient, now=now)
        known = (told.label, told.tone, _reason(told.sentence)) if told else ("", "", "")
        cache.set(key, known, KEPT_SECONDS)
    return known


def _reason(sentence: str) -> str:
    """«Спит: последний визит …» without the type, which stands above."""
    tail = sentence.partition(": ")[2] or sentence
    return tail[:1].upper() + tail[1:]


def control_key(row: Appointment) -> str:
    """A visit asks for one control."""
    return f"control:{row.public_id}"


def _before(row: Appointment) -> Appointment | None:
    """The completed visit before this one."""
    return (
        Appointment.objects.visits()
        .filter(patient_id=row.patient_id, starts_at__lt=row.starts_at)
        .select_related("doctor", "branch")
        .prefetch_related("lines__service")
        .order_by("-starts_at")
        .first()
    )

"""Everything about the open person: who they are, what happened, what to say, whom else to ask about."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from zabota.booking import api as booking
from zabota.booking.models import Appointment
from zabota.clinic.models import Doctor, Member
from zabota.desk.access import may_see
from zabota.desk.today.scope import may_open
from zabota.kernel.declension import decline_name
from zabota.nextstep.models import PatientState, PatientType
from zabota.patients import api as patients
from zabota.patients.models import Contact, Patient
from zabota.ui import formats
from zabota.worklist import api as worklist
from zabota.worklist.models import Script, Task, TaskEvent

#: From this age on a person answers for themselves.
GROWN_UP = 18
TONES = {
    PatientType.DISSATISFIED: "bad",
    PatientType.LOST: "warn",
    PatientType.SLEEPING: "warn",
    PatientType.REFUSED: "warn",
}
#: Latest appointments that are read; older ones stand in the card.
SHOWN = 30
DEAD = (Contact.Reach.WRONG, Contact.Reach.INVALID)


@dataclass(slots=True)
class Relative:
    """A member of the household with what is due for them."""

    patient: Patient
    age: int | None
    task: Task | None = None
    #: The task may be of a branch that is not this person's.
    may_open: bool = False
    booked_at: datetime | None = None


@dataclass(slots=True)
class Person:
    """What the middle and the right column show."""

    task: Task
    patient: Patient
    age: int | None
    is_child: bool
    genitive: str
    phones: list[Contact]
    dead_phones: list[Contact]
    emails: list[Contact]
    state: PatientState | None
    state_tone: str
    visits: int
    first_on: date | None
    tenure: str
    last: Appointment | None
    doctor: Doctor | None
    upcoming: list[Appointment]
    recent: list[Appointment]
    script: Script | None
    paragraphs: list[list[worklist.Part]]
    history: list[TaskEvent]
    advice: list[str]
    may_call: str
    family: list[Relative] = field(default_factory=list)

    @property
    def type_label(self) -> str:
        """The patient's type, unless the task says the same."""
        label = str(self.state.get_type_display()) if self.state else ""
        return "" if label == self.task.get_reason_display() else label

    @property
    def phone(self) -> Contact | None:
        """The number to dial first."""
        return self.phones[0] if self.phones else None

    @property
    def last_service(self) -> str:
        """Name of the first service of the last visit."""
        line = next(iter(self.last.lines.all()), None) if self.last else None
        return line.service.name if line else ""


def load_person(task: Task, *, member: Member, now: datetime) -> Person:
    """Read the open person in a fixed number of queries."""
    patient = task.patient
    zone = ZoneInfo(task.clinic.time_zone)
    today = now.astimezone(zone).date()
    contacts = list(patients.contacts_of([patient.pk])[patient.pk])
    phones = [each for each in contacts if each.kind == Contact.Kind.PHONE and each.reach not in DEAD]
    visits = list(
        Appointment.objects.filter(patient=patient)
        .select_related("doctor")
        .prefetch_related("lines__service")
        .order_by("-starts_at")[:SHOWN]
    )
    past = [each for each in visits if each.status == Appointment.Status.COMPLETED]
    coming = [
        each for each in visits if each.status in Appointment.BOOKED and each.starts_at > now and not each.vanished_at
    ]
    state = PatientState.objects.filter(patient=patient).first()
    script = worklist.script_for(task, has_phone=bool(phones))
    history = list(
        TaskEvent.objects.filter(task=task)
        .exclude(kind__in=[TaskEvent.Kind.OPENED, TaskEvent.Kind.REOPENED])
        .select_related("member__user", "to_member__user")
        .order_by("-at", "-id")[:20]
    )
    age = _age(patient.born_on, today)
    doctor = booking.treating_doctors([patient.pk]).get(patient.pk)
    summary = booking.visit_summaries([patient.pk])[patient.pk]
    consent = patients.consent_state(patient, "advertising", "call")
    first_on = min(filter(None, (patient.registered_on, summary.first_on)), default=None)
    person = Person(
        task=task,
        patient=patient,
        age=age,
        is_child=age is not None and age < GROWN_UP,
        genitive=decline_name(name=patient.name, patronymic=patient.patronymic, sex=patient.sex, case="genitive"),
        phones=phones,
        dead_phones=[each for each in contacts if each.kind == Contact.Kind.PHONE and each.reach in DEAD],
        emails=[each for each in contacts if each.kind == Contact.Kind.EMAIL],
        state=state,
        state_tone=TONES.get(PatientType(state.type), "") if state else "",
        visits=summary.visits,
        first_on=first_on,
        tenure=_tenure(first_on, today),
        last=past[0] if past else None,
        doctor=doctor,
        upcoming=coming[::-1],
        recent=visits[:6],
        script=script,
        paragraphs=[],
        history=history,
        advice=_advice(task, history, phones, contacts, zone),
        may_call="" if consent.allowed else consent.why,
        family=_family(patient, member, today, now),
    )
    if script is not None:
        person.paragraphs = worklist.render(
            script.text,
            _values(person, member, today),
            missing={"имя": "имя родителя"} if person.is_child else None,
        )
    return person


def _values(person: Person, member: Member, today: date) -> dict[str, str]:
    """Values of the placeholders; what is left empty is shown as a reminder for the speaker."""
    return {
        # A child does not answer the phone: the speaker says the parent's name.
        "имя": "" if person.is_child else person.patient.given_names,
        "клиника": person.task.clinic.name,
        "сотрудник": member.user.name,
        "услуга": person.last_service,
        "врач": person.doctor.name if person.doctor else "",
        "прошло": worklist.elapsed(person.last.day, today) if person.last else "",
    }


def _advice(
    task: Task, history: list[TaskEvent], phones: list[Contact], contacts: list[Contact], zone: ZoneInfo
) -> list[str]:
    silent = [event.at.astimezone(zone) for event in history if event.outcome == "no_answer" and not event.undone_at]
    return worklist.another_way(
        attempts=len(silent),
        tried=silent,
        has_email=any(each.kind == Contact.Kind.EMAIL for each in contacts),
        other_phones=len(phones) - 1,
    )


def _family(patient: Patient, member: Member, today: date, now: datetime) -> list[Relative]:
    members = [each for each in patients.family_of([patient])[patient.pk] if may_see(member, each.branch_id)]
    if not members:
        return []
    ids = [each.pk for each in members]
    tasks = {task.patient_id: task for task in Task.objects.open().filter(patient_id__in=ids).order_by("-due_at")}
    booked = dict(
        Appointment.objects.upcoming(now)
        .filter(patient_id__in=ids)
        .order_by("-starts_at")
        .values_list("patient_id", "starts_at")
    )
    return [
        Relative(
            each,
            _age(each.born_on, today),
            task=(task := tasks.get(each.pk)),
            may_open=task is not None and may_open(member, task),
            booked_at=booked.get(each.pk),
        )
        for each in members
    ]


def _tenure(first_on: date | None, today: date) -> str:
    """How long they have been coming: «4 года», «5 месяцев»."""
    if first_on is None or first_on > today:
        return ""
    months = (today.year - first_on.year) * 12 + today.month - first_on.month - (today.day < first_on.day)
    if months < 1:
        return "меньше месяца"
    return (
        formats.plural(months, "месяц,месяца,месяцев") if months < 12 else formats.plural(months // 12, "год,года,лет")
    )


def _age(born_on: date | None, today: date) -> int | None:
    if born_on is None or born_on > today:
        return None
    return today.year - born_on.year - ((today.month, today.day) < (born_on.month, born_on.day))

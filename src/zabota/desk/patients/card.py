"""Everything that one card shows, read in a fixed number of queries."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.urls import reverse

from zabota.booking import api as booking
from zabota.booking.api import MoneySummary, VisitSummary
from zabota.booking.models import Appointment
from zabota.care import api as care
from zabota.clinic.api import Right
from zabota.clinic.models import Doctor
from zabota.desk.access import StaffRequest, may_see
from zabota.desk.patients.access import Sight, cards_of, sight_of
from zabota.desk.patients.timeline import FILTERS, TimelinePage, count_events, read_timeline
from zabota.desk.patients.words import age_on, span, whole_roubles
from zabota.desk.today.scope import may_open
from zabota.nextstep import api as nextstep
from zabota.nextstep.models import PatientState
from zabota.patients import api as patients
from zabota.patients.models import Consent, ConsentPurpose, Contact, DuplicateCandidate, Note, Patient, Tag
from zabota.worklist.models import Task

SHOWN_NOTES = 5


@dataclass(frozen=True, slots=True)
class Relative:
    """A member of the household and how they stand."""

    patient: Patient
    age: int | None
    state: PatientState | None
    booking: Appointment | None


@dataclass(frozen=True, slots=True)
class ConsentLine:
    """One purpose on the card: its state, and the channels that differ from it."""

    purpose: str
    name: str
    state: patients.ConsentState
    #: (code, name, state) of each channel; advertising only.
    channels: list[tuple[str, str, patients.ConsentState]]

    @property
    def open_channels(self) -> list[str]:
        """Names of the channels through which advertising is allowed."""
        return [name for _, name, state in self.channels if state.allowed]


@dataclass(slots=True)
class Card:
    """What the page shows."""

    patient: Patient
    sight: Sight
    now: datetime
    today: date
    zone: ZoneInfo
    age: int | None
    #: Type and why, recalls, exemption; nothing for a card out of use.
    type: nextstep.TypeExplanation | None
    booking: Appointment | None
    #: True when this person may confirm it or give it up: it stands in a branch of theirs.
    may_change: bool
    #: Where its time is changed; empty when this person may not, or nothing is left to move.
    move_url: str
    task: Task | None
    may_open_task: bool
    last_visit: Appointment | None
    visits: VisitSummary
    with_us: str
    first_on: date | None
    doctor: Doctor | None
    money: MoneySummary
    plans: list[care.PlanView]
    contacts: list[Contact]
    phone: Contact | None
    consents: list[ConsentLine]
    family: list[Relative]
    notes: list[Note]
    notes_total: int
    tags: list[Tag]
    duplicates: list[DuplicateCandidate]
    timeline: TimelinePage
    chips: list[dict[str, Any]] = field(default_factory=list)

    @property
    def plan(self) -> care.PlanView | None:
        """The plan that stands first: open, waiting for an answer, or nothing."""
        return next((view for view in self.plans if view.plan.ended_on is None), None)

    @property
    def other_plans(self) -> list[care.PlanView]:
        """The rest."""
        return [view for view in self.plans if view is not self.plan]

    @property
    def left_by_plan(self) -> int:
        """Price of what is planned and not done, kopecks."""
        return sum(view.left_kopecks for view in self.plans)

    @property
    def why(self) -> str:
        """The sentence of the type without the type itself, which stands above it."""
        if self.type is None:
            return ""
        words = self.type.sentence.removeprefix(f"{self.type.label}: ")
        return words[:1].upper() + words[1:]

    @property
    def expected_kopecks(self) -> int | None:
        """What the next twelve months may bring, whole roubles."""
        return whole_roubles(self.type.value_kopecks) if self.type else None

    @property
    def unreachable(self) -> bool:
        """True when no contact is left that could work."""
        dead = (Contact.Reach.WRONG, Contact.Reach.INVALID)
        return all(contact.reach in dead for contact in self.contacts)


def load_card(request: StaffRequest, patient: Patient, *, now: datetime) -> Card:
    """Read the card. Pages of the timeline after the first are read alone by `timeline_of`."""
    zone = zone_of(patient)
    today = now.astimezone(zone).date()
    sight = sight_of(request, patient)
    pk = patient.pk
    visits = booking.visit_summaries([pk])[pk]
    booked = booking.next_bookings([pk], now=now).get(pk)
    contacts = patients.contacts_of([pk])[pk]
    plans = care.plans_of([pk])[pk]
    first_on = min(filter(None, (patient.registered_on, visits.first_on)), default=None)
    notes = list(
        Note.objects.filter(patient=patient).select_related("author").order_by("-written_at", "-pk")[:SHOWN_NOTES]
    )
    task = Task.objects.open().filter(patient=patient).select_related("owner__user").order_by("due_at", "pk").first()
    return Card(
        patient=patient,
        sight=sight,
        now=now,
        today=today,
        zone=zone,
        age=age_on(patient.born_on, today),
        type=nextstep.explain(patient=patient, now=now),
        booking=booked,
        may_change=_may_change(request, booked),
        move_url=_move_url(request, booked),
        task=task,
        may_open_task=task is not None and sight.task and may_open(request.member, task),
        last_visit=booking.last_visits([pk]).get(pk),
        visits=visits,
        with_us=span(first_on, today) if first_on and first_on <= today else "",
        first_on=first_on,
        doctor=booking.treating_doctors([pk]).get(pk),
        money=booking.payments_summary([pk], today=today)[pk],
        plans=plans,
        contacts=contacts,
        phone=_phone(contacts),
        consents=consent_lines(patient),
        family=_family(request, patient, now, today),
        notes=notes,
        notes_total=Note.objects.filter(patient=patient).count() if len(notes) == SHOWN_NOTES else len(notes),
        tags=list(patient.tags.all()),
        duplicates=_duplicates(request, patient) if sight.merge else [],
        timeline=read_timeline(patient, kinds=kinds_for(sight, "all"), mark="", zone=zone, plans=plans),
        chips=_chips(patient, sight),
    )


def _may_change(request: StaffRequest, booked: Appointment | None) -> bool:
    if booked is None or not request.may(Right.VISITS_BOOK):
        return False
    return may_see(request.member, booked.branch_id)


def _move_url(request: StaffRequest, booked: Appointment | None) -> str:
    if booked is None or booked.begun_at is not None or not _may_change(request, booked):
        return ""
    return reverse("desk:calendar-visit-move", args=[booked.public_id])


def timeline_of(request: StaffRequest, patient: Patient, *, chosen: str, mark: str) -> dict[str, Any]:
    """Context of one page of the timeline alone."""
    sight = sight_of(request, patient)
    kinds = kinds_for(sight, chosen)
    plans = care.plans_of([patient.pk])[patient.pk] if "plan" in kinds else []
    shown = read_timeline(patient, kinds=kinds, mark=mark, zone=zone_of(patient), plans=plans)
    return {
        "patient": patient,
        "sight": sight,
        "timeline": shown,
        "chosen": chosen,
        "chips": _chips(patient, sight, chosen),
    }


def kinds_for(sight: Sight, chosen: str) -> tuple[str, ...]:
    """Kinds of lines of a filter that this person may see."""
    hidden = set() if sight.health else {"note", "plan"}
    if not sight.money:
        hidden.add("payment")
    return tuple(kind for kind in FILTERS.get(chosen, FILTERS["all"])[1] if kind not in hidden)


def zone_of(patient: Patient) -> ZoneInfo:
    """The zone in which the card speaks of times: the branch's."""
    return ZoneInfo(patient.branch.time_zone if patient.branch else patient.clinic.time_zone)


def consent_lines(patient: Patient) -> list[ConsentLine]:
    """Purposes with their states, in the order of the law's weight."""
    states = patients.consent_states([patient.pk], clinic_id=patient.clinic_id)[patient.pk]
    return [
        ConsentLine(
            purpose=purpose.value,
            name=purpose.label,
            state=states[purpose.value, ""],
            channels=[
                (channel, name, states[purpose.value, channel])
                for channel, name in patients.CHANNELS.items()
                if purpose is ConsentPurpose.ADVERTISING
            ],
        )
        for purpose in ConsentPurpose
    ]


def consent_history(patient: Patient) -> list[Consent]:
    """Every decision with its proof, the latest first."""
    return list(
        Consent.objects.filter(patient=patient).select_related("text_version", "actor").order_by("-decided_at", "-pk")
    )


def _chips(patient: Patient, sight: Sight, chosen: str = "all") -> list[dict[str, Any]]:
    counts = count_events(patient)
    return [
        {"key": key, "label": label, "count": counts.get(key), "current": key == chosen}
        for key, (label, _) in FILTERS.items()
        if kinds_for(sight, key) and (key in ("all", "rest") or counts[key])
    ]


def _phone(contacts: list[Contact]) -> Contact | None:
    dead = (Contact.Reach.WRONG, Contact.Reach.INVALID)
    return next((each for each in contacts if each.kind == Contact.Kind.PHONE and each.reach not in dead), None)


def _family(request: StaffRequest, patient: Patient, now: datetime, today: date) -> list[Relative]:
    members = [each for each in patients.family_of([patient])[patient.pk] if may_see(request.member, each.branch_id)]
    if not members:
        return []
    ids = [member.pk for member in members]
    states = {state.patient_id: state for state in PatientState.objects.filter(patient_id__in=ids)}
    booked = booking.next_bookings(ids, now=now)
    return [
        Relative(member, age_on(member.born_on, today), states.get(member.pk), booked.get(member.pk))
        for member in members
    ]


def _duplicates(request: StaffRequest, patient: Patient) -> list[DuplicateCandidate]:
    pairs = DuplicateCandidate.objects.filter(
        Q(first=patient, second__in=cards_of(request)) | Q(second=patient, first__in=cards_of(request)),
        state=DuplicateCandidate.State.OPEN,
        first__merged_into=None,
        second__merged_into=None,
    )
    return list(pairs.select_related("first", "second").order_by("-score", "pk")[:3])

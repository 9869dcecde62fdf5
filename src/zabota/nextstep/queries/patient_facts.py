"""Facts of patients for the pure rules, read in batches: for the card, and as the second opinion on the sweep's SQL."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from django.db.models import Count, Max, Q, Sum

from zabota.booking import api as booking
from zabota.booking.models import Appointment, AppointmentService, Payment
from zabota.care.models import Plan, PlanStage
from zabota.clinic.models import Clinic, Service, ServiceGroup
from zabota.nextstep.models import Exemption, Recall, RecallMonths, Referral, Thresholds
from zabota.nextstep.rules.intervals import LONGEST_DAYS, Interval, months_in_days
from zabota.nextstep.rules.recalls import Booking, RecallFacts, Trigger, cycles, right_booking
from zabota.nextstep.rules.stake import VALUE_DAYS
from zabota.nextstep.rules.types import Factors, MissedVisit, PatientFacts, PlanFacts, TypeThresholds
from zabota.patients.models import Contact, Patient
from zabota.worklist.models import Task

_NUMBERS = (
    "new_days", "treatment_pause_days", "sleeping_days", "lost_days", "not_started_days", "referred_days",
    "missed_days", "task_due_days", "rest_days", "newcomer_value_kopecks",
)  # fmt: skip
_S = Appointment.Status
_CANCELLED = Appointment.CANCELLED
_MISSED = (_S.NO_SHOW, _S.MOVED, *_CANCELLED)


def thresholds_of(clinic_id: int) -> tuple[TypeThresholds, bool]:
    """Thresholds of a clinic for the rules, and whether any visit answers a recall."""
    row = Thresholds.objects.filter(clinic_id=clinic_id).first() or Thresholds(clinic_id=clinic_id)
    return TypeThresholds(**{name: getattr(row, name) for name in _NUMBERS}), row.any_visit_counts


def patient_facts(*, clinic_id: int, patient_ids: Iterable[int], now: datetime, today: date) -> dict[int, PatientFacts]:
    """Facts by patient, for cards in use; `today` is the day in the zone of the clinic."""
    thresholds, any_visit = thresholds_of(clinic_id)
    cards = {card.pk: card for card in Patient.objects.cards().filter(clinic_id=clinic_id, pk__in=list(patient_ids))}
    reader = FactsReader(Catalogue(clinic_id), list(cards), now=now, today=today)
    return {pk: reader.facts(card, thresholds, any_visit) for pk, card in cards.items()}


class Catalogue:
    """Groups and services of a clinic with the recall that each service starts."""

    def __init__(self, clinic_id: int) -> None:
        self._clinic_id = clinic_id
        self.groups = {group.pk: group for group in ServiceGroup.objects.filter(clinic_id=clinic_id)}
        self._months = dict(RecallMonths.objects.filter(group__clinic_id=clinic_id).values_list("group_id", "months"))
        self.services = {
            service.pk: (service, self._target(service), self._interval(service))
            for service in Service.objects.filter(clinic_id=clinic_id)
        }

    @cached_property
    def zone(self) -> ZoneInfo:
        """Where the days of the clinic begin."""
        return ZoneInfo(Clinic.objects.values_list("time_zone", flat=True).get(pk=self._clinic_id))

    @cached_property
    def performers(self) -> dict[int, frozenset[int] | None]:
        """Doctors who perform a service in use that belongs to the group; None: everybody, as far as is known."""
        of_group: dict[int, set[int]] = defaultdict(set)
        for pk, (service, _, _) in self.services.items():
            for group_id in (service.group_id, service.triggers_group_id):
                if service.is_active and group_id is not None:
                    of_group[group_id].add(pk)
        chosen = booking.chosen_doctors({pk for services in of_group.values() for pk in services})
        return {
            group_id: frozenset[int]().union(*(chosen[pk] for pk in services)) if services <= chosen.keys() else None
            for group_id, services in of_group.items()
        }

    def groups_of(self, doctor_id: int) -> frozenset[int]:
        """Groups a service of which the doctor may perform. A group without services is closed to nobody."""
        able = (self.performers.get(pk) for pk in self.groups)
        return frozenset(pk for pk, who in zip(self.groups, able, strict=True) if who is None or doctor_id in who)

    @staticmethod
    def _target(service: Service) -> int | None:
        return service.triggers_group_id or service.group_id

    def _interval(self, service: Service) -> Interval | None:
        own = service.recall_interval_days
        if own is not None:
            return Interval(min(own, LONGEST_DAYS)) if own else None
        target = self._target(service)
        if target is None:
            return None
        if target in self._months:
            return Interval(months_in_days(self._months[target]), self._months[target])
        days = self.groups[target].recall_interval_days
        return Interval(min(days, LONGEST_DAYS)) if days else None


class FactsReader:
    """Rows of many patients, one query for each table."""

    def __init__(self, catalogue: Catalogue, ids: list[int], *, now: datetime, today: date) -> None:
        self.now, self.today = now, today
        self.catalogue, self.groups, self.services = catalogue, catalogue.groups, catalogue.services
        self.appointments: dict[int, list[Appointment]] = defaultdict(list)
        for row in Appointment.objects.filter(patient_id__in=ids).order_by("starts_at", "id"):
            self.appointments[row.patient_id].append(row)
        self.lines: dict[int, list[int]] = defaultdict(list)
        for appointment_id, service_id in AppointmentService.objects.filter(
            appointment__patient_id__in=ids
        ).values_list("appointment_id", "service_id"):
            self.lines[appointment_id].append(service_id)
        self.recalls: dict[int, dict[int, Recall]] = defaultdict(dict)
        for recall in Recall.objects.filter(patient_id__in=ids):
            self.recalls[recall.patient_id][recall.group_id] = recall
        self.plans: dict[int, list[Plan]] = defaultdict(list)
        for plan in Plan.objects.filter(patient_id__in=ids).exclude(state=Plan.State.ABANDONED):
            self.plans[plan.patient_id].append(plan)
        self.stages = {
            plan_id: (total, total - done, last)
            for plan_id, total, done, last in PlanStage.objects.filter(plan__patient_id__in=ids)
            .values_list("plan_id")
            .annotate(total=Count("id"), done=Count("id", filter=Q(done_on__isnull=False)), last=Max("done_on"))
        }
        self.exemptions = {row.patient_id: row for row in Exemption.objects.filter(patient_id__in=ids, ended_at=None)}
        self.referrals: dict[int, list[Referral]] = defaultdict(list)
        for referral in Referral.objects.filter(patient_id__in=ids, ended_at=None):
            self.referrals[referral.patient_id].append(referral)
        self.reachable = set(
            Contact.objects.filter(patient_id__in=ids)
            .exclude(reach__in=[Contact.Reach.WRONG, Contact.Reach.INVALID])
            .values_list("patient_id", flat=True)
        )
        self.closed = dict(
            Task.objects.filter(patient_id__in=ids, state=Task.State.CLOSED, closed_by__isnull=False)
            .values_list("patient_id")
            .annotate(at=Max("closed_at"))
        )

    def facts(self, card: Patient, thresholds: TypeThresholds, any_visit: bool) -> PatientFacts:
        """Facts of one card."""
        visits = [row for row in self.appointments[card.pk] if row.status == _S.COMPLETED]
        days = sorted({row.day for row in visits})
        first_on, last_on = (days[0], days[-1]) if days else (None, None)
        bookings = [self._booking(row) for row in self.appointments[card.pk] if self._is_upcoming(row)]
        recalls = self._recalls(card.pk, visits, bookings, any_visit)
        last_lines = [self.services[pk][0] for row in visits if row.day == last_on for pk in self.lines[row.pk]]
        exemption = self.exemptions.get(card.pk)
        referrals = self.referrals[card.pk]
        closed_at = self.closed.get(card.pk)
        facts = PatientFacts(
            patient_id=card.pk,
            registered_on=card.registered_on,
            visits=len(days),
            first_on=first_on,
            last_on=last_on,
            last_at=max((row.starts_at for row in visits), default=None),
            last_was_consultation=bool(last_lines) and all(self._of_group(s, "is_consultation") for s in last_lines),
            last_was_prevention=any(self._of_group(s, "is_prevention") for s in last_lines),
            is_chronic=any(
                self._of_group(self.services[pk][0], "is_chronic") for row in visits for pk in self.lines[row.pk]
            ),
            revenue_kopecks=self._revenue(card.pk, visits, last_on),
            booking=bookings[0] if bookings else None,
            missed=self._missed(card.pk, visits, thresholds),
            plans=self._plan_facts(card.pk),
            referred_on=max((row.referred_on for row in referrals), default=None),
            referral_is_acute=any(row.is_acute for row in referrals),
            recalls=recalls,
            exemption=exemption.reason if exemption else "",
            exempt_until=exemption.until_on if exemption else None,
            has_contact=card.pk in self.reachable,
            closed_on=closed_at.astimezone(self.catalogue.zone).date() if closed_at else None,
        )
        usual = facts.usual
        return facts if usual is None else _with_factors(facts, self.groups[usual.group_id])

    def _is_upcoming(self, row: Appointment) -> bool:
        return row.status in Appointment.BOOKED and row.starts_at > self.now and row.vanished_at is None

    def _booking(self, row: Appointment) -> Booking:
        groups: set[int] = set()
        for pk in self.lines[row.pk]:
            service, target, _ = self.services[pk]
            groups |= {group for group in (target, service.group_id) if group is not None}
        named, doctor_id = bool(self.lines[row.pk]), row.doctor_id
        able = None if named or doctor_id is None else self.catalogue.groups_of(doctor_id)
        return Booking(row.pk, row.starts_at, row.day, frozenset(groups), named, able)

    def _recalls(
        self, patient_id: int, visits: list[Appointment], bookings: list[Booking], any_visit: bool
    ) -> tuple[RecallFacts, ...]:
        triggers = []
        for row in visits:
            for pk in self.lines[row.pk]:
                _, target, interval = self.services[pk]
                if target is not None and interval is not None:
                    triggers.append(Trigger(target, row.day, interval))
        found = []
        for group_id, cycle in sorted(cycles(triggers).items()):
            kept = self.recalls[patient_id].get(group_id)
            same_cycle = kept is not None and kept.previous_on == cycle.previous_on
            any_counts = any_visit or (kept is not None and kept.any_visit_counts)
            found.append(
                RecallFacts(
                    group_id=group_id,
                    group_name=self.groups[group_id].name,
                    previous_on=cycle.previous_on,
                    interval=cycle.interval,
                    calculated_on=cycle.calculated_on,
                    overridden_on=kept.overridden_on if kept and same_cycle else None,
                    override_reason=kept.override_reason if kept and same_cycle else "",
                    snoozed_until=kept.snoozed_until if kept else None,
                    any_visit_counts=any_counts,
                    is_disabled=kept.is_disabled if kept else False,
                    disabled_reason=kept.disabled_reason if kept else "",
                    booking=right_booking(bookings, group_id, any_visit=any_counts),
                )
            )
        return tuple(found)

    def _revenue(self, patient_id: int, visits: list[Appointment], last_on: date | None) -> int:
        if last_on is None:
            return 0
        since = last_on - timedelta(days=VALUE_DAYS)
        billed = sum(row.total_kopecks for row in visits if row.day > since)
        paid = Payment.objects.filter(patient_id=patient_id, paid_on__gt=since).aggregate(sum=Sum("amount_kopecks"))
        return max(billed, paid["sum"] or 0)

    def _missed(self, patient_id: int, visits: list[Appointment], thresholds: TypeThresholds) -> MissedVisit | None:
        after = max((row.starts_at for row in visits), default=None)
        since = self.today - timedelta(days=thresholds.missed_days)
        for row in sorted(self.appointments[patient_id], key=lambda row: (row.starts_at, row.pk), reverse=True):
            if row.day < since or (after is not None and row.starts_at <= after):
                continue
            kind = self._missed_kind(row)
            if kind:
                return MissedVisit(row.pk, row.day, kind)
        return None

    def _missed_kind(self, row: Appointment) -> str:
        if row.status in _MISSED:
            return "cancelled" if row.status in _CANCELLED else str(row.status)
        if row.status in Appointment.BOOKED:
            if row.vanished_at is not None:
                return "vanished"
            if row.starts_at <= self.now:
                return "unmarked"
        return ""

    def _plan_facts(self, patient_id: int) -> PlanFacts:
        open_since, proposed, declined, finished = [], [], [], []
        for plan in self.plans[patient_id]:
            stages, left, done_on = self.stages.get(plan.pk, (0, 0, None))
            is_open = plan.state in Plan.OPEN
            if is_open and (not stages or left):
                open_since.append(plan.agreed_on or plan.proposed_on)
            if plan.state == Plan.State.PROPOSED:
                proposed.append(plan.proposed_on)
            if plan.state == Plan.State.DECLINED:
                declined.append(plan.ended_on or plan.proposed_on)
            if plan.state == Plan.State.FINISHED or (is_open and stages and not left):
                finished.append(plan.ended_on or done_on or plan.agreed_on or plan.proposed_on)
        return PlanFacts(
            max(open_since, default=None),
            max(proposed, default=None),
            max(declined, default=None),
            max(finished, default=None),
        )

    def _of_group(self, service: Service, flag: str) -> bool:
        return service.group_id is not None and bool(getattr(self.groups[service.group_id], flag))


def _with_factors(facts: PatientFacts, group: ServiceGroup) -> PatientFacts:

    factors = Factors(
        late=round(group.late_factor * 100),
        sleeping=round(group.sleeping_factor * 100),
        lost=round(group.lost_factor * 100),
    )
    return replace(facts, factors=factors)

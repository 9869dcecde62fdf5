"""Types of patients: ordered rules, the first that matches decides. Words of each rule are in docs/types.md."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from zabota.nextstep.rules.recalls import Booking, RecallFacts, usual, waiting


@dataclass(frozen=True, slots=True)
class TypeThresholds:
    """Thresholds of a clinic, days; the meaning of each is in models.Thresholds."""

    new_days: int = 30
    treatment_pause_days: int = 180
    sleeping_days: int = 270
    lost_days: int = 365
    not_started_days: int = 14
    referred_days: int = 180
    missed_days: int = 90
    task_due_days: int = 3
    rest_days: int = 30
    newcomer_value_kopecks: int = 500_000


@dataclass(frozen=True, slots=True)
class Factors:
    """Multiples of the expected interval of a group, in hundredths: 150 is one and a half."""

    late: int = 150
    sleeping: int = 200
    lost: int = 300


@dataclass(frozen=True, slots=True)
class PlanFacts:
    """Treatment plans of the patient, as far as the type needs them."""

    #: An agreed plan with stages left: the latest day on which one was agreed.
    open_since: date | None = None
    #: A plan was proposed and neither agreed nor declined.
    proposed_on: date | None = None
    declined_on: date | None = None
    finished_on: date | None = None


@dataclass(frozen=True, slots=True)
class MissedVisit:
    """The latest appointment after the last visit that did not take place and has no successor."""

    appointment_id: int
    on: date
    #: "no_show", "cancelled", "moved", "vanished" or "unmarked" (its time has passed, nobody said how it ended).
    kind: str


@dataclass(frozen=True, slots=True)
class PatientFacts:
    """Everything the rules look at for one patient."""

    patient_id: int
    registered_on: date | None = None
    #: Days with a completed visit.
    visits: int = 0
    first_on: date | None = None
    last_on: date | None = None
    last_at: datetime | None = None
    #: The last day of visits held nothing but consultations.
    last_was_consultation: bool = False
    last_was_prevention: bool = False
    is_chronic: bool = False
    revenue_kopecks: int = 0
    booking: Booking | None = None
    missed: MissedVisit | None = None
    plans: PlanFacts = field(default_factory=PlanFacts)
    referred_on: date | None = None
    referral_is_acute: bool = False
    recalls: tuple[RecallFacts, ...] = ()
    #: Factors by group, for the group of the expected interval.
    factors: Factors = field(default_factory=Factors)
    #: Reason of the exemption in force: "refused", "moved", "died", "finished".
    exemption: str = ""
    exempt_until: date | None = None
    has_contact: bool = True
    #: Day on which a person closed the latest task of this patient.
    closed_on: date | None = None

    @property
    def usual(self) -> RecallFacts | None:
        """The recall whose interval is expected of this patient."""
        return usual(self.recalls)


@dataclass(frozen=True, slots=True)
class Limits:
    """Days since the last visit after which the patient is late, sleeps, is lost."""

    late: int | None
    sleeping: int
    lost: int

    @property
    def by_interval(self) -> bool:
        """True when they are multiples of the patient's interval, False for the clinic-wide fallback."""
        return self.late is not None


@dataclass(frozen=True, slots=True)
class Verdict:
    """The type, the rule that decided, and what the sentence about it needs."""

    type: str
    rule: str
    next_transition_on: date | None
    sleeping_on: date | None
    params: dict[str, object]


def limits(facts: PatientFacts, thresholds: TypeThresholds) -> Limits:
    """Multiples of the expected interval; 9 and 12 months for a patient without one."""
    recall = facts.usual
    if recall is None:
        return Limits(None, thresholds.sleeping_days, thresholds.lost_days)
    days, factors = recall.interval.days, facts.factors
    return Limits(days * factors.late // 100, days * factors.sleeping // 100, days * factors.lost // 100)


@dataclass(frozen=True, slots=True)
class _Case:
    facts: PatientFacts
    thresholds: TypeThresholds
    limits: Limits
    on: date

    @property
    def silent(self) -> int:
        """Days since the last visit; -1 when there was none."""
        return (self.on - self.facts.last_on).days if self.facts.last_on else -1

    @property
    def booked(self) -> bool:
        return self.facts.booking is not None

    def after_visits(self, day: date | None) -> bool:
        """Whether something happened and no visit came after it."""
        return day is not None and (self.facts.last_on is None or day >= self.facts.last_on)

    def within(self, day: date | None, days: int) -> bool:
        return day is not None and (self.on - day).days <= days


def _on_treatment(case: _Case) -> bool:
    facts, pause = case.facts, case.thresholds.treatment_pause_days
    return facts.plans.open_since is not None and (
        case.booked or case.within(facts.last_on, pause) or case.within(facts.plans.open_since, pause)
    )


def _longer_than(case: _Case, days: int) -> bool:
    return not case.booked and case.facts.visits > 0 and case.silent > days


#: (rule, type, condition): the order is the order of precedence.
RULES: tuple[tuple[str, str, Callable[[_Case], bool]], ...] = (
    ("left.died", "left", lambda c: c.facts.exemption == "died"),
    ("left.moved", "left", lambda c: c.facts.exemption == "moved"),
    ("refused.asked", "refused", lambda c: c.facts.exemption == "refused"),
    ("treated.finished", "treated", lambda c: c.facts.exemption == "finished"),
    (
        "referred.elsewhere",
        "referred",
        lambda c: c.after_visits(c.facts.referred_on) and c.within(c.facts.referred_on, c.thresholds.referred_days),
    ),
    ("on_treatment.plan", "on_treatment", _on_treatment),
    ("new.no_visit", "new", lambda c: c.facts.visits == 0),
    ("new.first_visit", "new", lambda c: c.facts.visits == 1 and c.silent <= c.thresholds.new_days),
    ("lost.interval", "lost", lambda c: c.limits.by_interval and _longer_than(c, c.limits.lost)),
    ("lost.default", "lost", lambda c: not c.limits.by_interval and _longer_than(c, c.limits.lost)),
    ("sleeping.interval", "sleeping", lambda c: c.limits.by_interval and _longer_than(c, c.limits.sleeping)),
    ("sleeping.default", "sleeping", lambda c: not c.limits.by_interval and _longer_than(c, c.limits.sleeping)),
    ("on_treatment.paused", "on_treatment", lambda c: c.facts.plans.open_since is not None),
    ("refused.plan", "refused", lambda c: not c.booked and c.after_visits(c.facts.plans.declined_on)),
    ("chronic.service", "chronic", lambda c: c.facts.is_chronic),
    (
        "not_started.plan",
        "not_started",
        lambda c: (
            not c.booked
            and c.after_visits(c.facts.plans.proposed_on)
            and not c.within(c.facts.plans.proposed_on, c.thresholds.not_started_days)
        ),
    ),
    (
        "not_started.visit",
        "not_started",
        lambda c: not c.booked and c.facts.last_was_consultation and c.silent > c.thresholds.not_started_days,
    ),
    ("treated.plan", "treated", lambda c: c.after_visits(c.facts.plans.finished_on)),
    ("prevention.visit", "prevention", lambda c: c.facts.last_was_prevention),
    ("active.late", "active", lambda c: c.limits.late is not None and _longer_than(c, c.limits.late)),
    ("active.regular", "active", lambda c: True),
)


def classify(facts: PatientFacts, thresholds: TypeThresholds, on: date) -> Verdict:
    """The type of one patient on a day. `on` is the calendar day in the zone of the clinic."""
    case = _Case(facts, thresholds, limits(facts, thresholds), on)
    rule, kind = next((rule, kind) for rule, kind, matches in RULES if matches(case))
    return Verdict(
        type=kind,
        rule=rule,
        next_transition_on=next_transition(facts, thresholds, on),
        sleeping_on=_sleeping_on(case),
        params=_params(case),
    )


def _sleeping_on(case: _Case) -> date | None:
    if case.facts.last_on is None or case.booked or case.facts.exemption:
        return None
    return case.facts.last_on + timedelta(days=case.limits.sleeping + 1)


def next_transition(facts: PatientFacts, thresholds: TypeThresholds, on: date) -> date | None:
    """The first day on which time alone may change the type or the need of a task.

    A booking is looked at on its own day and after it: it stops being one when its hour has come.
    """
    if facts.exemption:
        exempt = (facts.exempt_until, facts.booking.on if facts.booking else None)
        return min((day for day in exempt if day is not None), default=None)
    bounds = limits(facts, thresholds)
    plans = facts.plans
    after: list[tuple[date | None, int | None]] = [
        (facts.referred_on, thresholds.referred_days + 1),
        (plans.proposed_on, thresholds.not_started_days + 1),
    ]
    if plans.open_since is not None:
        after += [
            (facts.last_on, thresholds.treatment_pause_days + 1),
            (plans.open_since, thresholds.treatment_pause_days + 1),
        ]
    if facts.visits == 1:
        after.append((facts.last_on, thresholds.new_days + 1))
    if facts.last_was_consultation:
        after.append((facts.last_on, thresholds.not_started_days + 1))
    after += [
        (facts.last_on, bounds.sleeping + 1),
        (facts.last_on, bounds.lost + 1),
        (facts.last_on, None if bounds.late is None else bounds.late + 1),
    ]
    days = [day + timedelta(days=later) for day, later in after if day is not None and later is not None]
    days += [recall.asked_on for recall in waiting(facts.recalls)]
    ahead = [day for day in days if day > on]
    if facts.booking is not None:
        ahead.append(facts.booking.on)
    return min(ahead, default=None)


def _params(case: _Case) -> dict[str, object]:
    facts, recall = case.facts, case.facts.usual
    return {
        "last_on": facts.last_on,
        "silent_days": case.silent if facts.last_on else None,
        "visits": facts.visits,
        "interval": recall.interval if recall else None,
        "group": recall.group_name if recall else "",
        "booked_on": facts.booking.on if facts.booking else None,
        "referred_on": facts.referred_on,
        "open_since": facts.plans.open_since,
        "proposed_on": facts.plans.proposed_on,
        "declined_on": facts.plans.declined_on,
        "finished_on": facts.plans.finished_on,
        "registered_on": facts.registered_on,
        "exempt_until": facts.exempt_until,
        "sleeping_days": case.limits.sleeping,
        "lost_days": case.limits.lost,
    }

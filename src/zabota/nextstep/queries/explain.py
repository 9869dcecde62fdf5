"""Why a patient is of their type, what the next step is, and what each recall waits for: for the card."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from zabota.kernel import clock
from zabota.nextstep.models import Exemption, PatientState, PatientType, Recall, Referral
from zabota.nextstep.queries.patient_facts import patient_facts, thresholds_of
from zabota.nextstep.rules.intervals import Interval
from zabota.nextstep.rules.recalls import RecallFacts
from zabota.nextstep.rules.steps import next_step
from zabota.nextstep.rules.types import classify
from zabota.nextstep.rules.wording import explain_type, interval_words, why_hidden
from zabota.patients.models import Patient

TONES = {
    PatientType.LOST: "bad",
    PatientType.SLEEPING: "warn",
    PatientType.REFUSED: "warn",
    PatientType.NOT_STARTED: "warn",
    PatientType.REFERRED: "info",
    PatientType.ON_TREATMENT: "good",
    PatientType.ACTIVE: "good",
    PatientType.PREVENTION: "good",
    PatientType.TREATED: "good",
}


@dataclass(frozen=True, slots=True)
class RecallLine:
    """One recall on the card."""

    recall: Recall
    group_name: str
    #: «6 месяцев»
    interval_words: str
    due_on: date
    is_overdue: bool
    is_overridden: bool
    #: Whether any booking answers: said of this patient here, or of everybody by the thresholds of the clinic.
    any_visit_counts: bool
    #: «скрыто: записан 12 мая, засчитывается любой визит»; empty when it is time to call.
    hidden_because: str


@dataclass(frozen=True, slots=True)
class TypeExplanation:
    """The type of a patient as the card shows it."""

    type: PatientType
    label: str
    tone: str
    rule: str
    #: «Спит: последний визит 10 месяцев назад при обычном интервале 6»
    sentence: str
    since_on: date | None
    #: The day on which the patient falls asleep when nobody books.
    sleeping_on: date | None
    days_to_sleep: int | None
    value_kopecks: int
    #: Why a contact is needed now in words of the queue; empty when booked or outside the rule.
    needed_because: str
    exemption: Exemption | None
    referral: Referral | None
    recalls: tuple[RecallLine, ...]


def explain(*, patient: Patient, now: datetime) -> TypeExplanation | None:
    """Computed from the visits at this very moment, not from the latest sweep. None for a card out of use."""
    today = clock.today(patient.clinic.time_zone, now)
    found = patient_facts(clinic_id=patient.clinic_id, patient_ids=[patient.pk], now=now, today=today)
    if patient.pk not in found:
        return None
    facts = found[patient.pk]
    thresholds, _ = thresholds_of(patient.clinic_id)
    verdict = classify(facts, thresholds, today)
    step = next_step(facts, verdict, thresholds, today)
    state = PatientState.objects.filter(patient=patient).first()
    kind = PatientType(verdict.type)
    ahead = verdict.sleeping_on is not None and verdict.sleeping_on > today and kind not in _NOT_SLEEPERS
    return TypeExplanation(
        type=kind,
        label=kind.label,
        tone=TONES.get(kind, "none"),
        rule=verdict.rule,
        sentence=explain_type(verdict),
        since_on=state.since_on if state and state.type == kind else None,
        sleeping_on=verdict.sleeping_on if ahead else None,
        days_to_sleep=(verdict.sleeping_on - today).days if ahead and verdict.sleeping_on else None,
        value_kopecks=step.value_kopecks if step else (state.value_kopecks if state else 0),
        needed_because=step.summary if step else "",
        exemption=Exemption.objects.filter(patient=patient, ended_at=None).select_related("started_by").first(),
        referral=Referral.objects.filter(patient=patient, ended_at=None).order_by("-referred_on").first(),
        recalls=_lines(patient, facts.recalls, today),
    )


_NOT_SLEEPERS = {PatientType.REFERRED, PatientType.ON_TREATMENT, PatientType.LEFT}


def recalls_of(*, patient: Patient, now: datetime) -> tuple[RecallLine, ...]:
    """Recalls of a patient, the earliest first, each with the reason why it is not shown."""
    explanation = explain(patient=patient, now=now)
    return explanation.recalls if explanation else ()


def _lines(patient: Patient, known: tuple[RecallFacts, ...], today: date) -> tuple[RecallLine, ...]:
    rows = {row.group_id: row for row in Recall.objects.filter(patient=patient).select_related("group", "booked")}
    lines = []
    for each in sorted(known, key=lambda recall: (recall.is_disabled, recall.asked_on)):
        row = rows.get(each.group_id)
        if row is None:
            continue  # the visit came a moment ago and its sweep is still to run
        hidden = why_hidden(each, today)
        lines.append(
            RecallLine(
                recall=row,
                group_name=each.group_name,
                interval_words=interval_words(Interval(each.interval.days, each.interval.months)),
                due_on=each.due_on,
                is_overdue=not hidden and each.due_on < today,
                is_overridden=each.overridden_on is not None,
                any_visit_counts=each.any_visit_counts,
                hidden_because=hidden,
            )
        )
    return tuple(lines)

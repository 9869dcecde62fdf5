"""The rule of the two З for one patient: is a contact task needed, why, by when, what is at stake.

A task made by the sweep opens when `needs_task` holds and nothing is open, and ends when the same does not hold.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from zabota.nextstep.rules.recalls import RecallFacts, waiting
from zabota.nextstep.rules.stake import chance_percent, stake_kopecks, yearly_value_kopecks
from zabota.nextstep.rules.types import PatientFacts, TypeThresholds, Verdict, limits
from zabota.nextstep.rules.wording import task_summary

#: Days after a referral on which somebody asks how it went.
ASK_REFERRED, ASK_ACUTE = 7, 2
#: A cause older than this is the stock a new clinic brings: its tasks are spread over the days by capacity.
FRESH_DAYS = 30

MISSED_REASONS = {"no_show": "no_show", "cancelled": "cancelled", "moved": "cancelled", "vanished": "vanished"}


@dataclass(frozen=True, slots=True)
class Step:
    """The task a patient needs."""

    reason: str
    #: The day of what caused it; empty when nothing is dated.
    cause_on: date | None
    due_on: date
    #: The task is not shown before this day.
    hidden_until_on: date | None
    summary: str
    value_kopecks: int
    chance_percent: int
    stake_kopecks: int
    #: The appointment that the task asks about: its time has passed and nobody said how it ended.
    appointment_id: int | None = None


def under_rule(facts: PatientFacts) -> bool:
    """Who must have a next step: everybody seen or reachable who did not leave with a reason."""
    return not facts.exemption and (facts.visits > 0 or facts.has_contact)


def overdue_recall(facts: PatientFacts, on: date) -> RecallFacts | None:
    """The earliest recall whose day has come and which no right booking answers."""
    unmet = waiting(facts.recalls)
    return unmet[0] if unmet and unmet[0].asked_on <= on else None


def needs_task(facts: PatientFacts, on: date) -> bool:
    """Neither booked at all nor, when a recall is due, booked for it."""
    return under_rule(facts) and (facts.booking is None or overdue_recall(facts, on) is not None)


def next_step(facts: PatientFacts, verdict: Verdict, thresholds: TypeThresholds, on: date) -> Step | None:
    """The task this patient needs, or None."""
    if not needs_task(facts, on):
        return None
    reason, cause_on = _reason(facts, verdict, thresholds, on)
    due_on, appointment_id = _due(facts, reason, thresholds, on), None
    hidden_until_on = None
    # A recall is worked some days before its day: what was closed then is closed for that day too.
    ahead = timedelta(days=thresholds.task_due_days if reason == "recall_due" else 0)
    rested = facts.closed_on is not None and (cause_on is None or cause_on - ahead <= facts.closed_on)
    if rested and facts.closed_on is not None:
        due_on = max(due_on, facts.closed_on + timedelta(days=thresholds.rest_days))
    if due_on - timedelta(days=thresholds.task_due_days) > on:
        hidden_until_on = due_on - timedelta(days=thresholds.task_due_days)
    if _is_unmarked(facts, reason):
        assert facts.missed is not None
        appointment_id = facts.missed.appointment_id
        if facts.missed.on >= on:
            hidden_until_on = max(hidden_until_on or due_on, on + timedelta(days=1))
    value = yearly_value_kopecks(
        revenue_kopecks=facts.revenue_kopecks,
        first_on=facts.first_on,
        last_on=facts.last_on,
        newcomer_kopecks=thresholds.newcomer_value_kopecks,
    )
    recall = facts.usual
    percent = chance_percent(
        reason=reason,
        silent_days=(on - facts.last_on).days if facts.last_on else -1,
        interval_days=recall.interval.days if recall else thresholds.sleeping_days // 2,
    )
    return Step(
        reason=reason,
        cause_on=cause_on,
        due_on=due_on,
        hidden_until_on=hidden_until_on,
        summary=task_summary(reason, verdict.rule, facts, _first_recall(facts)),
        value_kopecks=value,
        chance_percent=percent,
        stake_kopecks=stake_kopecks(value, percent),
        appointment_id=appointment_id,
    )


def is_fresh(step: Step, on: date) -> bool:
    """Whether the cause happened lately, so that its task keeps its day whatever the queue."""
    return step.cause_on is not None and (on - step.cause_on).days <= FRESH_DAYS


def _first_recall(facts: PatientFacts) -> RecallFacts | None:
    return next(iter(waiting(facts.recalls)), None)


def _is_unmarked(facts: PatientFacts, reason: str) -> bool:
    return reason == "no_next_step" and facts.missed is not None and facts.missed.kind == "unmarked"


def _reason(facts: PatientFacts, verdict: Verdict, thresholds: TypeThresholds, on: date) -> tuple[str, date | None]:
    """Most specific first: what happened, then the treatment, then the type, then the calendar."""
    recall = _first_recall(facts)
    if facts.booking is not None and recall is not None:
        return "recall_due", recall.asked_on
    if verdict.rule == "referred.elsewhere":
        return "referred", facts.referred_on
    missed = facts.missed
    if missed is not None and (on - missed.on).days > thresholds.missed_days:
        missed = None
    if missed is not None and missed.kind in MISSED_REASONS:
        return MISSED_REASONS[missed.kind], missed.on
    if facts.plans.open_since is not None:
        return "plan_paused", max(facts.plans.open_since, facts.last_on or facts.plans.open_since)
    if missed is not None:
        return "no_next_step", missed.on
    by_rule = {
        "refused.plan": facts.plans.declined_on,
        "not_started.plan": facts.plans.proposed_on,
        "not_started.visit": facts.last_on,
    }
    if verdict.rule in by_rule:
        return "not_started", by_rule[verdict.rule]
    if verdict.type == "new" and facts.last_on is None:
        return "new_without_visit", facts.registered_on
    if verdict.type in {"lost", "sleeping"} and facts.last_on is not None:
        bounds = limits(facts, thresholds)
        days = bounds.lost if verdict.type == "lost" else bounds.sleeping
        return verdict.type, facts.last_on + timedelta(days=days + 1)
    if recall is not None:
        return "recall_due", recall.asked_on
    return "no_next_step", facts.last_on


def _due(facts: PatientFacts, reason: str, thresholds: TypeThresholds, on: date) -> date:
    soon = on + timedelta(days=thresholds.task_due_days)
    if reason in {"no_show", "cancelled", "vanished"} or _is_unmarked(facts, reason):
        return on + timedelta(days=1)
    if reason == "referred" and facts.referred_on is not None:
        days = ASK_ACUTE if facts.referral_is_acute else ASK_REFERRED
        return max(facts.referred_on + timedelta(days=days), on)
    recall = _first_recall(facts)
    if reason == "recall_due" and recall is not None:
        return recall.asked_on if recall.asked_on > on else soon
    if reason == "no_next_step" and facts.last_on is not None:
        after_visit = facts.last_on + timedelta(days=thresholds.task_due_days)
        return after_visit if after_visit >= on else soon
    return soon

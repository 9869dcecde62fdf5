"""Types of patients: each rule, its order, its sentence."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest

from zabota.nextstep.models import PatientType
from zabota.nextstep.rules.intervals import Interval, of_months
from zabota.nextstep.rules.recalls import Booking, RecallFacts
from zabota.nextstep.rules.types import RULES, Factors, PatientFacts, PlanFacts, TypeThresholds, classify
from zabota.nextstep.rules.wording import explain_type, known_rules

TODAY = dt.date(2026, 11, 20)
T = TypeThresholds()


def ago(days: int) -> dt.date:
    return TODAY - dt.timedelta(days=days)


def seen(days: int, *, visits: int = 5, **fields: object) -> PatientFacts:
    """A patient whose last visit was so many days ago."""
    return PatientFacts(patient_id=1, visits=visits, first_on=ago(days + 400), last_on=ago(days), **fields)


def recalled(days: int, interval: Interval, **fields: object) -> RecallFacts:
    return RecallFacts(
        group_id=1, group_name="Гигиена", previous_on=ago(days), interval=interval,
        calculated_on=ago(days) + dt.timedelta(days=interval.days), **fields,
    )  # fmt: skip


def booked(in_days: int = 10) -> Booking:
    day = TODAY + dt.timedelta(days=in_days)
    return Booking(1, dt.datetime.combine(day, dt.time(9), dt.UTC), day, frozenset({1}), True)


def rule(facts: PatientFacts) -> str:
    return classify(facts, T, TODAY).rule


def test_sleeping_is_a_multiple_of_the_expected_interval_and_not_nine_months() -> None:
    half_year, month = of_months(6), of_months(1)
    assert rule(seen(300, recalls=(recalled(300, half_year),))) == "active.late"
    assert rule(seen(365, recalls=(recalled(365, half_year),))) == "sleeping.interval"
    assert rule(seen(550, recalls=(recalled(550, half_year),))) == "lost.interval"
    assert rule(seen(70, recalls=(recalled(70, month),))) == "sleeping.interval"
    assert rule(seen(300, recalls=(recalled(300, of_months(24)),))) == "active.regular"


def test_without_an_interval_nine_and_twelve_months_decide() -> None:
    assert rule(seen(270)) == "active.regular"
    assert rule(seen(271)) == "sleeping.default"
    assert rule(seen(365)) == "sleeping.default"
    assert rule(seen(366)) == "lost.default"


def test_booked_patient_never_sleeps_however_long_ago_the_last_visit_was() -> None:
    assert rule(seen(300, booking=booked())) == "active.regular"
    assert rule(seen(2000, booking=booked())) == "active.regular"
    assert classify(seen(300, booking=booked()), T, TODAY).sleeping_on is None


def test_booking_takes_sleep_alone_away_and_the_sentence_says_so() -> None:
    treated = seen(640, plans=PlanFacts(finished_on=ago(640)))
    assert rule(treated) == "lost.default"
    booking = replace(treated, booking=booked())
    # What the patient was before falling asleep holds until the visit: the plan is finished, nothing came after it.
    assert rule(booking) == "treated.plan"
    assert "визитов давно нет, но есть запись на" in explain_type(classify(booking, T, TODAY))
    assert rule(replace(booking, last_was_prevention=True, plans=PlanFacts())) == "prevention.visit"
    fresh = replace(seen(40, plans=PlanFacts(finished_on=ago(40))), booking=booked())
    assert "давно" not in explain_type(classify(fresh, T, TODAY))


def test_cancelled_booking_puts_the_patient_back_to_sleep_the_same_night() -> None:
    facts = seen(300, booking=booked())
    assert rule(replace(facts, booking=None)) == "sleeping.default"


def test_factors_of_the_group_decide_where_its_interval_does() -> None:
    facts = seen(300, recalls=(recalled(300, of_months(6)),))
    assert rule(replace(facts, factors=Factors(late=100, sleeping=150, lost=300))) == "sleeping.interval"


def test_switched_off_recall_gives_no_interval() -> None:
    assert rule(seen(70, recalls=(recalled(70, of_months(1), is_disabled=True),))) == "active.regular"


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (PatientFacts(patient_id=1), "new.no_visit"),
        (seen(30, visits=1), "new.first_visit"),
        (seen(31, visits=1), "active.regular"),
        (seen(10, plans=PlanFacts(open_since=ago(40))), "on_treatment.plan"),
        (seen(200, plans=PlanFacts(open_since=ago(220))), "on_treatment.paused"),
        (seen(200, plans=PlanFacts(open_since=ago(220)), booking=booked()), "on_treatment.plan"),
        (seen(300, plans=PlanFacts(open_since=ago(320))), "sleeping.default"),
        (seen(40, plans=PlanFacts(finished_on=ago(40))), "treated.plan"),
        (seen(10, plans=PlanFacts(finished_on=ago(40))), "active.regular"),
        (seen(20, plans=PlanFacts(declined_on=ago(5))), "refused.plan"),
        (seen(3, plans=PlanFacts(declined_on=ago(5))), "active.regular"),
        (seen(15, plans=PlanFacts(proposed_on=ago(15))), "not_started.plan"),
        (seen(14, plans=PlanFacts(proposed_on=ago(14))), "active.regular"),
        (seen(40, visits=1, last_was_consultation=True), "not_started.visit"),
        (seen(40, visits=1, last_was_consultation=True, booking=booked()), "active.regular"),
        (seen(40, last_was_prevention=True), "prevention.visit"),
        (seen(40, is_chronic=True, last_was_consultation=True), "chronic.service"),
        (seen(300, is_chronic=True), "sleeping.default"),
        (seen(40, referred_on=ago(40)), "referred.elsewhere"),
        (seen(39, referred_on=ago(40)), "active.regular"),
        (seen(400, referred_on=ago(181)), "lost.default"),
        (seen(40, exemption="died", referred_on=ago(1)), "left.died"),
        (seen(40, exemption="moved"), "left.moved"),
        (seen(40, exemption="refused"), "refused.asked"),
        (seen(40, exemption="finished"), "treated.finished"),
    ],
)
def test_first_rule_that_matches_decides(facts: PatientFacts, expected: str) -> None:
    assert rule(facts) == expected


def test_every_rule_has_a_type_a_sentence_and_a_place_in_the_documentation() -> None:
    documented = Path(__file__).parents[4] / "docs" / "types.md"
    text = documented.read_text(encoding="utf-8")
    for name, kind, _ in RULES:
        assert name.split(".")[0] == kind
        assert kind in PatientType.values
        assert f"`{name}`" in text, f"{name} is not in docs/types.md"
    assert set(known_rules()) == {name for name, _, _ in RULES}
    reserved = set(PatientType.values) - {kind for _, kind, _ in RULES}
    assert reserved == {"dissatisfied"}
    assert "`dissatisfied`" in text


def test_sentence_tells_how_long_ago_and_what_is_usual() -> None:
    asleep = seen(304, recalls=(recalled(304, of_months(6)),), factors=Factors(sleeping=150))
    assert explain_type(classify(asleep, T, TODAY)) == "Спит: последний визит 10 месяцев назад при обычном интервале 6"
    monthly = seen(70, recalls=(recalled(70, Interval(30)),))
    assert explain_type(classify(monthly, T, TODAY)) == "Спит: последний визит 2 месяца назад при обычном интервале 1"
    odd = seen(200, recalls=(recalled(200, Interval(45)),))
    assert (
        explain_type(classify(odd, T, TODAY))
        == "Потерян: последний визит 7 месяцев назад при обычном интервале 45 дней"
    )
    fallback = seen(280)
    assert (
        explain_type(classify(fallback, T, TODAY))
        == "Спит: последний визит 9 месяцев назад, без интервала порог 9 месяцев"
    )
    years = seen(1500)
    assert (
        explain_type(classify(years, T, TODAY))
        == "Потерян: последний визит 4 года назад, без интервала порог 12 месяцев"
    )


def test_next_transition_is_the_first_day_on_which_time_alone_changes_something() -> None:
    verdict = classify(seen(100), T, TODAY)
    assert verdict.next_transition_on == verdict.sleeping_on == ago(100) + dt.timedelta(days=271)
    assert classify(seen(100), T, verdict.sleeping_on).rule == "sleeping.default"
    assert classify(seen(100), T, verdict.sleeping_on - dt.timedelta(days=1)).rule == "active.regular"


def test_booking_is_looked_at_again_on_its_own_day() -> None:
    assert classify(seen(100, booking=booked(4)), T, TODAY).next_transition_on == TODAY + dt.timedelta(days=4)


def test_exempt_patient_changes_only_when_the_refusal_ends() -> None:
    facts = seen(100, exemption="refused", exempt_until=TODAY + dt.timedelta(days=30))
    assert classify(facts, T, TODAY).next_transition_on == TODAY + dt.timedelta(days=30)
    assert classify(seen(100, exemption="died"), T, TODAY).next_transition_on is None

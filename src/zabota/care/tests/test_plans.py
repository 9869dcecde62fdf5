"""Treatment plans from proposal to end."""

from __future__ import annotations

import datetime as dt

import pytest

from zabota.care import api
from zabota.care.models import Plan
from zabota.kernel.errors import AlreadyDone, BadInput
from zabota.kernel.models import Fact

STAGES = (api.StageDraft("Лечение каналов", 1_860_000), api.StageDraft("Коронка", 3_150_000))


@pytest.fixture
def now():
    return dt.datetime(2026, 11, 24, 9, 0, tzinfo=dt.UTC)


@pytest.fixture
def plan(in_clinic, mila, doctor_sokolova, actor, now):
    return api.create_plan(
        patient=mila, title="Зубы 36 и 37", stages=STAGES, doctor=doctor_sokolova, actor=actor, now=now
    )


def kinds():
    return list(Fact.objects.order_by("id").values_list("kind", flat=True))


def test_proposed_plan_has_its_stages_and_price(plan, mila):
    (view,) = api.plans_of([mila.pk])[mila.pk]
    assert [stage.title for stage in view.stages] == ["Лечение каналов", "Коронка"]
    assert (view.plan.total_kopecks, view.done, view.left_kopecks, view.is_open) == (5_010_000, 0, 0, False)


@pytest.mark.parametrize(("title", "stages"), [(" ", STAGES), ("План", ()), ("План", (api.StageDraft(" "),))])
def test_plan_without_name_or_stages_is_refused(in_clinic, mila, actor, now, title, stages):
    with pytest.raises(BadInput):
        api.create_plan(patient=mila, title=title, stages=stages, actor=actor, now=now)


def test_plan_goes_on_with_each_stage_and_ends_with_the_last(plan, actor, now, mila):
    api.agree_plan(plan=plan, actor=actor, now=now)
    first, second = plan.stages.all()
    api.finish_stage(stage=first, actor=actor, now=now)
    (view,) = api.plans_of([mila.pk])[mila.pk]
    assert (view.plan.state, view.done, view.done_kopecks, view.left_kopecks) == (
        "in_progress",
        1,
        1_860_000,
        3_150_000,
    )
    assert view.next_stage == second
    api.finish_stage(stage=second, actor=actor, now=now)
    plan.refresh_from_db()
    assert (plan.state, plan.ended_on) == ("finished", dt.date(2026, 11, 24))
    assert kinds() == [
        "care.plan_proposed",
        "care.plan_agreed",
        "care.stage_done",
        "care.stage_done",
        "care.plan_finished",
    ]
    with pytest.raises(AlreadyDone):
        api.finish_stage(stage=second, actor=actor, now=now)


def test_work_begun_without_an_agreement_counts_as_agreed(plan, actor, now):
    api.finish_stage(stage=plan.stages.first(), done_on=dt.date(2026, 11, 20), actor=actor, now=now)
    plan.refresh_from_db()
    assert (plan.state, plan.agreed_on) == ("in_progress", dt.date(2026, 11, 20))


def test_stage_of_tomorrow_is_refused(plan, actor, now):
    with pytest.raises(BadInput):
        api.finish_stage(stage=plan.stages.first(), done_on=dt.date(2026, 11, 25), actor=actor, now=now)


def test_proposed_plan_is_declined_and_a_begun_one_broken_off(plan, mila, actor, now):
    api.decline_plan(plan=plan, actor=actor, now=now)
    other = api.create_plan(patient=mila, title="Второй", stages=STAGES, actor=actor, now=now)
    api.agree_plan(plan=other, actor=actor, now=now)
    api.decline_plan(plan=other, actor=actor, now=now)
    assert list(Plan.objects.order_by("id").values_list("state", flat=True)) == ["declined", "abandoned"]
    with pytest.raises(BadInput):
        api.finish_stage(stage=other.stages.first(), actor=actor, now=now)
    assert [fact.payload["was_open"] for fact in Fact.objects.filter(kind="care.plan_declined").order_by("id")] == [
        False,
        True,
    ]


def test_open_plan_stands_first(plan, mila, actor, now):
    second = api.create_plan(patient=mila, title="Второй", stages=STAGES, actor=actor, now=now)
    api.agree_plan(plan=second, actor=actor, now=now)
    api.decline_plan(plan=plan, actor=actor, now=now)
    assert [view.plan for view in api.plans_of([mila.pk])[mila.pk]] == [second, plan]

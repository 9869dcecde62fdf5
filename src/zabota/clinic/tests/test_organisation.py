"""Branches, doctors, groups and services, goal: what may be changed, what is told, what makes no sense."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from zabota.clinic import api
from zabota.clinic.models import Branch, Clinic, Doctor, GoalPath, Service, ServiceGroup
from zabota.clinic.rules.goal import Stage, goal_problem
from zabota.kernel.audit import Actor
from zabota.kernel.errors import BadInput
from zabota.kernel.models import AuditEntry, Fact


def group_fields(**changes: object) -> dict[str, object]:
    fields: dict[str, object] = {
        "name": "Гигиена",
        "recall_interval_days": 182,
        "late_factor": Decimal("1.5"),
        "sleeping_factor": Decimal(2),
        "lost_factor": Decimal(3),
        "is_consultation": False,
        "is_prevention": True,
        "is_chronic": False,
    }
    return {**fields, **changes}


def test_a_clinic_changes_and_the_trail_names_what(smile: Clinic, actor: Actor, now: dt.datetime) -> None:
    api.change_clinic(
        clinic=smile, name=" Улыбка  плюс ", time_zone="Asia/Omsk", second_factor_for_all=False, actor=actor, now=now
    )

    smile.refresh_from_db()
    assert (smile.name, smile.time_zone) == ("Улыбка плюс", "Asia/Omsk")
    assert AuditEntry.objects.get().details == {"fields": ["name", "time_zone"]}


def test_an_unknown_zone_is_refused(smile: Clinic, actor: Actor, now: dt.datetime) -> None:
    with pytest.raises(BadInput):
        api.change_clinic(
            clinic=smile, name="Улыбка", time_zone="Moscow", second_factor_for_all=False, actor=actor, now=now
        )


@pytest.mark.parametrize("name", ["Центр", "ЦЕНТР", "центр"])
def test_two_branches_of_one_name_are_refused(name: str, centre: Branch, actor: Actor, now: dt.datetime) -> None:
    with pytest.raises(api.NameTaken):
        api.add_branch(clinic=centre.clinic, name=name, time_zone="Europe/Moscow", actor=actor, now=now)


def test_two_groups_of_one_name_are_refused(hygiene: ServiceGroup, actor: Actor, now: dt.datetime) -> None:
    with pytest.raises(api.NameTaken):
        api.add_group(clinic=hygiene.clinic, name="ГИГИЕНА", recall_interval_days=182, actor=actor, now=now)


def test_a_doctor_is_known_by_the_folded_name(doctor_sokolova: Doctor, actor: Actor, now: dt.datetime) -> None:
    with pytest.raises(api.NameTaken):
        api.add_doctor(clinic=doctor_sokolova.clinic, name="СОКОЛОВА Мария Викторовна", actor=actor, now=now)


def test_a_new_interval_is_told_by_a_fact(hygiene: ServiceGroup, actor: Actor, now: dt.datetime) -> None:
    api.change_group(group=hygiene, **group_fields(recall_interval_days=120), actor=actor, now=now)

    assert Fact.objects.get().payload["group_ids"] == [hygiene.pk]


def test_a_change_of_nothing_is_told_to_nobody(hygiene: ServiceGroup, actor: Actor, now: dt.datetime) -> None:
    api.change_group(group=hygiene, **group_fields(), actor=actor, now=now)

    assert not Fact.objects.exists()


def test_thresholds_must_grow(hygiene: ServiceGroup, actor: Actor, now: dt.datetime) -> None:
    with pytest.raises(BadInput):
        api.change_group(group=hygiene, **group_fields(late_factor=Decimal(4)), actor=actor, now=now)


def test_a_service_moves_between_groups_and_both_are_told(
    smile: Clinic, hygiene: ServiceGroup, cleaning: Service, actor: Actor, now: dt.datetime
) -> None:
    check = api.add_group(clinic=smile, name="Осмотры", recall_interval_days=365, actor=actor, now=now)

    api.change_service(
        service=cleaning,
        group=check,
        recall_interval_days=None,
        triggers_group=None,
        is_active=True,
        actor=actor,
        now=now,
    )

    assert Fact.objects.get().payload["group_ids"] == sorted([hygiene.pk, check.pk])


def test_a_group_of_another_clinic_is_refused(
    other_clinic: Clinic, cleaning: Service, actor: Actor, now: dt.datetime
) -> None:
    foreign = ServiceGroup.objects.create(clinic=other_clinic, name="Чужая")

    with pytest.raises(api.NotOfThisClinic):
        api.change_service(
            service=cleaning, group=foreign, recall_interval_days=None, triggers_group=None, is_active=True,
            actor=actor, now=now,
        )  # fmt: skip


def test_a_goal_is_set_once_and_changed(smile: Clinic, actor: Actor, now: dt.datetime) -> None:
    for target in (0.6, 0.65):
        api.set_goal(
            clinic=smile,
            baseline=0.5,
            baseline_on=dt.date(2026, 8, 1),
            target=target,
            target_on=dt.date(2027, 12, 31),
            stages=[Stage(dt.date(2027, 6, 30), 0.58), Stage(dt.date(2026, 12, 31), 0.52, "Никто не забыт")],
            actor=actor,
            now=now,
        )

    goal = GoalPath.objects.get()
    assert goal.target == 0.65
    assert [stage["on"] for stage in goal.stages] == ["2026-12-31", "2027-06-30"]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({}, None),
        ({"target": 65.0}, "share_out_of_range"),
        ({"target_on": dt.date(2026, 8, 1)}, "target_not_later"),
        ({"stages": [Stage(dt.date(2028, 1, 1), 0.5)]}, "stage_outside_path"),
        ({"stages": [Stage(dt.date(2027, 1, 1), 0.5), Stage(dt.date(2027, 1, 1), 0.6)]}, "stages_out_of_order"),
    ],
)
def test_rule_of_the_goal(changes: dict[str, object], problem: str | None) -> None:
    path = {
        "baseline": 0.5,
        "baseline_on": dt.date(2026, 8, 1),
        "target": 0.65,
        "target_on": dt.date(2027, 12, 31),
        "stages": [],
    }
    assert goal_problem(**{**path, **changes}) == problem

"""Refusals and merges that are taken back leave everything as it was; what happens by itself leaves its trace."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import transaction
from django_tasks_db.models import DBTaskResult

from zabota.kernel import facts
from zabota.kernel.jobs import run_due
from zabota.kernel.models import AuditEntry, Fact
from zabota.nextstep import api, handlers
from zabota.nextstep.models import Exemption, Recall
from zabota.patients import api as patients
from zabota.worklist import api as worklist
from zabota.worklist.facts import TaskClosed, TaskReopened
from zabota.worklist.models import Task, TaskEvent

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_clinic")]


def sweep(patient, now):
    return api.sweep_patients(patient_ids=[patient.pk], now=now)


def refuse(patient, vera, actor, now, reason="expensive", task=None):
    """Vera notes a refusal on the task."""
    task = task or Task.objects.open().get(patient=patient, dedupe_key__startswith="sweep:")
    return worklist.record_outcome(task=task, member=vera, outcome="refused", reason=reason, actor=actor, now=now)


def test_a_refusal_taken_back_opens_the_promise_that_it_closed_at_its_own_hour(
    mila, vera, visit, cleaning, actor, now
) -> None:
    visit(mila, -400, cleaning)
    sweep(mila, now)
    promise = worklist.create_task(
        patient=mila, reason="manual", summary="Спросить о дочери", due_at=now + dt.timedelta(days=2), actor=actor, now=now
    )  # fmt: skip
    hidden = now + dt.timedelta(days=1)
    Task.objects.filter(pk=promise.pk).update(hidden_until=hidden)
    recorded = refuse(mila, vera, actor, now)
    facts.deliver_all()
    promise.refresh_from_db()
    assert (promise.state, promise.outcome_reason) == ("closed", "refused")

    worklist.undo_outcome(event=recorded.event, member=vera, actor=actor, now=now)
    facts.deliver_all()

    promise.refresh_from_db()
    assert (promise.state, promise.outcome, promise.closed_at, promise.hidden_until) == ("open", "", None, hidden)
    assert TaskEvent.objects.filter(task=promise, kind="reopened").count() == 1
    assert Task.objects.open().filter(patient=mila).count() == 2
    trail = AuditEntry.objects.filter(action="nextstep.patient.returned").latest("pk")
    assert trail.details["reopened"] == [promise.pk]


def test_a_second_refusal_taken_back_leaves_the_first_in_force(mila, vera, visit, cleaning, actor, now) -> None:
    visit(mila, -400, cleaning)
    sweep(mila, now)
    refuse(mila, vera, actor, now)
    facts.deliver_all()
    first = Exemption.objects.get(patient=mila)
    review = worklist.create_task(
        patient=mila, reason="refusal_review", summary="Отказ", due_at=now, actor=actor, now=now
    )
    recorded = refuse(mila, vera, actor, now, reason="do_not_call", task=review)
    facts.deliver_all()
    assert Exemption.objects.get(patient=mila, ended_at=None).until_on is None

    worklist.undo_outcome(event=recorded.event, member=vera, actor=actor, now=now)
    facts.deliver_all()

    assert Exemption.objects.get(patient=mila, ended_at=None) == first
    assert list(Task.objects.open().filter(patient=mila)) == [review]


def test_an_undo_that_overtakes_its_refusal_leaves_nobody_out_of_the_rule(
    mila, vera, visit, cleaning, actor, now
) -> None:
    visit(mila, -400, cleaning)
    sweep(mila, now)
    recorded = refuse(mila, vera, actor, now)
    worklist.undo_outcome(event=recorded.event, member=vera, actor=actor, now=now)
    told = {"clinic_id": mila.clinic_id, "task_id": recorded.event.task_id, "patient_id": mila.pk, "reason": "sleeping"}
    outcome = {"outcome": "refused", "outcome_reason": "expensive"}
    with transaction.atomic():
        handlers.take_back_outcome(TaskReopened(**told, **outcome))
        handlers.follow_outcome(TaskClosed(**told, **outcome, appointment_id=None))
    assert not Exemption.objects.filter(patient=mila, ended_at=None).exists()


def test_an_undo_told_late_does_not_take_back_a_second_refusal(mila, vera, visit, cleaning, actor, now) -> None:
    visit(mila, -400, cleaning)
    sweep(mila, now)
    recorded = refuse(mila, vera, actor, now)
    worklist.undo_outcome(event=recorded.event, member=vera, actor=actor, now=now)
    refuse(mila, vera, actor, now)
    facts.deliver_all()
    told = {"clinic_id": mila.clinic_id, "task_id": recorded.event.task_id, "patient_id": mila.pk, "reason": "sleeping"}
    with transaction.atomic():
        handlers.take_back_outcome(TaskReopened(**told, outcome="refused", outcome_reason="expensive"))
    assert Exemption.objects.filter(patient=mila, ended_at=None).count() == 1


def test_decisions_about_recalls_that_came_with_a_card_leave_with_it(mila, pyotr, visit, cleaning, actor, now) -> None:
    visit(mila, -30, cleaning)
    visit(pyotr, -300, cleaning)
    api.sweep_patients(patient_ids=[mila.pk, pyotr.pk], now=now)
    until = (now + dt.timedelta(days=40)).date()
    own, other = Recall.objects.get(patient=mila), Recall.objects.get(patient=pyotr)
    api.disable_recall(recall=other, reason="лечится в другом месте", actor=actor, now=now)
    api.count_any_visit(recall=other, counts=True, actor=actor, now=now)
    merge = patients.merge_cards(kept=mila, absorbed=pyotr, actor=actor, now=now)
    facts.deliver_all()
    own.refresh_from_db()
    assert own.is_disabled and own.any_visit_counts
    assert AuditEntry.objects.get(action="nextstep.recall.carried").patient_id == mila.pk
    api.snooze_recall(recall=own, until=until, actor=actor, now=now)

    patients.undo_merge(merge=merge, actor=actor, now=now)
    facts.deliver_all()

    own.refresh_from_db()
    other.refresh_from_db()
    assert (own.is_disabled, own.disabled_reason, own.any_visit_counts) == (False, "", False)
    assert own.snoozed_until == until, "what somebody decided since stays"
    assert (other.patient_id, other.is_disabled, other.any_visit_counts) == (pyotr.pk, True, True)
    assert AuditEntry.objects.filter(action="nextstep.recall.carried_back").count() == 1


def test_day_of_its_own_of_the_kept_card_comes_back_with_the_undo(mila, pyotr, visit, cleaning, actor, now) -> None:
    visit(mila, -300, cleaning)
    visit(pyotr, -30, cleaning)
    api.sweep_patients(patient_ids=[mila.pk, pyotr.pk], now=now)
    day = (now + dt.timedelta(days=50)).date()
    own = api.override_recall(
        recall=Recall.objects.get(patient=mila), due_on=day, reason="врач", actor=actor, now=now
    )  # fmt: skip
    merge = patients.merge_cards(kept=mila, absorbed=pyotr, actor=actor, now=now)
    facts.deliver_all()
    own.refresh_from_db()
    assert own.overridden_on is None, "a later visit of the other card begins a new cycle"

    patients.undo_merge(merge=merge, actor=actor, now=now)
    facts.deliver_all()

    own.refresh_from_db()
    assert (own.overridden_on, own.override_reason) == (day, "врач")


def test_a_merge_undone_before_its_fact_was_told_carries_no_decision(mila, pyotr, visit, cleaning, actor, now) -> None:
    visit(mila, -30, cleaning)
    visit(pyotr, -300, cleaning)
    api.sweep_patients(patient_ids=[mila.pk, pyotr.pk], now=now)
    api.disable_recall(recall=Recall.objects.get(patient=pyotr), reason="не нужно", actor=actor, now=now)
    merge = patients.merge_cards(kept=mila, absorbed=pyotr, actor=actor, now=now)
    patients.undo_merge(merge=merge, actor=actor, now=now)
    facts.deliver_all()
    assert not Recall.objects.get(patient=mila).is_disabled


def test_a_refusal_that_runs_out_leaves_its_trace_and_its_fact(mila, visit, cleaning, actor, now) -> None:
    visit(mila, -400, cleaning)
    until = (now + dt.timedelta(days=30)).date()
    exemption = api.exempt_patient(patient=mila, reason="refused", until_on=until, actor=actor, now=now)
    sweep(mila, now + dt.timedelta(days=31))
    row = AuditEntry.objects.get(action="nextstep.patient.returned")
    assert (row.object_id, row.patient_id, row.actor_kind) == (str(exemption.pk), mila.pk, "system")
    assert row.details == {"until_on": until.isoformat()}
    assert Fact.objects.filter(kind="nextstep.exemption_ended", payload__patient_id=mila.pk).count() == 1


def test_a_task_that_comes_forward_keeps_in_its_history_what_it_was(mila, visit, cleaning, now) -> None:
    visit(mila, -30, cleaning)
    sweep(mila, now)
    task = Task.objects.open().get(patient=mila)
    was = task.summary
    visit(mila, -1, cleaning, status="no_show")
    sweep(mila, now)
    task.refresh_from_db()
    assert task.reason == "no_show"
    event = TaskEvent.objects.get(task=task, kind="forward")
    assert event.comment == f"Было: {was}"


def test_the_pause_after_a_task_counts_days_of_the_clinic(mila, vera, visit, cleaning, actor, now) -> None:
    """Half past one at night in Moscow is still yesterday in UTC."""
    night = now.replace(hour=22, minute=30)
    visit(mila, -400, cleaning)
    sweep(mila, night)
    task = Task.objects.open().get(patient=mila)
    worklist.record_outcome(task=task, member=vera, outcome="resolved", reason="answered", actor=actor, now=night)
    sweep(mila, night)
    following = Task.objects.open().get(patient=mila)
    closed_on = (night + dt.timedelta(hours=3)).date()
    assert (following.due_at + dt.timedelta(hours=3)).date() == closed_on + dt.timedelta(days=30)


def waiting() -> int:
    return DBTaskResult.objects.filter(task_path__endswith="sweep_one", status="READY").count()


def test_wishes_for_a_sweep_that_waits_are_answered_by_it_and_those_after_its_begin_are_not(
    smile, other_clinic, actor, now
) -> None:
    api.ask_for_sweep(clinic=smile, actor=actor, now=now)
    api.edit_thresholds(clinic=smile, actor=actor, now=now, sleeping_days=200)
    facts.deliver_all()
    api.sweep_later(clinic_id=smile.pk)
    assert waiting() == 1
    api.sweep_later(clinic_id=other_clinic.pk)
    assert waiting() == 2
    row = AuditEntry.objects.get(action="nextstep.sweep.asked")
    assert (row.actor_id, row.clinic_id) == (actor.user_id, smile.pk)
    DBTaskResult.objects.filter(task_path__endswith="sweep_one").update(status="RUNNING")
    api.sweep_later(clinic_id=smile.pk)
    assert waiting() == 1
    run_due(worker="test")
    assert waiting() == 0

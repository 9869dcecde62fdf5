"""What happens to one patient: bookings, visits, recalls, and the task that follows."""

from __future__ import annotations

import datetime as dt

import pytest

from zabota.booking.models import Appointment
from zabota.kernel.errors import BadInput
from zabota.kernel.models import AuditEntry
from zabota.nextstep import api
from zabota.nextstep.models import PatientState, Recall, RecallMonths, Thresholds, TypeChange
from zabota.patients.models import Patient
from zabota.worklist.models import Task, TaskEvent

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_clinic")]
S = Appointment.Status


def the_task(patient: Patient) -> Task:
    return Task.objects.open().get(patient=patient)


def sweep(patient: Patient, now: dt.datetime) -> api.SweepResult:
    return api.sweep_patients(patient_ids=[patient.pk], now=now)


def test_visit_of_hygiene_makes_a_task_for_the_day_of_the_recall(mila, visit, cleaning, vera, now) -> None:
    visit(mila, -2, cleaning)
    sweep(mila, now)
    task = the_task(mila)
    due = Recall.objects.get(patient=mila).calculated_on
    assert task.reason == "recall_due"
    assert task.due_at.date() == due
    assert task.hidden_until is not None and task.hidden_until.date() == due - dt.timedelta(days=3)
    assert task.owner == vera
    assert task.summary == f"Пора: Гигиена, срок {due:%d.%m.%Y}"
    assert TaskEvent.objects.get(task=task).kind == "created"


def test_most_overdue_recall_has_a_task_too(mila, visit, cleaning, now) -> None:
    visit(mila, -340, cleaning)
    sweep(mila, now)
    assert the_task(mila).hidden_until is None
    assert the_task(mila).reason == "recall_due"
    assert PatientState.objects.get(patient=mila).rule == "prevention.visit"


def test_implant_starts_the_control_of_implants_and_not_of_its_own_group(mila, visit, implant, implants, now) -> None:
    visit(mila, -30, implant)
    sweep(mila, now)
    assert Recall.objects.get(patient=mila).group == implants


def test_months_of_a_group_count_by_the_calendar(mila, visit, cleaning, hygiene, now) -> None:
    RecallMonths.objects.create(group=hygiene, months=6)
    row = visit(mila, -30, cleaning)
    Appointment.objects.filter(pk=row.pk).update(day=dt.date(2026, 8, 31))
    sweep(mila, now)
    recall = Recall.objects.get(patient=mila)
    assert (recall.calculated_on, recall.interval_months) == (dt.date(2027, 2, 28), 6)


def test_early_visit_begins_a_new_cycle_and_clears_the_override(mila, visit, cleaning, actor, now) -> None:
    visit(mila, -100, cleaning)
    sweep(mila, now)
    recall = Recall.objects.get(patient=mila)
    later = (now + dt.timedelta(days=300)).date()
    api.override_recall(recall=recall, due_on=later, reason="беременность", actor=actor, now=now)
    assert the_task(mila).due_at.date() == later
    visit(mila, -1, cleaning)
    sweep(mila, now)
    recall.refresh_from_db()
    assert (recall.overridden_on, recall.override_reason) == (None, "")
    assert recall.calculated_on == recall.previous_on + dt.timedelta(days=182)


def test_voided_trigger_gives_way_to_the_one_before_and_the_last_one_takes_the_recall_along(
    mila, visit, cleaning, now
) -> None:
    first, voided = visit(mila, -200, cleaning), visit(mila, -10, cleaning)
    sweep(mila, now)
    Appointment.objects.filter(pk=voided.pk).update(status=S.CANCELLED_CLINIC)
    sweep(mila, now)
    assert Recall.objects.get(patient=mila).previous_on == first.day
    Appointment.objects.filter(pk=first.pk).update(status=S.CANCELLED_CLINIC)
    sweep(mila, now)
    assert not Recall.objects.filter(patient=mila).exists()


def test_booking_for_something_else_does_not_answer_a_recall_that_is_due(mila, visit, cleaning, implant, now) -> None:
    visit(mila, -200, cleaning)
    visit(mila, 5, implant, status=S.PLANNED)
    sweep(mila, now)
    assert the_task(mila).reason == "recall_due"
    assert api.recalls_of(patient=mila, now=now)[0].hidden_because == ""


def test_booking_for_something_else_answers_it_where_any_visit_counts(
    mila, smile, visit, cleaning, implant, now
) -> None:
    Thresholds.objects.create(clinic=smile, any_visit_counts=True)
    visit(mila, -200, cleaning)
    row = visit(mila, 5, implant, status=S.PLANNED)
    sweep(mila, now)
    assert not Task.objects.open().filter(patient=mila).exists()
    assert Recall.objects.get(patient=mila).booked == row
    assert "засчитывается любой визит" in api.recalls_of(patient=mila, now=now)[0].hidden_because


def test_right_booking_closes_the_task_with_the_booking_as_evidence(mila, visit, cleaning, now) -> None:
    visit(mila, -200, cleaning)
    sweep(mila, now)
    task = the_task(mila)
    row = visit(mila, 5, cleaning, status=S.PLANNED)
    result = sweep(mila, now)
    task.refresh_from_db()
    assert result.tasks_closed == 1
    assert (task.state, task.outcome, task.outcome_reason, task.appointment) == (
        "closed",
        "booked_elsewhere",
        "booked",
        row,
    )
    assert task.closed_by is None
    assert api.recalls_of(patient=mila, now=now)[0].hidden_because.startswith("скрыто: записан")


def test_cancelled_future_visit_makes_the_patient_wait_for_a_call_by_tomorrow(mila, visit, cleaning, now) -> None:
    visit(mila, -20, cleaning)
    row = visit(mila, 5, cleaning, status=S.PLANNED)
    sweep(mila, now)
    assert not Task.objects.open().filter(patient=mila).exists()
    Appointment.objects.filter(pk=row.pk).update(status=S.CANCELLED_PATIENT)
    sweep(mila, now)
    task = the_task(mila)
    assert (task.reason, task.hidden_until) == ("cancelled", None)
    assert task.due_at - now < dt.timedelta(days=2)


def test_moved_visit_with_a_new_time_is_a_booking_and_without_one_a_task(mila, visit, cleaning, now) -> None:
    visit(mila, -20, cleaning)
    visit(mila, 2, cleaning, status=S.MOVED)
    new = visit(mila, 9, cleaning, status=S.PLANNED)
    sweep(mila, now)
    assert not Task.objects.open().filter(patient=mila).exists()
    Appointment.objects.filter(pk=new.pk).update(status=S.MOVED)
    sweep(mila, now)
    assert the_task(mila).summary.endswith("перенесён, нового времени нет")


def test_vanished_booking_is_no_booking(mila, visit, cleaning, now) -> None:
    visit(mila, -20, cleaning)
    row = visit(mila, 5, cleaning, status=S.PLANNED)
    Appointment.objects.filter(pk=row.pk).update(vanished_at=now)
    sweep(mila, now)
    assert the_task(mila).reason == "vanished"


def test_patient_won_back_who_lapses_again_gets_a_task_each_time(mila, visit, cleaning, now) -> None:
    visit(mila, -400, cleaning)
    sweep(mila, now)
    first = the_task(mila)
    assert first.reason == "sleeping"
    came_back = now + dt.timedelta(days=10)
    visit(mila, 10, cleaning)
    sweep(mila, came_back + dt.timedelta(hours=2))
    first.refresh_from_db()
    assert (first.outcome, first.outcome_reason) == ("booked_elsewhere", "visited")
    assert the_task(mila).reason == "recall_due"
    again = came_back + dt.timedelta(days=400)
    Task.objects.open().filter(patient=mila).update(
        state="closed", outcome="resolved", closed_at=came_back + dt.timedelta(days=200), closed_by=None
    )
    sweep(mila, again)
    assert the_task(mila).reason == "sleeping"
    assert list(TypeChange.objects.filter(patient=mila).order_by("id").values_list("after", flat=True)) == [
        "sleeping", "prevention", "sleeping",
    ]  # fmt: skip


def test_visit_that_becomes_known_later_ends_the_task_made_meanwhile(mila, visit, cleaning, now) -> None:
    visit(mila, -400, cleaning)
    sweep(mila, now)
    stale = the_task(mila)
    late_row = visit(mila, -3, cleaning)
    sweep(mila, now)
    stale.refresh_from_db()
    assert (stale.state, stale.appointment) == ("closed", late_row)
    assert the_task(mila).reason == "recall_due"


def test_unmarked_appointment_is_asked_about_and_the_question_ends_with_its_answer(mila, visit, cleaning, now) -> None:
    row = visit(mila, -1, cleaning, status=S.CONFIRMED)
    sweep(mila, now)
    task = the_task(mila)
    assert (task.reason, task.appointment) == ("no_next_step", row)
    assert "не отмечен" in task.summary
    Appointment.objects.filter(pk=row.pk).update(status=S.COMPLETED)
    sweep(mila, now)
    task.refresh_from_db()
    assert (task.state, task.outcome_reason) == ("closed", "visited")
    assert the_task(mila).reason == "recall_due"


def test_no_show_brings_forward_a_task_that_nobody_has_touched(mila, visit, cleaning, now) -> None:
    visit(mila, -20, cleaning)
    sweep(mila, now)
    waiting = the_task(mila)
    visit(mila, -1, cleaning, status=S.NO_SHOW)
    result = sweep(mila, now)
    assert (result.tasks_created, result.tasks_raised) == (0, 1)
    task = the_task(mila)
    assert task == waiting
    assert (task.reason, task.hidden_until) == ("no_show", None)
    assert task.due_at < waiting.due_at


def test_second_reason_leaves_a_task_that_somebody_works_on_as_it_is(mila, visit, cleaning, now) -> None:
    visit(mila, -20, cleaning)
    sweep(mila, now)
    Task.objects.filter(patient=mila).update(version=1)
    visit(mila, -1, cleaning, status=S.NO_SHOW)
    assert sweep(mila, now).tasks_raised == 0
    assert the_task(mila).reason == "recall_due"


def test_snoozed_recall_moves_its_waiting_task_along(mila, visit, cleaning, actor, now) -> None:
    visit(mila, -20, cleaning)
    sweep(mila, now)
    until = (now + dt.timedelta(days=250)).date()
    api.snooze_recall(recall=Recall.objects.get(patient=mila), until=until, actor=actor, now=now)
    assert the_task(mila).due_at.date() == until
    assert AuditEntry.objects.filter(action="nextstep.recall.snoozed", patient_id=mila.pk).exists()


def test_switched_off_recall_stays_off_after_the_next_visit(mila, visit, cleaning, actor, now) -> None:
    visit(mila, -200, cleaning)
    sweep(mila, now)
    api.disable_recall(recall=Recall.objects.get(patient=mila), reason="съёмный протез", actor=actor, now=now)
    visit(mila, -1, cleaning)
    sweep(mila, now)
    assert Recall.objects.get(patient=mila).is_disabled
    assert the_task(mila).reason == "no_next_step"


def test_override_before_the_visit_or_without_a_word_is_refused(mila, visit, cleaning, actor, now) -> None:
    visit(mila, -20, cleaning)
    sweep(mila, now)
    recall = Recall.objects.get(patient=mila)
    with pytest.raises(BadInput):
        api.override_recall(recall=recall, due_on=recall.previous_on, reason="так", actor=actor, now=now)
    with pytest.raises(BadInput):
        api.override_recall(recall=recall, due_on=now.date() + dt.timedelta(days=9), reason=" ", actor=actor, now=now)

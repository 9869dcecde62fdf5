"""What happens to one patient: bookings, visits, merges, refusals, and the task that follows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest

from zabota.booking import api as booking
from zabota.booking.models import Appointment, AppointmentService
from zabota.clinic.api import Role
from zabota.clinic.models import Clinic, Member, Service, ServiceGroup
from zabota.kernel import facts
from zabota.kernel.audit import Actor
from zabota.kernel.errors import AlreadyDone, BadInput
from zabota.kernel.models import AuditEntry
from zabota.nextstep import api
from zabota.nextstep.models import Exemption, PatientState, Recall, RecallMonths, Thresholds, TypeChange
from zabota.patients import api as patients
from zabota.patients.models import Contact, Patient
from zabota.worklist import api as worklist
from zabota.worklist.models import Task, TaskEvent

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_clinic")]
S = Appointment.Status


@pytest.fixture
def visit(smile: Clinic, now: dt.datetime) -> Callable[..., Appointment]:
    """Makes an appointment so many days from now: `visit(mila, -200, cleaning)`."""

    def make(
        patient: Patient, days: int, *services: Service, status: str = S.COMPLETED, total: int = 450_000
    ) -> Appointment:
        at = now + dt.timedelta(days=days)
        row = Appointment.objects.create(
            clinic=smile, patient=patient, starts_at=at, day=(at + dt.timedelta(hours=3)).date(), status=status,
            total_kopecks=total, branch_id=patient.branch_id,
        )  # fmt: skip
        for service in services:
            AppointmentService.objects.create(appointment=row, service=service, price_kopecks=total)
        return row

    return make


@pytest.fixture
def implants(smile: Clinic) -> ServiceGroup:
    return ServiceGroup.objects.create(clinic=smile, name="Контроль имплантов", recall_interval_days=365)


@pytest.fixture
def implant(smile: Clinic, implants: ServiceGroup) -> Service:
    """Belongs to no group itself and starts the yearly control."""
    return Service.objects.create(clinic=smile, name="Имплант", name_key="имплант", triggers_group=implants)


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


def test_refusal_closes_open_tasks_but_not_the_review_of_quality(mila, visit, cleaning, actor, now) -> None:
    visit(mila, -400, cleaning)
    sweep(mila, now)
    manual = worklist.create_task(patient=mila, reason="manual", summary="Спросить", due_at=now, actor=actor, now=now)
    review = worklist.create_task(
        patient=mila, reason="refusal_review", summary="Отказ", due_at=now, actor=actor, now=now
    )
    until = (now + dt.timedelta(days=90)).date()
    exemption = api.exempt_patient(patient=mila, reason="refused", until_on=until, actor=actor, now=now)
    assert list(Task.objects.open().filter(patient=mila)) == [review]
    manual.refresh_from_db()
    assert (manual.outcome, manual.outcome_reason) == ("not_needed", "refused")
    assert PatientState.objects.get(patient=mila).rule == "refused.asked"
    row = AuditEntry.objects.get(action="nextstep.patient.exempted")
    assert (row.actor_id, row.patient_id, row.details["reason"]) == (actor.user_id, mila.pk, "refused")
    with pytest.raises(AlreadyDone):
        api.exempt_patient(patient=mila, reason="refused", until_on=until, actor=actor, now=now)
    assert exemption.until_on == until


def test_refusal_for_a_time_returns_on_its_day_with_a_task(mila, smile, visit, cleaning, actor, now) -> None:
    visit(mila, -400, cleaning)
    until = (now + dt.timedelta(days=30)).date()
    api.exempt_patient(patient=mila, reason="refused", until_on=until, actor=actor, now=now)
    api.sweep_clinic(clinic_id=smile.pk, now=now + dt.timedelta(days=28), due_only=True)
    assert not Task.objects.open().filter(patient=mila).exists()
    api.sweep_clinic(clinic_id=smile.pk, now=now + dt.timedelta(days=31), due_only=True)
    assert the_task(mila).reason == "sleeping"
    assert Exemption.objects.get(patient=mila).ended_at is not None


def test_death_has_no_end_and_a_past_day_is_no_term(mila, actor, now) -> None:
    with pytest.raises(BadInput):
        api.exempt_patient(
            patient=mila, reason="died", until_on=now.date() + dt.timedelta(days=9), actor=actor, now=now
        )
    with pytest.raises(BadInput):
        api.exempt_patient(patient=mila, reason="refused", until_on=now.date(), actor=actor, now=now)
    with pytest.raises(BadInput):
        api.exempt_patient(patient=mila, reason="bored", actor=actor, now=now)


def test_returned_patient_has_a_task_at_once(mila, actor, now) -> None:
    exemption = api.exempt_patient(patient=mila, reason="moved", actor=actor, now=now)
    assert PatientState.objects.get(patient=mila).type == "left"
    api.end_exemption(exemption=exemption, actor=actor, now=now)
    assert the_task(mila).reason == "new_without_visit"
    with pytest.raises(AlreadyDone):
        api.end_exemption(exemption=exemption, actor=actor, now=now)


def test_card_without_visit_and_contact_is_outside_the_rule(mila, pyotr, now) -> None:
    Contact.objects.filter(patient=pyotr).update(reach="wrong")
    api.sweep_patients(patient_ids=[mila.pk, pyotr.pk], now=now)
    assert the_task(mila)
    assert not Task.objects.filter(patient=pyotr).exists()
    assert api.uncovered_ids(clinic_id=mila.clinic_id, now=now) == []


def test_acute_referral_is_asked_about_after_two_days_an_ordinary_one_after_a_week(mila, pyotr, actor, now) -> None:
    today = (now + dt.timedelta(hours=3)).date()
    api.record_referral(patient=mila, referred_on=today, is_acute=True, to="ЦНИИС", actor=actor, now=now)
    api.record_referral(patient=pyotr, referred_on=today, actor=actor, now=now)
    assert the_task(mila).due_at.date() == today + dt.timedelta(days=2)
    assert the_task(pyotr).due_at.date() == today + dt.timedelta(days=7)
    assert PatientState.objects.get(patient=mila).type == "referred"


def test_merge_of_two_cards_leaves_one_recall_one_task_and_what_people_decided(
    mila, pyotr, visit, cleaning, actor, now
) -> None:
    visit(mila, -300, cleaning)
    visit(pyotr, -30, cleaning)
    api.sweep_patients(patient_ids=[mila.pk, pyotr.pk], now=now)
    later = (now + dt.timedelta(days=320)).date()
    api.override_recall(recall=Recall.objects.get(patient=pyotr), due_on=later, reason="врач", actor=actor, now=now)
    merge = patients.merge_cards(kept=mila, absorbed=pyotr, actor=actor, now=now)
    facts.deliver_all()
    recall = Recall.objects.get(patient=mila)
    assert (recall.previous_on, recall.overridden_on) == (
        (now - dt.timedelta(days=30) + dt.timedelta(hours=3)).date(),
        later,
    )
    assert Task.objects.open().filter(patient=mila).count() == 1
    assert not PatientState.objects.filter(patient=pyotr).exists()
    patients.undo_merge(merge=merge, actor=actor, now=now)
    facts.deliver_all()
    assert PatientState.objects.filter(patient__in=[mila, pyotr]).count() == 2
    assert Task.objects.open().filter(patient__in=[mila, pyotr]).values("patient").distinct().count() == 2
    assert Recall.objects.get(patient=mila).previous_on < Recall.objects.get(patient=pyotr).previous_on


def test_booking_and_its_cancellation_reach_the_sweep_as_facts(
    mila, centre, doctor_sokolova, visit, cleaning, actor, now
) -> None:
    visit(mila, -400, cleaning)
    sweep(mila, now)
    row = booking.book_next_visit(
        patient=mila, doctor=doctor_sokolova, branch=centre, starts_at=now + dt.timedelta(days=3), services=[cleaning],
        actor=actor, now=now,
    )  # fmt: skip
    facts.deliver_all()
    assert not Task.objects.open().filter(patient=mila).exists()
    booking.cancel(appointment=row, by_patient=True, reason="заболела", actor=actor, now=now)
    facts.deliver_all()
    assert the_task(mila).reason == "cancelled"


@pytest.mark.parametrize(
    ("code", "reason", "has_end"),
    [
        ("do_not_call", "refused", False),
        ("moved", "moved", False),
        ("died", "died", False),
        ("expensive", "refused", True),
    ],
)
def test_refusal_on_the_phone_leaves_the_rule_and_taking_it_back_returns(
    mila, vera: Member, visit, cleaning, actor: Actor, now, code: str, reason: str, has_end: bool
) -> None:
    visit(mila, -400, cleaning)
    sweep(mila, now)
    recorded = worklist.record_outcome(
        task=the_task(mila), member=vera, outcome="refused", reason=code, actor=actor, now=now
    )
    facts.deliver_all()
    exemption = Exemption.objects.get(patient=mila)
    assert (exemption.reason, exemption.until_on is not None) == (reason, has_end)
    assert not Task.objects.open().filter(patient=mila).exclude(reason="refusal_review").exists()
    worklist.undo_outcome(event=recorded.event, member=vera, actor=actor, now=now)
    facts.deliver_all()
    exemption.refresh_from_db()
    assert exemption.ended_at is not None
    assert Task.objects.open().filter(patient=mila).count() == 1


def test_task_closed_without_a_booking_is_followed_by_one_after_a_pause(
    mila, vera, visit, cleaning, actor, now
) -> None:
    visit(mila, -400, cleaning)
    sweep(mila, now)
    worklist.record_outcome(
        task=the_task(mila), member=vera, outcome="resolved", reason="answered", actor=actor, now=now
    )
    facts.deliver_all()
    following = the_task(mila)
    assert following.due_at - now > dt.timedelta(days=28)
    assert following.hidden_until is not None


def test_changed_thresholds_are_swept_in_the_background(mila, smile, visit, actor, run_jobs, now) -> None:
    visit(mila, -100)
    sweep(mila, now)
    assert PatientState.objects.get(patient=mila).type == "active"
    api.edit_thresholds(clinic=smile, actor=actor, now=now, sleeping_days=60, lost_days=200)
    run_jobs()
    assert PatientState.objects.get(patient=mila).type == "sleeping"
    with pytest.raises(BadInput):
        api.edit_thresholds(clinic=smile, actor=actor, now=now, sleeping_days=300)


def test_tasks_go_round_those_who_have_capacity_in_the_branch(
    smile, centre, north, vera, new_member, new_patient, visit, now
) -> None:
    elsewhere = new_member(smile, Role.ADMINISTRATOR, "Ольга", "Мирова", branches=[north])
    second = new_member(smile, Role.COORDINATOR, "Инна", "Котова", branches=[centre])
    away = new_member(smile, Role.ADMINISTRATOR, "Яна", "Седых", branches=[centre], capacity=0)
    people = [new_patient(smile, f"Пациент{n} Анна", phone=f"+7916000{n:04}", branch=centre) for n in range(10)]
    for patient in people:
        visit(patient, -400)
    api.sweep_clinic(clinic_id=smile.pk, now=now)
    owners = [task.owner_id for task in Task.objects.open().filter(patient__in=people)]
    assert {owners.count(vera.pk), owners.count(second.pk)} == {5}
    assert elsewhere.pk not in owners and away.pk not in owners


def test_old_stock_is_spread_over_days_by_capacity_and_a_fresh_cause_is_not(
    smile, centre, vera, new_patient, visit, now
) -> None:
    Member.objects.filter(pk=vera.pk).update(daily_capacity=2)
    old = [new_patient(smile, f"Пациент{n} Анна", phone=f"+7916000{n:04}", branch=centre) for n in range(10)]
    for number, patient in enumerate(old):
        visit(patient, -600, total=100_000 * (number + 1))
    fresh = new_patient(smile, "Свежая Анна", phone="+79170000000", branch=centre)
    visit(fresh, -1, status=S.NO_SHOW)
    api.sweep_clinic(clinic_id=smile.pk, now=now)
    days = [the_task(patient).due_at.date() for patient in old]
    assert days == sorted(days, reverse=True)
    assert [days.count(day) for day in sorted(set(days))] == [2] * 5
    assert (the_task(fresh).due_at - now).days <= 1


def test_explanation_speaks_of_this_moment_and_not_of_the_latest_sweep(mila, visit, cleaning, now) -> None:
    visit(mila, -400, cleaning)
    told = api.explain(patient=mila, now=now)
    assert told is not None
    assert told.sentence == "Спит: последний визит 13 месяцев назад при обычном интервале 6"
    assert told.needed_because.startswith("Последний визит")
    visit(mila, 5, cleaning, status=S.PLANNED)
    again = api.explain(patient=mila, now=now)
    assert again is not None and again.type == "prevention" and again.needed_because == ""


def test_those_about_to_fall_asleep_are_listed_the_dearest_first(mila, pyotr, smile, visit, now) -> None:
    visit(mila, -265, total=1_000_000)
    visit(mila, -300, total=1_000_000)
    visit(pyotr, -266, total=100_000)
    visit(pyotr, -300, total=100_000)
    api.sweep_clinic(clinic_id=smile.pk, now=now)
    today = (now + dt.timedelta(hours=3)).date()
    found = api.soon_sleeping(clinic_id=smile.pk, today=today, within_days=10)
    assert [row.patient for row in found] == [mila, pyotr]
    assert api.soon_sleeping(clinic_id=smile.pk, today=today, within_days=2) == []

"""Who leaves the rule of the two З and comes back, what merges, outcomes and thresholds do, who receives the tasks."""

from __future__ import annotations

import datetime as dt

import pytest

from zabota.booking import api as booking
from zabota.booking.models import Appointment
from zabota.clinic.api import Role
from zabota.clinic.models import Member
from zabota.kernel import facts
from zabota.kernel.audit import Actor
from zabota.kernel.errors import AlreadyDone, BadInput
from zabota.kernel.models import AuditEntry
from zabota.nextstep import api
from zabota.nextstep.models import Exemption, PatientState, Recall
from zabota.patients import api as patients
from zabota.patients.models import Contact, Patient
from zabota.worklist import api as worklist
from zabota.worklist.models import Task

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_clinic")]
S = Appointment.Status


def the_task(patient: Patient) -> Task:
    return Task.objects.open().get(patient=patient)


def sweep(patient: Patient, now: dt.datetime) -> api.SweepResult:
    return api.sweep_patients(patient_ids=[patient.pk], now=now)


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
        patient=mila, doctor=doctor_sokolova, branch=centre, starts_at=now.replace(hour=9) + dt.timedelta(days=3), services=[cleaning],
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


def test_recall_closed_before_its_day_is_not_asked_about_again_on_that_day(
    mila, vera, visit, cleaning, actor, now
) -> None:
    visit(mila, -180, cleaning)
    sweep(mila, now)
    early = the_task(mila)
    assert early.reason == "recall_due" and early.hidden_until is None and early.due_at > now
    worklist.record_outcome(task=early, member=vera, outcome="resolved", reason="answered", actor=actor, now=now)
    facts.deliver_all()

    following = the_task(mila)
    assert following.hidden_until is not None and following.hidden_until - now > dt.timedelta(days=24)


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


def test_two_branches_are_one_team_only_with_the_very_same_people(
    smile, centre, north, vera, new_member, new_patient, visit, now
) -> None:
    """Both sets have one number of people, one sum of ids and one sum of squares."""
    Member.objects.filter(pk=vera.pk).update(daily_capacity=0)
    of_centre, of_north = (0, 4, 5), (1, 2, 6)
    people = []
    for number in range(7):
        home = [centre] if number in of_centre else [north]
        capacity = 20 if number in of_centre + of_north else 0
        people.append(
            new_member(smile, Role.ADMINISTRATOR, f"Имя{number}", f"Фамилия{number}", branches=home, capacity=capacity)
        )
    assert [each.pk - people[0].pk for each in people] == list(range(7))
    patients_there = [new_patient(smile, f"Пациент{n} Анна", phone=f"+7916000{n:04}", branch=north) for n in range(9)]
    for patient in patients_there:
        visit(patient, -400)

    api.sweep_clinic(clinic_id=smile.pk, now=now)

    owners = {task.owner_id for task in Task.objects.open().filter(patient__in=patients_there)}
    assert owners == {people[number].pk for number in of_north}


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
    # Their number and worth are those of all, however few are listed.
    worth = sum(row.value_kopecks for row in found)
    assert len(api.soon_sleeping(clinic_id=smile.pk, today=today, within_days=10, limit=1)) == 1
    assert api.soon_sleeping_sums(clinic_id=smile.pk, today=today, within_days=10) == (2, worth)


def test_refusal_taken_back_keeps_its_task_whatever_is_swept_in_between(
    mila, visit, cleaning, vera, actor, now
) -> None:
    visit(mila, -400, cleaning)
    sweep(mila, now)
    task = the_task(mila)
    recorded = worklist.record_outcome(
        task=task, member=vera, outcome="refused", reason="no_need", actor=actor, now=now
    )
    facts.deliver_all()
    assert not Task.objects.open().filter(patient=mila).exists()
    assert Task.objects.filter(patient=mila).count() == 1
    worklist.undo_outcome(event=recorded.event, member=vera, actor=actor, now=now)
    sweep(mila, now)
    facts.deliver_all()
    assert the_task(mila) == task
    assert Exemption.objects.get(patient=mila).ended_at is not None

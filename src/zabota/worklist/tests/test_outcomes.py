"""Outcomes of contacts: what each does to the task, the phone and the others."""

from __future__ import annotations

import datetime as dt

import pytest

from zabota.clinic.rules.rights import Role
from zabota.kernel.errors import AlreadyDone, BadInput
from zabota.kernel.models import AuditEntry, Fact
from zabota.patients.api import add_contacts, mark_reach, prefer_contact
from zabota.patients.models import Contact
from zabota.worklist import api
from zabota.worklist.api import BookingMissing, TooLate
from zabota.worklist.models import Outcome, Reason, Task, TaskEvent

MINUTE, HOUR, DAY = dt.timedelta(minutes=1), dt.timedelta(hours=1), dt.timedelta(days=1)


@pytest.fixture
def task(new_task, mila, vera):
    return new_task(mila, owner=vera)


@pytest.fixture
def record(task, vera, actor, now):
    def run(outcome, *, at=None, member=None, **more):
        return api.record_outcome(task=task, member=member or vera, outcome=outcome, actor=actor, now=at or now, **more)

    return run


def test_booked_without_a_booking_is_refused_and_nothing_is_written(record, task):
    with pytest.raises(BookingMissing, match="требует записи"):
        record(Outcome.BOOKED)
    with pytest.raises(BookingMissing, match="Напишите, где видна запись"):
        record(Outcome.BOOKED, evidence="ок")
    task.refresh_from_db()
    assert (task.state, task.attempts, task.version) == ("open", 0, 0)
    assert not TaskEvent.objects.exists()


def test_booked_with_a_future_booking_closes_the_task(record, task, mila, new_visit, now):
    visit = new_visit(mila, now + 3 * DAY)
    record(Outcome.BOOKED, appointment=visit)
    task.refresh_from_db()
    assert (task.state, task.outcome, task.appointment_id) == ("closed", "booked", visit.pk)
    closed = Fact.objects.get(kind="worklist.task_closed")
    assert closed.payload["appointment_id"] == visit.pk
    assert AuditEntry.objects.filter(action="worklist.task.outcome", patient_id=mila.pk).exists()


def test_booking_of_somebody_else_or_in_the_past_or_cancelled_is_no_proof(record, pyotr, mila, new_visit, now):
    for visit in (
        new_visit(pyotr, now + DAY),
        new_visit(mila, now - DAY),
        new_visit(mila, now + DAY, status="cancelled_patient"),
    ):
        with pytest.raises(BookingMissing):
            record(Outcome.BOOKED, appointment=visit)


def test_booked_with_written_evidence_closes_the_task(record, task):
    record(Outcome.BOOKED, evidence="МИС, запись 4512, чт 10:00")
    task.refresh_from_db()
    assert task.evidence == "МИС, запись 4512, чт 10:00"


def test_call_back_hides_the_task_until_the_promised_time(record, task, now):
    record(Outcome.CALL_BACK, call_at=now + HOUR)
    task.refresh_from_db()
    assert task.state == "open"
    assert task.hidden_until == task.promised_at == now + HOUR
    assert task.due_at == now + HOUR + dt.timedelta(minutes=15)


@pytest.mark.parametrize("call_at", [None, -HOUR, dt.timedelta(days=400)])
def test_call_back_needs_a_sensible_time(record, now, call_at):
    with pytest.raises(BadInput):
        record(Outcome.CALL_BACK, call_at=now + call_at if call_at else None)


def test_thinks_comes_back_in_a_week_when_no_date_was_agreed(record, task, now):
    record(Outcome.THINKS)
    task.refresh_from_db()
    assert 6.5 * DAY < task.hidden_until - now <= 8 * DAY
    assert task.promised_at is None


def test_refusal_needs_a_reason_and_other_needs_words(record, task):
    with pytest.raises(BadInput, match="причину отказа"):
        record(Outcome.REFUSED)
    with pytest.raises(BadInput, match="комментарии"):
        record(Outcome.REFUSED, reason="other")
    record(Outcome.REFUSED, reason="expensive")
    task.refresh_from_db()
    assert (task.state, task.outcome, task.outcome_reason) == ("closed", "refused", "expensive")
    assert Fact.objects.get(kind="worklist.task_closed").payload["outcome_reason"] == "expensive"


def test_refusal_after_a_consultation_becomes_a_task_of_the_quality_controller(
    new_task, mila, vera, quality, anton, actor, now
):
    task = new_task(mila, owner=vera, reason=Reason.NOT_STARTED)
    recorded = api.record_outcome(
        task=task,
        member=vera,
        outcome=Outcome.REFUSED,
        reason="expensive",
        comment="план 120 тысяч",
        actor=actor,
        now=now,
    )
    review = recorded.escalation
    assert review is not None
    assert (review.owner, review.reason, review.escalated_from) == (quality, Reason.REFUSAL_REVIEW, task)
    assert "Дорого: план 120 тысяч" in review.summary
    assert Fact.objects.filter(kind="worklist.refusal_escalated").count() == 1


def test_ordinary_refusal_and_a_death_are_not_escalated(record, new_task, pyotr, vera, actor, now, quality):
    assert record(Outcome.REFUSED, reason="no_need").escalation is None
    task = new_task(pyotr, owner=vera, reason=Reason.NOT_STARTED)
    died = api.record_outcome(task=task, member=vera, outcome=Outcome.REFUSED, reason="died", actor=actor, now=now)
    assert died.escalation is None


def test_dissatisfied_refusal_is_escalated_as_urgent_whatever_the_task(record, anton):
    review = record(Outcome.REFUSED, reason="bad_experience").escalation
    assert review.is_urgent
    assert review.owner == anton


def test_wrong_number_marks_the_phone_and_offers_the_next(record, task, mila, smile, now):
    second = Contact.objects.create(patient=mila, clinic=smile, kind="phone", value="+79160000001")
    recorded = record(Outcome.WRONG_NUMBER)
    assert recorded.next_phone == second
    assert Contact.objects.get(value="+79161234567").reach == Contact.Reach.WRONG
    task.refresh_from_db()
    assert (task.state, task.hidden_until) == ("open", None)
    assert api.script_for(task).reason == task.reason


def test_last_wrong_number_turns_the_task_into_finding_a_contact(record, task, smile, mila, now):
    api.ensure_scripts(clinic=smile, now=now)
    assert record(Outcome.WRONG_NUMBER).next_phone is None
    task.refresh_from_db()
    assert task.state == "open"
    assert api.script_for(task).reason == Reason.FIND_CONTACT
    with pytest.raises(BadInput, match="Рабочих номеров"):
        record(Outcome.WRONG_NUMBER)


def test_new_phone_ends_the_search_for_a_contact_at_once(record, task, mila, smile, now, actor):
    record(Outcome.WRONG_NUMBER)
    assert api.reachable([mila.pk]) == set()
    add_contacts(patient=mila, phones="+7 916 000-00-09", actor=actor, now=now)
    assert api.reachable([mila.pk]) == {mila.pk}
    assert api.script_for(task).reason == task.reason
    record(Outcome.WRONG_NUMBER, at=now + HOUR)
    assert Contact.objects.get(value="+79160000009").reach == Contact.Reach.WRONG


def test_silence_is_counted_and_never_closes_the_task(record, task, now):
    at = now
    for number in range(1, 9):
        record(Outcome.NO_ANSWER, at=at)
        task.refresh_from_db()
        assert task.state == Task.State.OPEN
        assert task.attempts == number
        assert task.hidden_until > at
        at = task.hidden_until
    assert Contact.objects.get().reach == Contact.Reach.NO_ANSWER


def test_silence_does_not_make_an_overdue_task_vanish(new_task, mila, vera, actor, now):
    task = new_task(mila, owner=vera, due_at=now - 90 * DAY)
    api.record_outcome(task=task, member=vera, outcome=Outcome.NO_ANSWER, actor=actor, now=now)
    assert api.queue(member=vera, now=task.hidden_until) == [task]


def test_of_two_people_the_second_is_told_who_was_first(task, vera, anton, actor, now, record):
    seen = task.version
    second = Task.objects.get(pk=task.pk)
    record(Outcome.RESOLVED, reason="answered", seen_version=seen)
    for version in (seen, None):
        with pytest.raises(AlreadyDone, match=r"Орлова В\. П\., исход «Вопрос решён»"):
            api.record_outcome(
                task=second, member=anton, outcome=Outcome.NO_ANSWER, actor=actor, now=now, seen_version=version
            )
    assert TaskEvent.objects.filter(kind="attempt").count() == 1


def test_stale_page_cannot_count_an_attempt_twice(task, vera, actor, now, record):
    record(Outcome.NO_ANSWER, seen_version=0)
    fresh = Task.objects.get(pk=task.pk)
    with pytest.raises(AlreadyDone, match="её изменили"):
        api.record_outcome(task=fresh, member=vera, outcome=Outcome.NO_ANSWER, actor=actor, now=now, seen_version=0)


def test_seconds_are_counted_from_the_first_opening_of_the_sitting(task, vera, actor, now, record):
    api.open_task(task=task, member=vera, actor=actor, now=now)
    api.open_task(task=task, member=vera, actor=actor, now=now + dt.timedelta(seconds=50))
    event = record(Outcome.NO_ANSWER, at=now + dt.timedelta(seconds=95)).event
    assert event.seconds == 95
    assert TaskEvent.objects.filter(kind="opened").count() == 1


def test_looking_at_somebody_else_ends_the_sitting(task, new_task, pyotr, vera, actor, now, record):
    other = new_task(pyotr, owner=vera)
    for minutes, which in ((0, task), (10, other), (20, task)):
        api.open_task(task=which, member=vera, actor=actor, now=now + dt.timedelta(minutes=minutes))
    assert record(Outcome.NO_ANSWER, at=now + dt.timedelta(minutes=21)).event.seconds == 60


def test_outcome_without_opening_has_no_seconds(record):
    assert record(Outcome.NO_ANSWER).event.seconds is None


def test_undo_puts_everything_back(record, task, vera, quality, actor, now):
    Task.objects.filter(pk=task.pk).update(reason=Reason.NOT_STARTED)
    task.refresh_from_db()
    recorded = record(Outcome.REFUSED, reason="expensive")
    api.undo_outcome(event=recorded.event, member=vera, actor=actor, now=now + dt.timedelta(minutes=1))
    back = Task.objects.get(pk=task.pk)
    assert (back.state, back.outcome, back.closed_at, back.attempts) == ("open", "", None, 0)
    assert Contact.objects.get().reach == Contact.Reach.UNKNOWN
    assert Task.objects.get(pk=recorded.escalation.pk).outcome == Outcome.NOT_NEEDED
    assert Fact.objects.filter(kind="worklist.task_reopened").count() == 1
    with pytest.raises(AlreadyDone):
        api.undo_outcome(event=TaskEvent.objects.get(pk=recorded.event.pk), member=vera, actor=actor, now=now)


def test_undo_of_a_wrong_number_gives_the_phone_its_mark_its_day_and_its_place_back(record, vera, actor, now):
    phone = Contact.objects.get()
    mark_reach(contact=phone, reach="reached", actor=actor, now=now - 30 * DAY)
    prefer_contact(contact=phone, actor=actor, now=now - 30 * DAY)
    event = record(Outcome.WRONG_NUMBER).event
    phone.refresh_from_db()
    assert (phone.reach, phone.is_preferred) == ("wrong", False)
    api.undo_outcome(event=event, member=vera, actor=actor, now=now + MINUTE)
    phone.refresh_from_db()
    assert (phone.reach, phone.reach_at, phone.is_preferred) == ("reached", now - 30 * DAY, True)


def test_undo_leaves_the_mark_that_a_colleague_made_since(record, vera, actor, now):
    phone = Contact.objects.get()
    event = record(Outcome.NO_ANSWER).event
    mark_reach(contact=phone, reach="wrong", actor=actor, now=now + MINUTE)
    api.undo_outcome(event=event, member=vera, actor=actor, now=now + 2 * MINUTE)
    phone.refresh_from_db()
    assert (phone.reach, phone.reach_at) == ("wrong", now + MINUTE)


def test_undo_leaves_the_phone_preferred_that_was_chosen_since(record, vera, mila, smile, actor, now):
    phone, other = (
        Contact.objects.get(),
        Contact.objects.create(patient=mila, clinic=smile, kind="phone", value="+79160000001"),
    )
    prefer_contact(contact=phone, actor=actor, now=now - DAY)
    event = record(Outcome.WRONG_NUMBER).event
    prefer_contact(contact=other, actor=actor, now=now + MINUTE)
    api.undo_outcome(event=event, member=vera, actor=actor, now=now + 2 * MINUTE)
    preferred = Contact.objects.filter(is_preferred=True)
    assert [each.value for each in preferred] == [other.value]


class TestReviewOfARefusalTakenBack:
    """The quality controller's task goes with the refusal that made it."""

    @pytest.fixture
    def refused(self, record, quality):
        recorded = record(Outcome.REFUSED, reason="bad_experience")
        assert recorded.escalation.owner == quality
        return recorded

    def test_untouched_one_is_closed_and_the_trail_tells_by_whom(self, refused, vera, actor, now):
        api.undo_outcome(event=refused.event, member=vera, actor=actor, now=now + MINUTE)
        review = Task.objects.get(pk=refused.escalation.pk)
        assert (review.outcome, review.outcome_reason) == (Outcome.NOT_NEEDED, "taken_back")
        assert review.events.get(kind="closed").member == vera
        assert AuditEntry.objects.get(action="worklist.task.closed").object_id == str(review.pk)
        assert Fact.objects.filter(kind="worklist.task_closed", payload__task_id=review.pk).count() == 1

    def test_one_already_worked_on_stays_the_controller_s_and_tells_of_it(self, refused, vera, quality, actor, now):
        review = Task.objects.get(pk=refused.escalation.pk)
        api.record_outcome(task=review, member=quality, outcome=Outcome.NO_ANSWER, actor=actor, now=now + MINUTE)
        api.undo_outcome(event=refused.event, member=vera, actor=actor, now=now + 2 * MINUTE)
        review.refresh_from_db()
        assert (review.state, review.attempts, review.owner) == ("open", 1, quality)
        assert review.summary.endswith("Отказ отменён: его записали по ошибке")
        assert review.events.get(kind="noted").member == vera
        assert AuditEntry.objects.filter(action="worklist.task.refusal_undone").count() == 1
        with pytest.raises(AlreadyDone):
            api.record_outcome(
                task=review, member=quality, outcome=Outcome.NO_ANSWER, seen_version=1, actor=actor, now=now + HOUR
            )


def test_refusal_goes_past_a_controller_of_another_branch_to_the_owner(record, new_member, smile, north, centre, anton):
    new_member(smile, Role.QUALITY, "Лев", "Юг", branches=[north])
    assert record(Outcome.REFUSED, reason="bad_experience").escalation.owner == anton


def test_controller_of_this_branch_comes_before_one_of_the_whole_clinic(record, new_member, smile, centre, quality):
    own = new_member(smile, Role.QUALITY, "Ян", "Яшин", branches=[centre])
    assert record(Outcome.REFUSED, reason="bad_experience").escalation.owner == own


def test_undo_is_for_a_short_time_and_for_the_one_who_recorded(record, vera, anton, actor, now):
    event = record(Outcome.NO_ANSWER).event
    with pytest.raises(AlreadyDone, match="не вы"):
        api.undo_outcome(event=event, member=anton, actor=actor, now=now)
    with pytest.raises(TooLate):
        api.undo_outcome(event=event, member=vera, actor=actor, now=now + dt.timedelta(minutes=6))


def test_undo_is_refused_when_somebody_went_on(record, task, vera, actor, now):
    event = record(Outcome.NO_ANSWER).event
    record(Outcome.NO_ANSWER, at=now + dt.timedelta(minutes=1))
    with pytest.raises(AlreadyDone, match="работали дальше"):
        api.undo_outcome(event=event, member=vera, actor=actor, now=now + dt.timedelta(minutes=2))


def test_booking_from_the_queue_is_one_step_and_can_be_taken_back(
    task, vera, actor, now, doctor_sokolova, centre, mila
):
    recorded = api.book_from_task(
        task=task, member=vera, doctor=doctor_sokolova, branch=centre, starts_at=now + 2 * DAY, actor=actor, now=now
    )
    visit = recorded.task.appointment
    assert visit.patient == mila
    api.undo_outcome(event=recorded.event, member=vera, actor=actor, now=now)
    visit.refresh_from_db()
    assert visit.status not in visit.BOOKED


def test_common_task_becomes_the_callers(new_task, pyotr, vera, actor, now):
    task = new_task(pyotr)
    api.record_outcome(task=task, member=vera, outcome=Outcome.NO_ANSWER, actor=actor, now=now)
    assert task.owner_id == vera.pk

"""A visit that moves, moves back or is by video now: its patient is told of what holds, and of nothing else."""

from __future__ import annotations

import datetime as dt

import pytest

from zabota.booking.models import Appointment
from zabota.booking.services.appointments import move_appointment
from zabota.booking.services.kinds import change_kind
from zabota.messaging.models import Message
from zabota.visits.services.planning import plan_unplanned, plan_visit, replan
from zabota.visits.services.reminding import send_due, still_valid
from zabota.visits.tests.conftest import WEDNESDAY
from zabota.visits.tests.reminding_support import at, plan_at, planned, texts

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_clinic")]


def test_a_moved_visit_is_reminded_of_anew_and_never_of_the_old_time(mila, book_for, actor) -> None:
    visit = book_for(mila, "2026-11-26 15:00")
    plan_at(visit, WEDNESDAY)
    send_due(now=WEDNESDAY)
    moved = move_appointment(
        appointment=visit, starts_at=at("2026-11-28 16:00"), expected_revision=0, actor=actor, now=WEDNESDAY
    )
    plan_at(moved, WEDNESDAY)

    assert planned(moved) == ["booked 18.11 12:00", "long 26.11 16:00", "evening 27.11 19:00", "short 28.11 14:00"]
    for day in range(10):
        send_due(now=WEDNESDAY + dt.timedelta(days=day))
    waiting = Message.objects.order_by("id")
    assert not any("26.11 в 15:00" in row.text for row in waiting[1:])
    first = waiting[0]
    assert still_valid([(first.subject_id, first.subject_revision)], now=WEDNESDAY)


def test_a_visit_that_an_export_moved_is_planned_anew(mila, book_for) -> None:
    visit = book_for(mila, "2026-11-26 15:00")
    plan_at(visit, WEDNESDAY)
    Appointment.objects.filter(pk=visit.pk).update(starts_at=at("2026-11-27 15:00"), origin="import")

    plan_unplanned(now=WEDNESDAY)

    assert planned(visit)[0] == "long 25.11 15:00"


def test_a_visit_that_an_export_moved_there_and_back_is_reminded_of_at_its_time(mila, book_for) -> None:
    visit = book_for(mila, "2026-11-26 15:00")
    plan_at(visit, WEDNESDAY)
    before = planned(visit)
    for starts in "2026-11-27 15:00", "2026-11-26 15:00":
        Appointment.objects.filter(pk=visit.pk).update(starts_at=at(starts), origin="import")
        plan_unplanned(now=WEDNESDAY)

    assert planned(visit) == before[1:]


def test_a_move_taken_back_before_anybody_was_told_of_it_says_nothing(mila, book_for, actor) -> None:
    visit = book_for(mila, "2026-11-26 15:00")
    plan_at(visit, WEDNESDAY)
    send_due(now=WEDNESDAY)
    later = WEDNESDAY + dt.timedelta(hours=2)
    away = move_appointment(
        appointment=visit, starts_at=at("2026-11-26 16:00"), expected_revision=0, actor=actor, now=later
    )
    back = move_appointment(
        appointment=visit, starts_at=at("2026-11-26 15:00"), expected_revision=away.revision, is_undo=True,
        actor=actor, now=later,
    )  # fmt: skip

    plan_visit(appointment_id=visit.pk, now=later)
    plan_visit(appointment_id=visit.pk, now=later, undone_at=away.starts_at)

    assert send_due(now=later) == 0
    assert [kind.split()[0] for kind in planned(back)] == ["long", "evening", "short"]


def test_what_was_taken_back_is_not_told_when_the_hours_are_planned_anew(mila, book_for, actor, smile) -> None:
    visit = book_for(mila, "2026-11-26 15:00")
    plan_at(visit, WEDNESDAY)
    send_due(now=WEDNESDAY)
    later = WEDNESDAY + dt.timedelta(hours=2)
    for starts, revision in (("2026-11-26 16:00", 0), ("2026-11-26 15:00", 1)):
        move_appointment(
            appointment=visit, starts_at=at(starts), expected_revision=revision, is_undo=revision == 1,
            actor=actor, now=later,
        )  # fmt: skip
    plan_visit(appointment_id=visit.pk, now=later, undone_at=at("2026-11-26 16:00"))

    replan(clinic_id=smile.pk, now=later + dt.timedelta(minutes=3))

    assert send_due(now=later + dt.timedelta(minutes=4)) == 0
    assert [kind.split()[0] for kind in planned(visit)] == ["long", "evening", "short"]


def test_a_move_taken_back_after_the_patient_was_told_is_told_again(mila, book_for, actor) -> None:
    visit = book_for(mila, "2026-11-26 15:00")
    plan_at(visit, WEDNESDAY)
    send_due(now=WEDNESDAY)
    later = WEDNESDAY + dt.timedelta(hours=2)
    for starts, revision, undone in (("2026-11-26 16:00", 0, None), ("2026-11-26 15:00", 1, at("2026-11-26 16:00"))):
        move_appointment(
            appointment=visit, starts_at=at(starts), expected_revision=revision, is_undo=undone is not None,
            actor=actor, now=later,
        )  # fmt: skip
        plan_visit(appointment_id=visit.pk, now=later, undone_at=undone)
        assert send_due(now=later) == 1
        Message.objects.update(state="sent")
    assert "15:00" in texts()[-1] and "Новое время" in texts()[-1]


def test_a_booking_moved_by_mistake_and_back_before_any_message_is_still_confirmed_once(mila, book_for, actor) -> None:
    visit = book_for(mila, "2026-11-26 15:00")
    plan_at(visit, WEDNESDAY)
    for starts, revision, undone in (("2026-11-26 16:00", 0, None), ("2026-11-26 15:00", 1, at("2026-11-26 16:00"))):
        move_appointment(
            appointment=visit, starts_at=at(starts), expected_revision=revision, is_undo=undone is not None,
            actor=actor, now=WEDNESDAY,
        )  # fmt: skip
        plan_visit(appointment_id=visit.pk, now=WEDNESDAY, undone_at=undone)

    assert send_due(now=WEDNESDAY) == 1
    assert "15:00" in texts()[0] and "Новое время" not in texts()[0]


def test_who_was_told_of_no_other_time_reads_of_a_booking_and_not_of_a_new_time(mila, book_for, actor) -> None:
    visit = book_for(mila, "2026-11-26 15:00")
    plan_at(visit, WEDNESDAY)
    move_appointment(
        appointment=visit, starts_at=at("2026-11-26 16:00"), expected_revision=0, actor=actor, now=WEDNESDAY
    )
    plan_at(visit, WEDNESDAY)

    assert send_due(now=WEDNESDAY) == 1
    assert "16:00" in texts()[0] and "Новое время" not in texts()[0]


def test_a_visit_that_is_by_video_now_is_told_anew_and_not_of_a_new_time(mila, book_for, actor) -> None:
    visit = book_for(mila, "2026-11-26 15:00")
    plan_at(visit, WEDNESDAY)
    assert send_due(now=WEDNESDAY) == 1
    Message.objects.update(state="sent")

    change_kind(appointment=visit, kind="online", expected_revision=0, actor=actor, now=WEDNESDAY)
    plan_at(visit, WEDNESDAY + dt.timedelta(hours=1))

    assert send_due(now=WEDNESDAY + dt.timedelta(hours=1)) == 1
    assert "Видеовизит" in texts()[-1] and "15:00" in texts()[-1] and "Новое время" not in texts()[-1]

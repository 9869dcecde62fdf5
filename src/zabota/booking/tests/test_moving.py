"""Moving, holding, marking a visit: revisions, second clicks, times and their undo."""

from __future__ import annotations

import datetime as dt

import pytest

from zabota.booking import api
from zabota.booking.models import Appointment, FreedSlot, Hold, ResourceCell
from zabota.kernel.errors import AlreadyDone, BadInput
from zabota.kernel.models import Fact


def move(row, starts_at, actor, now, **more):
    return api.move_appointment(
        appointment=row, starts_at=starts_at, **{"expected_revision": row.revision, "actor": actor, "now": now, **more}
    )


def test_move_takes_the_new_time_frees_the_old_and_asks_anew(seat, book, pyotr, actor, now, at):
    row = book()
    api.mark_confirmed(appointment=row, actor=actor, now=now)
    moved = move(row, at(26, 11), actor, now)
    assert (moved.revision, moved.status, moved.confirmed_at) == (1, "planned", None)
    told = Fact.objects.get(kind="booking.appointment_moved").payload
    assert (told["revision"], told["was_at"]) == (1, "2026-11-25T07:00:00+00:00")
    assert book(patient=pyotr).pk
    with pytest.raises(api.SlotTaken):
        book(patient=pyotr, starts_at=at(26, 11))


def test_second_click_of_a_move_changes_nothing(seat, book, actor, now, at):
    row = book()
    move(row, at(26, 11), actor, now)
    again = move(row, at(26, 11), actor, now)
    assert again.revision == 1
    assert Fact.objects.filter(kind="booking.appointment_moved").count() == 1


def test_what_a_mistake_held_for_a_moment_is_offered_to_nobody(seat, book, actor, now, at):
    row = book()
    away = move(row, at(26, 11), actor, now)
    move(away, at(25, 10), actor, now, is_undo=True)
    api.cancel(appointment=book(starts_at=at(26, 14)), by_patient=False, is_undo=True, actor=actor, now=now)
    assert [each.starts_at for each in FreedSlot.objects.all()] == [at(25, 10)]


def test_move_of_what_has_changed_meanwhile_is_refused(seat, book, actor, now, at):
    row = book()
    move(row, at(26, 11), actor, now)
    with pytest.raises(api.Outdated):
        move(row, at(26, 12), actor, now, expected_revision=0)
    with pytest.raises(api.Outdated):
        api.cancel(appointment=row, by_patient=True, expected_revision=0, actor=actor, now=now)


def test_move_to_a_busy_time_leaves_everything_as_it_was(seat, book, pyotr, actor, now, at):
    row = book()
    book(patient=pyotr, starts_at=at(26, 11))
    with pytest.raises(api.SlotTaken) as taken:
        move(row, at(26, 11), actor, now)
    row.refresh_from_db()
    assert (row.starts_at, row.revision, row.cells.count()) == (at(25, 10), 0, 6)
    others = api.alternatives(taken.value.wanted, now=now)
    assert len(others) == 3
    assert all(slot.starts_at != at(26, 11) for slot in others)


def test_move_by_a_quarter_of_an_hour_meets_its_own_time(seat, book, actor, now, at):
    assert move(book(), at(25, 10, 15), actor, now).starts_at == at(25, 10, 15)


def test_patient_moves_within_working_hours_only(seat, book, actor, now, at):
    row = book()
    for hour in (8, 13, 18):
        with pytest.raises(BadInput, match="не принимает"):
            move(row, at(26, hour), actor, now, within_hours=True, by_patient=True)
    assert move(row, at(26, 17), actor, now, within_hours=True, by_patient=True).revision == 1


def test_desk_may_book_beyond_the_hours_but_not_at_night(book, seat, at):
    assert book(starts_at=at(25, 19)).pk
    with pytest.raises(BadInput, match="между"):
        book(starts_at=at(25, 23))


def test_night_shift_takes_visits_over_midnight(seat, week, centre, book, at, in_clinic, now):
    week(seat, centre, range(7), 20, 32)
    row = book(starts_at=at(25, 23, 45))
    assert (row.day, row.ends_at) == (dt.date(2026, 11, 25), at(26, 0, 15))
    assert book(starts_at=at(26, 3)).day == dt.date(2026, 11, 26)
    found = api.find_slots(clinic_id=in_clinic.pk, now=now, start_day=dt.date(2026, 11, 26), days=1)
    times = [slot.local.strftime("%H:%M") for slot in found[dt.date(2026, 11, 26)]]
    assert "00:30" in times
    assert "00:00" not in times
    assert "03:00" not in times


def test_held_time_is_nobody_elses_until_it_runs_out(seat, book, doctor_sokolova, centre, pyotr, at, now):
    held = api.hold_slot(doctor=doctor_sokolova, branch=centre, starts_at=at(25, 10), minutes=30, why="widget", now=now)
    with pytest.raises(api.SlotTaken):
        book()
    assert held.token not in str(Hold.objects.values())
    hold = api.held_by(held.token, now=now)
    assert book(hold=hold).pk
    assert not Hold.objects.exists()
    api.hold_slot(doctor=doctor_sokolova, branch=centre, starts_at=at(25, 11), minutes=30, why="widget", now=now)
    later = now + dt.timedelta(minutes=11)
    assert book(patient=pyotr, starts_at=at(25, 11), now=later).pk


def test_hold_that_ran_out_or_was_released_is_gone(seat, doctor_sokolova, centre, at, now):
    held = api.hold_slot(doctor=doctor_sokolova, branch=centre, starts_at=at(25, 10), minutes=30, why="desk", now=now)
    with pytest.raises(api.HoldGone):
        api.held_by(held.token, now=now + dt.timedelta(minutes=6))
    api.release_hold(token=held.token)
    api.release_hold(token=held.token)
    assert not ResourceCell.objects.exists()
    with pytest.raises(api.HoldGone):
        api.held_by("", now=now)


def test_site_holds_working_hours_only(seat, doctor_sokolova, centre, at, now):
    with pytest.raises(BadInput, match="не принимает"):
        api.hold_slot(doctor=doctor_sokolova, branch=centre, starts_at=at(25, 13), minutes=30, why="widget", now=now)
    with pytest.raises(BadInput, match="прошло"):
        api.hold_slot(doctor=doctor_sokolova, branch=centre, starts_at=at(24, 9), minutes=30, why="widget", now=now)


def test_times_of_a_visit_are_kept_and_taken_back_one_by_one(seat, book, actor, at):
    row = book()
    came, began, ended = at(25, 9, 50), at(25, 10, 5), at(25, 10, 20)
    api.mark_arrived(appointment=row, actor=actor, now=came)
    api.mark_begun(appointment=row, actor=actor, now=began)
    row = api.mark_ended(appointment=row, actor=actor, now=ended)
    assert (row.arrived_at, row.begun_at, row.ended_at, row.status) == (came, began, ended, "completed")
    kinds = list(Fact.objects.order_by("id").values_list("kind", flat=True))
    assert kinds[1:] == ["booking.visit_arrived", "booking.visit_begun", "booking.visit_completed"]
    back = [api.undo_mark(appointment=row, actor=actor, now=ended) for _ in range(3)]
    assert [(each.status, bool(each.begun_at), bool(each.arrived_at)) for each in back] == [
        ("arrived", True, True), ("arrived", False, True), ("planned", False, False),
    ]  # fmt: skip
    with pytest.raises(BadInput):
        api.undo_mark(appointment=row, actor=actor, now=ended)


def test_begun_without_arriving_means_arrived(seat, book, actor, at):
    row = api.mark_begun(appointment=book(), actor=actor, now=at(25, 10))
    assert (row.status, row.arrived_at) == ("arrived", at(25, 10))
    with pytest.raises(AlreadyDone):
        api.mark_begun(appointment=row, actor=actor, now=at(25, 10))


def test_visit_begun_before_its_time_may_end_before_it_and_frees_all_of_it(seat, book, pyotr, actor, at):
    row = book()
    with pytest.raises(BadInput, match="не начался"):
        api.mark_ended(appointment=row, actor=actor, now=at(25, 9, 40))
    api.mark_begun(appointment=row, actor=actor, now=at(25, 9, 30))
    with pytest.raises(BadInput, match="не начался"):
        api.mark_no_show(appointment=row, actor=actor, now=at(25, 9, 40))
    row = api.mark_ended(appointment=row, actor=actor, now=at(25, 9, 50))
    assert (row.status, row.ended_at) == ("completed", at(25, 9, 50))
    assert book(patient=pyotr, starts_at=row.starts_at, now=at(25, 9, 51)).pk


def test_visit_that_ended_early_frees_the_rest(seat, book, pyotr, actor, at):
    row = book(duration_minutes=60)
    api.mark_ended(appointment=row, actor=actor, now=at(25, 10, 20))
    assert book(patient=pyotr, starts_at=at(25, 10, 30), now=at(25, 10, 21)).pk


def test_missed_mark_taken_back_sits_again_as_far_as_free(seat, book, pyotr, actor, at):
    row = book(duration_minutes=60)
    api.mark_no_show(appointment=row, actor=actor, now=at(25, 10, 15))
    row = api.undo_mark(appointment=row, actor=actor, now=at(25, 10, 16))
    assert (row.status, row.in_conflict) == ("planned", False)
    with pytest.raises(api.SlotTaken):
        book(patient=pyotr, starts_at=at(25, 10, 30), now=at(25, 10, 21))


def test_mark_is_not_taken_back_days_later(seat, book, actor, at):
    row = book()
    api.mark_no_show(appointment=row, actor=actor, now=at(25, 12))
    with pytest.raises(BadInput, match="в день приёма"):
        api.undo_mark(appointment=row, actor=actor, now=at(28, 12))


def test_over_is_not_moved(seat, book, actor, now, at):
    row = book()
    Appointment.objects.filter(pk=row.pk).update(status="completed")
    with pytest.raises(BadInput, match="перенести нельзя"):
        move(row, at(26, 11), actor, now)


def test_visit_by_video_needs_no_room(seat, book, in_clinic, centre, cleaning):
    from zabota.booking.models import ServiceNeed

    ServiceNeed.objects.create(service=cleaning, needs="room", by_video=True)
    with pytest.raises(api.SlotTaken, match="кабинета"):
        book(services=[cleaning])
    assert book(services=[cleaning], kind="online").kind == "online"


def test_patient_arrives_on_the_day_of_the_visit_alone(seat, book, actor, now, at):
    row = book()
    for act in (api.mark_arrived, api.mark_begun):
        with pytest.raises(BadInput, match=r"25\.11\.2026.*можно в этот день"):
            act(appointment=row, actor=actor, now=at(24, 23, 59))
        with pytest.raises(BadInput, match=r"был 25\.11\.2026"):
            act(appointment=row, actor=actor, now=at(26, 0, 5))
    with pytest.raises(BadInput, match="ещё не начался"):
        api.mark_no_show(appointment=row, actor=actor, now=at(25, 9, 59))
    row.refresh_from_db()
    assert (row.status, row.arrived_at, Fact.objects.filter(kind="booking.visit_arrived").count()) == (
        "planned",
        None,
        0,
    )
    assert api.mark_arrived(appointment=row, actor=actor, now=at(25, 0, 5)).status == "arrived"


def test_day_of_a_visit_is_that_of_its_branch(seat, book, centre, actor, at):
    centre.time_zone = "Asia/Vladivostok"
    centre.save(update_fields=["time_zone"])
    row = book(starts_at=at(25, 10, 0))
    assert row.day.isoformat() == "2026-11-25"
    assert api.is_own_day(row, at(24, 17, 30))
    assert not api.is_own_day(row, at(24, 16, 30))


def test_who_is_received_past_midnight_still_arrives(seat, book, actor, at):
    row = book(duration_minutes=60)
    Appointment.objects.filter(pk=row.pk).update(starts_at=at(25, 23, 30))
    assert api.mark_arrived(appointment=row, actor=actor, now=at(26, 0, 10)).status == "arrived"

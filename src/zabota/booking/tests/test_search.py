"""One search for every door: any of many doctors, rooms, buffers, far zones, clock changes; the calendar and its load."""

from __future__ import annotations

import datetime as dt

import pytest

from zabota.booking import api
from zabota.booking.models import Appointment, Resource, ServiceNeed
from zabota.kernel.errors import BadInput

DAY = dt.date(2026, 11, 25)


@pytest.fixture
def search(in_clinic, now):
    def make(**what):
        return api.find_slots(clinic_id=in_clinic.pk, **{"now": now, "start_day": DAY, "days": 1, **what})

    return make


def times(found, day=DAY):
    return [slot.local.strftime("%H:%M") for slot in found.get(day, [])]


def test_free_times_leave_out_breaks_visits_holds_and_what_is_past(
    seat, search, book, doctor_sokolova, centre, at, now
):
    book(starts_at=at(25, 9), duration_minutes=60)
    api.hold_slot(doctor=doctor_sokolova, branch=centre, starts_at=at(25, 14), minutes=60, why="desk", now=now)
    found = search(minutes=60)
    assert times(found) == ["10:00", "10:30", "11:00", "11:30", "12:00", "15:00", "15:30", "16:00", "16:30", "17:00"]
    assert times(search(minutes=60, now=at(25, 15, 10)))[0] == "16:00"
    assert search(minutes=60, now=at(26, 9)) == {}


def test_loaded_visit_blocks_search_and_booking_before_anything_settled_it(
    seat, search, mila, pyotr, doctor_sokolova, centre, in_clinic, book, at
):
    Appointment.objects.create(
        clinic=in_clinic, patient=pyotr, doctor=doctor_sokolova, branch=centre, starts_at=at(25, 9), day=DAY,
        duration_minutes=240, system="mis", ext_id="1",
    )  # fmt: skip
    assert times(search(minutes=30))[0] == "14:00"
    with pytest.raises(api.SlotTaken):
        book(starts_at=at(25, 12))


def test_any_doctor_who_performs_the_service(seat, search, new_doctor, week, centre, cleaning, doctor_sokolova, smile):
    other = new_doctor("Рябов Илья Андреевич")
    week(other.resource, centre, range(5), 15, 17)
    both = search(minutes=60)
    assert {slot.doctor.pk for slot in both[DAY]} == {doctor_sokolova.pk, other.pk}
    assert [slot.starts_at for slot in both[DAY]] == sorted(slot.starts_at for slot in both[DAY])
    need = ServiceNeed.objects.create(service=cleaning, minutes=45)
    need.doctors.set([other])
    found = search(services=[cleaning])
    assert {(slot.doctor.pk, slot.minutes) for slot in found[DAY]} == {(other.pk, 45)}
    assert [row.pk for row in api.performers(smile.pk, [cleaning])] == [other.pk]


def test_room_that_is_busy_or_closed_hides_the_time(
    seat, search, new_doctor, week, centre, cleaning, book, pyotr, at, in_clinic, actor, now
):
    room = Resource.objects.create(clinic=in_clinic, kind="room", branch=centre, name="Кабинет 1")
    ServiceNeed.objects.create(service=cleaning, needs="room", minutes=60)
    other = new_doctor("Рябов Илья Андреевич")
    week(other.resource, centre, range(5), 9, 12)
    book(patient=pyotr, doctor=other, starts_at=at(25, 10), services=[cleaning])
    assert [t for t in times(search(services=[cleaning])) if t < "12:00"] == [
        "09:00",
        "09:00",
        "11:00",
        "11:00",
        "11:30",
    ]
    api.add_exception(
        clinic=in_clinic, kind="off", first_on=DAY, resource=room, begins_minute=540, ends_minute=720, note="ремонт",
        actor=actor, now=now,
    )  # fmt: skip
    assert times(search(services=[cleaning]))[0] == "12:00"


def test_room_with_a_week_of_its_own_is_there_only_then(seat, search, week, centre, cleaning, in_clinic):
    room = Resource.objects.create(clinic=in_clinic, kind="room", branch=centre, name="Кабинет 1")
    ServiceNeed.objects.create(service=cleaning, needs="room", minutes=60)
    week(room, centre, [3], 9, 11)
    found = search(services=[cleaning], days=2)
    assert found.keys() == {DAY + dt.timedelta(days=1)}
    assert search(services=[cleaning]) == {}


def test_key_of_a_time_is_read_again_and_nonsense_is_not(seat, search, in_clinic):
    slot = search(minutes=60)[DAY][0]
    assert api.slot_of_key(slot.key, clinic_id=in_clinic.pk) == slot
    for key in ("", "a.b.c.d", slot.key + ".1", slot.key.replace(".", "", 1), f"x.y.{'9' * 40}.30"):
        assert api.slot_of_key(key, clinic_id=in_clinic.pk) is None


def test_key_of_another_clinic_is_no_key(seat, search, other_clinic):
    assert api.slot_of_key(search()[DAY][0].key, clinic_id=other_clinic.pk) is None


def test_every_found_time_can_be_booked_within_hours(seat, search, cleaning, book, mila, new_patient, smile):
    found = search(minutes=30, limit_per_day=5)[DAY]
    assert len(found) == 5
    for number, slot in enumerate(found):
        patient = new_patient(smile, f"Пациент Номер{number}")
        assert book(
            patient=patient, doctor=slot.doctor, branch=slot.branch, starts_at=slot.starts_at,
            duration_minutes=slot.minutes, within_hours=True,
        ).pk  # fmt: skip


@pytest.mark.parametrize("zone", ["Asia/Kamchatka", "Pacific/Kiritimati", "America/Anchorage", "Europe/Kaliningrad"])
def test_far_branch_is_searched_by_its_own_clock_and_day(seat, search, centre, zone, now):
    centre.time_zone = zone
    centre.save()
    found = search(minutes=60)
    assert times(found)[0] == "09:00"
    assert times(found)[-1] == "17:00"
    assert list(found) == [DAY]


def test_day_of_the_clock_change_has_its_usual_hours(seat, search, centre, week, now):
    centre.time_zone = "Europe/Berlin"
    centre.save()
    week(seat, centre, range(7), 0, 4)
    spring = search(start_day=dt.date(2026, 3, 29), minutes=60, now=dt.datetime(2026, 3, 20, tzinfo=dt.UTC))
    assert times(spring, dt.date(2026, 3, 29)) == ["00:00", "00:30", "01:00", "01:30", "03:00"]
    autumn = search(start_day=dt.date(2026, 10, 25), minutes=60, now=dt.datetime(2026, 10, 20, tzinfo=dt.UTC))
    assert len(autumn[dt.date(2026, 10, 25)]) == 9  # five hours of real time


def test_29_february_is_searched_like_any_day(seat, search):
    day = dt.date(2028, 2, 29)
    found = search(start_day=day, minutes=60, now=dt.datetime(2028, 2, 25, tzinfo=dt.UTC))
    assert times(found, day)[0] == "09:00"


def test_holiday_and_day_off_have_no_times(seat, search, in_clinic, actor, now):
    api.add_exception(clinic=in_clinic, kind="holiday", first_on=DAY, note="праздник", actor=actor, now=now)
    assert search(minutes=30) == {}
    assert list(search(minutes=30, days=2)) == [DAY + dt.timedelta(days=1)]


def test_number_of_reads_does_not_grow_with_doctors(
    seat, search, new_doctor, week, centre, django_assert_max_num_queries
):
    for number in range(5):
        week(new_doctor(f"Врач Номер{number}").resource, centre, range(5), 9, 18)
    with django_assert_max_num_queries(8):
        assert len(search(minutes=60)[DAY]) > 60


def test_loser_gets_the_same_doctor_nearby_or_another_at_the_same_hour(
    seat, book, pyotr, at, now, new_doctor, week, centre
):
    other = new_doctor("Рябов Илья Андреевич")
    week(other.resource, centre, range(5), 9, 18)
    book()
    with pytest.raises(api.SlotTaken) as lost:
        book(patient=pyotr)
    found = api.alternatives(lost.value.wanted, now=now)
    assert len(found) == 3
    assert all(abs(slot.starts_at - at(25, 10)) <= dt.timedelta(hours=2) for slot in found)
    assert found[0].starts_at in (at(25, 9, 30), at(25, 10, 30))


def test_a_shared_search_does_not_offer_what_was_booked_since(
    seat, book, pyotr, at, now, django_assert_max_num_queries
):
    book()
    with pytest.raises(api.SlotTaken) as lost:
        book(patient=pyotr)
    first = api.alternatives(lost.value.wanted, now=now)
    book(patient=pyotr, starts_at=first[0].starts_at)
    with django_assert_max_num_queries(2):
        second = api.alternatives(lost.value.wanted, now=now)
    assert len(second) == 3
    assert first[0].starts_at not in [slot.starts_at for slot in second]


def test_calendar_shows_hours_breaks_visits_held_times_and_why_nobody_works(
    seat, book, in_clinic, centre, doctor_sokolova, at, now, actor
):
    row = book(duration_minutes=60)
    api.hold_slot(doctor=doctor_sokolova, branch=centre, starts_at=at(25, 15), minutes=30, why="desk", now=now)
    (grid,) = api.day_grid(clinic=in_clinic, branch=centre, first=DAY, now=now)
    (column,) = grid.columns
    assert [(span.starts_at, span.ends_at) for span in column.breaks] == [(at(25, 13), at(25, 14))]
    assert column.appointments == [row]
    assert len(column.holds) == 1
    assert (column.work_minutes, column.busy_minutes, column.free_minutes) == (480, 90, 390)
    assert (grid.opens_at, grid.closes_at) == (at(25, 9), at(25, 18))
    api.add_exception(clinic=in_clinic, kind="holiday", first_on=DAY, note="День клиники", actor=actor, now=now)
    (grid,) = api.day_grid(clinic=in_clinic, branch=centre, first=DAY, now=now)
    assert grid.notes == ["День клиники"]
    assert [span.note for span in grid.columns[0].away] == ["День клиники", "День клиники"]
    assert grid.columns[0].work == []
    assert api.displaced(clinic=in_clinic, now=now) == [row]


def test_load_is_planned_against_booked_by_doctor_and_week(seat, book, in_clinic, now):
    book(duration_minutes=120)
    this, following = api.load_by_week(clinic=in_clinic, first=DAY, weeks=2, now=now)
    assert (this.week_on, this.planned_minutes, this.booked_minutes) == (dt.date(2026, 11, 23), 5 * 480, 120)
    assert (this.share, following.share) == (0.05, 0)


def test_waiting_is_counted_to_the_next_free_time_and_in_the_corridor(seat, book, in_clinic, actor, now, at):
    row = book(starts_at=at(24, 14))
    api.mark_arrived(appointment=row, actor=actor, now=at(24, 13, 40))
    api.mark_begun(appointment=row, actor=actor, now=at(24, 14, 12))
    figures = api.waiting_figures(clinic=in_clinic, now=now)
    assert [(each.days_to_first, each.days_to_third) for each in figures.to_next_free] == [(0, 0)]
    assert [(each.key, each.visits, each.median_minutes) for each in figures.by_hour] == [("14", 1, 12.0)]
    assert figures.by_doctor[0].key.startswith("Соколова")


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([(0, 540, 540)], "раньше конца"),
        ([(0, 540, 1080), (0, 1020, 1200)], "пересекаются"),
        ([(0, 541, 1080)], "шагом"),
        ([(7, 540, 1080)], "раньше конца"),
    ],
)
def test_week_that_cannot_be_is_refused(seat, centre, actor, now, rows, says):
    week = [api.DayHours(centre, *row) for row in rows]
    with pytest.raises(BadInput, match=says):
        api.set_week(resource=seat, week=week, actor=actor, now=now)
    assert seat.hours.count() == 10


def test_break_outside_the_hours_is_refused(seat, centre, actor, now):
    week = [api.DayHours(centre, 0, 540, 1080), api.DayHours(centre, 0, 1080, 1140, is_break=True)]
    with pytest.raises(BadInput, match="внутри"):
        api.set_week(resource=seat, week=week, actor=actor, now=now)


def test_other_clinic_cannot_be_mixed_in(seat, other_clinic, cleaning, actor, now, doctor_sokolova, centre, at):
    from zabota.clinic.models import Branch, Doctor

    branch = Branch.objects.create(clinic=other_clinic, name="Чужой")
    doctor = Doctor.objects.create(clinic=other_clinic, name="Чужой", name_key="чужой")
    with pytest.raises(BadInput):
        api.set_need(service=cleaning, doctors=[doctor], actor=actor, now=now)
    with pytest.raises(BadInput):
        api.set_week(resource=seat, week=[api.DayHours(branch, 0, 540, 1080)], actor=actor, now=now)
    with pytest.raises(BadInput):
        api.hold_slot(doctor=doctor_sokolova, branch=branch, starts_at=at(25, 10), why="desk", now=now)
    with pytest.raises(BadInput):
        api.add_exception(clinic=other_clinic, kind="off", first_on=DAY, resource=seat, actor=actor, now=now)

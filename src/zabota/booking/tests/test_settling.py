"""What loads bring: a believable week for every doctor, cells for visits to come, conflicts shown and never lost."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from zabota.booking import api
from zabota.booking.models import Appointment, FreedSlot, Resource, ResourceCell, ServiceNeed, WorkingHours

MOSCOW = ZoneInfo("Europe/Moscow")


@pytest.fixture
def loaded(in_clinic, mila, doctor_sokolova, centre):
    """A visit as a load writes it: `loaded(at(25, 10), minutes=30)`."""

    def make(starts_at, minutes=30, patient=None, status="planned", doctor=doctor_sokolova):
        number = Appointment.objects.count()
        return Appointment.objects.create(
            clinic=in_clinic, patient=patient or mila, doctor=doctor, branch=centre, starts_at=starts_at,
            day=starts_at.astimezone(MOSCOW).date(), duration_minutes=minutes, status=status, system="mis",
            ext_id=str(number), origin="import",
        )  # fmt: skip

    return make


def test_doctors_get_the_week_that_their_visits_show(loaded, in_clinic, now, doctor_sokolova, cleaning):
    for week in range(1, 6):
        day = dt.datetime(2026, 11, 25, tzinfo=MOSCOW) - dt.timedelta(days=7 * week)
        for hour, minute in ((9, 10), (12, 0), (15, 40)):
            row = loaded(day.replace(hour=hour, minute=minute), status="completed")
            row.lines.create(service=cleaning, price_kopecks=1)
    assert api.ensure_resources(clinic=in_clinic, now=now) == 1
    rows = WorkingHours.objects.filter(resource__doctor=doctor_sokolova)
    assert [(row.weekday, row.begins_minute, row.ends_minute) for row in rows] == [(2, 540, 990)]
    assert [doctor.pk for doctor in ServiceNeed.objects.get(service=cleaning).doctors.all()] == [doctor_sokolova.pk]
    assert api.ensure_resources(clinic=in_clinic, now=now) == 0


def test_doctor_without_history_has_office_hours_and_the_calendar_is_not_empty(in_clinic, now, doctor_sokolova, centre):
    api.ensure_resources(clinic=in_clinic, now=now)
    assert WorkingHours.objects.filter(resource__doctor=doctor_sokolova).count() == 5
    (grid,) = api.day_grid(clinic=in_clinic, branch=centre, first=dt.date(2026, 11, 25), now=now)
    assert len(grid.columns) == 1


def test_doctor_who_left_is_not_in_the_schedule(loaded, in_clinic, now, doctor_sokolova):
    loaded(now - dt.timedelta(days=300), status="completed")
    api.ensure_resources(clinic=in_clinic, now=now)
    assert not Resource.objects.get(doctor=doctor_sokolova).is_active


def test_week_that_people_set_is_left_alone(seat, in_clinic, now):
    assert api.ensure_resources(clinic=in_clinic, now=now) == 0
    assert seat.hours.count() == 10


def test_loaded_visits_take_their_cells_and_a_second_run_does_nothing(loaded, in_clinic, now, at):
    rows = [loaded(at(25, hour)) for hour in (10, 11)] + [loaded(at(20, 10), status="completed")]
    assert api.settle(clinic=in_clinic, now=now) == 2
    assert [row.cells.count() for row in rows] == [6, 6, 0]
    assert api.settle(clinic=in_clinic, now=now) == 0


def test_two_visits_on_one_time_are_both_kept_and_shown(loaded, in_clinic, now, at, pyotr):
    one, two, apart = loaded(at(25, 10), 60), loaded(at(25, 10, 30), 60, patient=pyotr), loaded(at(25, 12))
    api.settle(clinic=in_clinic, now=now)
    flags = dict(Appointment.objects.values_list("pk", "in_conflict"))
    assert flags == {one.pk: True, two.pk: True, apart.pk: False}
    assert ResourceCell.objects.filter(appointment__in=[one, two]).count() == 18
    assert api.settle(clinic=in_clinic, now=now) == 0
    Appointment.objects.filter(pk=two.pk).update(vanished_at=now)
    api.settle(clinic=in_clinic, now=now)
    assert not Appointment.objects.filter(in_conflict=True).exists()
    assert one.cells.count() == 12


def test_moved_and_cancelled_by_a_load_follow(seat, loaded, in_clinic, now, at, book, pyotr, actor):
    api.join_waitlist(patient=pyotr, notice_minutes=0, actor=actor, now=now)
    moved, cancelled = loaded(at(25, 10)), loaded(at(25, 11))
    api.settle(clinic=in_clinic, now=now)
    Appointment.objects.filter(pk=moved.pk).update(starts_at=at(26, 9))
    Appointment.objects.filter(pk=cancelled.pk).update(status="cancelled_patient")
    api.settle(clinic=in_clinic, now=now)
    assert cancelled.cells.count() == 0
    assert min(moved.cells.values_list("cell", flat=True)) == at(26, 9).timestamp() // 300
    freed = FreedSlot.objects.get()
    assert (freed.starts_at, freed.state) == (at(25, 11), "delayed")


def test_visit_under_way_keeps_its_time(loaded, in_clinic, now, at):
    row = loaded(at(24, 11, 30), minutes=60)
    api.settle(clinic=in_clinic, now=now)
    assert row.cells.exists()
    count = row.cells.count()
    api.settle(clinic=in_clinic, now=now)
    assert row.cells.count() == count

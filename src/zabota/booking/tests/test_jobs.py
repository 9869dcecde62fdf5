"""What the clock does: offers, loads that settle, evening figures, cells of the past; each may run twice."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine

from zabota.booking import api, jobs
from zabota.booking.models import Appointment, FreedSlot, NextFree, ResourceCell, SlotOffer


@pytest.fixture
def at_time():
    def go(when):
        return time_machine.travel(when, tick=False)

    return go


def test_freed_time_is_offered_by_the_clock_and_a_second_run_offers_nothing_more(
    seat, book, pyotr, actor, now, at_time, in_clinic
):
    api.join_waitlist(patient=pyotr, notice_minutes=0, actor=actor, now=now)
    api.cancel(appointment=book(), by_patient=True, actor=actor, now=now)
    with at_time(now + dt.timedelta(minutes=4)):
        assert jobs.offer_freed_times.call() == 1
        assert jobs.offer_freed_times.call() == 0
    assert SlotOffer.objects.get().entry.patient == pyotr
    assert FreedSlot.objects.get().state == "offering"


def test_hold_that_ran_out_is_cleaned_up(seat, doctor_sokolova, centre, at, now, at_time):
    api.hold_slot(doctor=doctor_sokolova, branch=centre, starts_at=at(25, 10), minutes=30, why="desk", now=now)
    with at_time(now + dt.timedelta(minutes=6)):
        jobs.offer_freed_times.call()
    assert not ResourceCell.objects.exists()


def test_loaded_clinic_gets_its_schedule_by_itself(in_clinic, doctor_sokolova, centre, mila, at, now, at_time):
    row = Appointment.objects.create(
        clinic=in_clinic, patient=mila, doctor=doctor_sokolova, branch=centre, starts_at=at(25, 10),
        day=dt.date(2026, 11, 25), system="mis", ext_id="1",
    )  # fmt: skip
    with at_time(now):
        assert jobs.settle_loaded.call() == 1
        assert jobs.settle_loaded.call() == 0
    assert row.cells.count() == 6


def test_evening_figure_is_kept_once_a_day(seat, now, at_time, in_clinic):
    with at_time(now):
        assert jobs.keep_waiting_days.call() == 1
        jobs.keep_waiting_days.call()
    assert [(row.on, row.days_to_first) for row in NextFree.objects.all()] == [(dt.date(2026, 11, 24), 0)]


def test_cells_of_days_gone_by_are_dropped_and_those_to_come_stay(seat, book, now, at, at_time):
    book()
    book(starts_at=at(30, 10))
    with at_time(at(28, 9)):
        assert jobs.tidy_cells.call() == 6
    assert ResourceCell.objects.count() == 6

"""Rooms of visits: none that is shut, and the visit's room is taken again with a mark that is taken back."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from zabota.booking import api
from zabota.booking.models import ExceptionDay, FreedSlot, Resource, ServiceNeed, WaitlistEntry
from zabota.booking.queries.matching import matches
from zabota.booking.services import offers

DAY = dt.date(2026, 11, 25)


@pytest.fixture
def rooms(seat, cleaning, centre, in_clinic):
    """Two rooms that do for cleaning."""
    ServiceNeed.objects.create(service=cleaning, needs="room")
    return [
        Resource.objects.create(clinic=in_clinic, kind="room", branch=centre, name=f"Кабинет {number}")
        for number in (1, 2)
    ]


def _rooms_of(row):
    return sorted(row.cells.filter(resource__kind="room").values_list("resource__name", flat=True).distinct())


def test_a_visit_is_never_put_into_a_room_that_is_shut(rooms, book, cleaning, in_clinic):
    ExceptionDay.objects.create(
        clinic=in_clinic, kind="off", first_on=DAY, last_on=DAY, resource=rooms[0], note="ремонт"
    )

    assert _rooms_of(book(services=[cleaning])) == ["Кабинет 2"]


def test_a_visit_is_refused_when_every_room_is_shut(rooms, book, cleaning, in_clinic):
    for room in rooms:
        ExceptionDay.objects.create(clinic=in_clinic, kind="off", first_on=DAY, last_on=DAY, resource=room)

    with pytest.raises(api.SlotTaken, match="кабинета"):
        book(services=[cleaning])


def test_a_missed_visit_that_came_after_all_has_its_room_again(rooms, book, cleaning, new_doctor, pyotr, actor, at):
    row = book(services=[cleaning], duration_minutes=60)
    late = at(25, 10, 5)
    row = api.mark_status(appointment=row, status="no_show", actor=actor, now=late)

    row = api.undo_mark(appointment=row, actor=actor, now=late + dt.timedelta(minutes=1))

    assert _rooms_of(row) == ["Кабинет 1"]
    other = book(
        patient=pyotr, doctor=new_doctor("Громов Олег"), services=[cleaning], starts_at=at(25, 10, 30), now=late
    )
    assert _rooms_of(other) == ["Кабинет 2"]


def test_a_long_waitlist_costs_a_cancellation_no_more_reads(seat, book, cleaning, new_patient, smile, actor, now):
    slot_of = book()
    api.cancel(appointment=slot_of, by_patient=True, actor=actor, now=now)
    reads = []
    for many in (2, 6):
        for number in range(many):
            patient = new_patient(smile, f"Ждущий Номер{many}{number}")
            api.join_waitlist(patient=patient, services=[cleaning], notice_minutes=0, actor=actor, now=now)
        slot = FreedSlot(
            clinic=smile, doctor=slot_of.doctor, branch=slot_of.branch, starts_at=slot_of.starts_at, duration_minutes=60
        )
        with CaptureQueriesContext(connection) as taken:
            matches(slot, now=now)
        reads.append(len(taken))
    assert reads[0] == reads[1]


def test_who_left_the_list_while_a_wave_was_chosen_is_not_asked(
    seat, book, new_patient, smile, actor, now, monkeypatch
):
    one, two = (
        api.join_waitlist(
            patient=new_patient(smile, f"Ждущий Номер{n}", phone=f"+7916000000{n}"),
            notice_minutes=0,
            actor=actor,
            now=now,
        )
        for n in (1, 2)
    )
    row = book()
    api.cancel(appointment=row, by_patient=True, actor=actor, now=now)
    slot = FreedSlot.objects.get(appointment=row)

    def meanwhile(entries, at):
        WaitlistEntry.objects.filter(pk=one.pk).update(state=WaitlistEntry.State.CLOSED)
        return entries

    monkeypatch.setattr(offers, "_filters", [meanwhile])
    asked = api.start_wave(freed=slot, actor=actor, now=now)

    assert asked == 1
    assert [each.entry_id for each in slot.offers.all()] == [two.pk]
    one.refresh_from_db()
    assert one.state == WaitlistEntry.State.CLOSED

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


def test_a_long_waitlist_costs_a_cancellation_no_more_reads(rooms, book, cleaning, new_patient, smile, actor, at, now):
    slot_of = book()
    api.cancel(appointment=slot_of, by_patient=True, actor=actor, now=now)
    reads = []
    later = [
        book(patient=new_patient(smile, f"Позже Номер{n}"), services=[cleaning], starts_at=at(26, 9 + n))
        for n in range(4)
    ]
    for many in (2, 6):
        for number in range(many):
            patient = new_patient(smile, f"Ждущий Номер{many}{number}")
            api.join_waitlist(patient=patient, services=[cleaning], notice_minutes=0, actor=actor, now=now)
        for row in later[: many // 2]:
            api.join_waitlist(patient=row.patient, appointment=row, notice_minutes=0, actor=actor, now=now)
        later = later[many // 2 :]
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


@pytest.fixture
def grom(new_doctor, centre, week, in_clinic):
    """Dr Gromov, who receives beside Dr Sokolova and may take her room."""
    doctor = new_doctor("Громов Олег")
    week(Resource.objects.get(doctor=doctor), centre, range(5), 9, 18)
    return doctor


def _other_patients(new_patient, smile, many):
    return [new_patient(smile, f"Другой Номер{n}", phone=f"+7916111000{n}") for n in range(many)]


def test_time_is_not_offered_to_who_needs_a_room_when_none_is_free(
    rooms, freed, waits, book, grom, new_doctor, new_patient, smile, people, cleaning, now
):
    for doctor, other in zip((grom, new_doctor("Белов Иван")), _other_patients(new_patient, smile, 2), strict=True):
        book(patient=other, doctor=doctor, services=[cleaning])
    needs_a_room, needs_none = waits(people[0], services=[cleaning]), waits(people[1])

    slot = freed()

    said = {entry.pk: why for entry, why in matches(slot, now=now)}
    assert said == {needs_a_room.pk: "нет свободного кабинета", needs_none.pk: None}


def test_room_that_shuts_or_does_not_do_for_the_service_is_no_room(
    rooms, freed, waits, people, cleaning, in_clinic, now
):
    need = ServiceNeed.objects.get(service=cleaning)
    need.resources.set([rooms[0]])
    ExceptionDay.objects.create(clinic=in_clinic, kind="off", first_on=DAY, last_on=DAY, resource=rooms[0])
    waits(people[0], services=[cleaning])

    assert [why for _, why in matches(freed(), now=now)] == ["нет свободного кабинета"]


def test_time_is_not_offered_when_preparation_reaches_into_the_visit_before(
    seat, book, freed, waits, people, cleaning, pyotr, at, now
):
    ServiceNeed.objects.create(service=cleaning, buffer_before_minutes=15)
    book(patient=pyotr, starts_at=at(25, 9, 30), duration_minutes=30)
    waits(people[0], services=[cleaning], minutes=30)

    assert [why for _, why in matches(freed(), now=now)] == ["нет времени на подготовку"]


def test_who_is_asked_has_a_room_kept_until_the_wave_ends(
    rooms, freed, waits, book, grom, new_doctor, new_patient, smile, people, cleaning, actor, now
):
    asked = waits(people[0], services=[cleaning])
    slot = freed()
    asked_at = now + dt.timedelta(minutes=4)
    api.start_wave(freed=slot, actor=actor, now=asked_at)
    one, two = _other_patients(new_patient, smile, 2)

    assert _rooms_of(book(patient=one, doctor=grom, services=[cleaning], now=asked_at)) == ["Кабинет 2"]
    with pytest.raises(api.SlotTaken, match="кабинета"):
        book(patient=two, doctor=new_doctor("Белов Иван"), services=[cleaning], now=asked_at)
    offer = slot.offers.get(entry=asked)
    won = api.accept_offer(offer=offer, actor=actor, now=asked_at + dt.timedelta(minutes=1))
    assert _rooms_of(won) == ["Кабинет 1"]


def test_room_kept_for_an_offer_is_free_again_when_nobody_takes_it(
    rooms, freed, waits, book, grom, people, pyotr, cleaning, actor, now
):
    waits(people[0], services=[cleaning])
    slot = freed()
    api.start_wave(freed=slot, actor=actor, now=now + dt.timedelta(minutes=4))
    api.withdraw_freed(freed=slot, actor=actor, now=now + dt.timedelta(minutes=5))

    assert _rooms_of(book(patient=pyotr, doctor=grom, services=[cleaning])) == ["Кабинет 1"]


def test_who_takes_an_earlier_time_may_keep_the_room_of_the_later_one(
    rooms, seat, book, waits, grom, new_doctor, people, pyotr, cleaning, at, actor, now
):
    slot_of = book(duration_minutes=60)
    had = book(patient=people[0], doctor=grom, services=[cleaning], starts_at=at(25, 10, 30), duration_minutes=60)
    book(patient=pyotr, doctor=new_doctor("Белов Иван"), services=[cleaning], duration_minutes=60)
    entry = waits(people[0], appointment=had, minutes=60)
    api.cancel(appointment=slot_of, by_patient=True, actor=actor, now=now)
    slot = FreedSlot.objects.get(appointment=slot_of)

    won = api.hand_over(freed=slot, entry=entry, actor=actor, now=now)

    assert (won.pk, won.starts_at, _rooms_of(won)) == (had.pk, at(25, 10), ["Кабинет 1"])

"""A visit becomes one by video and back at its own time: rooms follow, what was said of it no longer holds."""

from __future__ import annotations

import datetime as dt

import pytest

from zabota.booking import api
from zabota.booking.models import Resource, ServiceNeed
from zabota.kernel.errors import BadInput
from zabota.kernel.models import Fact


@pytest.fixture
def room(seat, cleaning, centre, in_clinic):
    """The only room that does for cleaning."""
    ServiceNeed.objects.create(service=cleaning, needs="room", by_video=True)
    return Resource.objects.create(clinic=in_clinic, kind="room", branch=centre, name="Кабинет 1")


@pytest.fixture
def change(actor, now):
    """Makes a visit `online` or `in_person`."""
    return lambda row, kind, **more: api.change_kind(
        appointment=row, kind=kind, actor=actor, **{"expected_revision": None, "now": now, **more}
    )


def _rooms_of(row):
    return list(row.occupations.values_list("resource__name", flat=True))


def test_a_visit_by_video_gives_its_room_to_others_and_keeps_its_time(room, book, cleaning, new_doctor, pyotr, change):
    row = book(services=[cleaning])

    changed = change(row, "online")

    assert (changed.kind, changed.starts_at, changed.revision) == ("online", row.starts_at, 1)
    assert (_rooms_of(changed), Fact.objects.filter(kind="booking.appointment_moved").count()) == ([], 1)
    assert _rooms_of(book(patient=pyotr, doctor=new_doctor("Громов Олег"), services=[cleaning])) == ["Кабинет 1"]
    with pytest.raises(api.SlotTaken):
        book(patient=pyotr)


def test_back_in_the_clinic_a_visit_takes_a_room_or_is_refused_and_stays(
    room, book, cleaning, new_doctor, pyotr, change
):
    row = change(book(services=[cleaning]), "online")
    other = book(patient=pyotr, doctor=new_doctor("Громов Олег"), services=[cleaning])
    with pytest.raises(api.SlotTaken, match="кабинета"):
        change(row, "in_person")
    row.refresh_from_db()
    assert row.kind == "online"

    change(other, "online")
    assert _rooms_of(change(row, "in_person")) == ["Кабинет 1"]


def test_the_same_kind_once_more_changes_nothing(room, book, cleaning, change):
    row = book(services=[cleaning])

    assert change(row, "in_person").revision == 0
    assert change(change(row, "online"), "online").revision == 1


def test_a_visit_that_changed_since_is_over_or_began_is_left_as_it_is(room, book, cleaning, actor, change, now, at):
    row = book(services=[cleaning])
    with pytest.raises(api.Outdated):
        change(row, "online", expected_revision=3)
    with pytest.raises(BadInput, match="прошло"):
        change(row, "online", now=at(25, 10, 1))
    api.cancel(appointment=row, by_patient=True, actor=actor, now=now + dt.timedelta(minutes=1))
    with pytest.raises(BadInput, match="отмен"):
        change(row, "online")

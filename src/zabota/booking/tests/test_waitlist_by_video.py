"""Waiting for a visit by video, or with one in hand: whoever takes a time keeps the kind."""

from __future__ import annotations

import datetime as dt

import pytest

from zabota.booking import api
from zabota.booking.models import ServiceNeed
from zabota.booking.services import offers

MINUTE = dt.timedelta(minutes=1)


def test_who_waits_for_a_visit_by_video_gets_one_by_video_without_a_room(freed, waits, people, cleaning, actor, now):
    ServiceNeed.objects.create(service=cleaning, by_video=True, needs=ServiceNeed.Needs.ROOM)
    waits(people[0], services=[cleaning], kind="online")
    slot = freed()
    offers.tick(now=now + 3 * MINUTE)

    row = api.accept_offer(offer=slot.offers.get(), actor=actor, now=now + 4 * MINUTE)

    assert row.kind == "online"
    assert {each.resource.kind for each in row.cells.all()} == {"doctor"}


@pytest.mark.parametrize("kind", ["online", "in_person"])
def test_an_earlier_time_leaves_the_kind_of_the_visit_as_it_was(freed, waits, book, people, actor, now, at, kind):
    later = book(patient=people[0], starts_at=at(26, 10), kind=kind)
    entry = waits(people[0], appointment=later)
    slot = freed()
    offers.tick(now=now + 3 * MINUTE)

    row = api.accept_offer(offer=slot.offers.get(), actor=actor, now=now + 4 * MINUTE)

    assert (entry.kind, row.pk, row.kind) == (kind, later.pk, kind)

"""T3: a link without a password lives no longer than what it is for, and its page shuts with it."""

from __future__ import annotations

import datetime as dt

import pytest

from zabota.booking.models import Appointment, FreedSlot, SlotOffer, WaitlistEntry
from zabota.visits.models import ActionLink, WellbeingCheck
from zabota.visits.services.acts import confirm_visit, link_expiry, visit_of
from zabota.visits.services.care import ask_due
from zabota.visits.services.fresh_links import send_fresh_link
from zabota.visits.services.links import LinkGone, forget_old_links
from zabota.visits.services.offering import send_offer
from zabota.visits.services.planning import plan_visit
from zabota.visits.services.reminding import send_due
from zabota.visits.tests.conftest import WEDNESDAY

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_clinic")]


@pytest.fixture
def told(mila, book_for) -> Appointment:
    """A visit of the next week whose confirmation was sent, with its links."""
    visit = book_for(mila, "2026-11-26 15:00")
    plan_visit(appointment_id=visit.pk, now=WEDNESDAY)
    send_due(now=WEDNESDAY)
    return visit


def ends() -> set[dt.datetime]:
    return set(ActionLink.objects.values_list("expires_at", flat=True))


def test_links_to_a_visit_die_when_it_begins_the_fresh_one_too(told) -> None:
    assert ends() == {told.starts_at}

    assert send_fresh_link(link=ActionLink.objects.earliest("pk"), now=WEDNESDAY)

    assert ActionLink.objects.count() == 4 and ends() == {told.starts_at}


def test_links_to_a_visit_by_video_die_when_its_door_closes(told) -> None:
    told.kind = Appointment.Kind.ONLINE
    assert told.ends_at < link_expiry(told) <= told.ends_at + dt.timedelta(hours=2)


def test_links_of_an_offer_die_with_the_time_that_was_offered(mila, centre, doctor_sokolova, sends_sms) -> None:
    noon = WEDNESDAY + dt.timedelta(days=1)
    freed = FreedSlot.objects.create(
        clinic=sends_sms, doctor=doctor_sokolova, branch=centre, starts_at=noon, duration_minutes=30,
        freed_at=WEDNESDAY, cause="cancelled", state="offering",
    )  # fmt: skip
    entry = WaitlistEntry.objects.create(clinic=sends_sms, patient=mila, branch=centre, created_at=WEDNESDAY)
    offer = SlotOffer.objects.create(
        clinic=sends_sms, freed=freed, entry=entry, wave=1, starts_at=noon, duration_minutes=30, sent_at=WEDNESDAY,
        expires_at=WEDNESDAY + dt.timedelta(minutes=30),
    )  # fmt: skip

    assert send_offer(offer_id=offer.pk, now=WEDNESDAY)

    assert ends() == {noon}


def test_links_of_the_question_after_a_visit_die_in_two_weeks(mila, book_for, smile) -> None:
    visit = book_for(mila, "2026-11-19 09:00")
    Appointment.objects.filter(pk=visit.pk).update(status="completed", ended_at=WEDNESDAY)
    WellbeingCheck.objects.create(clinic=smile, patient=mila, appointment=visit, due_at=WEDNESDAY)

    assert ask_due(now=WEDNESDAY) == 1

    assert ends() == {WEDNESDAY + dt.timedelta(days=14)}


def test_nothing_is_done_through_a_link_whose_time_is_over_though_the_visit_is_still_to_come(told) -> None:
    link = ActionLink.objects.earliest("pk")
    link.expires_at = WEDNESDAY
    link.save()

    with pytest.raises(LinkGone):
        visit_of(link, now=WEDNESDAY)
    with pytest.raises(LinkGone):
        confirm_visit(link=link, now=WEDNESDAY)
    told.refresh_from_db()
    assert told.status == "planned"


def test_dead_links_are_known_for_a_month_and_forgotten_then(told) -> None:
    assert forget_old_links(now=told.starts_at + dt.timedelta(days=30)) == 0
    assert forget_old_links(now=told.starts_at + dt.timedelta(days=30, seconds=1)) == 2

"""A doctor's calendar by a secret address: what it shows, to whom, and that it can be revoked."""

from __future__ import annotations

import datetime as dt

import icalendar
import pytest
import time_machine
from django.urls import reverse

from zabota.booking import api
from zabota.booking.models import CalendarFeed

NOW = dt.datetime(2026, 11, 24, 9, 0, tzinfo=dt.UTC)


@pytest.fixture
def visit(in_clinic, mila, doctor_sokolova, centre, actor):
    return api.book(
        patient=mila, doctor=doctor_sokolova, branch=centre, starts_at=NOW + dt.timedelta(days=1), actor=actor, now=NOW
    )


@pytest.fixture
def read(client):
    def get(token, method="get"):
        with time_machine.travel(NOW, tick=False):
            return getattr(client, method)(reverse("webapi:calendar", args=[token]))

    return get


def events(answer):
    return list(icalendar.Calendar.from_ical(answer.content).walk("VEVENT"))


def test_a_visit_by_video_is_at_no_branch(visit, doctor_sokolova, actor, read):
    token = api.make_feed(doctor=doctor_sokolova, actor=actor, now=NOW).token
    assert "LOCATION" in events(read(token))[0]
    visit.kind = "online"
    visit.save()
    (event,) = events(read(token))
    assert "LOCATION" not in event and str(event["SUMMARY"]).startswith("Приём по видео")


def test_feed_shows_visits_without_names(visit, doctor_sokolova, actor, read):
    token = api.make_feed(doctor=doctor_sokolova, actor=actor, now=NOW).token
    answer = read(token)
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert (answer["Cache-Control"], answer["Referrer-Policy"]) == ("private, no-store", "no-referrer")
    (event,) = events(answer)
    assert event.decoded("DTSTART") == visit.starts_at
    assert str(event["SUMMARY"]) == "Приём, 30 мин"
    assert "Кузнецова" not in answer.content.decode()


def test_names_are_there_only_when_the_clinic_says_so(visit, doctor_sokolova, actor, read):
    token = api.make_feed(doctor=doctor_sokolova, with_names=True, actor=actor, now=NOW).token
    assert str(events(read(token))[0]["SUMMARY"]) == "Приём: Кузнецова Мила"


def test_moved_visit_keeps_its_uid_with_a_higher_sequence_and_cancelled_one_is_gone(
    visit, doctor_sokolova, actor, read
):
    token = api.make_feed(doctor=doctor_sokolova, actor=actor, now=NOW).token
    before = events(read(token))[0]
    api.move_appointment(
        appointment=visit, starts_at=NOW + dt.timedelta(days=2), expected_revision=0, actor=actor, now=NOW
    )
    after = events(read(token))[0]
    assert (before["UID"], before["SEQUENCE"], after["SEQUENCE"]) == (after["UID"], 0, 1)
    api.cancel(appointment=visit, by_patient=True, actor=actor, now=NOW)
    assert events(read(token)) == []


def test_revoked_and_unknown_addresses_answer_alike(visit, doctor_sokolova, actor, read):
    made = api.make_feed(doctor=doctor_sokolova, actor=actor, now=NOW)
    api.revoke_feed(feed=made.feed, actor=actor, now=NOW)
    answers = [read(made.token), read("nobody"), read("x" * 300)]
    assert {(each.status_code, each.content) for each in answers} == {(404, answers[0].content)}


def test_reading_changes_nothing_and_nothing_else_is_accepted(visit, doctor_sokolova, actor, read):
    made = api.make_feed(doctor=doctor_sokolova, actor=actor, now=NOW)
    before = CalendarFeed.objects.values().get()
    assert read(made.token, "head").status_code == 200
    assert read(made.token, "post").status_code == 405
    assert CalendarFeed.objects.values().get() == before
    assert made.token not in str(before)


def test_other_doctors_and_clinics_are_not_in_it(visit, doctor_sokolova, other_clinic, actor, read):
    from zabota.clinic.models import Doctor

    stranger = Doctor.objects.create(clinic=other_clinic, name="Чужой", name_key="чужой")
    assert events(read(api.make_feed(doctor=stranger, actor=actor, now=NOW).token)) == []

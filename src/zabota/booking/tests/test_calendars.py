"""The calendar file of a visit: stable, growing, within the rules of its format and of secrecy."""

from __future__ import annotations

import datetime as dt

import icalendar

from zabota.booking import api
from zabota.booking.rules.ical import Event, calendar_text


def event_of(text):
    (event,) = icalendar.Calendar.from_ical(text).walk("VEVENT")
    return event


def test_patient_reads_clinic_place_and_time_and_nothing_of_the_treatment(book, cleaning, centre, at, now):
    centre.address, centre.phone = "ул. Садовая, 12", "+74950000000"
    centre.save()
    text = api.visit_calendar(
        book(services=[cleaning]), now=now, organizer="desk@clinic.example", address="https://x/1"
    )
    event = event_of(text)
    assert b"METHOD:REQUEST" in text
    assert event.decoded("DTSTART") == at(25, 10)
    assert event.decoded("DTEND") == at(25, 10, 30)
    assert str(event["SUMMARY"]) == "Улыбка: приём"
    assert str(event["LOCATION"]) == "ул. Садовая, 12"
    assert str(event["ORGANIZER"]) == "mailto:desk@clinic.example"
    shown = text.decode()
    assert not [word for word in ("Соколова", "терапевт", "чистка", "Кузнецова") if word in shown]


def test_a_sensitive_branch_shows_its_neutral_name_in_every_line(book, cleaning, centre, now):
    """L21, L23."""
    centre.is_sensitive, centre.neutral_name = True, "Медцентр"
    centre.save()
    text = api.visit_calendar(book(services=[cleaning]), now=now)
    event = event_of(text)
    assert (str(event["SUMMARY"]), str(event["LOCATION"])) == ("Медцентр: приём", "Медцентр")
    assert "Улыбка" not in text.decode() and "Центр" not in text.decode()


def test_sequence_grows_with_every_move_and_with_giving_up(book, actor, now, at):
    row = book()
    uid = event_of(api.visit_calendar(row, now=now))["UID"]
    row = api.move_appointment(appointment=row, starts_at=at(26, 11), expected_revision=0, actor=actor, now=now)
    assert event_of(api.visit_calendar(row, now=now))["SEQUENCE"] == 1
    row = api.cancel(appointment=row, by_patient=True, actor=actor, now=now)
    text = api.visit_calendar(row, now=now)
    event = event_of(text)
    assert (event["UID"], event["SEQUENCE"], event["STATUS"]) == (uid, 2, "CANCELLED")
    assert b"METHOD:CANCEL" in text


def test_lines_are_folded_at_75_octets_and_end_in_crlf():
    event = Event(
        uid="1@visits.zabota",
        sequence=0,
        starts_at=dt.datetime(2028, 2, 29, 23, 45, tzinfo=dt.UTC),
        minutes=30,
        summary="Очень длинное название клиники; с запятой, точкой с запятой " * 4,
        location="Строка\r\nATTENDEE:mailto:evil@example.com",
    )
    text = calendar_text([event], method="PUBLISH", stamp=dt.datetime(2026, 11, 24, tzinfo=dt.UTC))
    assert text.endswith(b"\r\n")
    assert all(len(line) <= 75 for line in text.split(b"\r\n"))
    assert b"\n" not in text.replace(b"\r\n", b"")
    assert b"DTEND:20280301T001500Z" in text
    assert not [line for line in text.split(b"\r\n") if line.startswith(b"ATTENDEE")]
    assert str(event_of(text)["SUMMARY"]).startswith("Очень длинное название клиники; с запятой,")


def test_visit_by_video_has_no_street(book, now):
    event = event_of(api.visit_calendar(book(kind="online"), now=now))
    assert str(event["SUMMARY"]).endswith("по видео")
    assert "LOCATION" not in event
    assert "Вход по ссылке из сообщения" in str(event["DESCRIPTION"])


def test_days_off_are_suggested_and_those_entered_are_known(in_clinic, actor, now):
    day = dt.date(2027, 1, 7)
    api.add_exception(clinic=in_clinic, kind="holiday", first_on=day, note="Рождество", actor=actor, now=now)
    found = {
        row.on: row
        for row in api.suggested_holidays(clinic=in_clinic, first=dt.date(2026, 12, 25), last=dt.date(2027, 3, 10))
    }
    assert found[day].is_known
    assert not found[dt.date(2027, 1, 1)].is_known
    assert dt.date(2027, 3, 8) in found

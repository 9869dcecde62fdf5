"""Monday's and the month's report by mail: to whoever asked, once, with the figures of their own branches."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse

from zabota.analytics import reports
from zabota.analytics.models import ReportMail
from zabota.analytics.services.mailing import mail_reports, span_before
from zabota.booking.models import Appointment
from zabota.clinic.models import Clinic, Member
from zabota.kernel.audit import Actor
from zabota.messaging.models import ChannelAccount, Message
from zabota.patients.models import Patient

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_clinic")]


@pytest.fixture
def mailbox(smile: Clinic, now: dt.datetime) -> ChannelAccount:
    """The clinic sends mail."""
    return ChannelAccount.objects.create(
        clinic=smile, provider="demo_mail", channel="email", title="Почта", is_on=True, hook_hash="m", created_at=now
    )


@pytest.mark.usefixtures("mailbox")
def test_who_asked_gets_the_report_once_however_often_the_clock_strikes(
    anton: Member, actor: Actor, now: dt.datetime
) -> None:
    reports.ask_for_mail(member=anton, span="weekly", wanted=True, actor=actor, now=now)

    assert mail_reports("weekly", now=now) == 1
    assert mail_reports("weekly", now=now + dt.timedelta(hours=1)) == 0
    letter = Message.objects.get()
    assert letter.address == anton.user.email
    assert "/insight/weekly/?on=" in letter.text
    assert letter.state == "queued"


@pytest.mark.usefixtures("mailbox")
def test_letter_of_days_that_nobody_loaded_says_so(
    smile: Clinic, anton: Member, actor: Actor, now: dt.datetime
) -> None:
    patient = Patient.objects.create(clinic=smile, surname="Мила", name_key="мила")
    Appointment.objects.bulk_create(
        Appointment(
            clinic=smile, patient=patient, status="completed", day=now.date() - dt.timedelta(days=back),
            starts_at=now - dt.timedelta(days=back),
        )
        for back in range(60, 160)
    )  # fmt: skip
    reports.ask_for_mail(member=anton, span="weekly", wanted=True, actor=actor, now=now)

    mail_reports("weekly", now=now)

    assert f"кончаются {now.date() - dt.timedelta(days=60):%d.%m.%Y}" in Message.objects.get().text


@pytest.mark.usefixtures("mailbox")
def test_who_may_no_longer_see_reports_gets_none(anton: Member, actor: Actor, now: dt.datetime) -> None:
    reports.ask_for_mail(member=anton, span="monthly", wanted=True, actor=actor, now=now)
    Member.objects.filter(pk=anton.pk).update(role="administrator")

    assert mail_reports("monthly", now=now) == 0


def test_the_page_begins_and_stops_it_and_says_when_the_channel_is_off(as_anton: Client, anton: Member) -> None:
    address = reverse("desk:regular-mail", args=["weekly"])

    page = as_anton.post(address, {"wanted": "1"}, follow=True).content.decode()
    assert "Канал «Почта» выключен" in page
    assert ReportMail.objects.filter(member=anton).count() == 1
    as_anton.post(address, {"wanted": "0"})
    assert not ReportMail.objects.exists()


@pytest.mark.parametrize(
    ("span", "today", "first", "last"),
    [
        ("weekly", "2026-11-23", "2026-11-16", "2026-11-22"),
        ("weekly", "2026-03-02", "2026-02-23", "2026-03-01"),
        ("monthly", "2028-03-01", "2028-02-01", "2028-02-29"),
        ("monthly", "2027-01-01", "2026-12-01", "2026-12-31"),
    ],
)
def test_the_report_is_of_days_that_are_over(span: str, today: str, first: str, last: str) -> None:
    assert span_before(span, dt.date.fromisoformat(today)) == (
        dt.date.fromisoformat(first),
        dt.date.fromisoformat(last),
    )

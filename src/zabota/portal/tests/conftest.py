"""A visit of Mila and the links that a message would carry; a doctor who receives all week."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable

import pytest
from django.core.cache import cache
from django.test import Client

from zabota.booking.models import Appointment, Resource, WorkingHours
from zabota.clinic.models import Branch, Clinic, Doctor
from zabota.kernel import clock
from zabota.kernel.audit import SYSTEM
from zabota.kernel.scope import clinic_scope
from zabota.messaging.api import ensure_templates
from zabota.messaging.models import ChannelAccount, Message
from zabota.patients.api import ensure_consent_texts
from zabota.patients.models import Patient
from zabota.visits.services.acts import link_expiry
from zabota.visits.services.links import Secrets, make_links


@pytest.fixture
def receiving(doctor_sokolova: Doctor, centre: Branch) -> Doctor:
    """Dr Sokolova receives every day from nine to eight in the evening."""
    resource, _ = Resource.objects.get_or_create(
        doctor=doctor_sokolova,
        defaults={"clinic": doctor_sokolova.clinic, "kind": "doctor", "name": doctor_sokolova.name},
    )
    for weekday in range(7):
        WorkingHours.objects.create(
            resource=resource, branch=centre, weekday=weekday, begins_minute=9 * 60, ends_minute=20 * 60
        )
    return doctor_sokolova


@pytest.fixture
def noon() -> dt.datetime:
    """Twelve o'clock in Moscow three days from now: in working hours and beyond every notice."""
    day = clock.today("Europe/Moscow") + dt.timedelta(days=3)
    return dt.datetime.combine(day, dt.time(9), dt.UTC)


@pytest.fixture
def new_visit(smile: Clinic, centre: Branch, receiving: Doctor, noon: dt.datetime) -> Callable[..., Appointment]:
    """Makes a planned visit: `new_visit(mila)`."""

    def make(patient: Patient, *, starts_at: dt.datetime | None = None, **fields: object) -> Appointment:
        with clinic_scope(smile.pk):
            begins = starts_at or noon
            return Appointment.objects.create(
                clinic=smile,
                patient=patient,
                branch=centre,
                doctor=receiving,
                starts_at=begins,
                day=begins.date(),
                booked_at=clock.now(),
                **fields,
            )

    return make


@pytest.fixture
def links_to(smile: Clinic) -> Callable[..., Secrets]:
    """Both secrets of a visit, as a message would carry them."""

    def make(visit: Appointment) -> Secrets:
        with clinic_scope(visit.clinic_id):
            return make_links(
                purpose="visit",
                clinic_id=visit.clinic_id,
                patient_id=visit.patient_id,
                appointment=visit,
                expires_at=link_expiry(visit),
                now=clock.now(),
            )[0]

    return make


class Phone:
    """A patient's browser: opens a link, presses buttons of the page it sees."""

    def __init__(self) -> None:
        self.client = Client(enforce_csrf_checks=True)
        self.page = ""
        self.url = ""

    def open(self, secret: str, **headers: str):
        path = f"/p/{secret}" if len(secret) == 6 else f"/p/v/{secret}"
        return self.get(path, **headers)

    def get(self, path: str, **headers: str):
        response = self.client.get(path, follow=True, headers=headers or None)
        self._see(response, path)
        return response

    def press(self, action: str, **fields: object):
        """Send the form of the page whose address ends so."""
        seal = self.page.split('name="seal" value="')[1].split('"')[0]
        response = self.client.post(self.url.rstrip("/") + "/" + action, {"seal": seal, **fields}, follow=True)
        self._see(response, self.url)
        return response

    def _see(self, response, path: str) -> None:
        self.page = response.content.decode()
        here = response.redirect_chain[-1][0] if response.redirect_chain else path
        parts = here.split("/")
        if len(parts) > 4 and parts[2] in ("visit", "offer", "after"):
            self.url = "/".join(parts[:4]) + "/"


@pytest.fixture
def video(settings) -> None:
    """The clinic has its own video server."""
    settings.JITSI_URL = "https://video.ulybka.ru"
    settings.JITSI_SECRET = "тайна"


@pytest.fixture
def phone() -> Phone:
    """The patient's phone."""
    return Phone()


@pytest.fixture
def stranger_phone() -> Phone:
    """Somebody else's phone."""
    return Phone()


@pytest.fixture
def open_clinic(smile, centre, receiving, cleaning):
    """«Улыбка» with texts, consents and an SMS account."""
    with clinic_scope(smile.pk):
        ensure_templates(clinic=smile, now=clock.now())
        ensure_consent_texts(clinic=smile, actor=SYSTEM, now=clock.now())
        ChannelAccount.objects.create(
            clinic=smile, provider="smsc", channel="sms", title="SMS", hook_hash="x", is_on=True, created_at=clock.now()
        )
    return smile


class Visitor:
    """A browser without cookies, as in a frame of another site."""

    def __init__(self, clinic) -> None:
        self.clinic = clinic
        self.client = Client(enforce_csrf_checks=True)
        self.root = f"/p/book/{clinic.public_id}/"
        self.page = ""

    def get(self, tail: str = "", **headers):
        return self._see(self.client.get(self.root + tail, headers=headers or None))

    def post(self, tail: str, **fields):
        if self.state and "state" not in fields:
            fields["state"] = self.state
        self.client.cookies.clear()
        return self._see(self.client.post(self.root + tail, fields))

    @property
    def state(self) -> str:
        found = re.search(r'name="state" value="([^"]*)"', self.page)
        return found.group(1) if found else ""

    @property
    def slots(self) -> list[str]:
        return re.findall(r'name="slot" value="([^"]+)"', self.page)

    def _see(self, response):
        self.page = response.content.decode()
        return response

    def choose(self, service, key: str = ""):
        cache.clear()
        tail = f"service/{service.public_id}/"
        self.get(tail)
        return self.post(tail, slot=key or self.slots[-1])

    def name(self, tel: str, **fields):
        given = {"name": "Мила", "surname": "Кузнецова", "tel": tel, "pd": "1"} | fields
        return self.post("phone", **given)

    def sent_code(self) -> str:
        with clinic_scope(self.clinic.pk):
            return re.search(r"\d{6}", Message.objects.filter(purpose="otp").latest("id").text).group()


@pytest.fixture
def visitor(open_clinic) -> Visitor:
    return Visitor(open_clinic)


def visits_of(clinic) -> list[Appointment]:
    with clinic_scope(clinic.pk):
        return list(Appointment.objects.order_by("id"))

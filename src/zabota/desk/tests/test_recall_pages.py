"""When a patient is awaited again, as the card says it and lets it be decided."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse

from zabota.booking.models import Appointment, AppointmentService
from zabota.clinic.models import Clinic, Member, Service
from zabota.kernel import clock
from zabota.kernel.audit import Actor
from zabota.nextstep import api as nextstep
from zabota.nextstep.models import Recall, Thresholds
from zabota.patients.models import Patient

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_clinic")]


@pytest.fixture
def recall(mila: Patient, smile: Clinic, cleaning: Service) -> Recall:
    """Of a cleaning long ago, with a booking for something else to come."""
    now = clock.now()
    for days, status in ((-300, "completed"), (5, "planned")):
        at = now + dt.timedelta(days=days)
        row = Appointment.objects.create(clinic=smile, patient=mila, starts_at=at, day=at.date(), status=status)
        if days < 0:
            AppointmentService.objects.create(appointment=row, service=cleaning, price_kopecks=450_000)
        else:
            whitening = Service.objects.create(clinic=smile, name="Отбеливание", name_key="отбеливание")
            AppointmentService.objects.create(appointment=row, service=whitening, price_kopecks=900_000)
    nextstep.sweep_patients(patient_ids=[mila.pk], now=now)
    return Recall.objects.get(patient=mila)


def decide(client: Client, recall: Recall, action: str, **data: str) -> str:
    address = reverse("desk:patient-recall", args=[recall.patient.public_id, recall.pk, action])
    return client.post(address, data, follow=True).content.decode().replace("\u00a0", " ")


def test_right_visit_or_any_visit_is_said_and_chosen_on_the_card(as_vera: Client, recall: Recall) -> None:
    page = as_vera.get(reverse("desk:patient", args=[recall.patient.public_id])).content.decode()
    assert "приглашение снимает только запись на нужную услугу" in page
    page = decide(as_vera, recall, "visit", counts="on")
    assert "засчитывается любой визит" in page and "Засчитывать только нужный визит" in page
    recall.refresh_from_db()
    assert recall.any_visit_counts and recall.booked_id is not None
    page = decide(as_vera, recall, "visit")
    recall.refresh_from_db()
    assert not recall.any_visit_counts and recall.booked_id is None and "Засчитывать любую запись" in page


def test_the_switch_of_the_clinic_leaves_nothing_to_choose_on_the_card(
    as_vera: Client, recall: Recall, smile: Clinic
) -> None:
    Thresholds.objects.update_or_create(clinic=smile, defaults={"any_visit_counts": True})
    page = as_vera.get(reverse("desk:patient", args=[recall.patient.public_id])).content.decode()
    assert "Засчитывается любая запись" in page and "Засчитывать любую запись" not in page


def test_a_recall_of_somebody_who_left_the_rule_is_not_said_to_be_due(
    as_vera: Client, recall: Recall, vera: Member
) -> None:
    nextstep.exempt_patient(
        patient=recall.patient,
        reason="moved",
        until_on=None,
        comment="",
        actor=Actor(user_id=vera.user_id),
        now=clock.now(),
    )
    page = as_vera.get(reverse("desk:patient", args=[recall.patient.public_id])).content.decode()
    assert "не приглашаем. Последний раз" in page and "пора. Последний раз" not in page


def test_previous_interval_calculated_and_overridden_day_stand_together(as_vera: Client, recall: Recall) -> None:
    wanted = clock.now().date() + dt.timedelta(days=40)
    page = decide(as_vera, recall, "override", due_on=wanted.isoformat(), reason="в отъезде")
    for words in ("Последний раз ", "раз в ", "по расчёту ", "Срок изменён: в отъезде"):
        assert words in page

"""Fixtures of the pages of patients."""

from __future__ import annotations

import datetime as dt

import pytest

from zabota.booking.models import Appointment, AppointmentService, Payment
from zabota.care import api as care
from zabota.kernel import clock
from zabota.kernel.scope import clinic_scope
from zabota.patients import api as patients


@pytest.fixture
def visit(smile, centre, doctor_sokolova, cleaning, mila):
    """Makes a completed visit with its service and payment: visit(days_ago=30)."""

    def make(patient=mila, *, days_ago=30, status="completed", total=450_000, paid=True):
        starts = clock.now() - dt.timedelta(days=days_ago)
        with clinic_scope(smile.pk):
            row = Appointment.objects.create(
                clinic=smile,
                patient=patient,
                branch=centre,
                doctor=doctor_sokolova,
                starts_at=starts,
                day=starts.date(),
                status=status,
                total_kopecks=total,
            )
            AppointmentService.objects.create(appointment=row, service=cleaning, price_kopecks=total)
            if paid:
                Payment.objects.create(
                    clinic=smile, patient=patient, appointment=row, paid_on=starts.date(), amount_kopecks=total
                )
        return row

    return make


@pytest.fixture
def indexed(smile, mila, pyotr):
    """The cast as the search knows it."""
    patients.reindex()
    return mila, pyotr


@pytest.fixture
def texts(smile, actor):
    with clinic_scope(smile.pk):
        patients.ensure_consent_texts(clinic=smile, actor=actor, now=clock.now())


@pytest.fixture
def plan(smile, mila, doctor_sokolova, actor):
    with clinic_scope(smile.pk):
        made = care.create_plan(
            patient=mila,
            title="Зуб 36",
            stages=(care.StageDraft("Лечение каналов", 1_860_000), care.StageDraft("Коронка", 3_150_000)),
            doctor=doctor_sokolova,
            actor=actor,
            now=clock.now(),
        )
        care.agree_plan(plan=made, actor=actor, now=clock.now())
    return made

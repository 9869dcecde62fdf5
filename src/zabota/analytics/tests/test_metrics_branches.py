"""Metrics of some branches count what was planned and paid back in them, not in the others."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from zabota.analytics import metrics
from zabota.booking.models import Appointment, Payment
from zabota.care.models import Plan
from zabota.clinic.models import Branch, Clinic
from zabota.patients.models import Patient


def test_plans_and_refunds_of_another_branch_are_not_of_this_one(
    in_clinic: Clinic,
    centre: Branch,
    north: Branch,
    mila: Patient,
    new_patient: Callable[..., Patient],
    now: dt.datetime,
) -> None:
    theirs = new_patient(in_clinic, "Котова Ия Львовна", branch=north)
    day = (now - dt.timedelta(days=40)).date()
    for patient, branch, plans in ((mila, centre, 1), (theirs, north, 2)):
        visit = Appointment.objects.create(
            clinic=in_clinic, patient=patient, branch=branch, starts_at=now - dt.timedelta(days=40), day=day,
            status="completed", total_kopecks=500_00,
        )  # fmt: skip
        Payment.objects.create(
            clinic=in_clinic, patient=patient, appointment=visit, paid_on=day, amount_kopecks=-100_00 * plans
        )
        for _ in range(plans):
            Plan.objects.create(
                clinic=in_clinic, patient=patient, title="Лечение", state=Plan.State.PROPOSED, proposed_on=day
            )
    # Money of a visit at «Север» is given back there, wherever the card belongs.
    elsewhere = Appointment.objects.create(
        clinic=in_clinic, patient=mila, branch=north, starts_at=now - dt.timedelta(days=30), day=day, status="completed"
    )
    Payment.objects.create(clinic=in_clinic, patient=mila, appointment=elsewhere, paid_on=day, amount_kopecks=-50_00)

    def counted(branches: list[int] | None) -> tuple[int, int]:
        ground = metrics.ground_of(in_clinic, now=now, branches=branches)
        return len(ground.plans.patient), int(ground.refunds[2].sum())

    assert counted(None) == (3, 350_00)
    assert counted([centre.pk]) == (1, 100_00)
    assert counted([north.pk]) == (2, 250_00)

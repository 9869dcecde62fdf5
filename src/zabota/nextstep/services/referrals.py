"""Patients sent to another clinic: somebody asks a week later how it went, sooner when it was acute."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from zabota.clinic.models import Doctor
from zabota.kernel import audit, clock, facts
from zabota.kernel.audit import Actor
from zabota.kernel.errors import AlreadyDone, BadInput
from zabota.nextstep.facts import PatientReferred
from zabota.nextstep.models import Referral
from zabota.nextstep.services.steps import hold_clinic
from zabota.nextstep.services.sweep import sweep_patients
from zabota.patients.models import Patient


def record_referral(
    *,
    patient: Patient,
    referred_on: date,
    actor: Actor,
    now: datetime,
    to: str = "",
    is_acute: bool = False,
    doctor: Doctor | None = None,
) -> Referral:
    """Write down that the patient was sent elsewhere. An earlier referral that is open ends with it."""
    if referred_on > clock.today(patient.clinic.time_zone, now):
        raise BadInput("Этот день ещё не наступил. Укажите, когда пациента направили.")
    with transaction.atomic():
        hold_clinic(patient.clinic_id)
        Referral.objects.filter(patient=patient, ended_at=None).update(ended_at=now)
        referral = Referral.objects.create(
            patient=patient,
            clinic_id=patient.clinic_id,
            referred_on=referred_on,
            to=" ".join(to.split())[:200],
            is_acute=is_acute,
            doctor=doctor,
            recorded_by_id=actor.user_id,
            recorded_at=now,
        )
        audit.record("nextstep.referral.recorded", referral, actor=actor, now=now, details={"is_acute": is_acute})
        facts.publish(
            PatientReferred(
                clinic_id=patient.clinic_id, patient_id=patient.pk, referred_on=referred_on, is_acute=is_acute
            ),
            now=now,
        )
        sweep_patients(patient_ids=[patient.pk], now=now, actor=actor)
    return referral


def end_referral(*, referral: Referral, actor: Actor, now: datetime) -> Referral:
    """The matter is settled: the patient is treated there, or is back."""
    with transaction.atomic():
        hold_clinic(referral.clinic_id)
        if not Referral.objects.filter(pk=referral.pk, ended_at=None).update(ended_at=now):
            raise AlreadyDone("Это направление уже закрыто.")
        referral.ended_at = now
        audit.record("nextstep.referral.ended", referral, actor=actor, now=now)
        sweep_patients(patient_ids=[referral.patient_id], now=now, actor=actor)
    return referral

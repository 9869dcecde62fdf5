"""Who leaves the rule of the two З, with the reason, and who comes back."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from zabota.kernel import audit, clock, facts
from zabota.kernel.audit import Actor
from zabota.kernel.errors import AlreadyDone, BadInput
from zabota.nextstep.facts import ExemptionEnded, PatientExempted
from zabota.nextstep.models import Exemption
from zabota.nextstep.services.sweep import sweep_patients
from zabota.patients.models import Patient


def exempt_patient(
    *,
    patient: Patient,
    reason: str,
    actor: Actor,
    now: datetime,
    until_on: date | None = None,
    comment: str = "",
    task_id: int | None = None,
) -> Exemption:
    """Take a patient out of the rule; open tasks are closed as no longer needed. Another reason replaces the one there.

    `task_id` is the task whose outcome said so. Only a refusal may have an end. Raises BadInput, and AlreadyDone when exactly this is in force.
    """
    if reason not in Exemption.Reason.values:
        raise BadInput("Выберите причину, по которой пациента больше не приглашаем.")
    today = clock.today(patient.clinic.time_zone, now)
    if until_on is not None and reason != Exemption.Reason.REFUSED:
        raise BadInput("Срок бывает только у отказа: переезд и завершённое лечение отменяют вручную.")
    if until_on is not None and until_on <= today:
        raise BadInput("Этот день уже наступил. Укажите день в будущем или оставьте поле пустым.")
    comment = " ".join(comment.split())[:300]
    with transaction.atomic():
        there = Exemption.objects.select_for_update().filter(patient=patient, ended_at=None).first()
        if there is not None:
            if (there.reason, there.until_on, there.comment) == (reason, until_on, comment):
                raise AlreadyDone("Эта причина уже записана.")
            Exemption.objects.filter(pk=there.pk).update(ended_at=now)
        exemption = Exemption.objects.create(
            patient=patient,
            clinic_id=patient.clinic_id,
            reason=reason,
            comment=comment,
            started_at=now,
            started_by_id=actor.user_id,
            until_on=until_on,
            task_id=task_id,
        )
        details = {"reason": reason, "until_on": until_on.isoformat() if until_on else None}
        audit.record("nextstep.patient.exempted", exemption, actor=actor, now=now, details=details)
        facts.publish(
            PatientExempted(clinic_id=patient.clinic_id, patient_id=patient.pk, reason=reason, until_on=until_on),
            now=now,
        )
        sweep_patients(patient_ids=[patient.pk], now=now, actor=actor)
    return exemption


def end_exemption(*, exemption: Exemption, actor: Actor, now: datetime) -> Exemption:
    """The patient is back in the rule: booked, or with a task from this moment on. Raises AlreadyDone."""
    with transaction.atomic():
        ended = Exemption.objects.filter(pk=exemption.pk, ended_at=None).update(ended_at=now)
        if not ended:
            raise AlreadyDone("Пациент уже возвращён под правило.")
        exemption.ended_at = now
        audit.record("nextstep.patient.returned", exemption, actor=actor, now=now)
        facts.publish(ExemptionEnded(clinic_id=exemption.clinic_id, patient_id=exemption.patient_id), now=now)
        sweep_patients(patient_ids=[exemption.patient_id], now=now, actor=actor)
    return exemption

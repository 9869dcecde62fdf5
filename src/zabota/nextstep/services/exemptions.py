"""Who leaves the rule of the two З, with the reason, and who comes back."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.db.models import F, QuerySet

from zabota.kernel import audit, clock, facts
from zabota.kernel.audit import Actor
from zabota.kernel.errors import AlreadyDone, BadInput
from zabota.nextstep.facts import ExemptionEnded, PatientExempted
from zabota.nextstep.models import Exemption
from zabota.nextstep.services.steps import hold_clinic
from zabota.nextstep.services.sweep import sweep_patients
from zabota.patients.models import Patient
from zabota.worklist.models import Outcome, Task, TaskEvent


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
        hold_clinic(patient.clinic_id)
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
            replaced=there,
        )
        details = {"reason": reason, "until_on": until_on.isoformat() if until_on else None}
        audit.record("nextstep.patient.exempted", exemption, actor=actor, now=now, details=details)
        facts.publish(
            PatientExempted(clinic_id=patient.clinic_id, patient_id=patient.pk, reason=reason, until_on=until_on),
            now=now,
        )
        were_open = dict(Task.objects.open().filter(patient=patient).values_list("pk", "hidden_until"))
        sweep_patients(patient_ids=[patient.pk], now=now, actor=actor)
        exemption.closed_tasks = {
            str(pk): until.isoformat() if (until := were_open[pk]) else None
            for pk in _closed_by(exemption).filter(pk__in=were_open).values_list("pk", flat=True)
        }
        exemption.save(update_fields=["closed_tasks"])
    return exemption


def end_exemption(*, exemption: Exemption, actor: Actor, now: datetime) -> Exemption:
    """The patient is back in the rule: booked, or with a task from this moment on. Raises AlreadyDone."""
    with transaction.atomic():
        hold_clinic(exemption.clinic_id)
        ended = Exemption.objects.filter(pk=exemption.pk, ended_at=None).update(ended_at=now)
        if not ended:
            raise AlreadyDone("Пациент уже возвращён под правило.")
        exemption.ended_at = now
        audit.record("nextstep.patient.returned", exemption, actor=actor, now=now)
        facts.publish(ExemptionEnded(clinic_id=exemption.clinic_id, patient_id=exemption.patient_id), now=now)
        sweep_patients(patient_ids=[exemption.patient_id], now=now, actor=actor)
    return exemption


def take_back_exemption(*, exemption: Exemption, actor: Actor, now: datetime) -> None:
    """The outcome that said so was taken back: what it replaced holds again, else the tasks that it closed are open again."""
    with transaction.atomic():
        hold_clinic(exemption.clinic_id)
        if not Exemption.objects.filter(pk=exemption.pk, ended_at=None).update(ended_at=now):
            raise AlreadyDone("Пациент уже возвращён под правило.")
        before = _in_force_before(exemption, clock.today(exemption.clinic.time_zone, now))
        if before is None:
            opened = _open_again(exemption, now=now)
            audit.record("nextstep.patient.returned", exemption, actor=actor, now=now, details={"reopened": opened})
            facts.publish(ExemptionEnded(clinic_id=exemption.clinic_id, patient_id=exemption.patient_id), now=now)
        else:
            Exemption.objects.filter(pk=before.pk).update(ended_at=None)
            until_on = before.until_on.isoformat() if before.until_on else None
            again = {"reason": before.reason, "until_on": until_on, "again": True}
            audit.record("nextstep.patient.exempted", before, actor=actor, now=now, details=again)
            facts.publish(
                PatientExempted(
                    clinic_id=before.clinic_id,
                    patient_id=before.patient_id,
                    reason=before.reason,
                    until_on=before.until_on,
                ),
                now=now,
            )
        sweep_patients(patient_ids=[exemption.patient_id], now=now, actor=actor)


def _closed_by(exemption: Exemption) -> QuerySet[Task]:
    """Tasks that the sweep closed when the patient left the rule, and that nobody has changed since."""
    return Task.objects.filter(
        patient_id=exemption.patient_id,
        state=Task.State.CLOSED,
        closed_at=exemption.started_at,
        closed_by=None,
        outcome=Outcome.NOT_NEEDED,
        outcome_reason=exemption.reason,
    )


def _in_force_before(exemption: Exemption, today: date) -> Exemption | None:
    """What this took the place of, as far as its own reason stands and its day has not come."""
    later, before = exemption, exemption.replaced
    while before is not None and before.ended_at == later.started_at:
        task = before.task
        if task is None or (task.state == Task.State.CLOSED and task.outcome == Outcome.REFUSED):
            return before if before.until_on is None or before.until_on > today else None
        later, before = before, before.replaced
    return None


def _open_again(exemption: Exemption, *, now: datetime) -> list[int]:
    opened = []
    for pk in (
        _closed_by(exemption).filter(pk__in=[int(pk) for pk in exemption.closed_tasks]).values_list("pk", flat=True)
    ):
        until = exemption.closed_tasks[str(pk)]
        Task.objects.filter(pk=pk).update(
            state=Task.State.OPEN,
            closed_at=None,
            outcome="",
            outcome_reason="",
            hidden_until=datetime.fromisoformat(until) if until else None,
            version=F("version") + 1,
        )
        TaskEvent.objects.create(task_id=pk, clinic_id=exemption.clinic_id, kind=TaskEvent.Kind.REOPENED, at=now)
        opened.append(pk)
    return opened

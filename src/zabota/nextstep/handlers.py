"""What follows for types and next steps from what happened below: the patient touched is swept at once."""

from __future__ import annotations

from datetime import timedelta

from zabota.booking.facts import (
    AppointmentBooked,
    AppointmentCancelled,
    AppointmentConfirmed,
    AppointmentMissed,
    AppointmentMoved,
    MarkUndone,
    PerformersChanged,
    VisitCompleted,
)
from zabota.care.facts import PlanAgreed, PlanDeclined, PlanFinished, PlanProposed, StageDone
from zabota.clinic.facts import RecallIntervalChanged
from zabota.kernel import clock
from zabota.kernel.audit import SYSTEM
from zabota.kernel.errors import AlreadyDone
from zabota.kernel.facts import handles
from zabota.nextstep.facts import ThresholdsChanged
from zabota.nextstep.models import Exemption, Thresholds
from zabota.nextstep.services.carrying import carry_back, carry_decisions
from zabota.nextstep.services.exemptions import exempt_patient, take_back_exemption
from zabota.nextstep.services.later import sweep_later
from zabota.nextstep.services.steps import hold_clinic
from zabota.nextstep.services.sweep import sweep_patients
from zabota.patients.facts import ContactChanged, MergeUndone, PatientChanged, PatientRegistered, PatientsMerged
from zabota.patients.models import Patient
from zabota.worklist.facts import TaskClosed, TaskReopened
from zabota.worklist.models import Outcome, Task

#: Codes of a refusal that are a reason of their own; the others are a refusal for a time.
FOR_EVER = {
    "do_not_call": Exemption.Reason.REFUSED,
    "moved": Exemption.Reason.MOVED,
    "died": Exemption.Reason.DIED,
}
Touching = (
    AppointmentBooked
    | AppointmentCancelled
    | AppointmentConfirmed
    | AppointmentMissed
    | AppointmentMoved
    | MarkUndone
    | VisitCompleted
    | PlanAgreed
    | PlanDeclined
    | PlanFinished
    | PlanProposed
    | StageDone
    | ContactChanged
    | PatientChanged
    | PatientRegistered
)


@handles(
    AppointmentBooked, AppointmentCancelled, AppointmentConfirmed, AppointmentMissed, AppointmentMoved,
    MarkUndone, VisitCompleted,
    PlanAgreed, PlanDeclined, PlanFinished, PlanProposed, StageDone,
    ContactChanged, PatientChanged, PatientRegistered,
)  # fmt: skip
def sweep_touched(fact: Touching) -> None:
    """Type, recalls and next step of the patient follow from what happened."""
    sweep_patients(patient_ids=[fact.patient_id], now=clock.now())


@handles(PatientsMerged)
def sweep_merged(fact: PatientsMerged) -> None:
    """Visits of two cards are one history now; what people decided about recalls of either stays."""
    now = clock.now()
    carry_decisions(merge_id=fact.merge_id, now=now)
    sweep_patients(patient_ids=[fact.kept_id, fact.absorbed_id], now=now, merged=True)


@handles(MergeUndone)
def sweep_unmerged(fact: MergeUndone) -> None:
    """Each card has its own history and its own decisions again."""
    now = clock.now()
    carry_back(merge_id=fact.merge_id, now=now)
    sweep_patients(patient_ids=[fact.kept_id, fact.absorbed_id], now=now)


@handles(TaskClosed)
def follow_outcome(fact: TaskClosed) -> None:
    """A refusal takes the patient out of the rule, for ever or for a time; any other outcome needs a next step.

    An outcome that was taken back before its fact came here has no consequences.
    """
    now = clock.now()
    if fact.outcome == Outcome.REFUSED and _stands(fact, _held(fact)):
        patient = Patient.objects.cards().select_related("clinic").filter(pk=fact.patient_id).first()
        if patient is not None:
            reason = FOR_EVER.get(fact.outcome_reason)
            until_on = None
            if reason is None:
                thresholds = Thresholds.objects.get(clinic_id=fact.clinic_id)
                until_on = clock.today(patient.clinic.time_zone, now) + timedelta(days=thresholds.refusal_days)
            if not _is_said(fact, reason):
                try:
                    exempt_patient(
                        patient=patient,
                        reason=reason or Exemption.Reason.REFUSED,
                        until_on=until_on,
                        task_id=fact.task_id,
                        actor=SYSTEM,
                        now=now,
                    )
                except AlreadyDone:
                    pass
    sweep_patients(patient_ids=[fact.patient_id], now=now)


@handles(TaskReopened)
def take_back_outcome(fact: TaskReopened) -> None:
    """The exemption that an outcome caused is taken back with it, unless the patient has refused again meanwhile."""
    now = clock.now()
    task = _held(fact)
    if task is None or task.state != Task.State.CLOSED or task.outcome != Outcome.REFUSED:
        for exemption in Exemption.objects.select_related("clinic").filter(task_id=fact.task_id, ended_at=None):
            take_back_exemption(exemption=exemption, actor=SYSTEM, now=now)
    sweep_patients(patient_ids=[fact.patient_id], now=now)


@handles(PerformersChanged, RecallIntervalChanged, ThresholdsChanged)
def sweep_after_change(fact: PerformersChanged | RecallIntervalChanged | ThresholdsChanged) -> None:
    """Other thresholds make other types of everybody, other performers other answers to recalls."""
    sweep_later(clinic_id=fact.clinic_id)


def _held(fact: TaskClosed | TaskReopened) -> Task | None:
    """The task as it is now, and stays until this handler is through: an outcome and its undo follow one another."""
    hold_clinic(fact.clinic_id)
    return Task.objects.select_for_update(of=("self",)).filter(pk=fact.task_id).first()


def _stands(fact: TaskClosed, task: Task | None) -> bool:
    said = (fact.outcome, fact.outcome_reason)
    return task is not None and task.state == Task.State.CLOSED and (task.outcome, task.outcome_reason) == said


def _is_said(fact: TaskClosed, reason: Exemption.Reason | None) -> bool:
    """Whether a stronger word stands already: a refusal for a time does not shorten what is for ever."""
    there = Exemption.objects.filter(patient_id=fact.patient_id, ended_at=None).first()
    return there is not None and reason is None and there.until_on is None

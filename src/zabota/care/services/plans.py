"""Treatment plans: propose, agree, mark stages, finish, decline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from zabota.care.facts import PlanAgreed, PlanDeclined, PlanFinished, PlanProposed, StageDone
from zabota.care.models import Plan, PlanStage
from zabota.clinic.models import Doctor, Service
from zabota.kernel import audit, clock, facts
from zabota.kernel.audit import Actor
from zabota.kernel.errors import AlreadyDone, BadInput
from zabota.patients.models import Patient

_STAGES_LIMIT = 60


@dataclass(frozen=True, slots=True)
class StageDraft:
    """A stage as it is proposed."""

    title: str
    price_kopecks: int = 0
    service: Service | None = None


@transaction.atomic
def create_plan(
    *,
    patient: Patient,
    title: str,
    stages: Sequence[StageDraft],
    doctor: Doctor | None = None,
    actor: Actor,
    now: datetime,
) -> Plan:
    """Propose a course in stages. Raises BadInput when it has no name or no stages."""
    if not title.strip():
        raise BadInput("Назовите план.")
    if not stages or len(stages) > _STAGES_LIMIT:
        raise BadInput(f"В плане должно быть от одного до {_STAGES_LIMIT} этапов.")
    if any(not stage.title.strip() or stage.price_kopecks < 0 for stage in stages):
        raise BadInput("У каждого этапа должны быть название и цена не меньше нуля.")
    others = [stage.service for stage in stages if stage.service] + ([doctor] if doctor else [])
    if any(each.clinic_id != patient.clinic_id for each in others):
        raise BadInput("Врач и услуги должны быть из той же клиники.")
    plan = Plan.objects.create(
        clinic_id=patient.clinic_id,
        patient=patient,
        doctor=doctor,
        title=title.strip()[:200],
        total_kopecks=sum(stage.price_kopecks for stage in stages),
        proposed_on=_today(patient, now),
    )
    PlanStage.objects.bulk_create(
        PlanStage(
            plan=plan,
            position=position,
            title=stage.title.strip()[:200],
            service=stage.service,
            price_kopecks=stage.price_kopecks,
        )
        for position, stage in enumerate(stages, start=1)
    )
    audit.record("care.plan.proposed", plan, actor=actor, now=now)
    facts.publish(PlanProposed(clinic_id=plan.clinic_id, patient_id=plan.patient_id, plan_id=plan.pk), now=now)
    return plan


@transaction.atomic
def agree_plan(*, plan: Plan, actor: Actor, now: datetime) -> Plan:
    """The patient said yes."""
    row = _locked(plan)
    if row.state in Plan.OPEN:
        raise AlreadyDone("План уже согласован.")
    if row.state != Plan.State.PROPOSED:
        raise BadInput(f"План «{row.get_state_display()}» согласовать нельзя.")
    row.state, row.agreed_on = Plan.State.AGREED, _today(row.patient, now)
    row.save(update_fields=["state", "agreed_on"])
    audit.record("care.plan.agreed", row, actor=actor, now=now)
    facts.publish(PlanAgreed(clinic_id=row.clinic_id, patient_id=row.patient_id, plan_id=row.pk), now=now)
    return row


@transaction.atomic
def finish_stage(*, stage: PlanStage, done_on: date | None = None, actor: Actor, now: datetime) -> PlanStage:
    """A stage is done: the plan goes on, and is finished with its last stage."""
    plan = _locked(stage.plan)
    row = PlanStage.objects.select_for_update().get(pk=stage.pk)
    today = _today(plan.patient, now)
    if row.done_on is not None:
        raise AlreadyDone("Этап уже отмечен.")
    if plan.state not in (*Plan.OPEN, Plan.State.PROPOSED):
        raise BadInput(f"План «{plan.get_state_display()}»: этапы больше не отмечают.")
    if done_on is not None and done_on > today:
        raise BadInput("Дата этапа ещё не наступила.")
    row.done_on = done_on or today
    row.save(update_fields=["done_on"])
    plan.state = Plan.State.IN_PROGRESS
    # Work that was begun was agreed to, even when nobody noted it.
    plan.agreed_on = plan.agreed_on or row.done_on
    plan.save(update_fields=["state", "agreed_on"])
    audit.record("care.stage.done", row, actor=actor, now=now, clinic_id=plan.clinic_id, patient_id=plan.patient_id)
    facts.publish(
        StageDone(clinic_id=plan.clinic_id, patient_id=plan.patient_id, plan_id=plan.pk, stage_id=row.pk), now=now
    )
    if not PlanStage.objects.filter(plan=plan, done_on=None).exists():
        finish_plan(plan=plan, actor=actor, now=now)
    return row


@transaction.atomic
def finish_plan(*, plan: Plan, actor: Actor, now: datetime) -> Plan:
    """The course is over: everything planned is done or no longer needed."""
    row = _locked(plan)
    if row.state == Plan.State.FINISHED:
        raise AlreadyDone("План уже завершён.")
    if row.state not in Plan.OPEN:
        raise BadInput(f"План «{row.get_state_display()}» завершить нельзя.")
    row.state, row.ended_on = Plan.State.FINISHED, _today(row.patient, now)
    row.save(update_fields=["state", "ended_on"])
    audit.record("care.plan.finished", row, actor=actor, now=now)
    facts.publish(PlanFinished(clinic_id=row.clinic_id, patient_id=row.patient_id, plan_id=row.pk), now=now)
    return row


@transaction.atomic
def decline_plan(*, plan: Plan, actor: Actor, now: datetime) -> Plan:
    """The patient does not want it: a proposed plan is declined, a begun one broken off."""
    row = _locked(plan)
    if row.state in (Plan.State.DECLINED, Plan.State.ABANDONED):
        raise AlreadyDone("Отказ от плана уже отмечен.")
    if row.state == Plan.State.FINISHED:
        raise BadInput("План завершён: отказаться от него уже нельзя.")
    was_open = row.state in Plan.OPEN
    row.state = Plan.State.ABANDONED if was_open else Plan.State.DECLINED
    row.ended_on = _today(row.patient, now)
    row.save(update_fields=["state", "ended_on"])
    audit.record("care.plan.declined", row, actor=actor, now=now, details={"was_open": was_open})
    facts.publish(
        PlanDeclined(clinic_id=row.clinic_id, patient_id=row.patient_id, plan_id=row.pk, was_open=was_open), now=now
    )
    return row


def _locked(plan: Plan) -> Plan:
    return Plan.objects.select_for_update(of=("self",)).select_related("patient__clinic").get(pk=plan.pk)


def _today(patient: Patient, now: datetime) -> date:
    return clock.today(patient.clinic.time_zone, now)

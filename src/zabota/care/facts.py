"""What happens to treatment plans."""

from __future__ import annotations

from dataclasses import dataclass

from zabota.kernel.facts import FactBase, fact


@fact("care.plan_proposed")
@dataclass(frozen=True, kw_only=True)
class PlanProposed(FactBase):
    """A doctor proposed a course."""

    patient_id: int
    plan_id: int


@fact("care.plan_agreed")
@dataclass(frozen=True, kw_only=True)
class PlanAgreed(FactBase):
    """The patient agreed to a course."""

    patient_id: int
    plan_id: int


@fact("care.plan_declined")
@dataclass(frozen=True, kw_only=True)
class PlanDeclined(FactBase):
    """The patient does not want the course, or breaks it off."""

    patient_id: int
    plan_id: int
    was_open: bool


@fact("care.stage_done")
@dataclass(frozen=True, kw_only=True)
class StageDone(FactBase):
    """A stage of a course is finished."""

    patient_id: int
    plan_id: int
    stage_id: int


@fact("care.plan_finished")
@dataclass(frozen=True, kw_only=True)
class PlanFinished(FactBase):
    """All that was planned is done."""

    patient_id: int
    plan_id: int

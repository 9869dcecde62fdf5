"""Plans of patients with their stages and progress."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from zabota.care.models import Plan, PlanStage

#: What stands first on a card: what goes on, what waits for an answer, what is over.
_ORDER = {"in_progress": 0, "agreed": 1, "proposed": 2, "abandoned": 3, "declined": 4, "finished": 5}


@dataclass(frozen=True, slots=True)
class PlanView:
    """A plan with its stages and how far it went."""

    plan: Plan
    stages: tuple[PlanStage, ...]

    @property
    def done(self) -> int:
        """Stages that are done."""
        return sum(1 for stage in self.stages if stage.done_on)

    @property
    def done_kopecks(self) -> int:
        """Price of the stages that are done."""
        return sum(stage.price_kopecks for stage in self.stages if stage.done_on)

    @property
    def left_kopecks(self) -> int:
        """Price of what is left, of an open plan."""
        return sum(stage.price_kopecks for stage in self.stages if not stage.done_on) if self.is_open else 0

    @property
    def is_open(self) -> bool:
        """True while the patient is on this treatment."""
        return self.plan.state in Plan.OPEN

    @property
    def next_stage(self) -> PlanStage | None:
        """The first stage that is not done, of a plan that is not over."""
        if self.plan.ended_on:
            return None
        return next((stage for stage in self.stages if not stage.done_on), None)


def plans_of(patient_ids: Sequence[int]) -> dict[int, list[PlanView]]:
    """Plans of each patient: open ones first, then the latest."""
    rows = (
        Plan.objects.filter(patient_id__in=list(patient_ids))
        .select_related("doctor")
        .prefetch_related("stages")
        .order_by("-proposed_on", "-id")
    )
    found: dict[int, list[PlanView]] = {patient_id: [] for patient_id in patient_ids}
    for plan in rows:
        found[plan.patient_id].append(PlanView(plan, tuple(plan.stages.all())))
    for plans in found.values():
        plans.sort(key=lambda each: _ORDER[each.plan.state])
    return found

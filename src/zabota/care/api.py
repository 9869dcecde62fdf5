"""Front door of care."""

from zabota.care.queries.plans import PlanView, plans_of
from zabota.care.services.plans import (
    StageDraft,
    agree_plan,
    create_plan,
    decline_plan,
    finish_plan,
    finish_stage,
)

__all__ = [
    "PlanView",
    "StageDraft",
    "agree_plan",
    "create_plan",
    "decline_plan",
    "finish_plan",
    "finish_stage",
    "plans_of",
]

"""What happens to contact tasks: created, tried, handed over, closed, opened again."""

from __future__ import annotations

from dataclasses import dataclass

from zabota.kernel.facts import FactBase, fact


@fact("worklist.task_created")
@dataclass(frozen=True, kw_only=True)
class TaskCreated(FactBase):
    """A person made a task (the sweep of the two З tells of its own tasks itself)."""

    task_id: int
    patient_id: int
    reason: str


@fact("worklist.contact_attempted")
@dataclass(frozen=True, kw_only=True)
class ContactAttempted(FactBase):
    """Somebody tried to reach the patient; `outcome` is a value of models.Outcome."""

    task_id: int
    patient_id: int
    reason: str
    outcome: str
    member_id: int


@fact("worklist.task_closed")
@dataclass(frozen=True, kw_only=True)
class TaskClosed(FactBase):
    """A task is over. With the outcome "refused" `outcome_reason` is a code of rules.reasons.REFUSALS.

    The sweep reads `outcome_reason`: moved and died leave the rule for good, do_not_call leaves it with a refusal.
    """

    task_id: int
    patient_id: int
    reason: str
    outcome: str
    outcome_reason: str
    appointment_id: int | None


@fact("worklist.task_reopened")
@dataclass(frozen=True, kw_only=True)
class TaskReopened(FactBase):
    """The outcome that closed a task was taken back: what it caused must be taken back too."""

    task_id: int
    patient_id: int
    reason: str
    outcome: str
    outcome_reason: str


@fact("worklist.task_handed")
@dataclass(frozen=True, kw_only=True)
class TaskHanded(FactBase):
    """A task has another owner; an empty side is the common queue."""

    task_id: int
    patient_id: int
    from_member_id: int | None
    to_member_id: int | None


@fact("worklist.refusal_escalated")
@dataclass(frozen=True, kw_only=True)
class RefusalEscalated(FactBase):
    """A refusal after a consultation went to the quality controller as a task of their own."""

    task_id: int
    patient_id: int
    from_task_id: int
    to_member_id: int | None

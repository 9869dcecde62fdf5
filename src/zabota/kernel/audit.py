"""Answers for the audit trail: every write and every look at a card leaves a row in the same transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import models

from zabota.kernel.models import AuditEntry


@dataclass(frozen=True)
class Actor:
    """Who acts: a person of the clinic (`user_id`) or the program itself (`kind` = "system", "import", "demo")."""

    user_id: int | None = None
    kind: str = ""

    def __post_init__(self) -> None:
        if self.user_id is None and not self.kind:
            raise ValueError("an actor is a person or has a kind")


SYSTEM = Actor(kind="system")


def record(
    action: str,
    subject: models.Model,
    *,
    actor: Actor,
    now: datetime,
    clinic_id: int | None = None,
    patient_id: int | None = None,
    details: dict[str, Any] | None = None,
) -> None:
    """Add one row. `action` is "app.noun.verb", for example "worklist.task.closed"; details hold no names or phones."""
    if clinic_id is None:
        clinic_id = getattr(subject, "clinic_id", None)
    if patient_id is None:
        patient_id = subject.pk if subject._meta.model_name == "patient" else getattr(subject, "patient_id", None)
    AuditEntry.objects.create(
        at=now,
        clinic_id=clinic_id,
        actor_id=actor.user_id,
        actor_kind=actor.kind,
        action=action,
        object_type=subject._meta.label,
        object_id=str(subject.pk),
        patient_id=patient_id,
        details=details or {},
    )

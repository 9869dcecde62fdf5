"""Booking from the queue: the appointment and the outcome "booked" are one step, both or neither."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from zabota.booking import api as booking
from zabota.booking.models import Appointment
from zabota.clinic.models import Branch, Doctor, Member, Service
from zabota.kernel.audit import Actor
from zabota.patients.models import Contact
from zabota.worklist.models import Outcome, Script, Task
from zabota.worklist.services.outcomes import Recorded, record_outcome


def book_from_task(
    *,
    task: Task,
    member: Member,
    doctor: Doctor | None,
    branch: Branch | None,
    starts_at: datetime,
    actor: Actor,
    now: datetime,
    services: Sequence[Service] = (),
    duration_minutes: int = 30,
    kind: str = Appointment.Kind.IN_PERSON,
    seen_version: int | None = None,
    comment: str = "",
    contact: Contact | None = None,
    script: Script | None = None,
) -> Recorded:
    """Book the next visit of the task's patient and close the task with it."""
    with transaction.atomic():
        appointment = booking.book_next_visit(
            patient=task.patient,
            doctor=doctor,
            branch=branch,
            starts_at=starts_at,
            services=services,
            duration_minutes=duration_minutes,
            kind=kind,
            actor=actor,
            now=now,
        )
        recorded = record_outcome(
            task=task,
            member=member,
            outcome=Outcome.BOOKED,
            appointment=appointment,
            comment=comment,
            contact=contact,
            script=script,
            seen_version=seen_version,
            actor=actor,
            now=now,
        )
        recorded.event.before = (recorded.event.before or {}) | {"booked_here_id": appointment.pk}
        recorded.event.save(update_fields=["before"])
    return recorded

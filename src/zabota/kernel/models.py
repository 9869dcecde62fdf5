"""Tables of the ground: facts and their deliveries, leases of jobs, scheduled runs, the audit trail."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models


class Fact(models.Model):
    """Something that happened, written in the transaction in which it happened (an outbox)."""

    kind = models.CharField(max_length=80)
    clinic_id = models.BigIntegerField(null=True)
    payload = models.JSONField()
    happened_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["kind", "happened_at"], name="fact_kind_at")]

    def __str__(self) -> str:
        return f"{self.kind} #{self.pk}"


class FactDelivery(models.Model):
    """One fact for one handler: at least once attempted, exactly once applied to this database."""

    class State(models.TextChoices):
        WAITING = "waiting", "ждёт"
        DONE = "done", "выполнено"
        PARKED = "parked", "отложено с причиной"

    fact = models.ForeignKey(Fact, on_delete=models.CASCADE, related_name="deliveries")
    handler = models.CharField(max_length=160)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    try_at = models.DateTimeField()
    leased_until = models.DateTimeField(null=True)
    reason = models.TextField(default="", blank=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["fact", "handler"], name="fact_once_per_handler")]
        indexes = [
            models.Index(fields=["try_at", "id"], name="delivery_due", condition=models.Q(state="waiting")),
            models.Index(fields=["state"], name="delivery_state"),
        ]

    def __str__(self) -> str:
        return f"{self.handler} ← {self.fact_id}"


class JobLease(models.Model):
    """Who works on a background job until when; outlives the attempt and counts them."""

    job_id = models.UUIDField(primary_key=True)
    task_path = models.CharField(max_length=200)
    attempts = models.PositiveSmallIntegerField(default=0)
    leased_until = models.DateTimeField(null=True)
    worker = models.CharField(max_length=64, default="", blank=True)
    parked_at = models.DateTimeField(null=True)
    reason = models.TextField(default="", blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["leased_until"], name="lease_until"),
            models.Index(fields=["parked_at"], name="lease_parked"),
        ]

    def __str__(self) -> str:
        return f"{self.task_path} ({self.attempts})"


class ScheduledRun(models.Model):
    """A due time of a schedule that was turned into a job; the unique key makes any number of schedulers safe."""

    name = models.CharField(max_length=80)
    due_at = models.DateTimeField()
    job_id = models.UUIDField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["name", "due_at"], name="scheduled_once")]

    def __str__(self) -> str:
        return f"{self.name} {self.due_at:%Y-%m-%d %H:%M}"


class WorkerSeen(models.Model):
    """A worker's sign that it is alive; a worker that stopped by itself takes its row away."""

    worker = models.CharField(max_length=64, primary_key=True)
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.worker


class AuditQuerySet(models.QuerySet["AuditEntry"]):
    """The trail is added to and read; nothing of the program changes or removes a row."""

    def update(self, **fields: Any) -> int:
        """Refused."""
        raise TypeError("the audit trail is not changed")

    def delete(self) -> tuple[int, dict[str, int]]:
        """Refused."""
        raise TypeError("the audit trail is not removed")


class AuditEntry(models.Model):
    """Who did or saw what and when. Rows are only added; `details` holds codes and ids, not names or phones."""

    at = models.DateTimeField()
    clinic_id = models.BigIntegerField(null=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    #: "system" when a worker acted, else empty.
    actor_kind = models.CharField(max_length=20, default="", blank=True)
    action = models.CharField(max_length=80)
    object_type = models.CharField(max_length=80)
    object_id = models.CharField(max_length=40)
    patient_id = models.BigIntegerField(null=True)
    details = models.JSONField(default=dict, blank=True)

    objects = AuditQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["clinic_id", "-at"], name="audit_clinic_at"),
            models.Index(fields=["patient_id", "-at"], name="audit_patient_at"),
            models.Index(fields=["action", "-at"], name="audit_action_at"),
            models.Index(fields=["actor", "-at"], name="audit_actor_at"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.object_type}:{self.object_id}"

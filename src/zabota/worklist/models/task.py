"""Contact tasks: one person to contact, with the reason, an owner and a due date."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models

from zabota.booking.models import Appointment
from zabota.clinic.models import Branch, Clinic, Member
from zabota.kernel.ids import new_public_id
from zabota.kernel.scope import ScopedManager
from zabota.patients.models import Patient
from zabota.worklist.models.codes import Outcome, Reason
from zabota.worklist.rules.reasons import ENDINGS


class TaskQuerySet(models.QuerySet["Task"]):
    """Vocabulary of tasks."""

    def open(self) -> TaskQuerySet:
        """Not closed yet, whatever the date: a task is never dropped for being late."""
        return self.filter(state=Task.State.OPEN)

    def ready(self, now: datetime) -> TaskQuerySet:
        """Open and not put off to a later time."""
        return self.open().filter(models.Q(hidden_until=None) | models.Q(hidden_until__lte=now))


TaskManager = ScopedManager.from_queryset(TaskQuerySet)


class Task(models.Model):
    """One person to contact, with the reason, an owner and a due date."""

    class State(models.TextChoices):
        OPEN = "open", "открыта"
        CLOSED = "closed", "закрыта"

    # Fields with `db_index=False` have their index below: each index is a page more to write for every task.
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+", db_index=False)
    public_id = models.CharField(max_length=22, unique=True, default=new_public_id, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="tasks", db_index=False)
    branch = models.ForeignKey(Branch, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    reason = models.CharField(max_length=20, choices=Reason.choices)
    #: One sentence for the queue: what happened with this person.
    summary = models.CharField(max_length=300)
    state = models.CharField(max_length=6, choices=State.choices, default=State.OPEN)
    owner = models.ForeignKey(Member, null=True, blank=True, on_delete=models.SET_NULL, related_name="tasks")
    due_at = models.DateTimeField()
    #: Put off: call back at, snoozed, waiting after no answer.
    hidden_until = models.DateTimeField(null=True, blank=True)
    #: Expected yearly value of the patient, kopecks, and chance to return with a call against without one (0…1).
    value_kopecks = models.BigIntegerField(default=0)
    chance = models.FloatField(default=0)
    #: value × chance: the expected value that is lost when nobody calls.
    stake_kopecks = models.BigIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    #: Must be done before everything else: escalations and complaints.
    is_urgent = models.BooleanField(default=False, db_default=False)
    #: The time at which we promised to call.
    promised_at = models.DateTimeField(null=True, blank=True)
    #: The task whose outcome made this one (an escalated refusal).
    escalated_from = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    #: Grows with every change a person makes: two people who press at once cannot both succeed.
    version = models.PositiveIntegerField(default=0, db_default=0)
    #: Equal keys are the same task: repeating the sweep makes nothing twice.
    dedupe_key = models.CharField(max_length=120, unique=True)
    created_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    outcome = models.CharField(max_length=20, choices=Outcome.choices, default="", blank=True)
    outcome_reason = models.CharField(max_length=40, default="", blank=True)
    comment = models.CharField(max_length=500, default="", blank=True)
    #: Evidence of "booked".
    appointment = models.ForeignKey(
        Appointment, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    evidence = models.CharField(max_length=200, default="", blank=True)

    objects = TaskManager()

    class Meta:
        indexes = [
            # Holds all that the figures above the queue count, so that they are read from the index alone.
            models.Index(
                fields=["clinic", "owner", "due_at", "hidden_until", "is_urgent", "stake_kopecks"],
                name="task_queue",
                condition=models.Q(state="open"),
            ),
            # The queue reads the dearest first and stops at its limit, however many tasks are open.
            models.Index(
                "clinic",
                "owner",
                models.F("stake_kopecks").desc(),
                "id",
                name="task_stake",
                condition=models.Q(state="open"),
            ),
            # A task that is closed stays on its page of the index.
            models.Index(fields=["patient", "state"], name="task_of_patient"),
            models.Index(
                fields=["clinic", "closed_at"], name="task_closed_at", condition=models.Q(closed_at__isnull=False)
            ),
            models.Index(
                fields=["appointment"], name="task_appointment", condition=models.Q(appointment__isnull=False)
            ),
            models.Index(fields=["closed_by"], name="task_closed_by", condition=models.Q(closed_by__isnull=False)),
            models.Index(
                fields=["escalated_from"], name="task_escalated", condition=models.Q(escalated_from__isnull=False)
            ),
        ]
        constraints = [
            models.CheckConstraint(
                name="closed_has_outcome",
                condition=models.Q(state="open") | (~models.Q(outcome="") & models.Q(closed_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="booked_has_evidence",
                condition=~models.Q(state="closed", outcome="booked")
                | models.Q(appointment__isnull=False)
                | ~models.Q(evidence=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_reason_display()} {self.pk}"

    @property
    def ending(self) -> str:
        """How it ended, in words; empty while it is open."""
        words = ENDINGS.get(self.outcome_reason) or self.get_outcome_display()
        return words[:1].upper() + words[1:]

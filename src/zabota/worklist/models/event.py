"""What happened with each task: its history and the material of control."""

from __future__ import annotations

from django.db import models

from zabota.clinic.models import Clinic, Member
from zabota.kernel.scope import ScopedManager
from zabota.patients.models import Contact
from zabota.worklist.models.codes import Outcome
from zabota.worklist.models.script import Script
from zabota.worklist.models.task import Task
from zabota.worklist.rules.reasons import ENDINGS, reason_label


class TaskEvent(models.Model):
    """What happened with a task, for its history and for control of the work."""

    class Kind(models.TextChoices):
        CREATED = "created", "поставлена"
        OPENED = "opened", "открыта"
        ATTEMPT = "attempt", "контакт"
        SNOOZED = "snoozed", "отложена"
        HANDED = "handed", "передана"
        TAKEN = "taken", "взята"
        CLOSED = "closed", "закрыта"
        REOPENED = "reopened", "открыта снова"
        ASSIGNED = "assigned", "распределена"
        RELEASED = "released", "возвращена в общую очередь"
        FORWARD = "forward", "приближена"
        NOTED = "noted", "дополнена"

    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="events")
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    at = models.DateTimeField()
    member = models.ForeignKey(
        Member, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    outcome = models.CharField(max_length=20, choices=Outcome.choices, default="", blank=True)
    outcome_reason = models.CharField(max_length=40, default="", blank=True)
    comment = models.CharField(max_length=500, default="", blank=True)
    #: Seconds between opening the person and the outcome; empty when not known.
    seconds = models.PositiveIntegerField(null=True, blank=True)
    #: Who received the task (handed, assigned, taken).
    to_member = models.ForeignKey(Member, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    #: The phone that was called and the script that was on the screen.
    contact = models.ForeignKey(
        Contact, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    script = models.ForeignKey(
        Script, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    #: Field values before this outcome, for as long as it may be taken back.
    before = models.JSONField(null=True, blank=True)
    #: The outcome was taken back: it does not count anywhere.
    undone_at = models.DateTimeField(null=True, blank=True)

    objects = ScopedManager()

    class Meta:
        indexes = [
            models.Index(fields=["clinic", "member", "at"], name="event_member_at"),
            # Of events that a person caused: those of the sweep have no member, contact and script.
            models.Index(fields=["member"], name="event_member", condition=models.Q(member__isnull=False)),
            models.Index(fields=["contact"], name="event_contact", condition=models.Q(contact__isnull=False)),
            models.Index(fields=["script"], name="event_script", condition=models.Q(script__isnull=False)),
            models.Index(fields=["clinic", "at"], name="event_attempt", condition=models.Q(kind="attempt")),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.at:%Y-%m-%d}"

    @property
    def ending(self) -> str:
        """How the task ended, in words that go on a sentence."""
        return ENDINGS.get(self.outcome_reason) or self.get_outcome_display().lower()

    @property
    def reason_words(self) -> str:
        """The chosen reason in words."""
        return reason_label(self.outcome_reason)

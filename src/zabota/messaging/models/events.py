"""What providers told: an inbox that is only added to; what follows from it is done afterwards."""

from __future__ import annotations

from django.db import models

from zabota.clinic.models import Clinic
from zabota.kernel.scope import ScopedManager
from zabota.messaging.models.accounts import ChannelAccount
from zabota.messaging.models.outbox import Message


class Receipt(models.Model):
    """One event of a provider. The same event told twice is one row."""

    class State(models.TextChoices):
        WAITING = "waiting", "ждёт"
        DONE = "done", "учтено"
        #: About a message that is not ours, or an event that says nothing to us.
        ORPHAN = "orphan", "не наше"

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    account = models.ForeignKey(ChannelAccount, on_delete=models.CASCADE, related_name="receipts")
    event_id = models.CharField(max_length=160)
    kind = models.CharField(max_length=12)
    at = models.DateTimeField()
    received_at = models.DateTimeField()
    #: Looked at again then: a receipt may come before our own note of the sending.
    try_at = models.DateTimeField()
    key = models.CharField(max_length=100, default="", blank=True)
    provider_id = models.CharField(max_length=120, default="", blank=True)
    address = models.CharField(max_length=254, default="", blank=True)
    text = models.TextField(default="", blank=True)
    payload = models.CharField(max_length=300, default="", blank=True)
    blame = models.CharField(max_length=20, default="", blank=True)
    attachments = models.JSONField(default=list, blank=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    message = models.ForeignKey(Message, null=True, blank=True, on_delete=models.SET_NULL, related_name="receipts")

    objects = ScopedManager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "event_id"], name="receipt_once")]
        indexes = [
            models.Index(fields=["try_at", "id"], name="receipt_due", condition=models.Q(state="waiting")),
            models.Index(fields=["received_at"], name="receipt_age"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.event_id}"

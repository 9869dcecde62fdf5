"""Conversations: what a person wrote and what was answered, in one inbox."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from zabota.clinic.models import Clinic, Member
from zabota.kernel.ids import new_public_id
from zabota.kernel.scope import ScopedManager
from zabota.messaging.models.accounts import CHANNELS, ChannelAccount
from zabota.messaging.models.outbox import Message
from zabota.messaging.rules.brought import Brought, read_brought
from zabota.patients.models import Patient


class Conversation(models.Model):
    """All that was said with one address of one channel."""

    class State(models.TextChoices):
        OPEN = "open", "открыт"
        CLOSED = "closed", "закрыт"

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    public_id = models.CharField(max_length=22, unique=True, default=new_public_id, editable=False)
    patient = models.ForeignKey(Patient, null=True, blank=True, on_delete=models.CASCADE, related_name="conversations")
    channel = models.CharField(max_length=12, choices=CHANNELS)
    account = models.ForeignKey(ChannelAccount, on_delete=models.PROTECT, related_name="conversations")
    address = models.CharField(max_length=254)
    state = models.CharField(max_length=6, choices=State.choices, default=State.OPEN)
    assigned_to = models.ForeignKey(Member, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    unread = models.PositiveIntegerField(default=0)
    #: The longest-waiting word that nobody answered.
    waiting_since_at = models.DateTimeField(null=True, blank=True)
    last_in_at = models.DateTimeField(null=True, blank=True)
    last_at = models.DateTimeField()
    created_at = models.DateTimeField()

    objects = ScopedManager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "address"], name="conversation_once")]
        indexes = [
            models.Index(fields=["clinic", "state", "-last_at"], name="conversation_inbox"),
            models.Index(fields=["patient"], name="conversation_patient"),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.pk}"


class Turn(models.Model):
    """One thing said in a conversation."""

    class Direction(models.TextChoices):
        IN = "in", "нам"
        OUT = "out", "от нас"

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="turns")
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    direction = models.CharField(max_length=3, choices=Direction.choices)
    at = models.DateTimeField()
    text = models.TextField(default="", blank=True)
    #: Kind and id at the provider of each picture or document, and what became of the file.
    attachments = models.JSONField(default=list, blank=True)
    message = models.ForeignKey(Message, null=True, blank=True, on_delete=models.SET_NULL, related_name="turns")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = ScopedManager()

    class Meta:
        indexes = [models.Index(fields=["conversation", "id"], name="turn_conversation")]

    def __str__(self) -> str:
        return f"{self.direction} {self.pk}"

    @property
    def brought(self) -> list[Brought]:
        """What came with the words."""
        return read_brought(self.attachments)


class CannedAnswer(models.Model):
    """An answer that is often given, written once for everybody of the clinic."""

    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="+")
    title = models.CharField("название", max_length=80)
    text = models.TextField("текст")
    used = models.PositiveIntegerField(default=0)
    is_archived = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["clinic", "title"], name="canned_once")]
        ordering = ["-used", "title"]

    def __str__(self) -> str:
        return self.title

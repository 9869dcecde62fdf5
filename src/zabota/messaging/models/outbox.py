"""The outbox: a message with everything it needs to leave, its state, and why it went or did not."""

from __future__ import annotations

from django.db import models

from zabota.clinic.models import Branch, Clinic
from zabota.kernel.scope import ScopedManager
from zabota.messaging.models.accounts import CHANNELS, ChannelAccount
from zabota.messaging.models.templates import TemplateVersion
from zabota.messaging.rules.words import CLASS_TITLES
from zabota.patients.models import Patient


class Message(models.Model):
    """One message to one address through one channel. States only move forward (see rules/states.py)."""

    class State(models.TextChoices):
        QUEUED = "queued", "ждёт"
        SENDING = "sending", "отправляется"
        ACCEPTED = "accepted", "принято провайдером"
        SENT = "sent", "отправлено"
        DELIVERED = "delivered", "доставлено"
        READ = "read", "прочитано"
        FAILED = "failed", "не доставлено"
        EXPIRED = "expired", "опоздало"
        UNKNOWN = "unknown", "неизвестно"
        SUPPRESSED = "suppressed", "не отправлено"
        VOID = "void", "отменено"

    # A claim writes every index anew, so there is none that another one begins with, and none for what is only asked when
    # a branch, an account or a text is deleted. The note of a provider's answer writes none: no index may name a column
    # that it changes (state, provider_id and the like), neither among its fields nor in its condition.
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+", db_index=False)
    #: Equal keys are the same message: whoever enqueues twice makes nothing twice, and the provider gets it as reference.
    idem_key = models.CharField(max_length=100)
    patient = models.ForeignKey(
        Patient, null=True, blank=True, on_delete=models.CASCADE, related_name="messages", db_index=False
    )
    branch = models.ForeignKey(
        Branch, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    channel = models.CharField(max_length=12, choices=CHANNELS)
    account = models.ForeignKey(
        ChannelAccount, null=True, blank=True, on_delete=models.PROTECT, related_name="messages", db_index=False
    )
    #: E.164 phone, e-mail address or the person's id at the messenger.
    address = models.CharField(max_length=254)
    template_version = models.ForeignKey(
        TemplateVersion, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    message_class = models.CharField(max_length=10, choices=list(CLASS_TITLES.items()))
    purpose = models.CharField(max_length=40)
    #: 0 codes, 1 service, 2 advertising: who goes first through one account.
    priority = models.PositiveSmallIntegerField(default=1)
    text = models.TextField()
    subject = models.CharField(max_length=200, default="", blank=True)
    #: Values of the placeholders, for the next channel of the cascade; and buttons.
    context = models.JSONField(default=dict, blank=True)
    #: What the message is about: asked again at the moment of sending whether it still holds.
    subject_kind = models.CharField(max_length=40, default="", blank=True)
    subject_id = models.BigIntegerField(null=True, blank=True)
    subject_revision = models.PositiveIntegerField(default=0)
    not_before_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    rank = models.PositiveSmallIntegerField(default=0)
    reason = models.CharField(max_length=30, default="", blank=True)
    #: The batch that holds it; another's answer about this message counts for nothing.
    claim = models.CharField(max_length=32, default="", blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    provider_id = models.CharField(max_length=120, default="", blank=True)
    parts = models.PositiveSmallIntegerField(default=1)
    cost_kopecks = models.PositiveIntegerField(default=0)
    #: Messages of one cascade share this key; channels after this step, and when to go on without a delivery.
    chain_key = models.CharField(max_length=90)
    step = models.PositiveSmallIntegerField(default=0)
    plan = models.JSONField(default=list, blank=True)
    step_on_at = models.DateTimeField(null=True, blank=True)
    #: Messages with an equal key to one address are one message for the whole family.
    household_key = models.CharField(max_length=90, default="", blank=True)
    #: An answer to a person who wrote first.
    is_answer = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    #: Of what waits, when it may go: the queue itself. Ask by it, not by the state alone, which has no index.
    due_at = models.GeneratedField(
        expression=models.Case(models.When(state="queued", then=models.F("not_before_at"))),
        output_field=models.DateTimeField(null=True),
        db_persist=True,
    )

    objects = ScopedManager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["idem_key"], name="message_once")]
        indexes = [
            models.Index(
                fields=["account", "priority", "due_at", "id"],
                name="message_due",
                condition=models.Q(due_at__isnull=False),
            ),
            models.Index(fields=["step_on_at"], name="message_step_on", condition=models.Q(step_on_at__isnull=False)),
            models.Index(fields=["patient", "-created_at"], name="message_patient"),
            models.Index(fields=["clinic", "address", "claimed_at"], name="message_address"),
            models.Index(
                fields=["subject_kind", "subject_id"],
                name="message_about",
                condition=models.Q(subject_id__isnull=False),
            ),
            models.Index(fields=["chain_key"], name="message_chain"),
            models.Index(fields=["clinic", "created_at"], name="message_day"),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.purpose} {self.state}"


class Batch(models.Model):
    """What one worker took and has not answered for yet; where it is silent for too long, another looks after it."""

    token = models.CharField(max_length=32, primary_key=True)
    account = models.ForeignKey(ChannelAccount, on_delete=models.CASCADE, related_name="+")
    lease_until = models.DateTimeField()
    message_ids = models.JSONField()

    class Meta:
        indexes = [models.Index(fields=["lease_until"], name="batch_lease")]

    def __str__(self) -> str:
        return self.token


class OfMessage(ScopedManager["ProviderNumber"]):
    """A number belongs to the clinic of its message."""

    clinic_path = "message__clinic_id"


class ProviderNumber(models.Model):
    """Under which number a provider knows a message, as long as receipts may come: a table of its own, because an index
    of the outbox would have to be written together with all its others."""

    # No constraint in the database: each would be one more look and one more lock for every message that leaves.
    message = models.OneToOneField(
        Message, on_delete=models.CASCADE, related_name="number", primary_key=True, db_constraint=False
    )
    account = models.ForeignKey(
        ChannelAccount, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    number = models.CharField(max_length=120)

    objects = OfMessage()

    class Meta:
        indexes = [models.Index(fields=["account", "number"], name="number_of_provider")]

    def __str__(self) -> str:
        return self.number


class Decision(models.Model):
    """What the gate said about a message at the moment it would have left, or what ended it. Rows are only added."""

    class Outcome(models.TextChoices):
        SEND = "send", "отправлено"
        WAIT = "wait", "отложено"
        STOP = "stop", "не отправлено"

    # Written for each message in the transaction that changes it: a check by the database would lock both rows again.
    message = models.ForeignKey(
        Message, on_delete=models.CASCADE, related_name="decisions", db_index=False, db_constraint=False
    )
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    at = models.DateTimeField()
    outcome = models.CharField(max_length=4, choices=Outcome.choices)
    reason = models.CharField(max_length=30)
    #: Words of the upper app's guard or of the provider, without addresses.
    detail = models.CharField(max_length=300, default="", blank=True)
    attempt = models.PositiveSmallIntegerField(default=0)
    #: When it may go, for what waits.
    until_at = models.DateTimeField(null=True, blank=True)

    objects = ScopedManager()

    class Meta:
        indexes = [
            models.Index(fields=["message", "id"], name="decision_message"),
            models.Index(fields=["clinic", "at"], name="decision_day"),
        ]

    def __str__(self) -> str:
        return f"{self.outcome} {self.reason}"

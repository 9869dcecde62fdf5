"""Whether an address may be written to: bots a person opened, addresses that refuse, what a person prefers to read."""

from __future__ import annotations

from django.db import models

from zabota.clinic.models import Clinic
from zabota.kernel.scope import ScopedManager
from zabota.messaging.models.accounts import CHANNELS, ChannelAccount
from zabota.patients.models import Patient


class BotLink(models.Model):
    """A person's account at a messenger, bound to a card after they opened the bot by our link."""

    class State(models.TextChoices):
        INVITED = "invited", "ссылка выдана"
        ACTIVE = "active", "пишем"
        STOPPED = "stopped", "человек остановил бота"

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    patient = models.ForeignKey(Patient, null=True, blank=True, on_delete=models.CASCADE, related_name="bot_links")
    account = models.ForeignKey(ChannelAccount, on_delete=models.CASCADE, related_name="links")
    channel = models.CharField(max_length=12, choices=CHANNELS)
    external_id = models.CharField(max_length=120, default="", blank=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.INVITED)
    #: SHA-256 of the one-time part of the deep link.
    token_hash = models.CharField(max_length=64, default="", blank=True)
    token_expires_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    objects = ScopedManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "patient", "external_id"],
                condition=~models.Q(external_id=""),
                name="bot_link_once",
            ),
        ]
        indexes = [
            models.Index(fields=["patient", "channel"], name="bot_link_patient"),
            models.Index(fields=["account", "external_id"], name="bot_link_person"),
            models.Index(fields=["token_hash"], name="bot_link_token", condition=~models.Q(token_hash="")),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.state}"


class AddressBlock(models.Model):
    """An address that is not written to, kept as a keyed hash so that it outlives the card and a new import."""

    class Scope(models.TextChoices):
        MARKETING = "marketing", "рекламу не слать"
        ALL = "all", "не слать ничего"

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    address_hash = models.CharField(max_length=64)
    #: Empty for every channel.
    channel = models.CharField(max_length=12, choices=CHANNELS, default="", blank=True)
    scope = models.CharField(max_length=9, choices=Scope.choices)
    reason = models.CharField(max_length=30)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["clinic", "address_hash", "channel", "scope"],
                condition=models.Q(ended_at=None),
                name="address_block_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.scope} {self.reason}"


class ChannelChoice(models.Model):
    """What a patient said or showed about a channel: reads it, prefers it, lets it tell more than date and place."""

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="channel_choices")
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    channel = models.CharField(max_length=12, choices=CHANNELS)
    is_preferred = models.BooleanField(default=False)
    #: «Подробные уведомления»: doctor and service may be named in this channel since then.
    detailed_at = models.DateTimeField(null=True, blank=True)
    last_read_at = models.DateTimeField(null=True, blank=True)

    objects = ScopedManager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["patient", "channel"], name="channel_choice_once")]

    def __str__(self) -> str:
        return f"{self.channel}{' предпочитает' if self.is_preferred else ''}"

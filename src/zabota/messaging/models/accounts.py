"""How a clinic sends: accounts at providers, what is lawful where, windows and caps, troubles its owner is told of."""

from __future__ import annotations

import datetime as dt
import secrets

from django.conf import settings
from django.db import models

from zabota.clinic.models import Clinic
from zabota.kernel.ids import new_public_id
from zabota.messaging.models.fields import SealedField
from zabota.messaging.models.templates import Template
from zabota.messaging.rules.transport import Blame
from zabota.messaging.rules.words import CHANNEL_TITLES

CHANNELS = list(CHANNEL_TITLES.items())


def new_hook_token() -> str:
    """The random part of a webhook's address: 192 bits."""
    return secrets.token_urlsafe(24)


def default_cascade() -> list[str]:
    """Order in which channels are tried."""
    return ["max", "sms", "email", "call"]


class MessagingRules(models.Model):
    """Windows, caps and order of channels of one clinic. Its row is the lock under which the gate counts."""

    clinic = models.OneToOneField(Clinic, on_delete=models.CASCADE, related_name="+")
    cascade = models.JSONField("порядок каналов", default=default_cascade)
    #: Minutes without a delivery after which the next channel is tried.
    cascade_minutes = models.PositiveSmallIntegerField("ждать доставки, мин", default=30)
    service_from = models.TimeField("сервисные с", default=dt.time(8))
    service_till = models.TimeField("сервисные до", default=dt.time(21))
    marketing_from = models.TimeField("реклама с", default=dt.time(9))
    marketing_till = models.TimeField("реклама до", default=dt.time(21))
    marketing_cap = models.PositiveSmallIntegerField("рекламных за период", default=4)
    marketing_cap_days = models.PositiveSmallIntegerField("период, дней", default=30)
    #: Messages of all kinds a day, after which advertising waits.
    day_cap = models.PositiveSmallIntegerField("сообщений в день", default=2)
    #: Service messages a day, after which something has gone wrong.
    service_day_cap = models.PositiveSmallIntegerField("сервисных в день, не больше", default=8)
    #: «Организация из перечня 41-ФЗ»: None while nobody answered. A yes is for ever.
    is_listed = models.BooleanField(null=True, blank=True)
    listed_at = models.DateTimeField(null=True, blank=True)
    #: No advertising leaves through a messenger without its token of the register.
    erid_required = models.BooleanField("реклама в мессенджерах только с erid", default=False)
    #: Nothing is sent while this is set: after a restore, or by the owner's hand.
    paused_at = models.DateTimeField(null=True, blank=True)
    paused_reason = models.CharField(max_length=200, default="", blank=True)

    def __str__(self) -> str:
        return f"правила сообщений {self.clinic_id}"


class ChannelAccount(models.Model):
    """An account of the clinic at a provider of one channel."""

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    public_id = models.CharField(max_length=22, unique=True, default=new_public_id, editable=False)
    #: Key of the transport that serves it.
    provider = models.CharField(max_length=40)
    channel = models.CharField("канал", max_length=12, choices=CHANNELS)
    title = models.CharField("название", max_length=120)
    #: Fields of the provider's form and both parts of the webhook, encrypted.
    values = SealedField(default=dict)
    #: SHA-256 of the random part of the webhook's address, by which it is found.
    hook_hash = models.CharField(max_length=64, unique=True)
    is_on = models.BooleanField("включён", default=False)
    price_kopecks = models.PositiveIntegerField("цена части, копеек", default=0)
    per_second = models.FloatField("сообщений в секунду", default=10)
    #: Token bucket: what is left and since when.
    bucket_tokens = models.FloatField(default=0)
    bucket_at = models.DateTimeField(null=True, blank=True)
    #: The account itself failed: nothing is offered until then.
    open_until_at = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveSmallIntegerField(default=0)
    last_blame = models.CharField(max_length=20, default="", blank=True)
    last_detail = models.CharField(max_length=300, default="", blank=True)
    #: The notification of a cross-border transfer was given on this day (foreign hosts only).
    cross_border_on = models.DateField("уведомление подано", null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["clinic", "channel", "is_on"], name="account_channel")]
        ordering = ["id"]

    def __str__(self) -> str:
        return self.title


class ChannelRule(models.Model):
    """What may lawfully be sent through a channel: a fact with a date and a source, and the owner's own decision."""

    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="+")
    channel = models.CharField(max_length=12, choices=CHANNELS)
    allows_service = models.BooleanField("сервисные", default=True)
    allows_marketing = models.BooleanField("реклама", default=True)
    basis = models.CharField("основание", max_length=300)
    checked_on = models.DateField("проверено")
    #: The owner allowed advertising against the table: who, when and why.
    overridden_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    overridden_at = models.DateTimeField(null=True, blank=True)
    override_reason = models.CharField(max_length=300, default="", blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["clinic", "channel"], name="channel_rule_once")]
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.get_channel_display()}: {self.basis}"


class ChannelTrouble(models.Model):
    """An account stopped working, or a text cannot be written: told once, ended when it works again."""

    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="+")
    account = models.ForeignKey(
        ChannelAccount, null=True, blank=True, on_delete=models.CASCADE, related_name="troubles"
    )
    template = models.ForeignKey(Template, null=True, blank=True, on_delete=models.CASCADE, related_name="troubles")
    blame = models.CharField(max_length=20, choices=[(each.value, each.value) for each in Blame])
    #: What happened and what to do, one sentence each.
    words = models.CharField(max_length=300)
    raised_at = models.DateTimeField()
    #: When a message stumbled over the text last.
    last_at = models.DateTimeField(null=True, blank=True)
    seen_at = models.DateTimeField(null=True, blank=True)
    seen_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account"], condition=models.Q(ended_at=None), name="trouble_open_once"),
            models.UniqueConstraint(
                fields=["template"], condition=models.Q(ended_at=None), name="trouble_of_text_open_once"
            ),
            models.CheckConstraint(
                condition=models.Q(account__isnull=False, template__isnull=True)
                | models.Q(account__isnull=True, template__isnull=False),
                name="trouble_of_one",
            ),
        ]

    def __str__(self) -> str:
        return self.words

    @property
    def title(self) -> str:
        """The account or the text."""
        return self.account.title if self.account is not None else self.template.title if self.template else ""

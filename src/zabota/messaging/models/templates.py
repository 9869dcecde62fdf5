"""Texts of messages in versions: what was sent is never overwritten."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from zabota.clinic.models import Clinic
from zabota.kernel.ids import new_public_id
from zabota.messaging.rules.words import CLASS_TITLES


class Template(models.Model):
    """A message of one kind: its class decides what consent, windows and caps it needs."""

    class Detail(models.TextChoices):
        """How much a message may tell whoever reads over the shoulder."""

        D0 = "d0", "дата, время, клиника, адрес"
        D1 = "d1", "ещё врач и услуга"

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    public_id = models.CharField(max_length=22, unique=True, default=new_public_id, editable=False)
    key = models.CharField(max_length=40)
    title = models.CharField("название", max_length=120)
    message_class = models.CharField("класс", max_length=10, choices=list(CLASS_TITLES.items()))
    purpose = models.CharField(max_length=40)
    detail = models.CharField(max_length=2, choices=Detail.choices, default=Detail.D0)
    is_builtin = models.BooleanField(default=False)
    is_archived = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["clinic", "key"], name="template_key_once")]
        ordering = ["id"]

    def __str__(self) -> str:
        return self.title


class TemplateVersion(models.Model):
    """One wording. A change makes the next number; messages keep the one they were made of."""

    template = models.ForeignKey(Template, on_delete=models.CASCADE, related_name="versions")
    n = models.PositiveIntegerField()
    #: Text by channel; the empty key is for every channel that has none of its own.
    texts = models.JSONField()
    subject = models.CharField("тема письма", max_length=150, default="", blank=True)
    #: Token of the register of advertising by channel, keyed as `texts` are; only advertising has any.
    erids = models.JSONField("метки erid", default=dict, blank=True)
    fingerprint = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["template", "n"], name="template_version_once")]
        ordering = ["-n"]

    def __str__(self) -> str:
        return f"{self.template_id}, версия {self.n}"

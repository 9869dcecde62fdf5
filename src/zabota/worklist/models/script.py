"""Scripts said on the phone, in versions."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from zabota.clinic.models import Clinic
from zabota.worklist.models.codes import Reason


class Script(models.Model):
    """What to say, by reason; versions are kept."""

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=20, choices=Reason.choices)
    version = models.PositiveIntegerField(default=1)
    title = models.CharField(max_length=120)
    #: Paragraphs separated by an empty line; {имя}, {клиника}, {сотрудник}, {услуга}, {врач}, {прошло} are filled in.
    text = models.TextField()
    advice = models.TextField(default="", blank=True)
    is_current = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    #: Empty for the text of the first day.
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["clinic", "reason", "version"], name="script_version"),
            models.UniqueConstraint(
                fields=["clinic", "reason"], name="script_current_once", condition=models.Q(is_current=True)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title}, версия {self.version}"

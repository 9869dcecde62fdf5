"""Computed reports, kept so that a page answers at once."""

from __future__ import annotations

from django.db import models

from zabota.clinic.models import Clinic
from zabota.kernel.ids import new_public_id


class StoredReport(models.Model):
    """A report computed in the background; figures only, no names."""

    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="+")
    public_id = models.CharField(max_length=22, unique=True, default=new_public_id, editable=False)
    #: "audit" or "pulse".
    kind = models.CharField(max_length=20)
    as_of = models.DateField()
    computed_at = models.DateTimeField()
    data = models.JSONField()
    html = models.TextField(default="", blank=True)

    class Meta:
        indexes = [models.Index(fields=["clinic", "kind", "-computed_at"], name="report_recent")]

    def __str__(self) -> str:
        return f"{self.kind} {self.as_of}"

"""Days on which a person is away and receives no tasks."""

from __future__ import annotations

from django.db import models

from zabota.clinic.models import Clinic, Member


class Absence(models.Model):
    """A person is away from the first to the last day, both included."""

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="absences")
    first_on = models.DateField("с")
    last_on = models.DateField("по")

    class Meta:
        constraints = [
            models.CheckConstraint(name="absence_ordered", condition=models.Q(last_on__gte=models.F("first_on")))
        ]
        indexes = [models.Index(fields=["member", "last_on"], name="absence_member")]

    def __str__(self) -> str:
        return f"{self.member_id}: {self.first_on}…{self.last_on}"

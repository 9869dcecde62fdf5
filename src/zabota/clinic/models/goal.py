"""The goal path of retention: where the clinic was, where it wants to be and by when."""

from __future__ import annotations

from django.db import models

from zabota.clinic.models.organisation import Clinic


class GoalPath(models.Model):
    """Baseline, target and stages of a measure (shares as fractions, 0.5 is 50 %)."""

    clinic = models.OneToOneField(Clinic, on_delete=models.CASCADE, related_name="goal")
    measure = models.CharField(max_length=10, default="R3")
    baseline = models.FloatField("исходно")
    baseline_on = models.DateField("на дату")
    target = models.FloatField("цель")
    target_on = models.DateField("к дате")
    #: [{"on": "2026-12-31", "value": 0.55, "title": "…"}], ordered by date; {"by": "coverage"} is judged by next steps.
    stages = models.JSONField(default=list, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"цель {self.measure} клиники {self.clinic_id}"

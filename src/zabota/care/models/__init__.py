"""Treatment plans in stages."""

from __future__ import annotations

from typing import TypeVar

from django.db import models

from zabota.clinic.models import Clinic, Doctor, Service
from zabota.kernel.ids import new_public_id
from zabota.kernel.scope import ScopedManager
from zabota.patients.models import Patient

_Row = TypeVar("_Row", bound=models.Model)


class OfPlan(ScopedManager[_Row]):
    """Stages belong to the clinic of their plan."""

    clinic_path = "plan__clinic_id"


class Plan(models.Model):
    """A course that a doctor proposed: agreed or not, begun or not, finished or not."""

    class State(models.TextChoices):
        PROPOSED = "proposed", "предложен"
        AGREED = "agreed", "согласован"
        IN_PROGRESS = "in_progress", "идёт"
        FINISHED = "finished", "завершён"
        DECLINED = "declined", "отказ"
        ABANDONED = "abandoned", "прерван"

    #: States in which the patient is on treatment.
    OPEN = ("agreed", "in_progress")

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    public_id = models.CharField(max_length=22, unique=True, default=new_public_id, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="plans")
    doctor = models.ForeignKey(Doctor, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    title = models.CharField("название", max_length=200)
    state = models.CharField(max_length=12, choices=State.choices, default=State.PROPOSED)
    total_kopecks = models.BigIntegerField(default=0)
    proposed_on = models.DateField()
    agreed_on = models.DateField(null=True, blank=True)
    ended_on = models.DateField(null=True, blank=True)
    system = models.CharField(max_length=40, default="", blank=True)
    ext_id = models.CharField(max_length=80, default="", blank=True)
    import_batch_id = models.BigIntegerField(null=True, blank=True)

    objects = ScopedManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["clinic", "system", "ext_id"], name="plan_ext_once", condition=~models.Q(ext_id="")
            )
        ]
        indexes = [
            models.Index(fields=["patient", "state"], name="plan_patient"),
            models.Index(fields=["import_batch_id"], name="plan_batch"),
        ]

    def __str__(self) -> str:
        return f"план {self.pk}"


class PlanStage(models.Model):
    """A stage of a plan."""

    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="stages")
    position = models.PositiveSmallIntegerField()
    title = models.CharField("этап", max_length=200)
    service = models.ForeignKey(Service, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    price_kopecks = models.BigIntegerField(default=0)
    done_on = models.DateField(null=True, blank=True)

    objects = OfPlan()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["plan", "position"], name="stage_position_once")]
        ordering = ["position"]

    def __str__(self) -> str:
        return f"{self.position}. {self.title}"

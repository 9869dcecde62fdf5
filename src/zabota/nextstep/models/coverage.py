"""Who left the rule of the two З and why, who was sent elsewhere, violations by day."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from zabota.clinic.models import Clinic, Doctor
from zabota.kernel.scope import ScopedManager
from zabota.patients.models import Patient
from zabota.worklist.models import Task


class Exemption(models.Model):
    """A patient left the rule of the two З, with the reason and who decided; ended when they return."""

    class Reason(models.TextChoices):
        REFUSED = "refused", "Просил не беспокоить"
        MOVED = "moved", "Переехал"
        DIED = "died", "Умер"
        FINISHED = "finished", "Лечение завершено, наблюдение не нужно"

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="exemptions")
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=10, choices=Reason.choices)
    comment = models.CharField(max_length=300, default="", blank=True)
    started_at = models.DateTimeField()
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    #: A refusal may be for a time: the patient comes back into the rule on this day.
    until_on = models.DateField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    #: The task whose outcome said so: taking the outcome back ends the exemption.
    task = models.ForeignKey(Task, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    #: What held until this took its place, and the tasks that it closed with the day until which each was put off: whoever
    #: takes the outcome back finds both as they were.
    replaced = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    closed_tasks = models.JSONField(default=dict, blank=True)
    import_batch_id = models.BigIntegerField(null=True, blank=True)

    objects = ScopedManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["patient"], name="one_exemption", condition=Q(ended_at=None)),
            models.CheckConstraint(
                name="only_refusal_returns", condition=Q(until_on__isnull=True) | Q(reason="refused")
            ),
        ]
        indexes = [
            models.Index(fields=["clinic", "until_on"], name="exemption_until", condition=Q(ended_at=None)),
            models.Index(fields=["replaced"], name="exemption_replaced", condition=Q(replaced__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.patient_id}: {self.reason}"


class Referral(models.Model):
    """A patient was sent to another clinic: to be asked how it went, sooner when it was acute."""

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="referrals")
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    referred_on = models.DateField("направлен")
    to = models.CharField("куда", max_length=200, default="", blank=True)
    is_acute = models.BooleanField("острое состояние", default=False)
    doctor = models.ForeignKey(Doctor, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()
    #: The patient is back or the matter is settled.
    ended_at = models.DateTimeField(null=True, blank=True)
    import_batch_id = models.BigIntegerField(null=True, blank=True)

    objects = ScopedManager()

    class Meta:
        indexes = [
            models.Index(fields=["patient"], name="referral_open", condition=Q(ended_at=None)),
            models.Index(fields=["import_batch_id"], name="referral_batch"),
        ]

    def __str__(self) -> str:
        return f"направление {self.pk}"


class SweptTask(models.Model):
    """What the sweep knew when it made a task: a visit that becomes known later ends the task."""

    task = models.OneToOneField(Task, on_delete=models.CASCADE, primary_key=True, related_name="+")
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+", db_index=False)
    known_visit_at = models.DateTimeField(null=True)

    objects = ScopedManager()

    def __str__(self) -> str:
        return f"задача {self.task_id}"


class ViolationDay(models.Model):
    """How many patients were without a next step on a day: before the sweep and after it (which must be 0).

    `found` and `tasks_created` add up over the day; the other figures are those of the latest full sweep.
    """

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    on = models.DateField()
    under_rule = models.PositiveIntegerField(default=0)
    booked = models.PositiveIntegerField(default=0)
    with_task = models.PositiveIntegerField(default=0)
    found = models.PositiveIntegerField(default=0)
    tasks_created = models.PositiveIntegerField(default=0)
    tasks_closed = models.PositiveIntegerField(default=0)
    left_after = models.PositiveIntegerField(default=0)
    swept_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["clinic", "on"], name="violations_once_a_day")]

    def __str__(self) -> str:
        return f"{self.on}: {self.found}"

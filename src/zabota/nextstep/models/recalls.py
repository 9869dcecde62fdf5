"""Recalls: when a patient is due again in a group of services, and intervals counted in calendar months."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from zabota.booking.models import Appointment
from zabota.clinic.models import Clinic, ServiceGroup
from zabota.kernel.scope import ScopedManager
from zabota.patients.models import Patient


class RecallMonths(models.Model):
    """The interval of a group in calendar months; without a row the days of the group count."""

    group = models.OneToOneField(ServiceGroup, on_delete=models.CASCADE, related_name="recall_months")
    months = models.PositiveSmallIntegerField("интервал возврата, месяцев")

    class Meta:
        constraints = [models.CheckConstraint(name="recall_months_sane", condition=Q(months__gte=1, months__lte=120))]

    def __str__(self) -> str:
        return f"{self.group_id}: {self.months} мес."


class Recall(models.Model):
    """When a patient is due again in a group of services: previous, interval, calculated, overridden, snoozed.

    `due_on` follows `calculated_on` until a person overrides it; a new triggering visit starts a new cycle and
    clears the override. A booking counts for a recall only when it contains the group ("right visit"), or names no service
    and its doctor performs one of the group, unless `any_visit_counts` is set here or in the thresholds of the clinic.
    """

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="recalls", db_index=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+", db_index=False)
    group = models.ForeignKey(ServiceGroup, on_delete=models.PROTECT, related_name="+")
    previous_on = models.DateField()
    #: Of `interval_months`, when that is set, the same in days for comparing lateness.
    interval_days = models.PositiveIntegerField()
    interval_months = models.PositiveSmallIntegerField(null=True, blank=True)
    calculated_on = models.DateField()
    overridden_on = models.DateField(null=True, blank=True)
    override_reason = models.CharField(max_length=200, default="", blank=True)
    snoozed_until = models.DateField(null=True, blank=True)
    any_visit_counts = models.BooleanField(default=False)
    #: The earliest booking that answers this recall.
    booked = models.ForeignKey(
        Appointment, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    is_disabled = models.BooleanField(default=False)
    disabled_reason = models.CharField(max_length=200, default="", blank=True)
    updated_at = models.DateTimeField()

    objects = ScopedManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["patient", "group"], name="recall_once_per_group"),
            models.CheckConstraint(
                name="recall_override_ahead",
                condition=Q(overridden_on__isnull=True) | Q(overridden_on__gt=F("previous_on")),
            ),
        ]
        indexes = [
            models.Index(fields=["clinic", "calculated_on"], name="recall_due"),
            models.Index(fields=["booked"], name="recall_booked", condition=Q(booked__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.patient_id}/{self.group_id}"

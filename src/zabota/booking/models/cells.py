"""Who has which five minutes: the unique cell is the guard against double booking in both databases."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q

from zabota.booking.models.appointment import Appointment
from zabota.booking.models.resources import Resource
from zabota.clinic.models import Branch, Clinic, Doctor
from zabota.kernel.ids import new_public_id
from zabota.kernel.scope import ScopedManager
from zabota.patients.models import Patient


class Hold(models.Model):
    """A time kept for somebody for a few minutes: while the desk or a patient fills the form, or for an offer."""

    class Why(models.TextChoices):
        DESK = "desk", "держит регистратура"
        WIDGET = "widget", "держит пациент на сайте"
        OFFER = "offer", "держим для ожидающих"

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    public_id = models.CharField(max_length=22, unique=True, default=new_public_id, editable=False)
    #: Digest of the secret that the holder carries; empty when nobody carries one (an offer).
    token_hash = models.CharField(max_length=64, default="", blank=True)
    #: Digest of the stranger's network address; empty for those whom the clinic knows.
    holder_hash = models.CharField(max_length=64, default="", blank=True)
    why = models.CharField(max_length=6, choices=Why.choices)
    patient = models.ForeignKey(Patient, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    doctor = models.ForeignKey(Doctor, on_delete=models.PROTECT, related_name="+")
    branch = models.ForeignKey(Branch, on_delete=models.PROTECT, related_name="+")
    starts_at = models.DateTimeField()
    duration_minutes = models.PositiveSmallIntegerField()
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = ScopedManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["token_hash"], name="hold_token_once", condition=~Q(token_hash=""))
        ]
        indexes = [
            models.Index(fields=["expires_at"], name="hold_expiry"),
            models.Index(fields=["doctor", "starts_at"], name="hold_doctor"),
            models.Index(fields=["clinic", "holder_hash"], name="hold_holder", condition=~Q(holder_hash="")),
        ]

    def __str__(self) -> str:
        return f"держим {self.pk}"

    @property
    def ends_at(self) -> datetime:
        """When the held time is over."""
        return self.starts_at + timedelta(minutes=self.duration_minutes)


class ResourceCell(models.Model):
    """Five minutes of a resource, taken by an appointment or by a hold. `cell` is the instant's epoch minutes // 5."""

    resource = models.ForeignKey(Resource, on_delete=models.CASCADE, related_name="+")
    cell = models.PositiveIntegerField()
    appointment = models.ForeignKey(Appointment, null=True, blank=True, on_delete=models.CASCADE, related_name="cells")
    hold = models.ForeignKey(Hold, null=True, blank=True, on_delete=models.CASCADE, related_name="cells")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["resource", "cell"], name="cell_once"),
            models.CheckConstraint(
                condition=Q(appointment__isnull=False, hold__isnull=True)
                | Q(appointment__isnull=True, hold__isnull=False),
                name="cell_of_one",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.resource_id}:{self.cell}"


class Occupation(models.Model):
    """A room or a device of an appointment, or any resource of a hold, as one span: what the search reads.

    The doctor of an appointment stands in the appointment itself.
    """

    resource = models.ForeignKey(Resource, on_delete=models.CASCADE, related_name="+")
    begins_minute = models.PositiveIntegerField()
    ends_minute = models.PositiveIntegerField()
    appointment = models.ForeignKey(
        Appointment, null=True, blank=True, on_delete=models.CASCADE, related_name="occupations"
    )
    hold = models.ForeignKey(Hold, null=True, blank=True, on_delete=models.CASCADE, related_name="occupations")

    class Meta:
        indexes = [models.Index(fields=["resource", "begins_minute"], name="occupation_span")]

    def __str__(self) -> str:
        return f"{self.resource_id}: {self.begins_minute}–{self.ends_minute}"

"""What is kept for trends and for calendars outside: nightly waiting to the next free time, feeds of doctors."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from zabota.clinic.models import Clinic, Doctor


class NextFree(models.Model):
    """How many days a patient waited for a doctor on one evening: to the first and to the third free time."""

    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="+")
    doctor = models.ForeignKey(Doctor, on_delete=models.CASCADE, related_name="+")
    on = models.DateField()
    #: Empty: nothing free within the days looked at.
    days_to_first = models.PositiveSmallIntegerField(null=True)
    days_to_third = models.PositiveSmallIntegerField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["doctor", "on"], name="next_free_once")]
        indexes = [models.Index(fields=["clinic", "on"], name="next_free_clinic")]

    def __str__(self) -> str:
        return f"{self.doctor_id} {self.on}: {self.days_to_first}"


class CalendarFeed(models.Model):
    """A secret address under which a calendar program reads a doctor's visits; revoked, it is gone for ever."""

    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="+")
    doctor = models.ForeignKey(Doctor, on_delete=models.CASCADE, related_name="+")
    token_hash = models.CharField(max_length=64, unique=True)
    #: Patients' names are left out unless the clinic decided otherwise.
    with_names = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"календарь врача {self.doctor_id}"

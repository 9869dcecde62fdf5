"""What the clinic's own program does not know yet of visits that stand in it, and who entered what there."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from zabota.booking.models.appointment import Appointment
from zabota.clinic.models import Clinic, Doctor
from zabota.kernel.ids import new_public_id
from zabota.kernel.scope import ScopedManager


class Transfer(models.Model):
    """A visit of an export was cancelled or moved here: somebody has to do the same in the clinic's program.

    Open while `done_at` is empty. Where the visit stands here is told by the appointment itself. A booking made here has
    none until somebody has entered it; from then on it is like one that came from there.
    """

    #: Statuses in which a visit stands nowhere.
    GIVEN_UP = Appointment.CANCELLED

    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="+")
    public_id = models.CharField(max_length=22, unique=True, default=new_public_id, editable=False)
    appointment = models.OneToOneField(Appointment, on_delete=models.CASCADE, related_name="transfer")
    #: Where the clinic's program has it; no time: it is cancelled there.
    there_at = models.DateTimeField(null=True, blank=True)
    there_doctor = models.ForeignKey(Doctor, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    made_at = models.DateTimeField()
    by_patient = models.BooleanField(default=False)
    #: Both agree: somebody entered it (`done_by`), or the visit stands again as it stood.
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    #: What `there_at` and `there_doctor` were before it was entered: for the way back.
    before_at = models.DateTimeField(null=True, blank=True)
    before_doctor = models.ForeignKey(Doctor, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    objects = ScopedManager()

    class Meta:
        indexes = [
            models.Index(fields=["clinic", "made_at"], name="transfer_open", condition=models.Q(done_at=None)),
            models.Index(fields=["clinic", "done_at"], name="transfer_done", condition=models.Q(done_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"перенести {self.appointment_id}"

    @property
    def is_of_new_booking(self) -> bool:
        """Somebody entered a booking that was made here: the program did not have it before."""
        return self.before_at is None and self.appointment.origin != Appointment.Origin.IMPORT

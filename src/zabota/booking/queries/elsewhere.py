"""Which clinics keep their schedule in a program of their own: what is booked here has to be entered there too."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q

from zabota.booking.models import Appointment
from zabota.clinic.models import Branch, Doctor

#: Nobody loaded anything for so long: the schedule is kept here.
_SILENT = timedelta(days=45)
#: Days are those of a branch, instants are not.
_ZONES = timedelta(days=1)


def kept_elsewhere(clinic_id: int, *, loaded_at: datetime | None, now: datetime) -> Q | None:
    """Bookings of a branch or a doctor whose visits the clinic's program told when they were still to come; None: nobody's.

    `loaded_at` is when the last load of the clinic was finished. A program that tells of the past alone keeps no schedule;
    a visit it names no branch for stands for all of them.
    """
    if loaded_at is None or loaded_at < now - _SILENT:
        return None
    # Not «other than empty»: SQLite would walk the index of all ids instead of the doctor's visits to come.
    told = Appointment.objects.filter(
        clinic_id=clinic_id, day__gte=(loaded_at - _ZONES).date(), starts_at__gt=loaded_at, ext_id__gt="",
        vanished_at=None,
    )  # fmt: skip
    branches = Branch.objects.filter(
        Exists(told.filter(Q(branch=OuterRef("pk")) | Q(branch=None))), clinic_id=clinic_id
    )
    doctors = Doctor.objects.filter(Exists(told.filter(doctor=OuterRef("pk"))), clinic_id=clinic_id)
    return Q(branch__in=branches.values("pk")) | Q(doctor__in=doctors.values("pk"))

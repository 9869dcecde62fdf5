"""What a patient is worth and how likely a call changes something, for tasks that a person puts up."""

from __future__ import annotations

from datetime import date

from zabota.booking.models import Appointment
from zabota.worklist.rules.stake import chance_by_silence, year_value


def value_and_chance(patient_id: int, *, today: date) -> tuple[int, float]:
    """Kopecks of a year and the chance; somebody who never came has no value yet."""
    visits = list(
        Appointment.objects.visits().filter(patient_id=patient_id, day__lte=today).values_list("day", "total_kopecks")
    )
    silence = (today - max(day for day, _ in visits)).days if visits else 0
    return year_value(visits), chance_by_silence(silence)

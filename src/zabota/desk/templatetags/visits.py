"""How a visit stands, in words that suit men and women alike."""

from __future__ import annotations

from typing import Final

from django import template

from zabota.booking.models import Appointment

register = template.Library()

_NEUTRAL: Final = {Appointment.Status.ARRIVED: "в клинике", Appointment.Status.NO_SHOW: "неявка"}


@register.filter
def visit_state(row: Appointment) -> str:
    """{{ visit|visit_state }} → «подтверждён», «неявка»."""
    return _NEUTRAL.get(Appointment.Status(row.status)) or row.get_status_display()

"""What follows for the waitlist from bookings made elsewhere."""

from __future__ import annotations

from zabota.booking.facts import AppointmentBooked
from zabota.booking.models import Appointment
from zabota.booking.services.waitlist import close_satisfied
from zabota.kernel import clock
from zabota.kernel.facts import handles


@handles(AppointmentBooked)
def leave_the_waitlist(fact: AppointmentBooked) -> None:
    """Who has a time waits no longer, unless they wait for an earlier one."""
    appointment = Appointment.objects.filter(pk=fact.appointment_id, status__in=Appointment.BOOKED).first()
    if appointment is not None:
        now = clock.now()
        close_satisfied(appointment=appointment, since_at=fact.since_at or now, now=now)

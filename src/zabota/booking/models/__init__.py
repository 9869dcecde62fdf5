"""Tables of booking: appointments with their services, payments."""

from zabota.booking.models.appointment import Appointment, AppointmentQuerySet, AppointmentService, Payment

__all__ = ["Appointment", "AppointmentQuerySet", "AppointmentService", "Payment"]

"""Tables of booking: appointments and payments; resources, their hours and cells; the waitlist; transfers."""

from zabota.booking.models.appointment import Appointment, AppointmentQuerySet, AppointmentService, Payment
from zabota.booking.models.cells import Hold, Occupation, ResourceCell
from zabota.booking.models.figures import CalendarFeed, NextFree
from zabota.booking.models.resources import ExceptionDay, Resource, ServiceNeed, WorkingHours
from zabota.booking.models.transfers import Transfer
from zabota.booking.models.waitlist import DayPart, FreedSlot, SlotOffer, WaitlistEntry

__all__ = [
    "Appointment",
    "AppointmentQuerySet",
    "AppointmentService",
    "CalendarFeed",
    "DayPart",
    "ExceptionDay",
    "FreedSlot",
    "Hold",
    "NextFree",
    "Occupation",
    "Payment",
    "Resource",
    "ResourceCell",
    "ServiceNeed",
    "SlotOffer",
    "Transfer",
    "WaitlistEntry",
    "WorkingHours",
]

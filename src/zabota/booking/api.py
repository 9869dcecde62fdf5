"""Front door of booking."""

from zabota.booking.queries.appointments import (
    MoneySummary,
    VisitSummary,
    last_visits,
    next_bookings,
    payments_summary,
    suggested_times,
    treating_doctors,
    visit_summaries,
)
from zabota.booking.services.appointments import SlotTaken, book_next_visit, cancel, mark_status

__all__ = [
    "MoneySummary",
    "SlotTaken",
    "VisitSummary",
    "book_next_visit",
    "cancel",
    "last_visits",
    "mark_status",
    "next_bookings",
    "payments_summary",
    "suggested_times",
    "treating_doctors",
    "visit_summaries",
]

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
from zabota.booking.queries.hours import Timetable, timetable
from zabota.booking.queries.matching import matches, suiting
from zabota.booking.queries.needs import Need, need_of, performers
from zabota.booking.queries.search import Slot, alternatives, find_slots, slot_of_key
from zabota.booking.services.appointments import book, book_next_visit, cancel, move_appointment
from zabota.booking.services.holds import Held, held_by, hold_slot, release_hold
from zabota.booking.services.marks import (
    mark_arrived,
    mark_begun,
    mark_confirmed,
    mark_ended,
    mark_no_show,
    mark_status,
    undo_mark,
)
from zabota.booking.services.troubles import HoldGone, Outdated, SlotTaken, Wanted

__all__ = [
    "Held",
    "HoldGone",
    "MoneySummary",
    "Need",
    "Outdated",
    "Slot",
    "SlotTaken",
    "Timetable",
    "VisitSummary",
    "Wanted",
    "alternatives",
    "book",
    "book_next_visit",
    "cancel",
    "find_slots",
    "held_by",
    "hold_slot",
    "last_visits",
    "mark_arrived",
    "mark_begun",
    "mark_confirmed",
    "mark_ended",
    "mark_no_show",
    "mark_status",
    "matches",
    "move_appointment",
    "need_of",
    "next_bookings",
    "payments_summary",
    "performers",
    "release_hold",
    "slot_of_key",
    "suggested_times",
    "suiting",
    "timetable",
    "treating_doctors",
    "undo_mark",
    "visit_summaries",
]

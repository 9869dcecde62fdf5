"""Front door of booking."""

from zabota.booking.queries.alternatives import alternatives
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
from zabota.booking.queries.calendars import feed_text, visit_calendar
from zabota.booking.queries.complements import Suggestion, complementary_services
from zabota.booking.queries.grid import DayGrid, GridColumn, GridSpan, day_grid
from zabota.booking.queries.holidays import SuggestedHoliday, suggested_holidays
from zabota.booking.queries.hours import Timetable, timetable
from zabota.booking.queries.load import WeekLoad, displaced, load_by_week
from zabota.booking.queries.matching import matches, suiting
from zabota.booking.queries.needs import Need, chosen_doctors, need_of, performers
from zabota.booking.queries.search import Slot, find_slots, slot_of_key
from zabota.booking.queries.still_free import is_still_free
from zabota.booking.queries.transfers import (
    NEW_SHOWN,
    count_transfers,
    done_transfers,
    is_new_booking,
    is_open_transfer,
    new_bookings,
    open_transfers,
    stand_of,
)
from zabota.booking.queries.waiting import (
    LOOK_AHEAD_DAYS,
    CorridorWait,
    DoctorWait,
    TrendPoint,
    WaitingFigures,
    waiting_figures,
    waiting_trend,
)
from zabota.booking.queries.waitlist import (
    WaitlistReport,
    open_entries,
    open_freed,
    open_offers,
    unwanted_freed,
    waitlist_report,
)
from zabota.booking.queries.wanted import Wanted
from zabota.booking.rules.waits import Waits, WaitSpan
from zabota.booking.services.appointments import book, book_next_visit, cancel, move_appointment
from zabota.booking.services.feeds import NewFeed, make_feed, revoke_feed
from zabota.booking.services.first_week import ensure_performers, ensure_resources
from zabota.booking.services.holds import Held, held_by, hold_slot, keep_newest_holds, release_hold
from zabota.booking.services.kinds import change_kind
from zabota.booking.services.marks import (
    day_where,
    is_own_day,
    mark_arrived,
    mark_begun,
    mark_confirmed,
    mark_ended,
    mark_no_show,
    mark_status,
    undo_mark,
)
from zabota.booking.services.offers import (
    OfferGone,
    accept_offer,
    decline_offer,
    hand_over,
    note_offer_seen,
    register_offer_filter,
    start_wave,
    withdraw_freed,
)
from zabota.booking.services.resources import (
    DayHours,
    add_exception,
    add_resource,
    change_resource,
    remove_exception,
    set_need,
    set_week,
)
from zabota.booking.services.rooming import change_rooms, rooms_with
from zabota.booking.services.settling import settle
from zabota.booking.services.transfers import booking_entered, transfer_done, transfer_undone
from zabota.booking.services.troubles import HoldGone, Outdated, SlotTaken
from zabota.booking.services.undoing import restore
from zabota.booking.services.waitlist import branch_for, close_entry, join_waitlist

__all__ = [
    "LOOK_AHEAD_DAYS",
    "NEW_SHOWN",
    "CorridorWait",
    "DayGrid",
    "DayHours",
    "DoctorWait",
    "GridColumn",
    "GridSpan",
    "Held",
    "HoldGone",
    "MoneySummary",
    "Need",
    "NewFeed",
    "OfferGone",
    "Outdated",
    "Slot",
    "SlotTaken",
    "SuggestedHoliday",
    "Suggestion",
    "Timetable",
    "TrendPoint",
    "VisitSummary",
    "WaitSpan",
    "WaitingFigures",
    "WaitlistReport",
    "Waits",
    "Wanted",
    "WeekLoad",
    "accept_offer",
    "add_exception",
    "add_resource",
    "alternatives",
    "book",
    "book_next_visit",
    "booking_entered",
    "branch_for",
    "cancel",
    "change_kind",
    "change_resource",
    "change_rooms",
    "chosen_doctors",
    "close_entry",
    "complementary_services",
    "count_transfers",
    "day_grid",
    "day_where",
    "decline_offer",
    "displaced",
    "done_transfers",
    "ensure_performers",
    "ensure_resources",
    "feed_text",
    "find_slots",
    "hand_over",
    "held_by",
    "hold_slot",
    "is_new_booking",
    "is_open_transfer",
    "is_own_day",
    "is_still_free",
    "join_waitlist",
    "keep_newest_holds",
    "last_visits",
    "load_by_week",
    "make_feed",
    "mark_arrived",
    "mark_begun",
    "mark_confirmed",
    "mark_ended",
    "mark_no_show",
    "mark_status",
    "matches",
    "move_appointment",
    "need_of",
    "new_bookings",
    "next_bookings",
    "note_offer_seen",
    "open_entries",
    "open_freed",
    "open_offers",
    "open_transfers",
    "payments_summary",
    "performers",
    "register_offer_filter",
    "release_hold",
    "remove_exception",
    "restore",
    "revoke_feed",
    "rooms_with",
    "set_need",
    "set_week",
    "settle",
    "slot_of_key",
    "stand_of",
    "start_wave",
    "suggested_holidays",
    "suggested_times",
    "suiting",
    "timetable",
    "transfer_done",
    "transfer_undone",
    "treating_doctors",
    "undo_mark",
    "unwanted_freed",
    "visit_calendar",
    "visit_summaries",
    "waiting_figures",
    "waiting_trend",
    "waitlist_report",
    "withdraw_freed",
]

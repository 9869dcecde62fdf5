"""What an outcome does to a task: closes it, or brings it back at a certain time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from zabota.worklist.rules import calls

#: Outcomes in the order of the digits 1…7 at the desk.
DESK_ORDER = ("booked", "call_back", "thinks", "refused", "no_answer", "wrong_number", "resolved")
#: Outcomes that end the task.
CLOSING = frozenset({"booked", "refused", "resolved", "booked_elsewhere", "not_needed"})
#: Outcomes after which somebody was really spoken to.
SPOKEN = frozenset({"booked", "call_back", "thinks", "refused", "resolved"})
#: How long an outcome may be taken back.
UNDO_WITHIN = timedelta(minutes=5)
#: An outcome later than this after opening tells nothing about the length of the contact.
LONGEST_CONTACT = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Decision:
    """New state of a task after a contact."""

    closes: bool
    hidden_until: datetime | None
    due_at: datetime
    #: A time that was promised to the patient.
    promised_at: datetime | None
    attempts: int


def decide(
    outcome: str,
    *,
    attempts: int,
    due_at: datetime,
    call_at: datetime | None,
    phones_left: int,
    now: datetime,
    zone: tzinfo,
) -> Decision:
    """The state of the task after `outcome`. `attempts` counts the contacts before this one."""
    count = attempts + 1
    local = now.astimezone(zone)
    if outcome in CLOSING:
        return Decision(closes=True, hidden_until=None, due_at=due_at, promised_at=None, attempts=count)
    if outcome == "call_back":
        at = call_at or local + timedelta(hours=1)
        return Decision(False, at, at + calls.PROMISE_GRACE, at, count)
    if outcome == "thinks":
        at = call_at or calls.thinks_until(local)
        return Decision(False, at, _end_of_day(at, zone), None, count)
    if outcome == "no_answer":
        at = calls.next_try(attempts=count, local_now=local)
        return Decision(False, at, max(due_at, _end_of_day(at, zone)), None, count)
    # A wrong number: with another phone the next call may be made at once; without one the task is to find a contact.
    return Decision(False, None, due_at if phones_left else max(due_at, _end_of_day(now, zone)), None, count)


def _end_of_day(moment: datetime, zone: tzinfo) -> datetime:
    return moment.astimezone(zone).replace(hour=calls.CLOSES.hour, minute=0, second=0, microsecond=0)

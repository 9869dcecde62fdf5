"""Whom a freed time suits, and how fast it is offered around."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

#: A cancellation may be half of a move: nobody is told before this.
FIRST_DELAY = timedelta(minutes=3)
#: Nobody is offered a time that begins sooner.
LAST_OFFER = timedelta(minutes=30)
#: People asked at once: more when the time is near.
_WAVES = ((timedelta(hours=2), 5, 5), (timedelta(hours=12), 3, 10), (timedelta(hours=48), 3, 15))
_CALM = (2, 30)
#: Where parts of a day begin and end, hours of the branch's own time.
PARTS = {"morning": (0, 12), "day": (12, 17), "evening": (17, 24)}


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody waits for; empty collections mean any."""

    minutes: int
    service_doctor_ids: Collection[int] | None = None
    doctor_ids: Collection[int] = ()
    branch_id: int | None = None
    day_parts: Collection[str] = ()
    weekdays: Collection[int] = ()
    earliest_on: date | None = None
    latest_on: date | None = None
    notice: timedelta = timedelta(0)
    #: The time they have already: only an earlier one is better.
    has_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Opening:
    """A freed time; `local` is its beginning in the branch's own time."""

    doctor_id: int
    branch_id: int
    starts_at: datetime
    local: datetime
    minutes: int


def why_not(wish: Wish, opening: Opening, now: datetime) -> str | None:
    """The reason a time does not suit, in words for the desk; None when it does."""
    day = opening.local.date()
    refusals = (
        (opening.minutes < wish.minutes, "не хватает времени"),
        (bool(wish.doctor_ids) and opening.doctor_id not in wish.doctor_ids, "ждёт другого врача"),
        (
            wish.service_doctor_ids is not None and opening.doctor_id not in wish.service_doctor_ids,
            "врач не делает эту услугу",
        ),
        (wish.branch_id not in (None, opening.branch_id), "другой филиал"),
        (bool(wish.weekdays) and day.weekday() not in wish.weekdays, "другой день недели"),
        (bool(wish.day_parts) and not any(_within(part, opening.local) for part in wish.day_parts), "другое время дня"),
        (wish.earliest_on is not None and day < wish.earliest_on, "раньше, чем удобно"),
        (wish.latest_on is not None and day > wish.latest_on, "позже, чем нужно"),
        (opening.starts_at < now + max(wish.notice, LAST_OFFER), "не успеет собраться"),
        (wish.has_at is not None and opening.starts_at >= wish.has_at, "уже записан раньше"),
    )
    return next((words for refused, words in refusals if refused), None)


def wave_of(ahead: timedelta) -> tuple[int, timedelta]:
    """How many people to ask at once and how long to wait for them, by the time left until the visit."""
    for within, people, minutes in _WAVES:
        if ahead < within:
            return people, timedelta(minutes=minutes)
    return _CALM[0], timedelta(minutes=_CALM[1])


def _within(part: str, local: datetime) -> bool:
    begins, ends = PARTS.get(part, (0, 24))
    return begins <= local.hour < ends

"""How waiting changed week by week or month by month: a sentence, a line and its table, for the corridor and for a free time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from zabota.booking import api as booking
from zabota.clinic.models import Doctor
from zabota.desk.access import StaffRequest
from zabota.desk.calendar.asked import Asked
from zabota.ui import formats

Read = Callable[[booking.TrendPoint], booking.Waits | None]

_BEFORE: Final = {booking.WaitSpan.WEEK: "неделей раньше", booking.WaitSpan.MONTH: "месяцем раньше"}
_NAMES: Final = {booking.WaitSpan.WEEK: "По неделям", booking.WaitSpan.MONTH: "По месяцам"}
#: A difference in days below this is none that anybody feels.
_DAYS_FELT: Final = 1


@dataclass(frozen=True, slots=True)
class Line:
    """One week or month of a table, with the one before it."""

    first_on: date
    label: str
    goes_on: bool
    now: booking.Waits
    before: booking.Waits | None
    #: The first free time beside the third; nothing in the corridor.
    beside: booking.Waits | None = None

    @property
    def third(self) -> str:
        """Days to the third free time in words."""
        return days_words(self.now.median)

    @property
    def first(self) -> str:
        """Days to the first free time in words."""
        return days_words(self.beside.median) if self.beside else "—"

    @property
    def third_before(self) -> str:
        """The same of the period before."""
        return days_words(self.before.median) if self.before else "—"


@dataclass(frozen=True, slots=True)
class Trend:
    """What the page shows of one kind of waiting; without a title there is nothing to show yet."""

    title: str
    period: str
    chart: dict[str, Any] | None
    #: The newest first.
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Trends:
    """Both of them, of the span and the doctor asked for."""

    span: booking.WaitSpan
    doctor: Doctor | None
    corridor: Trend
    free: Trend

    @property
    def query(self) -> str:
        """What the address has to say besides the day and the branch."""
        return f"&span={self.span}" if self.span is not booking.WaitSpan.WEEK else ""


def read_trends(request: StaffRequest, asked: Asked, now: datetime) -> Trends:
    """Both kinds of waiting; a span or a doctor nobody knows falls back to weeks and to everybody."""
    wanted = request.GET.get("span", "")
    span = booking.WaitSpan(wanted) if wanted in set(booking.WaitSpan) else booking.WaitSpan.WEEK
    doctor = asked.branch.doctors.filter(public_id=request.GET.get("doctor", "")[:22]).first()
    points = booking.waiting_trend(clinic=request.clinic, now=now, span=span, branch=asked.branch, doctor=doctor)
    return Trends(
        span,
        doctor,
        _trend(points, span, lambda each: each.corridor, _corridor_words, unit="мин"),
        _trend(points, span, lambda each: each.to_third, _free_words, unit="дн", beside=lambda each: each.to_first),
    )


def tabs_of(trends: Trends, address: str) -> list[dict[str, Any]]:
    """«По неделям», «По месяцам»; `address` holds the day, the branch and the doctor."""
    return [
        {
            "label": name,
            "url": address if span is booking.WaitSpan.WEEK else f"{address}&span={span}",
            "current": span is trends.span,
        }
        for span, name in _NAMES.items()
    ]


def _trend(
    points: Sequence[booking.TrendPoint],
    span: booking.WaitSpan,
    read: Read,
    words: Callable[[booking.Waits, booking.Waits | None, str], str],
    *,
    unit: str,
    beside: Read | None = None,
) -> Trend:
    lines = []
    for place, each in enumerate(points):
        now = read(each)
        if now is not None:
            before = read(points[place - 1]) if place else None
            lines.append(
                Line(each.first_on, _label(each, span), each.goes_on, now, before, beside(each) if beside else None)
            )
    over = [line for line in lines if not line.goes_on]
    if not over:
        return Trend("", "", None, tuple(reversed(lines)))
    last = over[-1]
    said = f"{last.label}: {_count(last.now, unit)}"
    if last.before is not None:
        said += f", {_BEFORE[span]} {last.before.count}"
    return Trend(words(last.now, last.before, _BEFORE[span]), said, _chart(over, span, unit), tuple(reversed(lines)))


def _chart(lines: Sequence[Line], span: booking.WaitSpan, unit: str) -> dict[str, Any] | None:
    """A line needs two points. Intervals stand only where waits are independent: each visit in the corridor."""
    if len(lines) < 2:
        return None
    step = max(1, round(len(lines) / 6))
    points = [
        {"x": line.first_on.isoformat(), "y": line.now.median, "title": line.label, "count": _count(line.now, unit)}
        | ({"label": formats.day_short(line.first_on)} if (len(lines) - 1 - place) % step == 0 else {})
        | (
            {"low": line.now.low, "high": line.now.high}
            if unit == "мин" and line.now.low is not None and line.now.high is not None
            else {}
        )
        for place, line in enumerate(lines)
    ]
    halves = unit != "мин" and any(line.now.median % 1 for line in lines)
    return {"type": "line", "unit": unit, "min": 0, "digits": int(halves), "points": points}


def _label(each: booking.TrendPoint, span: booking.WaitSpan) -> str:
    if span is booking.WaitSpan.MONTH:
        return formats.month(each.first_on)
    return formats.period(each.first_on, each.last_on)


def _count(waits: booking.Waits, unit: str) -> str:
    forms = "визит,визита,визитов" if unit == "мин" else "замер,замера,замеров"
    return formats.plural(waits.count, forms)


def _corridor_words(now: booking.Waits, before: booking.Waits | None, earlier: str) -> str:
    """Longer or shorter only where the intervals of both medians part."""
    minutes = f"{formats.number(round(now.median))}{formats.NBSP}мин"
    if before is None:
        return f"В коридоре обычно ждут {minutes}"
    compared = f"{minutes}, {earlier} {formats.number(round(before.median))}"
    if now.low is None or now.high is None or before.low is None or before.high is None:
        return f"В коридоре ждут {compared}: визитов мало, чтобы сравнивать"
    how = "дольше" if now.low > before.high else "меньше" if now.high < before.low else "как раньше"
    return f"В коридоре ждут {how}: {compared}"


def _free_words(now: booking.Waits, before: booking.Waits | None, earlier: str) -> str:
    if before is None:
        return f"До третьего свободного времени {days_words(now.median)}"
    change = now.median - before.median
    how = "дольше" if change >= _DAYS_FELT else "меньше" if change <= -_DAYS_FELT else "как раньше"
    return f"Свободного времени ждут {how}: {days_words(now.median)}, {earlier} {days_words(before.median)}"


def days_words(days: float) -> str:
    """«3 дня», «2,5 дня»; beyond what is looked at nobody knows how many."""
    if days > booking.LOOK_AHEAD_DAYS:
        return "больше двух месяцев"
    if days == round(days):
        return formats.plural(round(days), "день,дня,дней")
    return f"{formats.number(days, 1)}{formats.NBSP}дня"

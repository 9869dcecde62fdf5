"""Tables of «Нагрузка» as files: hours by doctor and week, days to a free time, minutes in the corridor, both by period."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final

from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET

from zabota.booking import api as booking
from zabota.clinic.api import Right
from zabota.desk.access import StaffRequest, staff_page
from zabota.desk.calendar.asked import Asked, read_asked
from zabota.desk.calendar.load import CORRIDOR_DAYS, WEEKS, wait_of
from zabota.desk.calendar.trend import Trend, read_trends
from zabota.desk.insight.files import table_answer
from zabota.kernel import clock

Table = tuple[Sequence[str], list[Sequence[object]]]


@require_GET
@staff_page(Right.PATIENTS_VIEW)
def load_table(request: StaffRequest, table: str, form: str) -> HttpResponse:
    """One table of the page, of the same weeks and branch."""
    now = clock.now()
    if table not in TABLES:
        raise Http404
    asked = read_asked(request, now)
    if asked is None:
        return redirect("desk:calendar")
    return table_answer(form, f"nagruzka-{table}-{asked.day:%Y-%m-%d}", *TABLES[table](request, asked, now))


def _weeks(request: StaffRequest, asked: Asked, now: datetime) -> Table:
    rows = booking.load_by_week(clinic=request.clinic, first=asked.day, weeks=WEEKS, now=now, branch=asked.branch)
    header = ("Врач", "Неделя с", "Часов приёма", "Занято, ч", "Свободно, ч", "Занято, %")
    return header, [
        (
            each.doctor.name, each.week_on, each.planned_minutes / 60, each.booked_minutes / 60,
            max(0, each.planned_minutes - each.booked_minutes) / 60, None if each.share is None else 100 * each.share,
        )
        for each in rows
    ]  # fmt: skip


def _free(request: StaffRequest, asked: Asked, now: datetime) -> Table:
    found = _waiting(request, asked, now).to_next_free
    header = ("Врач", "Дней до первого свободного времени", "Дней до третьего", "Против обычного")
    return header, [
        (each.doctor.name, each.days_to_first, each.days_to_third, wait_of(each)["trend"]) for each in found
    ]


def _corridor(request: StaffRequest, asked: Asked, now: datetime) -> Table:
    return ("Врач", *_CORRIDOR), [
        (each.key, each.visits, each.median_minutes, each.most_minutes, each.before_visits, each.before_minutes)
        for each in _waiting(request, asked, now).by_doctor
    ]


def _hours(request: StaffRequest, asked: Asked, now: datetime) -> Table:
    return ("Час приёма", *_CORRIDOR), [
        (
            f"{int(each.key)}:00", each.visits, each.median_minutes, each.most_minutes, each.before_visits,
            each.before_minutes,
        )
        for each in _waiting(request, asked, now).by_hour
    ]  # fmt: skip


def _corridor_trend(request: StaffRequest, asked: Asked, now: datetime) -> Table:
    header = ("С", "Идёт", "Визитов", "Обычно, мин", "От", "До", "9 из 10 не дольше, мин", *_PERIOD_BEFORE)
    return header, _rows(read_trends(request, asked, now).corridor)


def _free_trend(request: StaffRequest, asked: Asked, now: datetime) -> Table:
    header = ("С", "Идёт", "Замеров", "До третьего свободного, дней", "9 из 10 не дольше, дней", "До первого, дней")
    return (*header, *_PERIOD_BEFORE), _rows(read_trends(request, asked, now).free)


def _rows(trend: Trend) -> list[Sequence[object]]:
    """The oldest first, as a program wants them."""
    rows: list[Sequence[object]] = []
    for line in reversed(trend.lines):
        middle: tuple[float | None, ...] = (line.now.low, line.now.high, line.now.most)
        if line.beside is not None:
            middle = (line.now.most, line.beside.median)  # days of one doctor are no independent waits: no interval
        before = (line.before.count, line.before.median) if line.before else (None, None)
        rows.append((line.first_on, "да" if line.goes_on else "", line.now.count, line.now.median, *middle, *before))
    return rows


def _waiting(request: StaffRequest, asked: Asked, now: datetime) -> booking.WaitingFigures:
    return booking.waiting_figures(clinic=request.clinic, now=now, branch=asked.branch, days=CORRIDOR_DAYS)


_CORRIDOR: Final = (
    "Визитов", "Обычно, мин", "9 из 10 не дольше, мин", f"Визитов за {CORRIDOR_DAYS} дней до этого", "Обычно тогда, мин",
)  # fmt: skip
_PERIOD_BEFORE: Final = ("Периодом раньше, число", "Периодом раньше, обычно")
TABLES: Final[Mapping[str, Callable[[StaffRequest, Asked, datetime], Table]]] = {
    "weeks": _weeks,
    "free": _free,
    "corridor": _corridor,
    "hours": _hours,
    "corridor-trend": _corridor_trend,
    "free-trend": _free_trend,
}

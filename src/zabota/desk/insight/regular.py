"""Monday's and the month's report: one page that prints, with what changed, why, what was done and what to do."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_GET, require_POST

from zabota.analytics import reports
from zabota.clinic.api import Right
from zabota.clinic.models import GoalPath
from zabota.desk.access import StaffRequest, branches_of, staff_page
from zabota.desk.insight.files import book_answer, table_answer
from zabota.desk.insight.goal import planned, stops_of
from zabota.desk.insight.people import links_of
from zabota.kernel import clock
from zabota.messaging import api as messaging
from zabota.nextstep import api as nextstep
from zabota.ui import formats

Span = Literal["weekly", "monthly"]
View = dict[str, Any]
#: Days ahead within which somebody falls asleep.
SOON: Final = 9
WEEK: Final = dt.timedelta(days=7)
#: The same weekday a year ago.
YEAR_OF_WEEKS: Final = dt.timedelta(days=364)


@require_GET
@staff_page(Right.AUDIT_VIEW)
def weekly(request: StaffRequest) -> HttpResponse:
    """The last week that is over, or the week of a day."""
    return render(request, "desk/insight/regular.html", _context(request, "weekly"))


@require_GET
@staff_page(Right.AUDIT_VIEW)
def monthly(request: StaffRequest) -> HttpResponse:
    """The last month that is over, or the month of a day."""
    return render(request, "desk/insight/regular.html", _context(request, "monthly"))


@require_GET
@staff_page(Right.AUDIT_VIEW)
def book(request: StaffRequest, span: str) -> HttpResponse:
    """Both tables of the report in one book."""
    if span not in ("weekly", "monthly"):
        raise Http404
    first, sheets = _sheets(request, span)
    return book_answer(_file_name(span, first), [(title, *table) for title, table in sheets.values()])


@require_GET
@staff_page(Right.AUDIT_VIEW)
def as_table(request: StaffRequest, span: str, table: str, form: str) -> HttpResponse:
    """One table of the report as a file."""
    if span not in ("weekly", "monthly"):
        raise Http404
    first, sheets = _sheets(request, span)
    if table not in sheets:
        raise Http404
    return table_answer(form, f"{_file_name(span, first)}-{table}", *sheets[table][1])


Sheet = tuple[str, tuple[Sequence[str], list[Sequence[object]]]]


def _sheets(request: StaffRequest, span: str) -> tuple[dt.date, dict[str, Sheet]]:
    """The first day and the tables by their names in an address."""
    periods = _periods(request, "weekly" if span == "weekly" else "monthly")
    now, before, year = _figures(request, periods)
    header = ("Показатель", "Сейчас", "Перед этим", "Год назад")
    rows: list[Sequence[object]] = [
        (line["name"], *(line["raw"](each) for each in (now, before, year))) for line in _lines()
    ]
    doctors: list[Sequence[object]] = [
        (each.name, each.visits, each.patients, each.missed, each.cancelled, each.revenue_kopecks / 100)
        for each in now.doctors
    ]
    of_doctors = ("Врач", "Визитов", "Пациентов", "Неявок", "Отмен", "Выручка, руб.")
    return now.first, {"figures": ("Показатели", (header, rows)), "doctors": ("Врачи", (of_doctors, doctors))}


def _file_name(span: str, first: dt.date) -> str:
    return f"{'nedelya' if span == 'weekly' else 'mesyac'}-{first:%Y-%m-%d}"


@require_POST
@staff_page(Right.AUDIT_VIEW)
def mail(request: StaffRequest, span: str) -> HttpResponse:
    """Begin or stop sending this report to the person's own address."""
    if span not in ("weekly", "monthly"):
        raise Http404
    wanted = request.POST.get("wanted") == "1"
    reports.ask_for_mail(member=request.member, span=span, wanted=wanted, actor=request.actor, now=clock.now())
    address = request.member.user.email
    messages.success(
        request, f"Отчёт будет приходить на {address}" if wanted else f"На {address} отчёт больше не приходит"
    )
    return redirect(f"desk:{span}")


Period = tuple[dt.date, dt.date]


def _context(request: StaffRequest, span: Span) -> View:
    branches = branches_of(request.member)
    periods = _periods(request, span)
    now, before, year = _figures(request, periods)
    today = clock.today(request.clinic.time_zone, clock.now())
    stored = reports.latest(request.clinic, reports.PULSE, branches=branches)
    audit = reports.latest(request.clinic, reports.AUDIT, branches=branches)
    asleep, asleep_kopecks = nextstep.soon_sleeping_sums(
        clinic_id=request.clinic.pk, today=today, within_days=SOON, branches=branches
    )
    told = reports.told_until(request.clinic, today=today)
    lines = [_line(line, now, before, year, told=told) for line in _lines()]
    return {
        "span": span,
        "title": _title(span, lines, now) if now.last <= told else _untold(span, now, told),
        "told": told if told < now.last else None,
        "last_told": f"?on={_last_told(span, told).isoformat()}" if told < now.last else "",
        "period": _words(span, now.first, now.last),
        "before_words": "неделей раньше" if span == "weekly" else "месяцем раньше",
        "lines": lines,
        "doctors": [_doctor(each) for each in now.doctors],
        "stored": stored,
        "limited": branches is not None,
        "retention": _retention(request, stored.data) if stored else None,
        "causes": _causes(stored.data, links_of(audit)) if stored else [],
        "todo": stored.data["actions"] if stored else [],
        "asleep": asleep,
        "asleep_kopecks": asleep_kopecks,
        "soon": SOON,
        "previous": f"?on={(now.first - dt.timedelta(days=1)).isoformat()}",
        "next": f"?on={(now.last + dt.timedelta(days=1)).isoformat()}"
        if now.last + (now.last - now.first) < today
        else "",
        "other": reverse("desk:monthly" if span == "weekly" else "desk:weekly"),
        "book": f"{reverse('desk:regular-book', args=[span])}?on={now.first.isoformat()}",
        "on": f"on={now.first.isoformat()}",
        "made_on": today,
        "mailed": reports.ReportMail.objects.filter(member=request.member, span=span).exists(),
        "mail_works": messaging.Channel.EMAIL in messaging.accounts_on(request.clinic.pk),
    }


def _periods(request: StaffRequest, span: Span) -> tuple[Period, Period, Period]:
    """These days, the days before them, and the same days a year ago."""
    today = clock.today(request.clinic.time_zone, clock.now())
    try:
        on = parse_date(request.GET.get("on", ""))
    except ValueError:
        on = None
    if on is None or not dt.date(2000, 1, 1) <= on <= today:
        on = today - WEEK if span == "weekly" else today.replace(day=1) - dt.timedelta(days=1)
    if span == "weekly":
        monday = on - dt.timedelta(days=on.weekday())
        week = (monday, monday + dt.timedelta(days=6))
        return week, (week[0] - WEEK, week[1] - WEEK), (week[0] - YEAR_OF_WEEKS, week[1] - YEAR_OF_WEEKS)
    first = on.replace(day=1)
    return (
        _month(first),
        _month((first - dt.timedelta(days=1)).replace(day=1)),
        _month(first.replace(year=first.year - 1)),
    )


def _month(first: dt.date) -> Period:
    return first, (first + dt.timedelta(days=32)).replace(day=1) - dt.timedelta(days=1)


def _figures(request: StaffRequest, periods: Sequence[Period]) -> list[reports.PeriodFigures]:
    branches = branches_of(request.member)
    return [
        reports.period_figures(
            clinic=request.clinic, first=first, last=last, branches=branches, with_doctors=True
        )
        for first, last in periods
    ]  # fmt: skip


def _lines() -> list[View]:
    """Rows of the table: what they are called, what is counted, how it is said, whether more is better."""
    return [
        {"name": "Визитов", "raw": lambda f: f.visits, "good": 1},
        {"name": "Пациентов", "raw": lambda f: f.patients, "good": 1},
        {"name": "Впервые", "raw": lambda f: f.new, "good": 1},
        {"name": "Выручка", "raw": lambda f: f.revenue_kopecks / 100, "good": 1, "kind": "money"},
        {"name": "Неявки", "raw": lambda f: _share(f.missed, f.planned), "good": -1, "kind": "share", "of": lambda f: (f.missed, f.planned), "of_doctor": lambda d: d.missed},
        {"name": "Отмены", "raw": lambda f: _share(f.cancelled, f.planned), "good": -1, "kind": "share", "of": lambda f: (f.cancelled, f.planned), "of_doctor": lambda d: d.cancelled},
        {"name": "Разговоров по очереди", "raw": lambda f: f.spoken, "good": 1, "ours": True},
        {"name": "Из них записались", "raw": lambda f: f.booked, "good": 1, "ours": True},
        {"name": "Новых задач", "raw": lambda f: f.tasks_made, "good": 0, "ours": True},
    ]  # fmt: skip


def _share(hits: int, number: int) -> float | None:
    return 100 * hits / number if number else None


def _line(line: View, now: Any, before: Any, year: Any, *, told: dt.date) -> View:
    """What is ours is always known; visits that nobody told are compared with nothing."""
    kind = line.get("kind", "count")
    if (told < now.last or not now.planned) and not line.get("ours"):
        return _untold_line(line, kind, now, before, year, told)
    values = [line["raw"](each) for each in (now, before, year)]
    empty = year.planned == 0
    change = _change(line, kind, now, before)
    year_change = {"text": "", "tone": "none"} if empty else _change(line, kind, now, year)
    return {
        "name": line["name"],
        "now": _say(kind, values[0]),
        "before": _say(kind, values[1]),
        "year": "—" if empty else _say(kind, values[2]),
        "change": change,
        "year_change": year_change,
        "turned": _turned(line, change, now, before, "перед этим")
        or _turned(line, year_change, now, year, "год назад"),
    }


def _turned(line: View, change: View, now: Any, before: Any, when: str) -> str:
    """Simpson's alarm: a share that moved in total and moved the other way with the same doctors."""
    if "of_doctor" not in line or not change.get("sure"):
        return ""
    tables = [
        {
            doctor.name: (doctor.visits + doctor.missed + doctor.cancelled, line["of_doctor"](doctor))
            for doctor in each.doctors
        }
        for each in (before, now)
    ]
    flip = reports.flip_of_shares(tables[0], tables[1])
    if flip is None:
        return ""
    return (
        f"Парадокс Симпсона, если сравнить с тем, что было {when}: в целом {formats.pp(flip.total, 1)}, а у одних и тех же "
        f"врачей наоборот, {formats.pp(flip.within, 1)} Изменилось, кто сколько принимал."
    )


def _untold_line(line: View, kind: str, now: Any, before: Any, year: Any, told: dt.date) -> View:
    """Figures of days that are known in part or not at all: shown, not compared."""
    nothing = {"text": "", "tone": "none"}
    shown = {
        name: _say(kind, line["raw"](each)) if each.first <= told and each.planned else "—"
        for name, each in (("now", now), ("before", before), ("year", year))
    }
    return {"name": line["name"], **shown, "change": nothing, "year_change": nothing}


def _say(kind: str, value: float | None) -> str:
    if value is None:
        return "—"
    if kind == "money":
        return formats.money_short(round(100 * value))
    return formats.percent(value / 100, 1) if kind == "share" else formats.number(round(value))


def _change(line: View, kind: str, now: Any, before: Any) -> View:
    """The change in words, and a tone only when it is more than chance."""
    a, b = line["raw"](now), line["raw"](before)
    if a is None or b is None or not b:
        return {"text": "", "tone": "none"}
    if kind == "share":
        (k1, n1), (k0, n0) = line["of"](now), line["of"](before)
        sure = reports.shares_differ(k1, n1, k0, n0)
        text = formats.pp((a - b) / 100, 1)
    else:
        # Money comes with visits: it is as sure as their number allows.
        sure = (
            reports.counts_differ(now.visits, before.visits)
            if kind == "money"
            else reports.counts_differ(round(a), round(b))
        )
        text = f"{formats.signed(round(100 * (a - b) / b))}\u00a0%"
    tone = "none" if not sure or not line["good"] else "good" if (a - b) * line["good"] > 0 else "bad"
    return {"text": text, "tone": tone, "sure": sure}


def _title(span: Span, lines: Sequence[View], now: Any) -> str:
    if not now.planned:
        return "За эти дни визитов нет"
    word = "За неделю" if span == "weekly" else "За месяц"
    moved = [each for each in lines if each["change"].get("sure") and each["change"]["tone"] != "none"]
    said = f"{word} {formats.plural(now.visits, 'визит,визита,визитов')}, впервые {formats.plural(now.new, 'пациент,пациента,пациентов')}"
    if not moved:
        yearly = [each for each in lines if each["year_change"].get("sure") and each["year_change"]["tone"] != "none"]
        if not yearly:
            return f"{said}; всё в пределах обычного"
        listed = [f"{each['name'].lower()} {each['year_change']['text']}" for each in yearly[:2]]
        return f"{said}; к тому же времени год назад заметно: {', '.join(listed)}"
    listed = [f"{each['name'].lower()} {each['change']['text']}" for each in moved[:3]]
    return f"{said}; заметно: {', '.join(listed)}"


def _untold(span: Span, now: Any, told: dt.date) -> str:
    """Days after the end of the data: their emptiness is no fall."""
    if now.first > told or not now.planned:
        return "За эти дни данных ещё нет"
    days = "На этой неделе" if span == "weekly" else "В этом месяце"
    visits = formats.plural(now.visits, "визит,визита,визитов")
    return f"{days} данные только по {formats.day_month(told)}: {visits}"


def _last_told(span: Span, told: dt.date) -> dt.date:
    """A day of the last week or month that is known whole."""
    if span == "weekly":
        return told - dt.timedelta(days=told.weekday() + 1) if told.weekday() < 6 else told
    following = told + dt.timedelta(days=1)
    return told if following.day == 1 else told.replace(day=1) - dt.timedelta(days=1)


def _words(span: Span, first: dt.date, last: dt.date) -> str:
    return formats.month(first) if span == "monthly" else f"{formats.day_month(first)} – {formats.day(last)}"


def _doctor(each: Any) -> View:
    planned_ = each.visits + each.missed + each.cancelled
    return {
        "name": each.name, "visits": each.visits, "patients": each.patients, "revenue_kopecks": each.revenue_kopecks,
        "missed": _share(each.missed, planned_), "failed": each.missed + each.cancelled, "planned": planned_,
    }  # fmt: skip


def _retention(request: StaffRequest, data: Mapping[str, Any]) -> View | None:
    main = data["retention"]
    if main["now"]["value"] is None:
        return None
    goal = GoalPath.objects.filter(clinic=request.clinic).first()
    wanted = planned(stops_of(goal), dt.date.fromisoformat(data["as_of"])) if goal else None
    return {
        "now": main["now"], "before": main["year_before"], "change_pp": main["change_pp"], "headline": data["headline"],
        "wanted": wanted, "distance": None if wanted is None else main["now"]["value"] - wanted,
    }  # fmt: skip


def _causes(data: Mapping[str, Any], links: Mapping[int, View]) -> list[View]:
    why = reports.causes_of(data)
    rows = [row for row in why["rows"] if not row["rest"]]
    return [{**row, "people": links.get(place)} for place, row in enumerate(rows[:3])]

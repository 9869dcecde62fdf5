"""Figures of the page of the rule, with the sentences above them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from zabota.clinic.models import ServiceGroup
from zabota.desk.access import StaffRequest, branches_of
from zabota.kernel import clock
from zabota.nextstep import api as nextstep
from zabota.nextstep.models import Exemption, PatientState, ViolationDay
from zabota.ui.formats import day_month, day_short, plural

#: Days of the chart and of the comparison of types.
PERIOD_DAYS = 30
#: How far ahead those about to fall asleep are listed.
AHEAD_DAYS = 14
LISTED = 12
#: Days of the flow between types.
FLOW_DAYS = 92


@dataclass(frozen=True, slots=True)
class TypeLine:
    """A row of the table of types."""

    count: nextstep.TypeCount
    share: float

    @property
    def change(self) -> int:
        """How many more there are than at the beginning of the period."""
        return self.count.came - self.count.left


def load_figures(request: StaffRequest) -> dict[str, Any]:
    """Everything the page shows."""
    now = clock.now()
    clinic = request.clinic
    today = clock.today(clinic.time_zone, now)
    since = today - timedelta(days=PERIOD_DAYS - 1)
    branches = branches_of(request.member)
    # Days of the rule are counted for the whole clinic only: whoever sees some branches is not told of the others.
    days = nextstep.violations_by_day(clinic_id=clinic.pk, since=since, until=today) if branches is None else []
    counts = nextstep.patients_by_type(clinic_id=clinic.pk, since=since, until=today, branches=branches)
    total = sum(each.patients for each in counts)
    coverage = nextstep.coverage_of(clinic_id=clinic.pk, now=now, branches=branches)
    outside = nextstep.exempt_by_reason(clinic_id=clinic.pk, branches=branches)
    return {
        "limited": branches is not None,
        "today": today,
        "since": since,
        "coverage": coverage,
        "booked_share": coverage.booked / coverage.under_rule if coverage.under_rule else 0,
        "task_share": coverage.with_task / coverage.under_rule if coverage.under_rule else 0,
        "sentence": coverage_sentence(coverage),
        "outside": [(str(Exemption.Reason(code).label), count) for code, count in outside.items()],
        "outside_total": sum(outside.values()),
        "days": days[::-1],
        "last_day": days[-1] if days else None,
        "violations": chart_of(days),
        "violations_title": violations_sentence(days),
        "types": [TypeLine(each, each.patients / total if total else 0) for each in counts],
        "flow": flow_of(request, today)[:LISTED],
        "sleepers": nextstep.soon_sleeping(
            clinic_id=clinic.pk, today=today, within_days=AHEAD_DAYS, branches=branches, limit=LISTED
        ),
        "ahead_days": AHEAD_DAYS,
        "groups": ServiceGroup.objects.filter(clinic=clinic).select_related("recall_months"),
        "chances": chances(),
    }


def flow_of(request: StaffRequest, today: date) -> list[nextstep.Flow]:
    """Three months of going from type to type, the latest first, of the branches of who asks."""
    return nextstep.type_flow(
        clinic_id=request.clinic.pk,
        since=today - timedelta(days=FLOW_DAYS),
        until=today,
        branches=branches_of(request.member),
    )


def coverage_sentence(coverage: nextstep.Coverage) -> str:
    """The answer that stands above everything."""
    if not coverage.under_rule:
        return "Пациентов пока нет"
    if coverage.without:
        people = plural(coverage.without, "пациента,пациентов,пациентов")
        return f"Без следующего шага у {people}: нет ни записи, ни задачи"
    return "У каждого пациента есть запись или задача"


def violations_sentence(days: list[ViolationDay]) -> str:
    """What the chart of violations says."""
    if not days:
        return "Проверок ещё не было"
    found, left = sum(day.found for day in days), days[-1].left_after
    people = plural(found, "пациента,пациента,пациентов")
    rest = "сейчас не осталось никого" if not left else f"осталось {left}"
    if not found:
        return "Ни одного пациента без следующего шага не нашлось"
    return f"Без следующего шага нашли {people}, {rest}"


def chart_of(days: list[ViolationDay]) -> dict[str, Any] | None:
    """A line by day with about six marks on the axis; nothing to draw for a single day."""
    if len(days) < 2:
        return None
    step = max(1, round(len(days) / 6))
    points = [
        {
            "x": day.on.isoformat(),
            "y": day.found,
            "title": day_month(day.on),
            "count": f"осталось {day.left_after}",
        }
        | ({"label": day_short(day.on)} if (len(days) - 1 - place) % step == 0 else {})
        for place, day in enumerate(days)
    ]
    return {"type": "line", "unit": "", "min": 0, "digits": 0, "points": points}


def chances() -> list[tuple[str, int]]:
    """The table of chances as the page explains it: lateness in intervals, percent."""
    rows, below = [], 0.0
    for limit, percent in nextstep.CHANCE_BY_LATENESS:
        upto = limit / 100
        rows.append(
            (f"{_number(below)}–{_number(upto)} интервала" if below else f"до {_number(upto)} интервала", percent)
        )
        below = upto
    rows.append((f"больше {_number(below)} интервалов", nextstep.CHANCE_LONG_LOST))
    rows.append(("визитов ещё не было", nextstep.CHANCE_NEVER_SEEN))
    return rows


def _number(value: float) -> str:
    return f"{value:g}".replace(".", ",")


def days_table(days: list[ViolationDay]) -> tuple[list[str], list[list[Any]]]:
    """Header and rows of the file of violations."""
    header = [
        "День",
        "Под правилом",
        "Записаны",
        "С задачей",
        "Найдено",
        "Задач поставлено",
        "Закрыто само",
        "Осталось",
    ]
    return header, [
        [
            day.on.isoformat(), day.under_rule, day.booked, day.with_task, day.found, day.tasks_created,
            day.tasks_closed, day.left_after,
        ]
        for day in days
    ]  # fmt: skip


def types_table(counts: list[nextstep.TypeCount], since: date, until: date) -> tuple[list[str], list[list[Any]]]:
    """Header and rows of the file of types."""
    header = ["Тип", "Пациентов", f"Пришли в тип с {since.isoformat()}", f"Ушли из типа до {until.isoformat()}"]
    return header, [[str(each.type.label), each.patients, each.came, each.left] for each in counts]


def sleepers_table(states: Iterable[PatientState]) -> tuple[list[str], list[list[Any]]]:
    """Header and rows of the file of those about to fall asleep."""
    header = ["Пациент", "Последний визит", "Уснёт", "Ценность в год, руб."]
    return header, [
        [each.patient.full_name, each.last_visit_on, each.sleeping_on, each.value_kopecks / 100] for each in states
    ]


def flow_table(flow: Iterable[nextstep.Flow]) -> tuple[list[str], list[list[Any]]]:
    """Header and rows of the file of the flow."""
    header = ["Месяц", "Был", "Стал", "Пациентов"]
    return header, [
        [f"{step.month:%Y-%m}", str(step.before.label), str(step.after.label), step.patients] for step in flow
    ]


def groups_table(groups: Iterable[ServiceGroup]) -> tuple[list[str], list[list[Any]]]:
    """Header and rows of the file of thresholds; an empty interval follows the common rule."""
    header = ["Группа", "Интервал, месяцев", "Интервал, дней", "Задерживается, ×", "Спит, ×", "Потерян, ×"]
    rows: list[list[Any]] = []
    for group in groups:
        months = group.recall_months.months if hasattr(group, "recall_months") else None
        days = None if months else group.recall_interval_days
        rows.append(
            [group.name, months, days, *map(float, (group.late_factor, group.sleeping_factor, group.lost_factor))]
        )
    return header, rows

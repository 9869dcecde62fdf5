"""«Показатели»: every figure with its certainty and definition, two definitions side by side, the patients behind."""

from __future__ import annotations

from collections.abc import Sequence, Sized
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from zabota.analytics import metrics as counting
from zabota.analytics.metrics import Definition, Filters, Ground, NotGathered, NothingSeen, Unit
from zabota.clinic.api import Right
from zabota.clinic.models import Branch, Doctor, ServiceGroup
from zabota.desk.access import StaffRequest, branches_of, staff_page
from zabota.desk.insight.files import table_answer
from zabota.desk.insight.metric_rows import HEADER, in_words, parts_of, row_of, table_of
from zabota.desk.insight.views_saved import saved_of
from zabota.kernel import clock
from zabota.patients.models import Source

PER_PAGE = 50
FILTERS = ("branch", "doctor", "group", "channel")
#: Metrics that can stand side by side: of each patient they say yes or no.
COMPARED = tuple(each for each in counting.COUNTED if each.unit is Unit.SHARE)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for, as far as it makes sense; `wrong` says what does not."""

    as_of: date
    days: int | None
    filters: Filters
    options: dict[str, list[tuple[int, str]]]
    wrong: str

    @property
    def query(self) -> str:
        """The same as the tail of an address."""
        return urlencode([("on", self.as_of), *self._choices()])

    def kept(self, newest: date) -> str:
        """The same for a saved view: the newest day is left out, so that the view goes with the data."""
        return urlencode([*([] if self.as_of == newest else [("on", self.as_of)]), *self._choices()])

    def _choices(self) -> list[tuple[str, object]]:
        pairs = [(name, getattr(self.filters, name)) for name in FILTERS]
        return [("days", self.days or ""), *((name, value) for name, value in pairs if value is not None)]

    @property
    def fields(self) -> list[tuple[str, str, str, list[tuple[int, str]], int | None]]:
        """Filters as fields: label, name, word for all, options, the chosen one."""
        words = (
            ("Филиал", "branch", "Все"),
            ("Врач", "doctor", "Все"),
            ("Группа услуг", "group", "Все"),
            ("Источник", "channel", "Все"),
        )
        return [
            (label, name, every, self.options[name], getattr(self.filters, name))
            for label, name, every in words
            if len(self.options[name]) > 1
        ]  # fmt: skip


@require_GET
@staff_page(Right.AUDIT_VIEW)
def metrics(request: StaffRequest) -> HttpResponse:
    """Every metric of the clinic."""
    try:
        ground, made_at = counting.ground_at(request.clinic, now=clock.now(), branches=branches_of(request.member))
    except NothingSeen:
        return render(request, "desk/insight/metrics.html", {"empty": True})
    except NotGathered:
        return render(request, "desk/insight/metrics.html", {"ungathered": True})
    asked = asked_of(request, ground)
    values = counting.metric_values(ground, as_of=asked.as_of, days=asked.days, filters=asked.filters)
    newest = counting.last_day(ground, today=clock.today(request.clinic.time_zone, clock.now()))
    context: dict[str, Any] = {
        "asked": asked,
        "parts": parts_of(values),
        "periods": [(str(days), f"{days} дней") for days in counting.PERIODS],
        "begins": ground.begins,
        "made_at": made_at,
        "large": counting.is_large(request.clinic.pk),
        "limited": branches_of(request.member) is not None,
        "compared": [each for each in COMPARED if each.key in ("r1", "r3")],
        "may_open": request.may(Right.PATIENTS_VIEW),
        "kept": asked.kept(newest),
        "saved": saved_of(request, "metrics"),
    }
    return render(request, "desk/insight/metrics.html", context)


@require_POST
@staff_page(Right.AUDIT_VIEW)
def metrics_gather(request: StaffRequest) -> HttpResponse:
    """Have the tables of a large clinic read in the background."""
    counting.ask_gather(request.clinic)
    messages.success(request, "Собираем. У клиники с миллионом записей это занимает около минуты")
    return redirect("desk:metrics")


@require_GET
@staff_page(Right.AUDIT_VIEW)
def metrics_file(request: StaffRequest, form: str) -> HttpResponse:
    """The same figures as a file."""
    ground = ground_or_404(request)
    asked = asked_of(request, ground)
    values = counting.metric_values(ground, as_of=asked.as_of, days=asked.days, filters=asked.filters)
    return table_answer(form, f"pokazateli-{asked.as_of:%Y-%m-%d}", HEADER, table_of(values))


@require_GET
@staff_page(Right.AUDIT_VIEW)
def metric_people(request: StaffRequest, key: str) -> HttpResponse:
    """The patients over whom a metric is counted, with what each adds."""
    asked, found, members, side = members_of(request, key)
    page = Paginator(members, PER_PAGE).get_page(request.GET.get("page"))
    people = _people(request, [patient for patient, _ in page.object_list])
    rows = [(people[patient], adds_words(found, value)) for patient, value in page.object_list if patient in people]
    context = {"asked": asked, "row": row_of(found), "rows": rows, "page": page, "side": side, "total": len(members)}
    context["may_export"] = request.may(Right.PATIENTS_EXPORT)
    return render(request, "desk/insight/metric_people.html", context)


@require_GET
@staff_page(Right.AUDIT_VIEW)
def metrics_compare(request: StaffRequest) -> HttpResponse:
    """Two definitions on the same data, and the patients about whom they disagree."""
    ground = ground_or_404(request)
    asked = asked_of(request, ground)
    found, groups = compared_of(request, ground, asked)
    shown = next((each for each in groups if each["code"] == request.GET.get("who")), None)
    page = Paginator(shown["patients"] if shown else [], PER_PAGE).get_page(request.GET.get("page"))
    may_open = request.may(Right.PATIENTS_VIEW)
    people = _people(request, list(page.object_list)) if may_open else {}
    context = {
        "asked": asked, "first": row_of(found.first), "second": row_of(found.second), "found": found, "groups": groups,
        "both": [row_of(found.first), row_of(found.second)], "agreed": found.both_yes + found.both_no,
        "shown": shown, "page": page, "people": [people[pk] for pk in page.object_list if pk in people],
        "choices": [(each.key, f"{each.code}: {each.title}") for each in COMPARED], "may_open": may_open,
        "may_export": request.may(Right.PATIENTS_EXPORT),
    }  # fmt: skip
    return render(request, "desk/insight/metrics_compare.html", context)


def members_of(request: StaffRequest, key: str) -> tuple[Asked, counting.MetricValue, counting.Members, str]:
    """What the address asks for, the metric, the patients behind it and which side of a share they stand on."""
    definition = definition_of(request, key)
    ground = ground_or_404(request)
    asked = asked_of(request, ground)
    found = counting.value_of(definition, ground, as_of=asked.as_of, days=asked.days, filters=asked.filters)
    members = counting.patients_of(definition, ground, as_of=asked.as_of, days=asked.days, filters=asked.filters)
    side = request.GET.get("side", "")
    if definition.counts_yes and side in ("yes", "no"):
        members = members.who(yes=side == "yes")
    return asked, found, members, side


def compared_of(request: StaffRequest, ground: Ground, asked: Asked) -> tuple[counting.Differ, list[dict[str, Any]]]:
    """The two definitions of the address on the same data, and the patients about whom they disagree by what they say."""
    keys = {each.key: each for each in COMPARED}
    first, second = (keys.get(request.GET.get(name, ""), keys[usual]) for name, usual in (("a", "r1"), ("b", "r3")))
    found = counting.compare(first, second, ground, as_of=asked.as_of, days=asked.days, filters=asked.filters)
    groups = [
        _group(first, second, says, patients.tolist()) for says, patients in sorted(found.groups.items(), key=_by_size)
    ]
    return found, groups


def _by_size(item: tuple[tuple[bool | None, bool | None], Sized]) -> int:
    return -len(item[1])


def _group(
    first: Definition, second: Definition, says: tuple[bool | None, bool | None], patients: Sequence[int]
) -> dict[str, Any]:
    words = {True: "да", False: "нет", None: "не входит"}
    return {
        "code": "-".join("x" if each is None else str(int(each)) for each in says),
        "first": words[says[0]],
        "second": words[says[1]],
        "title": f"«{first.title}»: {words[says[0]]}, «{second.title}»: {words[says[1]]}",
        "patients": patients,
    }


def adds_words(found: counting.MetricValue, value: float) -> str:
    """What a patient adds to a metric, in words."""
    if found.definition.unit is Unit.SHARE:
        return "да" if value > 0 else "нет"
    if found.definition.unit in (Unit.SHARE_OF_SLOTS, Unit.SHARE_OF_PLANS):
        return str(round(value))
    return in_words(found, value)


def _people(request: StaffRequest, ids: list[int]) -> dict[int, counting.PersonBehind]:
    found = counting.people_behind(ids, now=clock.now(), branches=branches_of(request.member))
    return {each.pk: each for each in found}


def definition_of(request: StaffRequest, key: str) -> Definition:
    """The metric of the address, when it is counted over patients whom this person may see."""
    definition = counting.BY_KEY.get(key)
    if definition is None or definition.count is None or not request.may(Right.PATIENTS_VIEW):
        raise Http404
    return definition


def ground_or_404(request: StaffRequest) -> Ground:
    """The tables that metrics are counted on."""
    try:
        return counting.ground_of(request.clinic, now=clock.now(), branches=branches_of(request.member))
    except (NothingSeen, NotGathered) as nobody:
        raise Http404 from nobody


def asked_of(request: StaffRequest, ground: Ground) -> Asked:
    """The choices of the address; a choice that does not exist is as if nothing were chosen, a day out of the data is told."""
    newest = counting.last_day(ground, today=clock.today(request.clinic.time_zone, clock.now()))
    options = _options(request)
    chosen: dict[str, int | None] = {}
    for name in FILTERS:
        word = request.GET.get(name, "")
        number = int(word) if word.isdecimal() and len(word) < 19 else None
        chosen[name] = number if number in {pk for pk, _ in options[name]} else None
    days = request.GET.get("days", "")
    as_of, wrong = newest, ""
    if word := request.GET.get("on", ""):
        try:
            as_of = date.fromisoformat(word)
        except ValueError:
            wrong = "Дата не распознана: показываем последний день с визитами."
        if not ground.begins <= as_of <= newest:
            as_of, wrong = newest, "Этого дня нет в данных: показываем последний день с визитами."
    known = days.isdecimal() and len(days) < 4 and int(days) in counting.PERIODS
    return Asked(as_of, int(days) if known else None, Filters(**chosen), options, wrong)


def _options(request: StaffRequest) -> dict[str, list[tuple[int, str]]]:
    of_clinic = {"clinic": request.clinic}
    branches = Branch.objects.filter(**of_clinic)
    doctors = Doctor.objects.filter(**of_clinic)
    if (mine := branches_of(request.member)) is not None:
        branches, doctors = branches.filter(pk__in=mine), doctors.filter(branches__in=mine).distinct()
    return {
        "branch": list(branches.order_by("name").values_list("pk", "name")),
        "doctor": list(doctors.order_by("name").values_list("pk", "name")),
        "group": list(ServiceGroup.objects.filter(**of_clinic).order_by("name").values_list("pk", "name")),
        "channel": list(Source.objects.filter(**of_clinic).order_by("name").values_list("pk", "name")),
    }

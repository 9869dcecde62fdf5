"""Lists of patients of «Показатели» and «Кому звонить», and the disagreement of two definitions, as files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_GET

from zabota.analytics import metrics as counting
from zabota.analytics import snapshots
from zabota.analytics.metrics import PersonBehind
from zabota.clinic.api import Right
from zabota.desk.access import StaffRequest, branches_of, staff_page
from zabota.desk.insight.files import table_answer
from zabota.desk.insight.metrics import adds_words, asked_of, compared_of, ground_or_404, members_of
from zabota.desk.insight.people import step_words
from zabota.desk.insight.value import asked_list
from zabota.kernel import clock
from zabota.kernel.audit import record

Row = Sequence[object]


@require_GET
@staff_page(Right.AUDIT_VIEW)
def metrics_compare_file(request: StaffRequest, form: str) -> HttpResponse:
    """About how many patients two definitions agree and disagree."""
    ground = ground_or_404(request)
    asked = asked_of(request, ground)
    found, groups = compared_of(request, ground, asked)
    first, second = found.first.definition, found.second.definition
    header = (first.title, second.title, "Пациентов")
    rows: list[Row] = [("да", "да", found.both_yes), ("нет", "нет", found.both_no)]
    rows += [(each["first"], each["second"], len(each["patients"])) for each in groups]
    return table_answer(form, f"opredeleniya-{first.key}-{second.key}-{asked.as_of:%Y-%m-%d}", header, rows)


@require_GET
@staff_page(Right.PATIENTS_EXPORT)
def compare_people_file(request: StaffRequest, form: str) -> HttpResponse:
    """The patients about whom two definitions say what the address asks for."""
    if not (request.may(Right.AUDIT_VIEW) and request.may(Right.PATIENTS_VIEW)):
        raise Http404
    ground = ground_or_404(request)
    asked = asked_of(request, ground)
    _, groups = compared_of(request, ground, asked)
    shown = next((each for each in groups if each["code"] == request.GET.get("who")), None)
    if shown is None:
        raise Http404
    rows = [
        (each.name, each.branch, each.last_visit_on, each.visits, step_words(each))
        for each in _people(request, shown["patients"])
    ]
    header = ("Пациент", "Филиал", "Последний визит", "Визитов", "Следующий шаг")
    return _taken(request, form, f"opredeleniya-{shown['code']}-{asked.as_of:%Y-%m-%d}", header, rows)


@require_GET
@staff_page(Right.PATIENTS_EXPORT)
def metric_people_file(request: StaffRequest, key: str, form: str) -> HttpResponse:
    """The patients over whom a metric is counted; the trail keeps who took them."""
    asked, found, members, _ = members_of(request, key)
    adds = dict(members[:])
    rows = [
        (each.name, each.branch, adds_words(found, adds[each.pk]), each.last_visit_on, each.visits, step_words(each))
        for each in _people(request, list(adds))
    ]
    header = ("Пациент", "Филиал", found.definition.title, "Последний визит", "Визитов", "Следующий шаг")
    return _taken(request, form, f"pokazatel-{key}-{asked.as_of:%Y-%m-%d}", header, rows)


@require_GET
@staff_page(Right.PATIENTS_EXPORT)
def calls_file(request: StaffRequest, form: str) -> HttpResponse:
    """Who is worth a call, as the page lists them; the trail keeps who took them."""
    if not (request.may(Right.AUDIT_VIEW) and request.may(Right.PATIENTS_VIEW)):
        raise Http404
    today = clock.today(request.clinic.time_zone, clock.now())
    which, within = asked_list(request)
    snapshot = snapshots.open_latest(request.clinic.pk)
    found = snapshot and counting.prospects(
        snapshot, which=which, within_days=within, branches=branches_of(request.member), today=today,
        without=counting.settled_since(request.clinic.pk, snapshot.as_of, now=clock.now()),
    )  # fmt: skip
    if not found:
        raise Http404
    prospects = {each.patient_id: each for each in found[:]}
    header = (
        "Пациент", "Филиал", "Последний визит", "Опоздание", "Обычно раз в, дней", "Придёт сам, %",
        "Ожидаемая ценность, руб.", "Стоит звонок, руб.", "Уснёт", "Следующий шаг",
    )  # fmt: skip
    people = {each.pk: each for each in _people(request, list(prospects))}
    rows = [
        (
            people[pk].name, people[pk].branch, each.last_on, round(each.lateness, 2), each.interval_days,
            100 * each.returns, each.worth_kopecks / 100, each.gain_kopecks / 100, each.sleeping_on,
            step_words(people[pk]),
        )
        for pk, each in prospects.items()
        if pk in people
    ]  # fmt: skip
    return _taken(request, form, f"zvonki-{which}-{today:%Y-%m-%d}", header, rows)


def _people(request: StaffRequest, ids: list[int]) -> list[PersonBehind]:
    return counting.people_behind(ids, now=clock.now(), branches=branches_of(request.member))


def _taken(request: StaffRequest, form: str, name: str, header: Sequence[str], rows: Iterable[Row]) -> HttpResponse:
    listed = list(rows)
    answer = table_answer(form, name, header, listed)
    record(
        "analytics.people.exported", request.clinic, actor=request.actor, now=clock.now(),
        clinic_id=request.clinic.pk, details={"rows": len(listed), "list": name},
    )  # fmt: skip
    return answer

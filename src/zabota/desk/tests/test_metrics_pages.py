"""«Показатели» and «Кому звонить» at the desk: who may look, what stands there, what one press does."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re

import numpy as np
import pytest
from django_tasks_db.models import DBTaskResult

from zabota.analytics import metrics, snapshots
from zabota.analytics.reports import audit_of
from zabota.analytics.services import metrics_keeping
from zabota.booking.models import Appointment
from zabota.kernel import clock
from zabota.kernel.models import AuditEntry
from zabota.kernel.scope import clinic_scope
from zabota.nextstep.api import exempt_patient, sweep_clinic
from zabota.patients.models import Patient
from zabota.worklist.models import Task

pytestmark = pytest.mark.django_db

PAGES = ("/metrics/", "/metrics/compare/", "/metrics/r3/people/", "/calls/")
NOW = clock.now()


@pytest.fixture(autouse=True)
def data_folder(settings, tmp_path):
    """Snapshots of a test lie in its own folder."""
    settings.DATA_DIR = tmp_path


@pytest.fixture
def busy(smile, centre, north, doctor_sokolova, new_patient):
    """«Улыбка» with 160 patients of three years, who come every few months; the newest visit is of yesterday."""
    rng = np.random.default_rng(5)
    today = clock.today(smile.time_zone, NOW)
    rows = []
    for number in range(160):
        patient = new_patient(smile, f"Пациентов{number}", branch=centre if number % 2 else north)
        day = int(rng.integers(30, 1150))
        while day > 0:
            on = today - dt.timedelta(days=day)
            status = "no_show" if rng.random() < 0.08 else "completed"
            rows.append(
                Appointment(
                    clinic=smile, patient=patient, branch=patient.branch, doctor=doctor_sokolova, day=on, status=status,
                    starts_at=dt.datetime.combine(on, dt.time(9), dt.UTC), booked_at=NOW - dt.timedelta(days=day + 5),
                    total_kopecks=int(rng.integers(1, 9)) * 100_000 if status == "completed" else 0,
                )
            )  # fmt: skip
            if rng.random() < 0.12:
                break
            day -= int(rng.integers(40, 160))
    rows[0].day = today - dt.timedelta(days=1)
    with clinic_scope(smile.pk):
        Appointment.objects.bulk_create(rows)
    return smile


@pytest.mark.parametrize("path", PAGES)
def test_only_those_with_the_right_may_look(busy, as_anton, as_marina, as_vera, as_sokolova, path) -> None:
    assert [each.get(path).status_code for each in (as_anton, as_marina)] == [200, 200]
    assert [each.get(path).status_code for each in (as_vera, as_sokolova)] == [404, 404]


@pytest.mark.parametrize("path", PAGES)
def test_owner_of_another_clinic_sees_no_patient_of_this_one(busy, as_oleg, path) -> None:
    snapshots.build_snapshot(clinic_id=busy.pk, now=NOW)
    assert b"\xd0\x9f\xd0\xb0\xd1\x86\xd0\xb8\xd0\xb5\xd0\xbd\xd1\x82\xd0\xbe\xd0\xb2" not in as_oleg.get(path).content


def test_empty_clinic_is_told_what_will_be_here(smile, as_anton) -> None:
    assert "загрузите выгрузку" in as_anton.get("/metrics/").content.decode()
    assert "Собрать снимок" in as_anton.get("/calls/").content.decode()


def test_each_metric_stands_with_its_definition(busy, as_anton) -> None:
    text = as_anton.get("/metrics/").content.decode()
    for each in metrics.COUNTED:
        assert each.title in text
        assert each.says in text


def test_a_saved_view_is_found_by_a_colleague_and_goes_with_the_newest_day(busy, centre, as_anton, as_marina) -> None:
    asked = {"days": "180", "branch": str(centre.pk)}
    newest = re.search(r'name="on"[^>]*value="([^"]+)"', as_anton.get("/metrics/").content.decode())
    page = as_anton.get("/metrics/", {**asked, "on": newest[1]}).content.decode()
    kept = re.search(r'name="query" value="([^"]*)"', page)[1].replace("&amp;", "&")
    assert kept == f"days=180&branch={centre.pk}"
    as_anton.post("/insight/saved/", {"page": "metrics", "name": "Центр за полгода", "query": kept})
    theirs = as_marina.get("/metrics/").content.decode()
    assert "Центр за полгода" in theirs and f"/metrics/?days=180&amp;branch={centre.pk}" in theirs
    opened = as_marina.get("/metrics/", asked).content.decode()
    assert f'<option value="{centre.pk}" selected' in opened


def test_figures_are_those_of_the_report(busy, in_clinic) -> None:
    report = audit_of(busy, now=NOW)
    ground = metrics.ground_of(busy, now=NOW)
    values = {each.definition.key: each for each in metrics.metric_values(ground, as_of=report.as_of)}
    for share, key in ((report.retention.now, "r3"), (report.measures[0].now, "r1"), (report.measures[1].now, "r2")):
        assert (values[key].value, values[key].n) == (share.value, share.denominator)
        assert (values[key].low, values[key].high) == (share.low, share.high)
        assert values[key].before == {
            "r3": report.retention, "r1": report.measures[0], "r2": report.measures[1]
        }[key].year_before.value  # fmt: skip
    assert values["r3"].change.low * 100 == pytest.approx(report.retention.low_pp)


def test_coverage_is_that_of_the_rule(busy, in_clinic) -> None:
    from zabota.nextstep.api import coverage_of

    sweep_clinic(clinic_id=busy.pk, now=NOW)
    Task.objects.filter(clinic=busy).first().delete()
    found = coverage_of(clinic_id=busy.pk, now=NOW)
    ground = metrics.ground_of(busy, now=NOW)
    (value,) = metrics.metric_values(ground, as_of=clock.today(busy.time_zone, NOW), keys=["coverage"])
    assert (value.n, round(value.value * value.n)) == (found.under_rule, found.under_rule - found.without)


def test_patients_of_a_figure_are_as_many_as_it_says(busy, as_anton, in_clinic) -> None:
    ground = metrics.ground_of(busy, now=NOW)
    as_of = metrics.last_day(ground, today=clock.today(busy.time_zone, NOW))
    found = metrics.value_of(metrics.BY_KEY["r1"], ground, as_of=as_of)
    people = metrics.patients_of(metrics.BY_KEY["r1"], ground, as_of=as_of)
    assert (len(people), float(people.value.mean())) == (found.n, found.value)
    text = as_anton.get("/metrics/r1/people/?side=no").content.decode()
    assert "/patients/" in text


def test_two_definitions_differ_in_exactly_the_patients_listed(busy, in_clinic, as_anton) -> None:
    ground = metrics.ground_of(busy, now=NOW)
    as_of = metrics.last_day(ground, today=clock.today(busy.time_zone, NOW))
    first, second = metrics.BY_KEY["r1"], metrics.BY_KEY["r3"]
    found = metrics.compare(first, second, ground, as_of=as_of)
    told = sum(len(each) for (a, _), each in found.groups.items() if a is not None)
    agreed_in_first = found.both_yes + found.both_no
    assert told + agreed_in_first == found.first.n
    assert as_anton.get("/metrics/compare/?a=r1&b=r3&who=1-x").status_code == 200


def test_columns_are_named_in_words_and_not_by_a_code(busy, as_anton) -> None:
    heads = re.findall(r'<th scope="col"[^>]*>([^<]*)</th>', as_anton.get("/metrics/coverage/people/").content.decode())
    assert "Есть следующий шаг" in heads
    heads = re.findall(r'<th scope="col"[^>]*>([^<]*)</th>', as_anton.get("/metrics/compare/").content.decode())
    assert heads[:2] == ["Приходили больше одного раза", "Возврат за период"]
    taken = as_anton.get("/metrics/coverage/people.csv").content.decode("utf-8-sig")
    assert "Есть следующий шаг" in taken.splitlines()[0]
    assert not any("З" in each.code and each.code[0].isdigit() for each in metrics.METRICS), "«2З» is read as 23"


def test_filters_and_days_that_make_no_sense_are_told_or_left_out(busy, as_anton) -> None:
    senseless = "?branch=99999&doctor=abc&days=7&group=" + "9" * 40
    assert as_anton.get(f"/metrics/{senseless}").status_code == 200
    assert "Дата не распознана" in as_anton.get("/metrics/?on=вчера").content.decode()
    assert "Этого дня нет в данных" in as_anton.get("/metrics/?on=2031-01-01").content.decode()
    assert as_anton.get("/metrics/compare/?a=arpp&b=zzz").status_code == 200
    assert as_anton.get("/metrics/nps/people/").status_code == 404


def test_file_holds_every_metric_and_no_formula(busy, as_anton) -> None:
    text = as_anton.get("/metrics/table.csv").content.decode("utf-8-sig")
    assert len(text.strip().splitlines()) == len(metrics.COUNTED) + 1
    assert as_anton.get("/metrics/table.xlsx").content[:2] == b"PK"
    assert as_anton.get("/metrics/table.exe").status_code == 404


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_lists_behind_figures_and_calls_are_files_for_who_may_take_people_out(
    busy, as_anton, as_marina, in_clinic, form
) -> None:
    snapshots.build_snapshot(clinic_id=in_clinic.pk, now=NOW)
    for path in ("/metrics/r1/people", "/calls/list"):
        answer = as_anton.get(f"{path}.{form}?side=no&list=all")
        assert answer.headers["Content-Disposition"].endswith(f'.{form}"')
        assert as_anton.get(f"{path}.exe").status_code == 404
        assert as_marina.get(f"{path}.{form}").status_code == 404
    taken = AuditEntry.objects.filter(action="analytics.people.exported")
    assert taken.count() == 2
    assert all(each.details["rows"] > 10 for each in taken)
    assert as_marina.get(f"/metrics/compare.{form}").status_code == 200
    page = as_anton.get("/metrics/compare/?a=r1&b=r3&who=1-x").content.decode()
    assert f"/metrics/compare/people.{form}?" in page
    tail = "a=r1&b=r3&who=1-x"
    assert as_anton.get(f"/metrics/compare/people.{form}?{tail}").headers["Content-Disposition"].endswith(f'.{form}"')
    assert as_anton.get(f"/metrics/compare/people.{form}?who=none").status_code == 404
    assert as_marina.get(f"/metrics/compare/people.{form}?{tail}").status_code == 404


def test_file_of_a_list_holds_whom_the_page_shows(busy, as_anton, in_clinic) -> None:
    ground = metrics.ground_of(busy, now=NOW)
    as_of = metrics.last_day(ground, today=clock.today(busy.time_zone, NOW))
    found = metrics.value_of(metrics.BY_KEY["r1"], ground, as_of=as_of)
    text = as_anton.get("/metrics/r1/people.csv").content.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text), delimiter=";"))[1:]
    assert (len(rows), sum(row[2] == "да" for row in rows)) == (found.n, round(found.value * found.n))
    differ = list(
        csv.reader(io.StringIO(as_anton.get("/metrics/compare.csv").content.decode("utf-8-sig")), delimiter=";")
    )
    compared = metrics.compare(metrics.BY_KEY["r1"], metrics.BY_KEY["r3"], ground, as_of=as_of)
    told = compared.both_yes + compared.both_no + sum(len(each) for each in compared.groups.values())
    assert sum(int(row[2]) for row in differ[1:]) == told


def test_limited_head_counts_own_branches_only(busy, centre, in_clinic, new_member, log_in) -> None:
    from zabota.clinic.rules.rights import Role

    head = log_in(new_member(busy, Role.QUALITY, "Лев", "Узкий", branches=[centre]))
    text = head.get("/metrics/").content.decode()
    assert "Показаны только ваши филиалы" in text
    whole = metrics.ground_of(busy, now=NOW)
    part = metrics.ground_of(busy, now=NOW, branches=[centre.pk])
    assert 0 < len(part.patient) < len(whole.patient)


def test_large_clinic_is_read_from_its_files_and_says_of_when_they_are(busy, as_anton, in_clinic, monkeypatch) -> None:
    small = [each.value for each in metrics.metric_values(metrics.ground_of(busy, now=NOW), as_of=yesterday(busy))]
    monkeypatch.setattr(metrics_keeping, "LIVE_ROWS", 10)
    assert "Собрать сейчас" in as_anton.get("/metrics/").content.decode()
    assert as_anton.get("/metrics/table.csv").status_code == 404
    assert as_anton.post("/metrics/gather/").status_code == 302
    for moment in (NOW - dt.timedelta(days=2), NOW - dt.timedelta(days=1), NOW):
        metrics_keeping.gather(busy, now=moment)
    large, made_at = metrics.ground_at(busy, now=NOW + dt.timedelta(hours=1))
    assert made_at == NOW.replace(microsecond=0)
    assert [each.value for each in metrics.metric_values(large, as_of=yesterday(busy))] == small
    assert "Собрано" in as_anton.get("/metrics/").content.decode()


def yesterday(clinic) -> dt.date:
    return clock.today(clinic.time_zone, NOW) - dt.timedelta(days=1)


def test_merged_cards_are_one_patient(busy, in_clinic) -> None:
    before = len(metrics.ground_of(busy, now=NOW).patient)
    seen = list(Appointment.objects.filter(status="completed").values_list("patient_id", flat=True).distinct()[:2])
    Patient.objects.filter(pk=seen[0]).update(merged_into=seen[1])
    assert len(metrics.ground_of(busy, now=NOW).patient) == before - 1


def test_chosen_get_a_task_once_and_those_in_the_queue_none(busy, as_anton, in_clinic) -> None:
    sweep_clinic(clinic_id=busy.pk, now=NOW)
    snapshots.build_snapshot(clinic_id=busy.pk, now=NOW)
    text = as_anton.get("/calls/?list=all").content.decode()
    ids = list(Patient.objects.filter(clinic=busy).order_by("pk").values_list("public_id", flat=True)[:3])
    assert ids[0] in text or "Стоит звонок" in text
    Task.objects.filter(patient__public_id__in=ids[:2]).update(state="closed", outcome="not_needed", closed_at=NOW)
    for _ in range(2):
        as_anton.post("/calls/send/", {"patient": ids, "list": "all"})
    assert Task.objects.filter(patient__public_id__in=ids, dedupe_key__startswith="value:").count() in (2, 3)
    assert Task.objects.ready(NOW).filter(patient__public_id=ids[0]).count() == 1


def test_looking_at_the_list_makes_no_task_and_who_may_not_send_cannot(busy, as_marina, in_clinic) -> None:
    snapshots.build_snapshot(clinic_id=busy.pk, now=NOW)
    before = Task.objects.count()
    page = as_marina.get("/calls/?list=soon&within=60")
    assert page.status_code == 200
    assert "Поставить в очередь" not in page.content.decode()
    assert as_marina.post("/calls/send/", {"patient": ["x"]}).status_code == 404
    assert Task.objects.count() == before


def test_patient_of_another_clinic_cannot_be_sent(busy, stranger, as_anton) -> None:
    as_anton.post("/calls/send/", {"patient": [stranger.public_id]})
    with clinic_scope(stranger.clinic_id):
        assert not Task.objects.filter(patient=stranger).exists()


def test_booked_patient_is_not_in_the_list(busy, in_clinic) -> None:
    snapshots.build_snapshot(clinic_id=busy.pk, now=NOW)
    today = clock.today(busy.time_zone, NOW)
    found = metrics.prospects(
        snapshots.open_latest(busy.pk), which=metrics.EVERYBODY, within_days=14, branches=None, today=today
    )
    someone = found[0].patient_id
    Appointment.objects.create(
        clinic=busy, patient_id=someone, day=today + dt.timedelta(days=9), status="planned",
        starts_at=NOW + dt.timedelta(days=9),
    )  # fmt: skip
    snapshots.build_snapshot(clinic_id=busy.pk, now=NOW, full=True)
    again = metrics.prospects(
        snapshots.open_latest(busy.pk), which=metrics.EVERYBODY, within_days=14, branches=None, today=today
    )
    assert someone not in [each.patient_id for each in again]
    assert len(again) == len(found) - 1


def test_who_said_no_or_booked_since_the_snapshot_is_not_to_be_called(busy, as_anton, actor, in_clinic) -> None:
    snapshots.build_snapshot(clinic_id=busy.pk, now=NOW)
    shown = as_anton.get("/calls/?list=all").context["rows"]
    refused, booked = (Patient.objects.get(pk=each.patient_id) for each, _ in shown[:2])
    exempt_patient(patient=refused, reason="refused", actor=actor, now=clock.now())
    Appointment.objects.create(
        clinic=busy, patient=booked, day=NOW.date(), status="planned", booked_at=clock.now(),
        starts_at=clock.now() + dt.timedelta(days=2),
    )  # fmt: skip
    left = {each.patient_id for each, _ in as_anton.get("/calls/?list=all").context["rows"]}
    assert left and not left & {refused.pk, booked.pk}


def test_months_that_nobody_loaded_make_nobody_late(busy, as_anton, in_clinic) -> None:
    today, end = clock.today(busy.time_zone, NOW), clock.today(busy.time_zone, NOW) - dt.timedelta(days=90)
    Appointment.objects.filter(day__gt=end).update(vanished_at=NOW)
    newest = Appointment.objects.filter(vanished_at=None, status="completed").latest("day").day
    snapshots.build_snapshot(clinic_id=busy.pk, now=NOW, full=True)
    found = metrics.prospects(
        snapshots.open_latest(busy.pk), which=metrics.EVERYBODY, within_days=14, branches=None, today=today
    )
    assert found.told == newest
    late = next(each for each in found if each.last_on == newest)
    assert (late.lateness, late.silent_days) == (0, (today - newest).days)
    assert "Визиты в базе кончаются" in as_anton.get("/calls/").content.decode()


def test_a_new_snapshot_is_built_in_the_background_and_the_page_says_so(busy, as_anton, in_clinic) -> None:
    assert "Собрать снимок" in as_anton.get("/calls/").content.decode()
    assert as_anton.post("/calls/refresh/").status_code == 302
    as_anton.post("/calls/refresh/")
    build = DBTaskResult.objects.get(task_path="zabota.analytics.jobs.snapshot")
    assert snapshots.open_latest(busy.pk) is None
    text = as_anton.get("/calls/").content.decode()
    assert "Собираем снимок пациентов" in text
    assert "/calls/state/" in text
    assert "hx-get" in as_anton.get("/calls/state/").content.decode()
    build.task.call(*build.args_kwargs["args"])
    DBTaskResult.objects.update(status="SUCCESSFUL")
    assert as_anton.get("/calls/state/").headers["HX-Redirect"] == "/calls/"
    assert snapshots.open_latest(busy.pk) is not None
    DBTaskResult.objects.update(status="FAILED", enqueued_at=clock.now())
    assert "Снимок собрать не получилось" in as_anton.get("/calls/").content.decode()

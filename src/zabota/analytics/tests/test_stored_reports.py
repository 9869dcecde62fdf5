"""Reports from the database: the same figures as from the file, kept, made once, of one clinic only."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from pathlib import Path

import polars as pl
import pytest
from django_tasks_db.models import DBTaskResult

from zabota.analytics import jobs, reports
from zabota.analytics.api import Refusal, Rows, audit
from zabota.analytics.models import Behind, StoredReport
from zabota.analytics.queries.visits import visits_frame
from zabota.analytics.rules.columns import read_visits
from zabota.analytics.rules.series import retention_series
from zabota.analytics.tests.clinics import Clinic as Order
from zabota.analytics.tests.clinics import visits_of
from zabota.booking.models import Appointment
from zabota.clinic.models import Branch
from zabota.intake import loads
from zabota.intake.api import read_export
from zabota.kernel import clock
from zabota.kernel.audit import SYSTEM, Actor
from zabota.kernel.models import AuditEntry
from zabota.kernel.scope import clinic_scope
from zabota.patients.models import DuplicateCandidate, Patient

pytestmark = pytest.mark.django_db

HEADER = ("Код визита", "Код пациента", "ФИО", "Дата рождения", "Дата приёма", "Филиал", "Врач", "Специальность", "Услуга", "Группа услуг", "Сумма", "Статус", "Источник")  # fmt: skip
STATES = {"completed": "Завершён", "no_show": "Не пришёл", "planned": "Запланирован"}
NAMES = ("Анна", "Мария", "Ольга", "Елена", "Ирина", "Нина", "Вера", "Юлия")


def export_of(frame: pl.DataFrame) -> bytes:
    """The visits as an information system would export them."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";")
    writer.writerow(HEADER)
    for row in frame.sort("starts_at", "visit").iter_rows(named=True):
        person = row["person"]
        name = f"{surname(person)} {NAMES[person % 8]} {surname(person // 7)}на"
        # Minutes keep the order of the file within a day.
        minutes = row["visit"] % 600
        at = dt.datetime.combine(row["day"], dt.time(8 + minutes // 60, minutes % 60))
        writer.writerow(
            (
                f"v{row['visit']}", f"p{person}", name, f"{row['born_on']:%d.%m.%Y}", f"{at:%d.%m.%Y %H:%M}",
                row["branch"], row["doctor"], row["speciality"], row["service"], f"Раздел {len(row['service']) % 3}", f"{row['price_kopecks'] / 100:.2f}",
                STATES[row["status"]], row["channel"] or "",
            )
        )  # fmt: skip
    return text.getvalue().encode("utf-8-sig")


def surname(number: int) -> str:
    """A surname of letters for a number."""
    letters = "абвгдежзик"
    return "Кор" + "".join(letters[int(digit)] for digit in f"{number:05d}") + "ов"


@pytest.fixture
def small_export(tmp_path: Path) -> Path:
    today = clock.now().date()
    frame = visits_of(Order(causes=("doctor",), patients=500, months=36, as_of=today))
    path = tmp_path / "visits.csv"
    path.write_bytes(export_of(frame))
    return path


@pytest.fixture
def loaded(small_export, smile, centre):
    """«Улыбка» with the export in its database."""
    actor = Actor(kind="import")
    with clinic_scope(smile.pk):
        with small_export.open("rb") as file:
            uploads = [loads.Upload(name=small_export.name, content=file)]
            batch = loads.receive_files(clinic=smile, uploads=uploads, actor=actor, now=clock.now())
        jobs_of_intake = DBTaskResult.objects.filter(task_path__startswith="zabota.intake")
        for job in jobs_of_intake:
            job.task.call(*job.args_kwargs["args"])
        batch.refresh_from_db()
        for step in ("check", "load"):
            if step == "check":
                loads.choose_columns(
                    batch=batch,
                    mapping=batch.mapping,
                    branch=None,
                    system="file",
                    is_complete=True,
                    remember_as="",
                    signature=batch.facts["signature"],
                    actor=actor,
                    now=clock.now(),
                )
            batch = loads.run_step_now(batch=batch, step=step, actor=actor, now=clock.now())
    return smile


def test_database_gives_the_same_figures_as_the_file(loaded, small_export) -> None:
    today = clock.now().date()
    reading = read_export([small_export], today=today)
    of_file = audit(
        reading.visits,
        today=today,
        rows=Rows(reading.rows.read, reading.rows.accepted, 0, 0, 0),
        refusals=[Refusal(each.row, each.column, each.code, each.value) for each in reading.rejections],
    ).to_json()
    of_base = reports.audit_of(loaded, now=clock.now()).to_json()
    for key in ("as_of", "data", "patients", "visits", "retention", "measures", "cohorts", "next_step", "return_curve"):
        assert of_base[key] == of_file[key], key
    assert of_base["drivers"] == of_file["drivers"]
    assert "service_group" in {each["dimension"] for each in of_file["accounts"]}
    assert of_base["accounts"] == of_file["accounts"]
    assert of_base["yearly_value_kopecks"] == of_file["yearly_value_kopecks"]


@pytest.fixture
def new_visit(smile, centre, doctor_sokolova, mila):
    def make(ago: int, *, patient=mila, status="completed", clinic=smile, **fields):
        at = clock.now() - dt.timedelta(days=ago)
        with clinic_scope(clinic.pk):
            return Appointment.objects.create(
                clinic=clinic, patient=patient, branch=centre, doctor=doctor_sokolova, starts_at=at, day=at.date(),
                status=status, total_kopecks=300_000, **fields,
            )  # fmt: skip

    return make


def test_visits_of_a_merged_card_belong_to_the_card_that_was_kept(smile, mila, new_patient, new_visit) -> None:
    twin = new_patient(smile, "Кузнецова Мила Андреевна")
    older = new_patient(smile, "Кузнецова Мила Андреевна")
    new_visit(30, patient=mila)
    new_visit(20, patient=twin)
    new_visit(10, patient=older)
    with clinic_scope(smile.pk):
        Patient.objects.filter(pk=older.pk).update(merged_into=twin)
        Patient.objects.filter(pk=twin.pk).update(merged_into=mila)
        frame = visits_frame(smile.pk)
    assert frame.height == 3
    assert frame["person"].n_unique() == 1
    assert frame["born_on"].unique().to_list() == [mila.born_on]


def test_pairs_that_nobody_decided_on_are_said(smile, mila, new_patient, new_visit, now) -> None:
    first, second = sorted((mila.pk, new_patient(smile, "Кузнецова Мила").pk))
    new_visit(10)
    with clinic_scope(smile.pk):
        pair = DuplicateCandidate.objects.create(clinic=smile, first_id=first, second_id=second, score=90)
    (told,) = [each for each in reports.audit_of(smile, now=now).warnings if each.code == "alike_cards"]
    assert told.more == {"count": 1}
    with clinic_scope(smile.pk):
        DuplicateCandidate.objects.filter(pk=pair.pk).update(state="different")
    assert not [each for each in reports.audit_of(smile, now=now).warnings if each.code == "alike_cards"]


def test_vanished_visits_do_not_count(smile, new_visit) -> None:
    new_visit(30)
    new_visit(10, vanished_at=clock.now())
    with clinic_scope(smile.pk):
        assert visits_frame(smile.pk).height == 1


def test_price_without_services_is_the_total_of_the_visit(smile, new_visit) -> None:
    new_visit(10)
    with clinic_scope(smile.pk):
        assert visits_frame(smile.pk)["price_kopecks"].to_list() == [300_000]


def test_reports_are_kept_with_their_page_and_a_row_in_the_trail(smile, new_visit, now) -> None:
    for ago in (400, 200, 40, 10):
        new_visit(ago)
    assert reports.refresh_reports(clinic=smile, actor=SYSTEM, now=now)
    stored = StoredReport.objects.get(clinic=smile, kind="audit")
    assert stored.data["visits"] == 4
    assert stored.html.startswith("<!doctype html>")
    assert "Кузнецова" not in stored.html + json.dumps(stored.data, ensure_ascii=False)
    pulse = StoredReport.objects.get(clinic=smile, kind="pulse")
    assert pulse.data["coverage"]["under_rule"] >= 0
    assert AuditEntry.objects.filter(action="analytics.reports.stored", clinic_id=smile.pk).count() == 1


def test_clinic_without_visits_gets_no_report(smile, now) -> None:
    assert not reports.refresh_reports(clinic=smile, actor=SYSTEM, now=now)
    assert not StoredReport.objects.exists()


def test_another_clinic_sees_nothing_of_these_visits(smile, other_clinic, new_visit, now) -> None:
    new_visit(10)
    with clinic_scope(other_clinic.pk):
        assert visits_frame(other_clinic.pk).height == 0
    reports.refresh_reports(clinic=smile, actor=SYSTEM, now=now)
    assert reports.latest(other_clinic, reports.AUDIT) is None


def test_asking_twice_makes_one_job(smile, actor, now) -> None:
    assert reports.ask_refresh(clinic=smile, actor=actor, now=now)
    assert not reports.ask_refresh(clinic=smile, actor=actor, now=now)
    assert reports.is_under_way(smile)
    assert DBTaskResult.objects.filter(task_path=jobs.refresh.module_path).count() == 1


def test_only_the_newest_reports_are_kept(smile, new_visit, now, monkeypatch) -> None:
    monkeypatch.setattr("zabota.analytics.services.keeping.KEPT", 2)
    new_visit(10)
    for minutes in range(4):
        reports.refresh_reports(clinic=smile, actor=SYSTEM, now=now + dt.timedelta(minutes=minutes))
    assert StoredReport.objects.filter(kind="audit").count() == 2
    assert reports.latest(smile, "audit").computed_at == now + dt.timedelta(minutes=3)


def test_last_point_of_the_line_is_the_retention_of_the_report() -> None:
    frame = visits_of(Order(patients=1500, months=36))
    report = audit(frame, today=dt.date(2026, 11, 15), rows=Rows(1, 1, 0, 0, 0))
    points = retention_series(frame, as_of=report.as_of, days=report.retention.window_days or 0)
    assert (points[-1].numerator, points[-1].denominator) == (
        report.retention.now.numerator,
        report.retention.now.denominator,
    )
    assert [each.on for each in points] == sorted({each.on for each in points})
    assert 6 <= len(points) <= 19


def test_groups_of_patients_without_a_next_step_add_up() -> None:
    frame = visits_of(Order(patients=1500, months=36))
    step = audit(frame, today=dt.date(2026, 11, 15), rows=Rows(1, 1, 0, 0, 0)).next_step
    assert sum(each.patients for each in step.groups) == step.without
    assert abs(sum(each.value_kopecks for each in step.groups) - step.value_kopecks) <= len(step.groups)


def test_reports_of_a_branch_hold_its_visits_only_and_keep_who_stands_behind(loaded) -> None:
    now = clock.now()
    with clinic_scope(loaded.pk):
        branch = Branch.objects.filter(clinic=loaded).order_by("pk").first()
        reports.refresh_reports(clinic=loaded, actor=SYSTEM, now=now)
        reports.refresh_reports(clinic=loaded, actor=SYSTEM, now=now, branches=[branch.pk])
        whole = reports.latest(loaded, reports.AUDIT)
        part = reports.latest(loaded, reports.AUDIT, branches=[branch.pk])
        pulse = reports.latest(loaded, reports.PULSE, branches=[branch.pk])
        seen = set(Appointment.objects.filter(branch=branch, status="completed").values_list("patient_id", flat=True))
        behind = Behind.objects.get(report=part, place=reports.EVERYBODY)
        people = {each.pk for each in reports.people_of(behind, now=now, branches=None)}
    assert part.data["patients"] == len(seen) < whole.data["patients"]
    assert pulse.data["coverage"] is None
    assert pulse.data["violations"] == []
    main = part.data["retention"]["now"]
    assert len(people) == behind.count == main["denominator"] - main["numerator"]
    assert people <= seen


def test_the_question_of_the_report_is_answered_with_it(loaded) -> None:
    reports.refresh_reports(clinic=loaded, actor=SYSTEM, now=clock.now())
    report = reports.latest(loaded, reports.AUDIT)
    main = report.data["retention"]
    question = reports.Question(
        dt.date.fromisoformat(main["now"]["to"]), dt.date.fromisoformat(main["year_before"]["to"]), main["window_days"]
    )
    answer = reports.where_of(loaded, question, branches=None)
    assert answer.data["retention"] == json.loads(json.dumps(main))
    assert [each["value"] for each in answer.data["drivers"]] == [each["value"] for each in report.data["drivers"]]


def test_revenue_of_a_loaded_export_is_that_of_its_audit(tmp_path, smile, centre) -> None:
    """Quantities, discounts, rows without a price or a service: the web counts what `zabota audit` counts."""
    day, next_day = (f"{clock.now().date() - dt.timedelta(days=ago):%d.%m.%Y} 10:00" for ago in (40, 39))
    who = "7;Соколова Мила Андреевна;12.05.1990"
    rows = [
        "Код визита;Код пациента;ФИО;Дата рождения;Дата приёма;Услуга;Количество;Цена;Сумма;Оплачено;Статус",
        f"v1;{who};{day};Пломба;2;1000;1800;1800;Завершён",
        f"v1;{who};{day};Снимок;3;100;;300;Завершён",
        f"v2;{who};{day};Осмотр;1;500;500;500;Завершён",
        f"v2;{who};{day};;1;70;70;70;Завершён",
        f"v3;{who};{day};Гигиена;1;;;4000;Завершён",
        f"v4;{who};{next_day};Слепок;1;0;0;900;Завершён",
    ]
    path = tmp_path / "visits.csv"
    path.write_text("\r\n".join(rows) + "\r\n", encoding="utf-8-sig")
    of_file = read_visits(read_export([path], today=clock.now().date()).visits)
    actor = Actor(kind="import")
    with clinic_scope(smile.pk), path.open("rb") as file:
        batch = loads.receive_files(
            clinic=smile, uploads=[loads.Upload(name="visits.csv", content=file)], actor=actor, now=clock.now()
        )
        loads.choose_columns(
            batch=batch, mapping=None, branch=None, system="file", is_complete=True, remember_as="", signature="",
            actor=actor, now=clock.now(),
        )  # fmt: skip
        for step in ("check", "load"):
            loads.run_step_now(batch=batch, step=step, actor=actor, now=clock.now())
        of_database = read_visits(visits_frame(smile.pk))
    assert of_file.revenue.sum() == of_database.revenue.sum() == 757_000

"""The page of cohorts: from the snapshot, cut live, limited to branches, as files, with the alarm of Simpson."""

from __future__ import annotations

import datetime as dt

import pytest
from django_tasks_db.models import DBTaskResult

from zabota.analytics.snapshots import build_snapshot
from zabota.booking.models import Appointment, AppointmentService
from zabota.clinic.rules.rights import Role
from zabota.kernel import clock
from zabota.kernel.scope import clinic_scope
from zabota.patients.models import Patient, Source

pytestmark = pytest.mark.django_db
PATH = "/insight/cohorts/"


@pytest.fixture
def snapped(smile, centre, north, doctor_sokolova, settings, tmp_path):
    """240 patients over two years, 180 of them new for certain; those of «Купоны», all of «Север», come once, the others again in a month."""
    settings.DATA_DIR = tmp_path
    today = clock.now().date()
    with clinic_scope(smile.pk):
        sources = [Source.objects.create(clinic=smile, name=name, name_key=name.lower()) for name in ("Сайт", "Купоны")]
        cards = Patient.objects.bulk_create(
            Patient(
                clinic=smile, surname=f"Пациент{place}", name_key=f"пациент{place}", source=sources[place % 3 == 0],
                branch=north if place % 3 == 0 else centre,
            )
            for place in range(240)
        )  # fmt: skip
        visits = []
        for place, card in enumerate(cards):
            first = today - dt.timedelta(days=720 - 3 * place)
            days = [first] if place % 3 == 0 else [first, first + dt.timedelta(days=32)]
            for day in days:
                if day > today:
                    continue
                visits.append(
                    Appointment(
                        clinic=smile, patient=card, branch=card.branch, doctor=doctor_sokolova, day=day,
                        starts_at=dt.datetime.combine(day, dt.time(9), dt.UTC), status="completed", total_kopecks=250_000,
                    )
                )  # fmt: skip
        Appointment.objects.bulk_create(visits)
    build_snapshot(clinic_id=smile.pk, now=clock.now())
    return smile


def test_without_a_snapshot_the_page_says_what_will_be_here(as_anton, settings, tmp_path) -> None:
    settings.DATA_DIR = tmp_path
    text = as_anton.get(PATH).content.decode()
    assert "Когорт пока нет" in text
    as_anton.post(f"{PATH}refresh/")
    assert DBTaskResult.objects.filter(task_path="zabota.analytics.jobs.refresh").count() == 1
    assert as_anton.get(f"{PATH}state/").status_code == 200


def test_map_curves_and_sides_are_drawn_with_their_ranges(snapped, as_anton) -> None:
    text = as_anton.get(PATH).content.decode()
    assert "180\u00a0новых пациентов" in text
    assert "Купоны" in text
    assert "За год чаще всего возвращаются: Сайт" in text
    assert "не созрело" in text
    assert 'hx-trigger="load"' in text


def test_a_click_cuts_by_a_value_and_answers_with_the_body_only(snapped, as_anton) -> None:
    answer = as_anton.get(f"{PATH}?channel=Купоны", HTTP_HX_REQUEST="true")
    text = answer.content.decode()
    assert text.lstrip().startswith('<div id="cohorts"')
    assert "60\u00a0новых пациентов" in text
    assert "Источник: Купоны ×" in text


def test_new_patients_are_cut_by_the_service_of_their_first_visit(snapped, cleaning, as_anton) -> None:
    with clinic_scope(snapped.pk):
        first = Appointment.objects.filter(patient__source__name="Купоны")
        AppointmentService.objects.bulk_create(
            AppointmentService(appointment=each, service=cleaning, price_kopecks=1) for each in first
        )
    build_snapshot(clinic_id=snapped.pk, now=clock.now(), full=True)
    text = as_anton.get(PATH).content.decode()
    assert "Услуга первого визита" in text
    cut = as_anton.get(PATH, {"service": cleaning.name}).content.decode()
    assert "60\u00a0новых пациентов" in cut
    assert f"Услуга первого визита: {cleaning.name} ×" in cut


def test_words_that_nobody_has_leave_nobody(snapped, as_anton) -> None:
    text = as_anton.get(f"{PATH}?channel=%3Cscript%3E&by=none").content.decode()
    assert "0\u00a0новых пациентов" in text
    assert "<script>×" not in text


def test_limited_head_sees_new_patients_of_own_branches_only(snapped, smile, centre, new_member, log_in) -> None:
    limited = log_in(new_member(smile, Role.QUALITY, "Инна", "Астахова", branches=[centre]))
    text = limited.get(PATH).content.decode()
    assert "120\u00a0новых пациентов" in text
    assert "Купоны" not in text
    assert "Показаны только ваши филиалы" in text


@pytest.mark.parametrize("table", ["map", "curves", "sides"])
@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_every_table_is_a_file(snapped, as_anton, table, form) -> None:
    answer = as_anton.get(f"{PATH}{table}.{form}?channel=Сайт")
    assert answer.status_code == 200
    assert as_anton.get(f"{PATH}other.{form}").status_code == 404


def test_only_those_with_the_right_may_look(snapped, as_vera, as_sokolova, as_oleg, as_marina) -> None:
    assert [each.get(PATH).status_code for each in (as_vera, as_sokolova)] == [404, 404]
    assert "Купоны" not in as_oleg.get(PATH).content.decode()
    assert as_marina.get(PATH).status_code == 200


def test_alarms_are_asked_for_apart_and_quiet_where_nothing_turns(snapped, as_anton) -> None:
    text = as_anton.get(f"{PATH}alarms/").content.decode()
    assert "ни одно не меняет знака" in text


def test_name_from_an_export_is_no_formula_in_the_header_of_a_file(snapped, as_anton) -> None:
    with clinic_scope(snapped.pk):
        Source.objects.filter(name="Сайт").update(name="=cmd|calc")
    build_snapshot(clinic_id=snapped.pk, now=clock.now() + dt.timedelta(seconds=1))
    header = as_anton.get(f"{PATH}curves.csv").content.decode("utf-8-sig").splitlines()[0]
    assert "'=cmd|calc, %" in header.split(";")
    assert not any(cell.startswith("=") for cell in header.split(";"))

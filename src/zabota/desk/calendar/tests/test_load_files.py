"""Tables of «Нагрузка» as files."""

from __future__ import annotations

import csv
import datetime as dt
import io

import pytest
from django.urls import reverse
from python_calamine import CalamineWorkbook

from zabota.booking.models import Appointment, NextFree
from zabota.clinic.models import Doctor
from zabota.desk.calendar.load_files import TABLES

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("table", list(TABLES))
@pytest.mark.usefixtures("visit")
def test_each_table_is_a_file_in_both_forms_and_no_cell_a_formula(log_in, vera, doctor_sokolova, table) -> None:
    Doctor.objects.filter(pk=doctor_sokolova.pk).update(name="=1+1")
    client = log_in(vera)
    waits = {"corridor", "hours", "corridor-trend", "free-trend"}  # shown when there are any
    assert f"{table}.csv" in client.get(reverse("desk:calendar-load")).content.decode() or table in waits
    answer = client.get(reverse("desk:calendar-load-table", args=[table, "csv"]))
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))
    book = client.get(reverse("desk:calendar-load-table", args=[table, "xlsx"]))
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(book.content)).get_sheet_by_index(0).to_python()
    assert [str(cell) for cell in sheet[0]] == rows[0]
    assert len(sheet) == len(rows)
    assert not any(cell.startswith("=") for row in rows for cell in row)
    if table in ("weeks", "free"):
        assert rows[1][0].endswith("=1+1")
        assert sheet[1][0] == "=1+1"
    assert client.get(reverse("desk:calendar-load-table", args=[table, "exe"])).status_code == 404
    assert client.get(reverse("desk:calendar-load-table", args=["other", "csv"])).status_code == 404


@pytest.mark.usefixtures("visit")
def test_hours_of_the_file_are_those_of_the_page(log_in, vera) -> None:
    client = log_in(vera)
    answer = client.get(reverse("desk:calendar-load-table", args=["weeks", "csv"]))
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))

    def hours(name: str) -> list[float]:
        return [float(row[name].replace(",", ".")) for row in rows]

    assert hours("Часов приёма") == pytest.approx(
        [a + b for a, b in zip(hours("Занято, ч"), hours("Свободно, ч"), strict=True)]
    )
    assert sum(hours("Занято, ч")) > 0


@pytest.mark.usefixtures("visit")
def test_who_has_most_free_hours_is_named_as_the_name_stands(log_in, vera, doctor_sokolova) -> None:
    page = log_in(vera).get(reverse("desk:calendar-load")).content.decode()
    assert f"Больше всего свободных часов: {doctor_sokolova.name}." in page


@pytest.fixture
def held(request) -> Appointment:
    """A visit booked with Dr Sokolova, whose hours the page shows."""
    return request.getfixturevalue("visit")


def noted(held: Appointment, minutes: float, count: int = 1) -> None:
    """A week that is over in which the patients of the same doctor waited so long."""
    day = held.day - dt.timedelta(days=held.day.weekday() + 14)
    for place in range(count):
        starts_at = held.starts_at - dt.timedelta(days=(held.day - day).days)
        Appointment.objects.create(
            clinic=held.clinic, patient=held.patient, branch=held.branch, doctor=held.doctor, day=day,
            status="completed", starts_at=starts_at, arrived_at=starts_at,
            begun_at=starts_at + dt.timedelta(minutes=minutes + place),
        )  # fmt: skip
    NextFree.objects.create(clinic=held.clinic, doctor=held.doctor, on=day, days_to_first=1, days_to_third=4)


def test_the_page_says_how_waiting_changed_and_gives_it_as_files(log_in, vera, held) -> None:
    noted(held, 10, count=9)
    client = log_in(vera)
    page = client.get(reverse("desk:calendar-load")).content.decode()

    assert "В коридоре обычно ждут 14\u00a0мин" in page
    assert "До третьего свободного времени 4\u00a0дня" in page
    for table, header in ("corridor-trend", "Визитов"), ("free-trend", "Замеров"):
        assert f"{table}.xlsx" in page
        answer = client.get(reverse("desk:calendar-load-table", args=[table, "csv"]))
        (row,) = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";")
        assert (row[header], row["Периодом раньше, число"]) == ("9" if header == "Визитов" else "1", "")


def test_another_doctor_or_an_unknown_span_shows_what_there_is(log_in, vera, held) -> None:
    noted(held, 10, count=9)
    client, address = log_in(vera), reverse("desk:calendar-load")

    assert "Как менялось ожидание" in client.get(address, {"doctor": held.doctor.public_id}).content.decode()
    for bad in ({"span": "век"}, {"doctor": "nobody"}, {"span": "month", "doctor": "'; --"}):
        answer = client.get(address, bad)
        assert (answer.status_code, "Как менялось ожидание" in answer.content.decode()) == (200, True)

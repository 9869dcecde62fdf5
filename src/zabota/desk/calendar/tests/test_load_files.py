"""Tables of «Нагрузка» as files."""

from __future__ import annotations

import csv
import io

import pytest
from django.urls import reverse
from python_calamine import CalamineWorkbook

from zabota.clinic.models import Doctor
from zabota.desk.calendar.load_files import TABLES
from zabota.desk.calendar.tests.test_pages import visit  # noqa: F401 -- fixture

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("table", list(TABLES))
@pytest.mark.usefixtures("visit")
def test_each_table_is_a_file_in_both_forms_and_no_cell_a_formula(log_in, vera, doctor_sokolova, table) -> None:
    Doctor.objects.filter(pk=doctor_sokolova.pk).update(name="=1+1")
    client = log_in(vera)
    assert f"{table}.csv" in client.get(reverse("desk:calendar-load")).content.decode() or table in (
        "corridor",
        "hours",
    )
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

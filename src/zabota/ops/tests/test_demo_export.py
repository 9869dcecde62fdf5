"""The export of the demo clinic: what stands in the file is what the truth beside it says, dirt included."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest
from python_calamine import CalamineWorkbook

from zabota.intake.api import read_export
from zabota.ops.demo.export import export, truth_path
from zabota.ops.demo.generate import Clinic, generate
from zabota.ops.demo.schedule import COMPLETED
from zabota.ops.demo.spec import ClinicSpec
from zabota.ops.demo.table import HEADERS
from zabota.ops.demo_command import run

AS_OF = date(2026, 11, 22)


@pytest.fixture(scope="module")
def clinic() -> Clinic:
    return generate(ClinicSpec(as_of=AS_OF, patients=1500))


@pytest.fixture(scope="module")
def folder(clinic: Clinic, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("export")
    export(clinic, made / "dirty.csv")
    export(clinic, made / "clean.csv", dirt=0)
    export(clinic, made / "dirty.xlsx")
    return made


def records(path: Path) -> list[list[str]]:
    text = path.read_bytes().decode("cp1251")
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=";"))


def told(path: Path) -> dict[str, object]:
    return json.loads(truth_path(path).read_text(encoding="utf-8"))


def test_the_same_order_gives_the_same_bytes(clinic: Clinic, folder: Path, tmp_path: Path) -> None:
    again = generate(ClinicSpec(as_of=AS_OF, patients=1500))
    for name in ("dirty.csv", "dirty.xlsx"):
        export(again, tmp_path / name)
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes()
        assert truth_path(tmp_path / name).read_bytes() == truth_path(folder / name).read_bytes()


def test_a_clean_export_is_a_header_and_one_row_per_appointment(clinic: Clinic, folder: Path) -> None:
    rows = records(folder / "clean.csv")
    assert rows[0] == list(HEADERS.values())
    assert len(rows) - 1 == len(clinic.visits)
    place = {name: number for number, name in enumerate(HEADERS)}
    done = [row for row in rows[1:] if row[place["status"]] == "Завершён"]
    truth = told(folder / "clean.csv")
    assert len(done) == truth["visits"] == truth["rows"]["accepted"]
    assert truth["rows"]["rejected"] == truth["rows"]["duplicates"] == 0
    assert len({row[place["card_no"]] for row in done}) == truth["people"]
    moments = [datetime.strptime(row[place["start"]], "%d.%m.%Y %H:%M") for row in done]
    assert max(moments).date() <= AS_OF
    assert min(moments).date() >= clinic.spec.start
    total = sum(float(row[place["total"]].replace("\u00a0", "").replace(",", ".")) for row in done)
    kept = clinic.visits.filter(pl.col("status") == COMPLETED)
    assert round(total * 100) == int(kept["total_kopecks"].cast(pl.Int64).sum())


def test_every_row_of_a_dirty_export_is_accounted_for(folder: Path) -> None:
    rows = records(folder / "dirty.csv")
    truth = told(folder / "dirty.csv")
    assert len(rows) - truth["header_rows"] == truth["rows"]["read"]
    parts = truth["rows"]
    assert parts["read"] == parts["accepted"] + parts["rejected"] + parts["duplicates"] + parts["ignored"]
    assert parts["ignored"] == sum(truth["ignored_rows"].values())
    assert parts["rejected"] == sum(truth["rejected_rows"].values())
    assert rows[3] == list(HEADERS.values())
    assert rows[0][0].startswith("Клиника «Улыбка и здоровье»")
    assert rows[-1][0] == "Итого"
    body = [tuple(row) for row in rows[4:-3]]
    repeated = sum(count - 1 for count in Counter(body).values())
    assert repeated == parts["duplicates"]


def test_the_dirt_of_real_exports_is_there(folder: Path) -> None:
    rows = records(folder / "dirty.csv")
    place = {name: number for number, name in enumerate(HEADERS)}
    body = rows[4:-3]
    phones = [row[place["phone"]] for row in body]
    spellings = {re.sub(r"\d", "9", phone) for phone in phones}
    assert len(spellings) > 12
    assert any("доб. 12" in phone for phone in phones)
    assert any(", " in phone for phone in phones)
    assert any("E+10" in phone for phone in phones)
    names = [row[place["person"]] for row in body]
    assert any(name.isupper() and " " in name for name in names)
    assert any(re.search("[A-Z]", name) and re.search("[а-я]", name) for name in names)
    assert any(name.lower().startswith("тест") for name in names)
    notes = [row[place["note"]] for row in body]
    assert any("\n" in note for note in notes)
    assert any('"' in note and ";" in note for note in notes)
    assert any(note.startswith("=") for note in notes)
    money = [row[place["total"]] for row in body]
    assert any(amount.endswith("\u00a0руб.") and "\u00a0" in amount[:3] for amount in money)
    statuses = {row[place["status"]] for row in body}
    assert {"Завершён", "Завершен", "Неявка", "Не пришёл", "Подтверждён"} <= statuses
    assert any(not row[place["start"]] for row in body)
    assert any(not row[place["source"]] for row in body)
    times = [row[place["start"]] for row in body]
    assert any(re.fullmatch(r"\d\d\.\d\d\.\d{4} \d:\d\d", time) for time in times), (
        "hours have one digit where they can"
    )


def test_a_workbook_has_real_dates_and_numbers(folder: Path) -> None:
    sheet = CalamineWorkbook.from_path(folder / "dirty.xlsx").get_sheet_by_index(0).to_python(skip_empty_area=False)
    truth = told(folder / "dirty.xlsx")
    # Empty lines at the end stand before the totals, so the sheet keeps them all.
    assert len(sheet) - truth["header_rows"] == truth["rows"]["read"]
    place = {name: number for number, name in enumerate(HEADERS)}
    body = sheet[4:-3]
    dates = sum(isinstance(row[place["start"]], datetime) for row in body)
    amounts = sum(isinstance(row[place["price"]], float) for row in body)
    assert dates > 0.99 * len(body)
    assert 0.6 * len(body) < amounts < 0.9 * len(body)
    assert any(isinstance(row[place["price"]], str) for row in body)


@pytest.mark.parametrize("name", ["dirty.csv", "dirty.xlsx"])
def test_intake_reads_the_export_as_the_truth_says(folder: Path, name: str) -> None:
    truth = told(folder / name)
    reading = read_export([folder / name], today=AS_OF)
    counts = reading.files[0].counts
    assert {part: getattr(counts, part) for part in truth["rows"]} == truth["rows"]
    done = reading.visits.filter(pl.col("status") == "completed")
    assert len(done) == truth["visits"]
    found = done["person"].n_unique()
    assert truth["people_found"]["least"] <= found <= truth["people_found"]["most"]


@pytest.mark.parametrize("name", ["dirty.csv", "dirty.xlsx"])
def test_the_export_tells_when_each_visit_was_booked_and_the_reader_takes_it_for_nothing_else(
    folder: Path, name: str
) -> None:
    reading = read_export([folder / name], today=AS_OF)
    fields = {column.header: column.field for column in reading.files[0].columns}
    assert (fields["Дата приёма"], fields["Дата записи"]) == ("starts_at", "created_at")
    done = reading.visits.filter(pl.col("status") == "completed")
    days = (done["starts_at"] - done["created_at"]).dt.total_days()
    assert (days.null_count(), days.min(), days.max()) == (0, 1, 14)
    ahead = reading.visits.filter(pl.col("status") == "planned")["created_at"]
    assert ahead.len() > 20
    assert ahead.max() < datetime(2026, 11, 23)


def test_more_dirt_makes_more_rows_to_refuse(clinic: Clinic, tmp_path: Path) -> None:
    little, much = (export(clinic, tmp_path / f"{level}.csv", dirt=level) for level in (0.5, 3.0))
    assert little["rows"]["rejected"] * 3 < much["rows"]["rejected"]
    assert little["rows"]["accepted"] == much["rows"]["accepted"]


def test_the_command_writes_the_export_with_its_truth(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "visits.csv"
    assert run(["--export", str(target), "--patients", "50", "--as-of", "2026-11-22", "--seed", "3"]) == 0
    assert target.is_file()
    truth = json.loads((tmp_path / "visits.truth.json").read_text(encoding="utf-8"))
    assert (truth["seed"], truth["as_of"]) == (3, "2026-11-22")
    assert "visits.truth.json" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments", [["--export", "visits.docx"], ["--export", "no/such/folder/v.csv"], ["--patients", "0"]]
)
def test_the_command_refuses_what_it_cannot_do(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(arguments) == 2
    told = capsys.readouterr()
    assert told.err.startswith("zabota demo: ")
    assert not told.out

"""`zabota audit`: files in, a report out, or one clear line and nothing written."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from zabota.analytics.tests.clinics import AS_OF, Clinic, visits_of
from zabota.ops.audit_command import run

WORDS = {"completed": "Завершен", "planned": "Запланирован", "no_show": "Неявка"}


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clinic whose doctor lost her patients, as an information system would export it."""
    return written(("doctor",), tmp_path_factory.mktemp("export") / "visits.csv")


def written(causes: tuple[str, ...], path: Path) -> Path:
    """The visits of a clinic with these causes, and when they were booked where the clinic knows it."""
    frame = visits_of(Clinic(causes=causes, patients=4000, seed=2))
    names = pl.Series(
        [f"Пациент{chr(1072 + n % 32)}{chr(1072 + n // 32 % 32)}{chr(1072 + n // 1024)}" for n in range(4000)]
    )
    table = frame.select(
        pl.col("visit").alias("Номер записи"),
        pl.col("day").dt.strftime("%d.%m.%Y").alias("Дата приёма"),
        (10_000 + pl.col("person")).alias("Код пациента"),
        names[frame["person"]].alias("Пациент"),
        pl.col("born_on").dt.strftime("%d.%m.%Y").alias("Дата рождения"),
        pl.col("branch").alias("Филиал"),
        pl.col("doctor").alias("Врач"),
        pl.col("speciality").alias("Специальность"),
        pl.col("service").alias("Услуга"),
        (pl.col("price_kopecks") // 100).alias("Стоимость"),
        pl.col("status").replace(WORDS).alias("Статус"),
        pl.col("channel").alias("Источник"),
        *(
            [(pl.col("starts_at") - pl.duration(seconds="wait_seconds")).dt.strftime("%d.%m.%Y").alias("Дата записи")]
            if "wait_seconds" in frame.columns
            else []
        ),
    )
    table.write_csv(path, separator=";", include_bom=True)
    return path


def test_the_report_of_a_file_names_its_cause_in_the_documented_form(export, tmp_path):
    target, page = tmp_path / "report.json", tmp_path / "report.html"
    assert run([str(export), "--json", str(target), "--html", str(page), "--as-of", AS_OF.isoformat()]) == 0
    report = json.loads(target.read_text(encoding="utf-8"))
    assert report["schema"] == 1
    assert report["as_of"] == AS_OF.isoformat()
    rows = report["rows"]
    assert rows["read"] == rows["accepted"] + rows["rejected"] + rows["duplicates"] + rows["ignored"]
    assert report["visits"] == rows["accepted"]
    assert [(cause["dimension"], cause["value"], cause["kind"]) for cause in report["drivers"]] == [
        ("doctor", "Котова Е. В.", "rate")
    ]
    for key in ("value", "low", "high", "numerator", "denominator", "from", "to"):
        assert key in report["retention"]["now"] and key in report["retention"]["year_before"]
    for key in ("effect_pp", "low_pp", "high_pp", "significant", "patients", "money_kopecks"):
        assert key in report["drivers"][0]
    assert set(report) >= {
        "rejections", "patients", "visits", "retention", "drivers", "cohorts", "warnings", "next_step", "rows",
    }  # fmt: skip
    assert "Котова" in page.read_text(encoding="utf-8")
    assert list(tmp_path.iterdir()) == [target, page] or set(tmp_path.iterdir()) == {target, page}


def test_long_waiting_is_named_first_from_a_file_that_tells_when_visits_were_booked(tmp_path):
    target = tmp_path / "report.json"
    assert (
        run([str(written(("wait",), tmp_path / "visits.csv")), "--json", str(target), "--as-of", AS_OF.isoformat()])
        == 0
    )
    report = json.loads(target.read_text(encoding="utf-8"))
    assert [(cause["dimension"], cause["value"], cause["kind"]) for cause in report["drivers"]] == [
        ("wait", "больше двух недель", "mix")
    ]


def test_a_refused_row_of_several_files_says_which_one(tmp_path, capsys):
    header = "ФИО;Дата рождения;Дата приёма;Врач;Услуга;Сумма;Статус"
    row = "Соколова Мила;12.05.1990;{};Рябов И. А.;Осмотр;500;Завершён"
    for name, day in (("2025.csv", "32.13.2025"), ("2026.csv", "45.01.2026")):
        lines = [header, row.format("01.02.2026"), row.format(day)]
        (tmp_path / name).write_text("\n".join(lines), encoding="utf-8")
    assert run([str(tmp_path / "2025.csv"), str(tmp_path / "2026.csv"), "--json", "-"]) == 0
    told = json.loads(capsys.readouterr().out)["rejections"]
    assert [(each["file"], each["row"]) for each in told] == [("2025.csv", 3), ("2026.csv", 3)]
    assert run([str(tmp_path / "2025.csv"), "--json", "-"]) == 0
    assert set(json.loads(capsys.readouterr().out)["rejections"][0]) == {"row", "column", "code", "value"}


def test_json_goes_to_standard_output_alone(export, capsys):
    assert run([str(export), "--json", "-"]) == 0
    output = capsys.readouterr()
    assert json.loads(output.out)["schema"] == 1
    assert output.err == ""


def test_without_outputs_a_short_summary_is_printed(export, capsys):
    assert run([str(export)]) == 0
    printed = capsys.readouterr().out
    assert "Котова Е. В." in printed
    assert "Без следующего шага" in printed


@pytest.mark.parametrize(
    "content",
    [b"", b"\x00\x01\x02" * 50, "имя;телефон\nМила;1\n".encode(), b"PK\x03\x04broken", "Дата;Пациент\n".encode()],
)
def test_a_file_that_cannot_be_read_gives_one_line_and_writes_nothing(content, tmp_path, capsys):
    bad, target = tmp_path / "bad.csv", tmp_path / "report.json"
    bad.write_bytes(content)
    assert run([str(bad), "--json", str(target), "--html", str(tmp_path / "r.html")]) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert len(output.err.strip().splitlines()) == 1
    assert any("а" <= letter <= "я" for letter in output.err)
    assert set(tmp_path.iterdir()) == {bad}


def test_a_bad_file_among_good_ones_stops_all(export, tmp_path, capsys):
    bad = tmp_path / "bad.xlsx"
    bad.write_bytes(b"PK\x03\x04 no archive")
    assert run([str(export), str(bad), "--json", str(tmp_path / "r.json")]) == 2
    assert "Traceback" not in capsys.readouterr().err
    assert not (tmp_path / "r.json").exists()


def test_a_missing_file_and_a_wrong_mapping_are_told(export, tmp_path, capsys):
    assert run([str(tmp_path / "none.csv")]) == 2
    mapping = tmp_path / "mapping.json"
    mapping.write_text("[1, 2")
    assert run([str(export), "--mapping", str(mapping)]) == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 2


def test_an_output_that_cannot_be_written_leaves_no_other(export, tmp_path, capsys):
    target = tmp_path / "report.json"
    assert run([str(export), "--json", str(target), "--html", str(tmp_path / "no" / "folder" / "r.html")]) == 2
    assert not target.exists()
    assert len(capsys.readouterr().err.strip().splitlines()) == 1


def test_an_earlier_day_of_report_looks_at_the_clinic_of_that_day(export, tmp_path):
    then = AS_OF - timedelta(days=300)
    target = tmp_path / "then.json"
    assert run([str(export), "--as-of", then.isoformat(), "--json", str(target)]) == 0
    report = json.loads(target.read_text(encoding="utf-8"))
    assert report["as_of"] == then.isoformat()
    assert report["retention"]["now"]["to"] == then.isoformat()


def test_the_command_needs_neither_django_nor_a_database(export, tmp_path):
    script = (
        "import sys\nfrom zabota.ops.audit_command import run\n"
        f"code = run([{str(export)!r}, '--json', {str(tmp_path / 'r.json')!r}])\n"
        "assert not any(name == 'django.db' or name.startswith('django.db.') for name in sys.modules), 'database'\n"
        "sys.exit(code)\n"
    )
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("DJANGO", "DATABASE"))}
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        env={**environment, "PYTHONPATH": "src"},
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_help_is_shown_at_once(capsys):
    start = time.process_time()
    with pytest.raises(SystemExit) as left:
        run(["--help"])
    assert left.value.code == 0
    assert "ФАЙЛ" in capsys.readouterr().out
    assert time.process_time() - start < 1


HEADER = "Дата приёма;Пациент;Врач;Услуга;Статус\n"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("Пациент;Врач;Услуга\nКотова Мила Львовна;Орлов;Осмотр\n" * 3, "не нашлось столбца с датой приёма"),
        (HEADER + "12.03.2025;Котова Мила Львовна;Орлов;Осмотр;Отменён\n", "все отменены, пропущены или ещё предстоят"),
        (HEADER + "31.02.2025;Котова Мила Львовна;Орлов;Осмотр;Завершён\n", "не принято строк: 1. Чаще всего: такого дня нет"),
    ],
    ids=["no-dates", "all-cancelled", "all-refused"],
)  # fmt: skip
def test_an_export_without_completed_visits_is_told_what_to_mend(content, said, tmp_path, capsys):
    bad = tmp_path / "visits.csv"
    bad.write_text(content, encoding="utf-8")
    assert run([str(bad), "--json", str(tmp_path / "r.json")]) == 2
    output = capsys.readouterr()
    assert said in output.err
    assert len(output.err.strip().splitlines()) == 1
    assert set(tmp_path.iterdir()) == {bad}


@pytest.fixture
def small(tmp_path) -> Path:
    """One visit."""
    path = tmp_path / "visits.csv"
    path.write_text(HEADER + "12.03.2025;Котова Мила Львовна;Орлов;Осмотр;Завершён\n", encoding="utf-8")
    return path


def test_of_several_files_the_bad_one_is_named(small, tmp_path, capsys):
    bad = tmp_path / "февраль.csv"
    bad.write_bytes(b"")
    assert run([str(small), str(bad)]) == 2
    assert "февраль.csv: Файл пуст" in capsys.readouterr().err


def test_a_day_before_all_visits_is_told_with_the_first_of_them(small, capsys):
    assert run([str(small), "--as-of", "01.01.2000"]) == 2
    assert (
        "до дня отчёта 01.01.2000 нет ни одного завершённого визита: первый в выгрузке 12.03.2025"
        in capsys.readouterr().err
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--as-of", "31.02.2026"], "день отчёта «31.02.2026» не читается"),
        (["--what"], "нет параметра --what"),
        (["--json"], "параметр не понят"),
        (["--mapping", "none.json"], "none.json не найден"),
        (["--json", "no/folder/r.json"], "no/folder/r.json не записать"),
    ],
    ids=["day", "unknown", "no-value", "mapping", "folder"],
)
def test_a_wrong_parameter_is_told_in_one_line(arguments, said, small, capsys):
    assert run([str(small), *arguments]) == 2
    output = capsys.readouterr()
    assert said in output.err
    assert output.out == ""
    assert len(output.err.strip().splitlines()) == 1


def test_no_file_at_all_is_told_with_an_example(capsys):
    assert run([]) == 2
    assert "не указан файл выгрузки" in capsys.readouterr().err

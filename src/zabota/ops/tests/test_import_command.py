"""`zabota import` in a terminal: what it says of an export before anything is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from zabota.ops.cli import main

pytestmark = pytest.mark.django_db

HEAD = "Код пациента;ФИО;Дата рождения;Дата приёма;Врач;Услуга;Статус\n"


@pytest.fixture
def clinic() -> None:
    assert main(["staff", "add", "--clinic", "Улыбка", "--name", "Седов Антон", "anton@ulybka.ru"]) == 0


def check(capsys: pytest.CaptureFixture[str], *files: Path) -> tuple[str, str]:
    capsys.readouterr()
    assert main(["import", *map(str, files), "--dry-run"]) == 0
    said = capsys.readouterr()
    return said.out, said.err


def test_each_reason_names_the_rows_it_is_met_in(
    clinic: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    export = tmp_path / "visits.csv"
    lines = [f"{n};Соколова Мила;01.01.1980;31.02.2026;Рябов И. А.;Осмотр;Завершён\n" for n in range(7)]
    lines.append("8;Соколова Мила;31.02.1980;12.05.2026 10:00;Рябов И. А.;Осмотр;Завершён\n")
    export.write_text(HEAD + "".join(lines), encoding="utf-8")

    out, err = check(capsys, export)

    assert "Строк 8: принято 1, отклонено 7" in out
    assert "(строка 2; строка 3; строка 4; строка 5; строка 6 и ещё 2)" in out
    assert "такого дня рождения нет. Исправьте дату (строка 9)" in out
    assert err == ""


def test_of_several_files_the_row_is_named_with_its_file(
    clinic: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    row = "7;Соколова Мила;01.01.1980;{day};Рябов И. А.;Осмотр;Завершён\n"
    good, bad = tmp_path / "centre.csv", tmp_path / "north.csv"
    good.write_text(HEAD + row.format(day="12.05.2026 10:00"), encoding="utf-8")
    bad.write_text(HEAD + row.format(day="31.02.2026"), encoding="utf-8")

    assert "(north.csv, строка 2)" in check(capsys, good, bad)[0]


def test_a_list_of_people_is_not_called_visits(
    clinic: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    people = tmp_path / "people.csv"
    people.write_text("Фамилия;Имя;Телефон\nСизов;Пётр;89161234567\n", encoding="utf-8")

    out, _ = check(capsys, people)
    assert "Строк 1: принято 1, отклонено 0" in out and "визитов 1" not in out

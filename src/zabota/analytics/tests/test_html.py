"""The printable page: complete by itself, honest when nothing happened, deaf to markup in the data."""

from __future__ import annotations

import dataclasses
import re
import subprocess
import sys
from datetime import date
from functools import cache

import pytest

from zabota.analytics.api import AuditReport, Refusal, Rows, audit, render_html
from zabota.analytics.rules.report import Cause
from zabota.analytics.tests.clinics import AS_OF, Clinic, visits_of

MADE = date(2026, 11, 22)


@cache
def report_of(*causes: str, months: int = 42, patients: int = 4000) -> AuditReport:
    frame = visits_of(Clinic(causes=causes, months=months, patients=patients))
    return audit(frame, today=AS_OF, rows=Rows(frame.height, frame.height, 0, 0, 0))


def page_of(report: AuditReport, **words: str) -> str:
    return render_html(report, made_on=MADE, **words)


def words_of(page: str) -> str:
    """Text of the page without its style and markup."""
    page = re.sub(r"<style>.*?</style>", "", page, flags=re.S)
    return " ".join(re.sub(r"<[^>]+>", " ", page).replace("\u00a0", " ").split())


def test_page_names_the_cause_with_points_people_and_money() -> None:
    report = report_of("doctor")
    text = words_of(page_of(report))
    assert "Врач: Котова Е. В." in text
    cause = next(each for each in report.causes if each.dimension == "doctor")
    assert f"−{abs(cause.effect_pp):.1f}".replace(".", ",") in text
    assert "доказано" in text
    assert "p < 0,001".replace("<", "&lt;") in text
    assert "млн ₽" in text


def test_page_needs_nothing_from_outside_and_runs_nothing() -> None:
    page = page_of(report_of("doctor"))
    assert "<script" not in page
    assert "<link" not in page
    assert not re.search(r"(?:src|href)=\"(?!#)", page)
    assert not re.search(r"url\((?!data:)", page)
    assert "https://" not in page
    assert "http://" not in page
    assert len(page.encode()) < 400_000


def test_nothing_significant_is_said_and_no_table_of_causes_is_shown() -> None:
    report = report_of()
    assert not report.causes
    assert not report.retention.significant
    page = page_of(report)
    assert "За год ничего значимого не произошло" in words_of(page)
    assert 'class="t stack drv"' not in page


def test_short_history_gives_a_page_without_comparison() -> None:
    report = report_of(months=9, patients=1500)
    text = words_of(page_of(report))
    assert "Данных пока мало для сравнения с прошлым годом" in text
    assert "Короткая история" in text
    assert "None" not in text
    assert "nan" not in text


def test_words_of_the_data_are_text_and_never_markup() -> None:
    evil = '<script>alert(1)</script>"&\u202e'
    report = report_of("doctor")
    first: Cause = dataclasses.replace(report.causes[0], title=evil, text=evil, companions=(evil,))
    report = dataclasses.replace(
        report, causes=(first,), refusals=(Refusal(7, evil, "date_missing", evil),), headline=evil
    )
    page = page_of(report, clinic=evil, source=evil)
    assert "<script" not in page
    assert page.count("&lt;script&gt;") >= 7


def test_refused_rows_are_counted_in_full_and_listed_up_to_fifty() -> None:
    refusals = tuple(Refusal(row, "Дата", "date_missing", "") for row in range(1200, 1260))
    text = words_of(page_of(dataclasses.replace(report_of(), refusals=refusals)))
    assert "Не принято: 60 строк" in text
    assert "нет даты приёма. Впишите дату" in text
    assert "1249" in text
    assert "1250" not in text
    assert "И ещё 10." in text


def test_data_problems_stand_before_any_conclusion() -> None:
    page = page_of(report_of("gap"))
    assert page.index("Пропуск в данных") < page.index('id="now"')


@pytest.mark.parametrize("ending", ["дней", "п. п."])
def test_intervals_stand_beside_shares(ending: str) -> None:
    assert ending in words_of(page_of(report_of("doctor")))


def test_figures_alone_do_not_wait_for_templates() -> None:
    code = "import sys; import zabota.analytics.api; sys.exit('django.template' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

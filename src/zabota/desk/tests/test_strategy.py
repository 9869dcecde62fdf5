"""The strategy page, its deck and its tables, by right and by branch."""

from __future__ import annotations

import io
import json
import posixpath
import zipfile
from functools import cache
from pathlib import PurePosixPath
from typing import Any

import polars as pl
import pytest
from defusedxml import ElementTree

from zabota.analytics.models import StoredReport
from zabota.analytics.rules.strategy import strategy_of
from zabota.analytics.services.slides import Slide, presentation
from zabota.analytics.tests.clinics import AS_OF, Clinic, visits_of
from zabota.clinic.rules.rights import Role
from zabota.desk.insight.strategy import TABLES
from zabota.kernel import clock

pytestmark = pytest.mark.django_db
PATH = "/insight/strategy/"


@cache
def computed() -> dict[str, Any]:
    frame = visits_of(Clinic(patients=2000, months=40)).with_columns(pl.col("service").alias("category"))
    load = {
        "weeks": ["2026-11-09", "2026-11-16"],
        "this_week": "2026-11-16",
        "doctors": [{"name": "=Котова", "cells": [(2400, 1200), (0, 60)]}],
    }
    found: dict[str, Any] = json.loads(
        json.dumps({**strategy_of(frame, as_of=AS_OF, costs={"Яндекс": 1_000_000}), "load": load})
    )
    return found


@pytest.fixture
def stored(smile):
    StoredReport.objects.create(clinic=smile, kind="strategy", as_of=AS_OF, computed_at=clock.now(), data=computed())
    return smile


def test_every_section_answers_in_its_heading(stored, as_anton) -> None:
    text = as_anton.get(PATH).content.decode()
    assert "пациентов за год" in text
    assert "Чаще всего это" in text
    assert "Чаще всего приходят за" in text
    assert "Больше всего новых из источника" in text
    assert "1 200" in text or "50" in text


@pytest.mark.parametrize("table", list(TABLES))
def test_every_table_is_a_file(stored, as_anton, table) -> None:
    assert as_anton.get(f"{PATH}{table}.csv").status_code == 200
    assert as_anton.get(f"{PATH}{table}.xlsx").status_code == 200


def test_book_holds_all_tables_and_no_formula(stored, as_anton) -> None:
    book = zipfile.ZipFile(io.BytesIO(as_anton.get(f"{PATH}book.xlsx").content))
    sheets = [name for name in book.namelist() if name.startswith("xl/worksheets/sheet")]
    assert len(sheets) == len(TABLES)
    assert all("<f>" not in book.read(name).decode() for name in sheets)


def test_deck_is_one_file_that_needs_no_server(stored, as_anton) -> None:
    answer = as_anton.get(f"{PATH}deck.html")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    text = answer.content.decode()
    assert "Улыбка" in text
    assert "<link" not in text


def test_strangers_and_limited_heads_do_not_see_the_whole_clinic(
    stored, as_vera, as_oleg, centre, new_member, log_in
) -> None:
    assert as_vera.get(PATH).status_code == 404
    assert "Стратегии пока нет" in as_oleg.get(PATH).content.decode()
    limited = log_in(new_member(stored, Role.QUALITY, "Инна", "Астахова", branches=[centre]))
    assert "Стратегии пока нет" in limited.get(PATH).content.decode()
    assert limited.get(f"{PATH}deck.html").status_code == 404


def test_comparisons_that_turn_round_among_people_alike_stand_before_the_rest(stored, as_anton) -> None:
    alarm = {
        "what": "share", "side": "Источник", "value": "Сайт", "within": "Возраст", "total": 0.05, "alike": -0.03,
        "strata": 4, "against": 4,
    }  # fmt: skip
    StoredReport.objects.update(data={**computed(), "alarms": [alarm]})
    text = as_anton.get(PATH).content.decode()
    assert "Парадокс Симпсона" in text
    assert "Источник «Сайт»: +5,0" in text
    StoredReport.objects.update(data={**computed(), "alarms": []})
    assert "ни одно не меняет знака" in as_anton.get(PATH).content.decode()


def test_every_section_is_a_picture_and_a_table_on_the_page_and_prints_without_buttons(stored, as_anton) -> None:
    text = as_anton.get(PATH).content.decode()
    for table in ("people", "needs", "catchment", "sources", "segments"):
        for form in ("csv", "xlsx"):
            assert f'href="{PATH}{table}.{form}"' in text
    assert text.count('data-picture="svg"') == text.count("data-drawing=") > 5
    assert "data-picture" not in as_anton.get(f"{PATH}deck.html").content.decode()


def test_presentation_opens_section_by_section_and_its_tables_hold_the_figures(
    stored, as_anton, as_vera, as_oleg
) -> None:
    answer = as_anton.get(f"{PATH}slides.pptx")
    assert answer.headers["Content-Disposition"].endswith('.pptx"')
    assert as_vera.get(f"{PATH}slides.pptx").status_code == 404
    assert as_oleg.get(f"{PATH}slides.pptx").status_code == 404
    with zipfile.ZipFile(io.BytesIO(answer.content)) as file:
        parts = {name: file.read(name) for name in file.namelist()}
    trees = {name: ElementTree.fromstring(text) for name, text in parts.items()}
    kinds = {each.get("PartName", "")[1:] for each in trees["[Content_Types].xml"]} - {""}
    assert kinds == {name for name in parts if name.endswith(".xml") and name != "[Content_Types].xml"}
    for name, tree in trees.items():
        if name.endswith(".rels"):
            folder = PurePosixPath(name).parent.parent
            for each in tree:
                target = posixpath.normpath(str(folder / each.get("Target", "")))
                assert target in parts, (name, target)
    slides = [text.decode() for name, text in sorted(parts.items()) if name.startswith("ppt/slides/slide")]
    assert len(slides) > 8
    assert all('<p:ph type="title"/>' in each for each in slides)
    whole = "".join(slides)
    assert "пациентов за год" in whole
    assert "=Котова" in whole
    assert "Больше всего новых из источника" in whole
    assert as_anton.get(f"{PATH}slides.pptx").content == answer.content


def test_long_tables_go_on_over_slides_and_odd_signs_break_nothing() -> None:
    rows = [(f"Врач <{number}> & \x00\x0b", str(number)) for number in range(30)]
    body = presentation([Slide("Кто & что", "", ("Врач", "Сколько"), rows, [0.5] * 30)], title="<>")
    with zipfile.ZipFile(io.BytesIO(body)) as file:
        slides = [name for name in file.namelist() if name.startswith("ppt/slides/slide")]
        assert len(slides) == 3
        for name in file.namelist():
            ElementTree.fromstring(file.read(name))
        assert "(продолжение)" in file.read("ppt/slides/slide2.xml").decode()


def test_weeks_that_nobody_loaded_are_no_empty_rooms(stored, as_anton) -> None:
    row = StoredReport.objects.get(kind="strategy")
    assert "заняты от 50" in as_anton.get(PATH).content.decode()
    row.data = {**row.data, "told_to": "2026-11-01"}
    row.save()
    text = as_anton.get(PATH).content.decode()
    assert "заняты от" not in text
    assert "визиты не загружены" in text

"""The list: search as one types, filters, columns, files."""

from __future__ import annotations

import io

import openpyxl
import pytest
from django.urls import reverse

from zabota.kernel.models import AuditEntry
from zabota.patients import api as patients
from zabota.patients.models import Contact, Patient

URL = "/patients/"
HTMX = {"HTTP_HX_REQUEST": "true"}


def test_list_is_found_by_a_part_of_a_name(as_vera, indexed):
    page = as_vera.get(URL, {"q": "кузн"}).content.decode()
    assert "Кузнецова Мила" in page
    assert "Сергеев" not in page


def test_htmx_gets_the_rows_alone(as_vera, indexed):
    response = as_vera.get(URL, {"q": "сергеев"}, **HTMX)
    page = response.content.decode()
    assert "<html" not in page
    assert "Сергеев Пётр" in page


def test_another_clinic_and_another_branch_are_not_listed(as_vera, as_oleg, indexed, smile, north, new_patient):
    new_patient(smile, "Кузнецова Северная", branch=north)
    patients.reindex()
    assert "Северная" not in as_vera.get(URL).content.decode()
    assert "Северная" not in as_vera.get(URL, {"q": "кузн"}).content.decode()
    assert "Кузнецова" not in as_oleg.get(URL, {"q": "кузн"}).content.decode()
    found = as_vera.get(reverse("desk:patient-search"), {"q": "кузн"}).json()["items"]
    assert [each["label"] for each in found] == ["Кузнецова Мила Андреевна"]


def test_palette_gets_json_and_htmx_a_list(as_vera, indexed, mila):
    url = reverse("desk:patient-search")
    (item,) = as_vera.get(url, {"q": "123-45-67"}).json()["items"]
    assert item["url"] == reverse("desk:patient", args=[mila.public_id])
    assert "<li" in as_vera.get(url, {"q": "мила"}, **HTMX).content.decode()


def test_who_only_looks_sees_the_end_of_the_number(as_sokolova, indexed):
    hint = as_sokolova.get(reverse("desk:patient-search"), {"q": "кузнецова"}).json()["items"][0]["hint"]
    assert "123-45-67" not in hint
    assert "45-67" in hint
    assert "123-45-67" not in as_sokolova.get(URL).content.decode()


def test_filter_without_contact(as_anton, indexed, mila, in_clinic):
    Contact.objects.filter(patient=mila).update(reach="wrong")
    page = as_anton.get(URL, {"reach": "none"}).content.decode()
    assert "Кузнецова" in page
    assert "Сергеев" not in page


@pytest.mark.parametrize(
    "query", [{"page": "x"}, {"page": "99999"}, {"type": "нет"}, {"branch": "x" * 500}, {"source": "9" * 40}, {"q": "%" * 500}, {"col": "нет"}, {"q": "\x00"}]
)  # fmt: skip
def test_odd_filter_breaks_nothing(as_anton, indexed, query):
    assert as_anton.get(URL, query).status_code == 200


def test_columns_are_chosen(as_anton, indexed):
    page = as_anton.get(URL, {"col": ["card", "since"]}, **HTMX).content.decode()
    assert 'data-label="Карта"' in page
    assert 'data-label="Телефон"' not in page


def test_budget_of_the_list(as_anton, smile, new_patient, page_budget):
    names = iter(("Первый Иван", "Второй Иван", "Третий Иван"))
    page_budget(as_anton, URL, queries=11, add_row=lambda: new_patient(smile, next(names), phone="+79991112233"))


def test_only_who_may_takes_the_list_away(as_anton, as_vera, as_marina, indexed):
    for form in ("csv", "xlsx"):
        url = reverse(f"desk:patients-export-{form}")
        assert as_vera.get(url).status_code == 404
        assert as_marina.get(url).status_code == 404
        assert as_anton.get(url).status_code == 200
    assert AuditEntry.objects.filter(action="patients.list.exported").count() == 2
    assert "Выгрузить" not in as_vera.get(URL).content.decode()


@pytest.fixture
def evil(smile, new_patient):
    return new_patient(smile, "=HYPERLINK(1) @SUM(1) -1", phone="+79990001122", card_no="+1")


def test_no_cell_of_a_file_becomes_a_formula(as_anton, evil):
    text = as_anton.get(reverse("desk:patients-export-csv"), {"col": ["phone", "card"]}).content.decode("utf-8-sig")
    cells = text.split("\r\n")[1].split(";")
    assert cells == ["'=HYPERLINK(1)", "'@SUM(1)", "'-1", "", "'+7 999 000-11-22", "'+1"]
    book = b"".join(as_anton.get(reverse("desk:patients-export-xlsx"), {"col": ["phone", "card"]}).streaming_content)
    row = next(openpyxl.load_workbook(io.BytesIO(book)).active.iter_rows(min_row=2))
    assert [cell.data_type for cell in row if cell.value] == ["s"] * 5
    assert row[0].value == "=HYPERLINK(1)"


def test_file_holds_the_filter(as_anton, indexed):
    text = as_anton.get(reverse("desk:patients-export-csv"), {"q": "сергеев"}).content.decode("utf-8-sig")
    assert "Сергеев" in text
    assert "Кузнецова" not in text


def test_new_card_shows_who_is_already_there(as_vera, indexed, centre, in_clinic):
    url = reverse("desk:patient-new")
    data = {"surname": "Кузнецова", "name": "Мила", "born_on": "1987-04-09", "branch": centre.public_id}
    response = as_vera.post(url, data)
    assert response.status_code == 422
    assert "карта уже есть" in response.content.decode()
    assert as_vera.post(url, {**data, "anyway": "1"}).status_code == 302
    assert Patient.objects.filter(name_key__startswith="кузнецова мила").count() == 2


def test_new_card_with_mistakes_keeps_everything(as_vera, in_clinic):
    data = {"surname": "", "name": "", "phones": "12", "alert": "Аллергия", "born_on": "не помню"}
    response = as_vera.post(reverse("desk:patient-new"), data)
    page = response.content.decode()
    assert response.status_code == 422
    for kept in ('value="12"', 'value="Аллергия"', "Напишите фамилию или имя", "12.05.1980"):
        assert kept in page, kept
    assert not Patient.objects.exists()

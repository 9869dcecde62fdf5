"""What components promise to whoever writes a page."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django import forms
from django.core.paginator import Paginator
from django.template import RequestContext, engines
from django.test import RequestFactory


def draw(source: str, *, path: str = "/", **context: Any) -> str:
    """The source drawn as a template of a page would be: components are read by the loader of cotton."""
    from django_cotton.compiler_regex import CottonCompiler

    engine = engines["django"].engine  # type: ignore[attr-defined]
    template = engine.from_string(CottonCompiler().process("{% load ui %}" + source))
    return str(template.render(RequestContext(RequestFactory().get(path), context)))


class VisitForm(forms.Form):
    phone = forms.CharField(label="Телефон", help_text="С кодом города")
    channel = forms.ChoiceField(label="Куда писать", choices=[("sms", "SMS")], widget=forms.RadioSelect)
    doctor = forms.ChoiceField(label="Врач", choices=[("1", "Соколова")])
    agree = forms.BooleanField(label="Согласен", required=False)


def test_a_button_with_an_address_is_a_link_and_without_one_a_button() -> None:
    assert draw('<c-button href="/a/">Да</c-button>').startswith('<a class="btn')
    assert 'type="button"' in draw("<c-button>Да</c-button>")
    assert "disabled" in draw("<c-button disabled>Да</c-button>")


def test_a_disabled_link_is_not_a_link() -> None:
    assert "href" not in draw('<c-button href="/a/" disabled>Нельзя</c-button>')


def test_a_key_is_told_to_the_eye_and_to_a_screen_reader() -> None:
    text = draw('<c-button hotkey="c">Позвонить</c-button>')
    assert 'data-hotkey="c" aria-keyshortcuts="C"' in text
    assert '<kbd aria-hidden="true">C</kbd>' in text


def test_attributes_of_htmx_go_through() -> None:
    assert 'hx-post="/a/"' in draw('<c-button hx-post="/a/">Да</c-button>')


def test_what_a_person_typed_cannot_become_markup() -> None:
    evil = '"><script>alert(1)</script>'
    for source in (
        '<c-stat label="{{ text }}" value="{{ text }}" />',
        '<c-card title="{{ text }}">{{ text }}</c-card>',
        '<c-badge :tone="text">{{ text }}</c-badge>',
        '<c-field label="a" name="b" :value="text" />',
        '<c-textarea label="a" name="b" :value="text" />',
        '<c-chart id="a" title="{{ text }}" :data="data" />',
        '<c-toast :text="text" />',
    ):
        drawn = draw(source, text=evil, data={"label": evil})
        assert "<script>alert" not in drawn, source


def test_what_a_person_typed_is_escaped_once() -> None:
    for source in ('<c-card title="{{ text }}" />', '<c-card :title="text" />', "<c-card>{{ text }}</c-card>"):
        assert "Орлов &amp; Ким" in draw(source, text="Орлов & Ким"), source


def test_a_field_says_its_mistake_and_its_hint_to_a_screen_reader() -> None:
    form = VisitForm(data={})
    text = draw('<c-field :field="form.phone" />', form=VisitForm(data={}))
    assert form.errors
    assert 'aria-invalid="true"' in text
    assert 'for="id_phone"' in text
    assert "id_phone_helptext" in text
    assert text.count("id_phone_error") == 2
    assert 'class="input"' in text


def test_every_kind_of_a_field_has_a_name() -> None:
    form = VisitForm()
    assert "<legend>Куда писать" in draw('<c-field :field="form.channel" />', form=form)
    assert 'class="select"' in draw('<c-field :field="form.doctor" />', form=form)
    assert '<label class="check">' in draw('<c-field :field="form.agree" />', form=form)


def test_a_select_keeps_what_was_chosen_whatever_its_type() -> None:
    text = draw(
        '<c-select label="Врач" name="d" :options="options" :value="value" />', options=[(1, "А"), (2, "Б")], value=2
    )
    assert '<option value="2" selected>' in text
    assert text.count("selected") == 1


def test_a_figure_without_an_interval_draws_no_mark() -> None:
    assert 'class="ci' not in draw('<c-stat label="NPS" value="58" />')
    assert 'class="ci' in draw('<c-stat label="NPS" value="58" :at="0" :low="0" :high="10" />')


def test_an_unripe_figure_says_so_in_words() -> None:
    assert "ещё не созрело" in draw('<c-stat label="Неявки" value="9 %" immature />')


def test_components_do_not_leak_into_each_other() -> None:
    text = draw('<c-card title="Снаружи"><c-card>внутри</c-card></c-card>', title="чужое")
    assert text.count("Снаружи") == 1
    assert "чужое" not in draw("<c-card>внутри</c-card>", title="чужое", label="чужое", actions="чужое")


def test_pages_keep_the_rest_of_the_filter() -> None:
    pages = Paginator(range(200), 50).get_page(2)
    text = draw('<c-pager :page="pages" forms="пациент,пациента,пациентов" />', path="/?doctor=3&page=2", pages=pages)
    assert "?doctor=3&amp;page=3" in text
    assert "51–100 из 200" in text
    assert 'aria-current="page"' in text


@pytest.mark.parametrize(("count", "told"), [(51, "51 пациента"), (92, "92 пациентов"), (111, "111 пациентов")])
def test_the_word_after_из_stands_in_its_case(count: int, told: str) -> None:
    pages = Paginator(range(count), 50).get_page(1)
    text = draw('<c-pager :page="pages" forms="пациент,пациента,пациентов" />', pages=pages)
    assert f"из {told}" in text.replace("\u00a0", " ")


@pytest.mark.parametrize(("value", "told"), [("1.50", "1,5"), ("2.00", "2"), ("1.25", "1,25"), ("10.00", "10")])
def test_a_factor_has_no_zeros_behind_it(value: str, told: str) -> None:
    assert draw("{{ value|factor }}", value=Decimal(value)) == told


def test_one_page_needs_no_pager() -> None:
    assert "<nav" not in draw('<c-pager :page="pages" />', pages=Paginator(range(3), 50).get_page(1))


@pytest.mark.parametrize(("done", "total", "width"), [(1, 4, "25.0"), (0, 0, "0"), (9, 3, "100.0")])
def test_progress_never_leaves_its_bar(done: int, total: int, width: str) -> None:
    text = draw('<c-progress label="Загрузка" :done="done" :total="total" />', done=done, total=total)
    assert f"--done:{width}" in text

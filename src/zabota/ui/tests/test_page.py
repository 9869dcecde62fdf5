"""A view's answer: the whole page to a browser, the fragment to htmx."""

from __future__ import annotations

import json
import re

from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django_htmx.middleware import HtmxDetails
from pytest_django.fixtures import Settings

from zabota.ui.page import done, page, toast


def _request(**headers: str) -> HttpRequest:
    request = RequestFactory().get("/ui/", headers=headers)
    request.htmx = HtmxDetails(request)
    return request


def _events(response: HttpResponse) -> dict[str, object]:
    return json.loads(response["HX-Trigger"])


PEOPLE = {"people": [{"name": "Юсупова Диляра", "reason": "", "due": "", "tone": "", "kopecks": 100}]}


def test_htmx_gets_only_the_fragment() -> None:
    response = page(_request(HX_Request="true"), "ui/gallery.html", partial="rows", context=PEOPLE)
    text = response.content.decode()
    assert "Юсупова Диляра" in text
    assert "<html" not in text
    assert "HX-Request" in response["Vary"]


def test_a_browser_gets_the_whole_page() -> None:
    text = page(_request(), "ui/gallery_plain.html", partial="rows").content.decode()
    assert text.startswith("<!doctype html>")


def test_going_back_in_history_gets_the_whole_page() -> None:
    request = _request(HX_Request="true", HX_History_Restore_Request="true")
    assert b"<html" in page(request, "ui/gallery_plain.html", partial="rows").content


def test_a_form_with_mistakes_says_so_by_its_status() -> None:
    assert page(_request(), "ui/gallery_plain.html", status=422).status_code == 422


def test_what_was_done_is_told_with_a_way_back() -> None:
    response = done("Отмечено", undo_url="/undo/1/", refresh="queue:changed")
    assert response.status_code == 204
    events = _events(response)
    assert events["toast"] == {"text": "Отмечено", "undo": "/undo/1/", "tone": ""}
    assert {"overlay:close", "queue:changed"} <= events.keys()
    assert response["HX-Trigger"].isascii()


def test_two_words_of_one_answer_do_not_push_each_other_out() -> None:
    response = toast(done(refresh="queue:changed"), "Готово")
    assert {"toast", "queue:changed"} <= _events(response).keys()


def test_the_page_of_components_is_hidden_outside_debug(client: Client) -> None:
    assert client.get("/ui/").status_code == 404


def test_every_component_is_drawn_and_none_is_left_as_text(client: Client, settings: Settings) -> None:
    settings.DEBUG = True
    text = client.get("/ui/").content.decode()
    assert re.findall(r"</?c-[a-z]", text) == []
    assert "{{" not in text
    assert "{%" not in text


def test_no_page_carries_code_or_a_foreign_host(client: Client, settings: Settings) -> None:
    settings.DEBUG = True
    text = client.get("/ui/").content.decode()
    assert re.findall(r"<script(?![^>]*(?:src=|application/json))", text) == []
    assert re.findall(r"\son[a-z]+=", text) == []
    assert re.findall(r"(?:src|href|action)=\"https?:", text) == []


def test_the_chosen_theme_is_in_the_page_before_any_script(client: Client, settings: Settings) -> None:
    settings.DEBUG = True
    client.cookies["theme"] = "dark"
    assert '<html lang="ru" data-theme="dark"' in client.get("/ui/plain/").content.decode()
    client.cookies["theme"] = '"><b>'
    assert '<html lang="ru" class=""' in client.get("/ui/plain/").content.decode()

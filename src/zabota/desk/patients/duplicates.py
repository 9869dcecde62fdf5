"""Likely duplicates: the list with reasons, two cards side by side, the merge and its undo."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect

from zabota.booking import api as booking
from zabota.clinic.api import Right
from zabota.desk.access import StaffRequest, staff_page
from zabota.desk.patients.access import cards_of, patient_for
from zabota.desk.patients.words import LIKENESS
from zabota.kernel import clock
from zabota.kernel.errors import Trouble
from zabota.patients import api as patients
from zabota.patients.models import DuplicateCandidate, Merge, Patient
from zabota.ui import formats
from zabota.ui.page import page, wants_fragment

PER_PAGE = 20
SHOWN_MERGES = 10

#: Fields shown side by side; a name is one choice.
FIELDS: tuple[tuple[str, str], ...] = (
    ("surname", "Фамилия"),
    ("name", "Имя"),
    ("patronymic", "Отчество"),
    ("born_on", "Дата рождения"),
    ("sex", "Пол"),
    ("card_no", "Номер карты"),
    ("branch_id", "Филиал"),
    ("source_id", "Источник"),
    ("address", "Адрес"),
    ("area", "Район"),
)


@require_GET
@staff_page(Right.PATIENTS_MERGE)
def duplicates(request: StaffRequest) -> HttpResponse:
    """Pairs that wait for a decision, the likeliest first, and the latest merges."""
    shown = Paginator(_open_pairs(request), PER_PAGE).get_page(request.GET.get("page", "1"))
    ids = [pk for pair in shown for pk in (pair.first_id, pair.second_id)]
    visits = booking.visit_summaries(ids)
    contacts = patients.contacts_of(ids)
    pairs = [
        (pair, [_side(card, visits, contacts) for card in (pair.first, pair.second)], _reasons(pair)) for pair in shown
    ]
    merges = Merge.objects.filter(kept__in=cards_of(request)).select_related("kept", "absorbed", "merged_by")
    latest = merges.defer("moved").order_by("-merged_at", "-pk")[:SHOWN_MERGES]
    return page(request, "desk/patients/duplicates.html", context={"shown": shown, "pairs": pairs, "merges": latest})


@require_http_methods(["GET", "POST"])
@staff_page(Right.PATIENTS_MERGE)
def duplicate(request: StaffRequest, public_id: str) -> HttpResponse:
    """Two cards side by side; the decision."""
    pair = get_object_or_404(_open_pairs(request), public_id=public_id)
    if request.method == "POST":
        return _decide(request, pair)
    return _side_by_side(request, pair.first, pair.second, pair=pair)


@require_http_methods(["GET", "POST"])
@staff_page(Right.PATIENTS_MERGE)
def merge_pair(request: StaffRequest, public_id: str, other_id: str) -> HttpResponse:
    """The same for two cards that a person found themselves."""
    one, other = patient_for(request, public_id), patient_for(request, other_id)
    if one.pk == other.pk:
        raise Http404
    if request.method == "POST":
        return _merged(request, one, other)
    return _side_by_side(request, one, other, pair=None)


@require_POST
@staff_page(Right.PATIENTS_MERGE)
def reopen(request: StaffRequest, public_id: str) -> HttpResponse:
    """Take «разные люди» back."""
    rows = DuplicateCandidate.objects.filter(first__in=cards_of(request), second__in=cards_of(request))
    pair = get_object_or_404(rows, public_id=public_id)
    patients.reopen_pair(pair=pair, actor=request.actor, now=clock.now())
    messages.success(request, "Пара снова в списке")
    return _go(request, reverse("desk:patients-duplicates"))


@require_POST
@staff_page(Right.PATIENTS_MERGE)
def merge_undo(request: StaffRequest, public_id: str) -> HttpResponse:
    """Take two cards apart as they were."""
    merge = get_object_or_404(Merge, kept__in=cards_of(request), public_id=public_id)
    try:
        patients.undo_merge(merge=merge, actor=request.actor, now=clock.now())
        messages.success(request, "Карты снова отдельно, всё вернулось на место")
    except Trouble as trouble:
        messages.error(request, trouble.text)
    return _go(request, reverse("desk:patient", args=[merge.kept.public_id]))


def _go(request: StaffRequest, url: str) -> HttpResponse:
    """To another page; a word with «Отменить» asks by script and is sent there whole."""
    return HttpResponseClientRedirect(url) if wants_fragment(request) else redirect(url)


def _decide(request: StaffRequest, pair: DuplicateCandidate) -> HttpResponse:
    if request.POST.get("decision") == "same":
        return _merged(request, pair.first, pair.second)
    try:
        patients.decide_different(pair=pair, actor=request.actor, now=clock.now())
        undo = reverse("desk:patients-duplicate-reopen", args=[pair.public_id])
        messages.success(request, "Отмечено: разные люди", extra_tags=undo)
    except Trouble as trouble:
        messages.error(request, trouble.text)
    return redirect("desk:patients-duplicates")


def _merged(request: StaffRequest, one: Patient, other: Patient) -> HttpResponse:
    """`keep` names the card that stays; `f_<field>` the card from which a field is taken."""
    keep = request.POST.get("keep", "")
    if keep not in (one.public_id, other.public_id):
        messages.error(request, "Отметьте, какая карта остаётся.")
        return redirect(request.path)
    kept, absorbed = (one, other) if keep == one.public_id else (other, one)
    choose = {
        field: "kept" if request.POST[f"f_{field}"] == kept.public_id else "absorbed"
        for field, _ in FIELDS
        if request.POST.get(f"f_{field}") in (one.public_id, other.public_id)
    }
    try:
        merge = patients.merge_cards(kept=kept, absorbed=absorbed, choose=choose, actor=request.actor, now=clock.now())
        undo = reverse("desk:patients-merge-undo", args=[merge.public_id])
        messages.success(request, "Карты объединены. Отменить можно и позже: на карте, в истории", extra_tags=undo)
    except Trouble as trouble:
        messages.error(request, trouble.text)
    return redirect("desk:patient", kept.public_id)


def _side_by_side(
    request: StaffRequest, one: Patient, other: Patient, *, pair: DuplicateCandidate | None
) -> HttpResponse:
    ids = [one.pk, other.pk]
    visits = booking.visit_summaries(ids)
    contacts = patients.contacts_of(ids)
    sides = [_side(card, visits, contacts) for card in (one, other)]
    # The card with more visits is proposed to stay: fewer habits change.
    keep = max((one, other), key=lambda card: (visits[card.pk].visits, -card.pk))
    states = patients.consent_states(ids, clinic_id=request.clinic.pk)
    stricter = any(
        states[one.pk][key].allowed != states[other.pk][key].allowed
        and {"refused", "withdrawn"} & {states[one.pk][key].standing, states[other.pk][key].standing}
        for key in states[one.pk]
    )
    context = {
        "pair": pair,
        "sides": sides,
        "keep": keep,
        "rows": [_row(field, label, one, other, keep) for field, label in FIELDS],
        "reasons": _reasons(pair) if pair else [],
        "stricter": stricter,
    }
    return page(request, "desk/patients/duplicate.html", context=context)


def _row(field: str, label: str, one: Patient, other: Patient, keep: Patient) -> dict[str, Any]:
    values = [_shown(card, field) for card in (one, other)]
    preferred = keep if _shown(keep, field) else (other if keep is one else one)
    return {
        "field": field,
        "label": label,
        "differs": values[0] != values[1],
        "cells": [
            {"card": card, "value": value, "checked": card is preferred}
            for card, value in zip((one, other), values, strict=True)
        ],
    }


def _shown(card: Patient, field: str) -> str:
    value = getattr(card, field.removesuffix("_id"))
    if field == "born_on":
        return formats.day(value) if value else ""
    if field == "sex":
        return card.get_sex_display() if value else ""
    return str(value) if value else ""


def _side(card: Patient, visits: Any, contacts: Any) -> dict[str, Any]:
    return {"card": card, "visits": visits[card.pk], "contacts": contacts[card.pk]}


def _reasons(pair: DuplicateCandidate) -> list[str]:
    return [LIKENESS.get(code, code) for code in pair.reasons]


def _open_pairs(request: StaffRequest) -> Any:
    """Pairs of which both cards are in use and may be seen by this person."""
    cards = cards_of(request).cards()
    rows = DuplicateCandidate.objects.filter(
        clinic=request.clinic, state=DuplicateCandidate.State.OPEN, first__in=cards, second__in=cards
    )
    related = ("first__branch", "first__source", "second__branch", "second__source")
    return rows.select_related(*related).order_by("-score", "pk")

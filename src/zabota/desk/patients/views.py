"""Pages of patients: the list with its search, the card, registering and editing."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from zabota.clinic.api import Right
from zabota.clinic.models import Branch
from zabota.desk.access import StaffRequest, branches_of, may_see, staff_page
from zabota.desk.control.csv import csv_answer
from zabota.desk.patients import export, listing
from zabota.desk.patients.access import cards_of, patient_for, sight_of
from zabota.desk.patients.card import Card, load_card, timeline_of, zone_of
from zabota.desk.patients.forms import EditCardForm, NewCardForm, card_initial
from zabota.kernel import audit, clock
from zabota.kernel.errors import Trouble
from zabota.kernel.phones import read_phones
from zabota.patients import api as patients
from zabota.patients.models import DuplicateCandidate, Patient
from zabota.ui import formats
from zabota.ui.page import page, wants_fragment

SUGGESTED = 8


@require_GET
@staff_page(Right.PATIENTS_VIEW)
def patient_list(request: StaffRequest) -> HttpResponse:
    """Everybody, or whoever fits the words and the filter."""
    sight = sight_of(request)
    asked = listing.read_asked(request, sight)
    shown = listing.page_of(request, asked)
    today = clock.today(request.clinic.time_zone)
    columns = [(key, listing.COLUMNS[key][0], key in asked.columns) for key in listing.COLUMNS]
    context = {
        "sight": sight,
        "asked": asked,
        "shown": shown,
        "rows": listing.rows_of(list(shown.object_list), today),
        "cut": asked.q and shown.paginator.count >= listing.FOUND_LIMIT,
        "many": shown.paginator.count > listing.COUNT_LIMIT,
        "columns": [column for column in columns if column[0] != "value" or sight.money],
        "choices": listing.choices_of(request),
        "duplicates": _open_pairs(request) if sight.merge else 0,
    }
    return page(request, "desk/patients/list.html", partial="rows", context=context)


@require_GET
@staff_page(Right.PATIENTS_VIEW)
def patient_search(request: StaffRequest) -> HttpResponse:
    """The first few who fit, as one types: a list for htmx, JSON for the palette."""
    sight = sight_of(request)
    found = patients.search(
        request.GET.get("q", ""),
        clinic_id=request.clinic.pk,
        branch_ids=branches_of(request.member),
        limit=SUGGESTED,
    )
    if wants_fragment(request):
        return page(request, "desk/patients/_found.html", context={"found": found, "sight": sight})
    items = [
        {"label": each.full_name, "hint": _hint(each, sight.contacts), "url": _address(each.public_id)}
        for each in found
    ]
    return JsonResponse({"items": items})


@require_GET
@staff_page(Right.PATIENTS_EXPORT)
def patients_export(request: StaffRequest, form: str) -> HttpResponseBase:
    """The list with its filter and columns as a file."""
    asked = listing.read_asked(request, sight_of(request))
    ids = listing.found_ids(request, asked) if asked.q else None
    if ids is None:
        ids = list(listing.cards_asked(request, asked).values_list("pk", flat=True)[: export.ROW_LIMIT])
    now = clock.now()
    today = clock.today(request.clinic.time_zone, now)
    details = {"rows": len(ids), "form": form, "columns": list(asked.columns)}
    audit.record(
        "patients.list.exported",
        request.clinic,
        actor=request.actor,
        now=now,
        clinic_id=request.clinic.pk,
        details=details,
    )
    name = f"patients-{today:%Y-%m-%d}"
    if form == "csv":
        return csv_answer(name, export.headings(asked.columns), export.lines(ids, asked.columns, today))
    return FileResponse(export.as_xlsx(ids, asked.columns, today), as_attachment=True, filename=f"{name}.xlsx")


@require_GET
@staff_page(Right.PATIENTS_VIEW)
def patient_card(request: StaffRequest, public_id: str) -> HttpResponse:
    """The whole card. Whoever looks leaves a row in the trail."""
    patient = patient_for(request, public_id)
    if patient.public_id != public_id:
        return redirect("desk:patient", patient.public_id)
    now = clock.now()
    audit.record("patients.card.viewed", patient, actor=request.actor, now=now, patient_id=patient.pk)
    return show_card(request, load_card(request, patient, now=now))


@require_GET
@staff_page(Right.PATIENTS_VIEW)
def patient_timeline(request: StaffRequest, public_id: str) -> HttpResponse:
    """One page of the history, or another filter of it."""
    patient = patient_for(request, public_id)
    chosen = request.GET.get("show", "all")
    context = timeline_of(request, patient, chosen=chosen, mark=request.GET.get("after", ""))
    part = "lines" if request.GET.get("after") else "timeline"
    with timezone.override(zone_of(patient)):
        if not wants_fragment(request):
            return page(request, "desk/patients/history.html", context=context)
        return page(request, f"desk/patients/_timeline.html#{part}", context=context)


@require_http_methods(["GET", "POST"])
@staff_page(Right.PATIENTS_EDIT)
def patient_new(request: StaffRequest) -> HttpResponse:
    """Open a card; whoever already has one with the same name is shown first."""
    sent = request.method == "POST"
    start = {"surname": request.GET.get("q", "")[:100]}
    form = NewCardForm(
        request.POST if sent else None, initial=start, clinic=request.clinic, branches=_branches(request)
    )
    hints: list[Patient] = []
    if sent and form.is_valid():
        data = dict(form.cleaned_data)
        hints = [] if data.pop("anyway") else _hints(request, data)
        if not hints:
            try:
                made = patients.register_patient(clinic=request.clinic, **data, actor=request.actor, now=clock.now())
                messages.success(request, "Карта заведена")
                return redirect("desk:patient", made.public_id)
            except Trouble as trouble:
                form.add_error(None, trouble.text)
    context = {"form": form, "hints": hints, "title": "Новая карта", "back": reverse("desk:patients")}
    return page(request, "desk/patients/form.html", context=context, status=422 if sent else 200)


@require_http_methods(["GET", "POST"])
@staff_page(Right.PATIENTS_EDIT)
def patient_edit(request: StaffRequest, public_id: str) -> HttpResponse:
    """Correct a card."""
    patient = patient_for(request, public_id)
    sent = request.method == "POST"
    initial = card_initial(patient)
    # A branch that was closed stays the branch of its cards until somebody chooses another.
    branches = _branches(request) | Branch.objects.filter(clinic=request.clinic, pk=patient.branch_id or 0)
    form = EditCardForm(request.POST if sent else None, initial=initial, clinic=request.clinic, branches=branches)
    if sent and form.is_valid():
        try:
            _save(request, patient, form)
            messages.success(request, "Сохранено")
            return redirect("desk:patient", patient.public_id)
        except Trouble as trouble:
            form.add_error(None, trouble.text)
    context = {"form": form, "patient": patient, "title": patient.full_name, "back": _address(patient.public_id)}
    return page(request, "desk/patients/form.html", context=context, status=422 if sent else 200)


def show_card(
    request: StaffRequest, card: Card, *, part: str | None = None, status: int = 200, **more: Any
) -> HttpResponse:
    """The page of a card, or one part of it for htmx, with times in the zone of its branch."""
    with timezone.override(card.zone):
        context = {"card": card, "patient": card.patient, "sight": card.sight, **more}
        context |= {"timeline": card.timeline, "chips": card.chips, "chosen": "all"}
        return page(request, "desk/patients/card.html", partial=part, context=context, status=status)


@transaction.atomic
def _save(request: StaffRequest, patient: Patient, form: EditCardForm) -> None:
    data = form.changes
    if "source" in data:
        name = data["source"]
        data["source"] = patients.source_named(clinic=request.clinic, name=name) if name.strip() else None
    patients.edit_patient(patient=patient, changes=data, actor=request.actor, now=clock.now())


def _branches(request: StaffRequest) -> Any:
    rows = Branch.objects.filter(clinic=request.clinic, is_active=True)
    allowed = branches_of(request.member)
    return rows if allowed is None else rows.filter(pk__in=allowed)


def _hints(request: StaffRequest, data: dict[str, Any]) -> list[Patient]:
    """Cards of branches that this person may not see are not told of."""
    phones = [phone.e164 for phone in read_phones(data["phones"]).phones]
    found = patients.same_person_hints(
        clinic_id=request.clinic.pk,
        surname=data["surname"],
        name=data["name"],
        patronymic=data["patronymic"],
        born_on=data["born_on"],
        phones=phones,
    )
    return [card for card in found if may_see(request.member, card.branch_id)]


def _open_pairs(request: StaffRequest) -> int:
    cards = cards_of(request).cards()
    pairs = DuplicateCandidate.objects.filter(clinic=request.clinic, state=DuplicateCandidate.State.OPEN)
    return pairs.filter(first__in=cards, second__in=cards).count()


def _hint(found: patients.Found, in_full: bool) -> str:
    phone = (formats.phone if in_full else formats.phone_masked)(found.phone) if found.phone else ""
    born = formats.day(found.born_on) if found.born_on else ""
    return ", ".join(part for part in (born, phone, f"карта {found.card_no}" if found.card_no else "") if part)


def _address(public_id: str) -> str:
    if not public_id:
        raise Http404
    return reverse("desk:patient", args=[public_id])

"""The wizard of loads: file, columns, check, load, result; each can be left and found again."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from zabota.clinic.api import Right
from zabota.clinic.models import Branch
from zabota.desk.access import StaffRequest, staff_page
from zabota.desk.intake.forms import (
    STATUS_NAMES,
    ReadingForm,
    chosen_columns,
    field_choices,
    read_columns,
    reading_form,
    saved_mapping,
)
from zabota.intake import loads
from zabota.intake.api import SavedMapping
from zabota.intake.models import Batch, RowIssue
from zabota.intake.models import SavedMapping as Kept
from zabota.kernel import clock
from zabota.kernel.errors import BadInput, Trouble
from zabota.ui.page import page

#: Refused rows shown on the page, of which the file has all, and remarks shown beside them.
SHOWN_REFUSALS = 20
WORKING = (Batch.State.CHECKING, Batch.State.LOADING, Batch.State.UNDOING)
_DELIMITERS = {"\t": "табуляция", ";": "«;»", ",": "«,»", "|": "«|»"}
#: Fields that a list of patients has no use for: with them and without a date a list of visits lost its days.
_OF_VISITS = {"doctor", "service", "status", "total", "price", "paid"}
_KINDS = {
    "visits": "визиты",
    "patients": "пациенты",
    "payments": "оплаты",
    "plans": "планы лечения",
    "services": "услуги",
}


@require_http_methods(["GET", "POST"])
@staff_page(Right.INTAKE_RUN)
def batches(request: StaffRequest) -> HttpResponse:
    """All loads, and the form that begins one."""
    error = ""
    if request.method == "POST":
        uploads = [
            loads.Upload(name=file.name or "", content=file.file)
            for file in request.FILES.getlist("files")
            if file.file
        ]
        try:
            batch = loads.receive_files(clinic=request.clinic, uploads=uploads, actor=request.actor, now=clock.now())
            return redirect("desk:intake-batch", batch.public_id)
        except Trouble as trouble:
            error = trouble.text
    recent = Batch.objects.select_related("created_by").prefetch_related("files").order_by("-created_at")[:50]
    kept = Kept.objects.filter(clinic=request.clinic).select_related("saved_by").order_by("-saved_at")
    context = {"recent": recent, "kept": kept, "error": error}
    return page(request, "desk/intake/list.html", context=context, status=422 if error else 200)


@require_POST
@staff_page(Right.INTAKE_RUN)
def forget(request: StaffRequest) -> HttpResponse:
    """Columns kept for the next file are kept no more."""
    number = request.POST.get("kept", "")
    try:
        loads.forget_columns(
            clinic=request.clinic,
            mapping_id=int(number) if number.isdecimal() and len(number) < 16 else 0,
            actor=request.actor,
            now=clock.now(),
        )
        messages.success(request, "Столбцы больше не помним: такой файл разберём заново.")
    except Trouble as trouble:
        messages.error(request, trouble.text)
    return redirect("desk:intake")


@require_GET
@staff_page(Right.INTAKE_RUN)
def batch(request: StaffRequest, public_id: str) -> HttpResponse:
    """One load at its present step; while it works the page asks for its progress every second.

    `?step=columns` goes back from the check to the columns.
    """
    found = _batch(public_id)
    context = _context(request, found)
    if request.GET.get("step") == "columns" and found.state == Batch.State.CHECKED:
        context |= {"stage": "columns", "steps": _steps("columns")}
    return page(request, "desk/intake/batch.html", partial="work", context=context)


@require_POST
@staff_page(Right.INTAKE_RUN)
def columns(request: StaffRequest, public_id: str) -> HttpResponse:
    """Fix the columns and start the check."""
    found = _batch(public_id)
    facts = found.facts.get("files", [])
    form = read_columns(request.POST, facts, found.mapping)
    if form.errors or not facts:
        context = {**_context(request, found, chosen=form.mapping), "errors": form.errors}
        return page(request, "desk/intake/batch.html", context=context, status=422)
    branch = Branch.objects.filter(clinic=request.clinic, public_id=form.branch_id).first()
    try:
        loads.choose_columns(
            batch=found,
            mapping=form.mapping.to_dict(),
            branch=branch,
            system=form.mapping.system or "file",
            is_complete=form.is_complete,
            remember_as=form.remember_as,
            signature=found.facts["signature"],
            actor=request.actor,
            now=clock.now(),
        )
        loads.start_step(batch=found, step="check", actor=request.actor, now=clock.now())
    except Trouble as trouble:
        messages.error(request, trouble.text)
    return redirect("desk:intake-batch", public_id)


@require_POST
@staff_page(Right.INTAKE_RUN)
def read_again(request: StaffRequest, public_id: str) -> HttpResponse:
    """Read the files as a person says: header row, encoding, order of dates."""
    form = ReadingForm(request.POST)
    try:
        if not form.is_valid():
            raise BadInput(" ".join(str(text) for texts in form.errors.values() for text in texts))
        loads.read_again(batch=_batch(public_id), reading=form.reading(), actor=request.actor, now=clock.now())
    except Trouble as trouble:
        messages.error(request, trouble.text)
    return redirect("desk:intake-batch", public_id)


@require_POST
@staff_page(Right.INTAKE_RUN)
def step(request: StaffRequest, public_id: str, step: str) -> HttpResponse:
    """Start the load, or take it back."""
    if step not in {"load", "undo"}:
        raise Http404
    try:
        loads.start_step(batch=_batch(public_id), step=step, actor=request.actor, now=clock.now())
    except Trouble as trouble:
        messages.error(request, trouble.text)
    return redirect("desk:intake-batch", public_id)


@require_POST
@staff_page(Right.INTAKE_RUN)
def discard(request: StaffRequest, public_id: str) -> HttpResponse:
    """Give up a load that wrote nothing."""
    try:
        loads.discard(batch=_batch(public_id), actor=request.actor, now=clock.now())
        messages.success(request, "Загрузка убрана, в данных ничего не изменилось.")
    except Trouble as trouble:
        messages.error(request, trouble.text)
    return redirect("desk:intake")


@require_GET
@staff_page(Right.INTAKE_RUN)
def refused(request: StaffRequest, public_id: str) -> FileResponse:
    """The refused rows as a file of the same shape, to be corrected and loaded again; an archive of several."""
    found = _batch(public_id)
    kept = loads.refused_file(found)
    if found.state not in {Batch.State.CHECKED, Batch.State.LOADED} or kept is None or not kept[0].exists():
        raise Http404
    return FileResponse(kept[0].open("rb"), as_attachment=True, filename=kept[1])


def _batch(public_id: str) -> Batch:
    return get_object_or_404(Batch.objects.select_related("branch", "created_by"), public_id=public_id)


def _context(request: StaffRequest, found: Batch, *, chosen: SavedMapping | None = None) -> dict[str, Any]:
    files = found.facts.get("files", [])
    mapping = chosen or saved_mapping(found.mapping)
    columns = chosen_columns(mapping, files)
    uploaded = list(found.files.order_by("id"))
    tables = [_table(place, file, columns[place]) for place, file in enumerate(files)]
    first_of: dict[int, dict[str, Any]] = {}
    for place, table in enumerate(tables, start=1):
        number = table.get("file", place)
        first_of.setdefault(number, table)
        table["file_name"] = uploaded[number - 1].name if number <= len(uploaded) else ""
    words = list(dict.fromkeys(word for file in files for word in file["unknown_statuses"]))
    preview: dict[str, Any] = found.result if found.state == Batch.State.LOADED else found.preview
    unsure = sum(1 for table in tables for column in table["columns"] if column["ask"])
    half = found.state == Batch.State.FAILED and loads.has_written(found)
    return {
        "batch": found,
        "files": [
            {"name": file.name, "size_bytes": file.size_bytes, "table": first_of.get(number)}
            for number, file in enumerate(uploaded, start=1)
        ],
        "half": half,
        "reading": reading_form(found.facts.get("asked") or {}) if _may_read_again(found) and not half else None,
        "tables": tables,
        "unsure": unsure,
        "known": sum(1 for table in tables for column in table["columns"] if column["field"] and not column["ask"]),
        "fields": field_choices(),
        "status_words": [(number, word, mapping.statuses.get(word, "")) for number, word in enumerate(words)],
        "status_names": list(STATUS_NAMES.items()),
        "branches": Branch.objects.filter(clinic=request.clinic, is_active=True),
        "several_files": len(tables) > 1,
        "refusals": _issues(found, tables, is_refusal=True),
        "remarks": _issues(found, tables, is_refusal=False),
        "remarked": sum(remark["count"] for remark in preview.get("remarks", [])),
        "preview": preview,
        "period": [date.fromisoformat(day) for day in preview.get("period", [])],
        "new_people": [
            {**person, "born_on": date.fromisoformat(person["born_on"]) if person["born_on"] else None}
            for person in preview.get("examples", {}).get("new_patients", [])
        ],
        "working": found.state in WORKING or (found.state == Batch.State.UPLOADED and not files),
        "steps": _steps(_stage(found)),
        "stage": _stage(found),
        "past": Batch.objects.filter(state=Batch.State.LOADED).exclude(pk=found.pk).order_by("-finished_at")[:3],
        "ungrouped": loads.services_without_group(request.clinic) if found.state == Batch.State.LOADED else 0,
    }


def _may_read_again(found: Batch) -> bool:
    """Whether nothing is written and nobody reads the files now."""
    waits = found.state == Batch.State.UPLOADED and bool(found.facts.get("files"))
    return waits or found.state in {Batch.State.MAPPED, Batch.State.CHECKED, Batch.State.FAILED}


def _issues(found: Batch, tables: list[dict[str, Any]], *, is_refusal: bool) -> list[tuple[RowIssue, str]]:
    """The first rows refused or with remarks, each with its file; of several sheets of a book with its sheet too."""
    files = [table["file_name"] for table in tables]
    named = [
        f"{name}, лист «{table['sheet']}»" if table["sheet"] and files.count(name) > 1 else name
        for name, table in zip(files, tables, strict=True)
    ]
    rows = found.issues.filter(is_refusal=is_refusal).order_by("file_index", "row")[:SHOWN_REFUSALS]
    return [(each, named[each.file_index] if each.file_index < len(named) else "") for each in rows]


def _table(number: int, file: dict[str, Any], chosen: dict[str, str]) -> dict[str, Any]:
    rows = []
    for index, column in enumerate(file["columns"]):
        field = chosen.get(column["header"], column["field"] or "")
        corrected = column["header"] in chosen
        rows.append(
            {
                **column,
                "name": f"field-{number}-{index}",
                "field": field,
                "own": corrected and field != (column["field"] or ""),
                "percent": round(column["confidence"] * 100),
                "ask": not corrected and column["needed"] and 0.2 <= column["confidence"] < 0.6,
            }
        )
    rows.sort(key=lambda column: (not column["ask"], not column["field"]))
    return {
        **file,
        "columns": rows,
        "dateless": file["kind"] == "patients" and bool(_OF_VISITS & {column["field"] for column in rows}),
        "delimiter_shown": _DELIMITERS.get(file["delimiter"], f"«{file['delimiter']}»"),
        "kind_shown": _KINDS.get(file["kind"] or "", "визиты"),
    }


def _stage(found: Batch) -> str:
    """The step of the wizard at which a load stands."""
    if found.state in {Batch.State.UPLOADED, Batch.State.MAPPED}:
        return "columns"
    if found.state in {Batch.State.CHECKING, Batch.State.CHECKED}:
        return "check"
    if found.state == Batch.State.FAILED:
        return "columns" if found.facts.get("files") else "file"
    return "load" if found.state == Batch.State.LOADING else "result"


def _steps(current: str) -> list[dict[str, Any]]:
    names = [("file", "Файл"), ("columns", "Столбцы"), ("check", "Проверка"), ("load", "Загрузка"), ("result", "Итог")]
    order = [key for key, _ in names]
    here = order.index(current)
    return [
        {"label": label, "done": position < here, "current": position == here}
        for position, (_, label) in enumerate(names)
    ]

"""Takes a load back: what it made is removed, what it changed is restored; what people have used since stays."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.apps import apps
from django.db import models, transaction
from django.utils.dateparse import parse_date, parse_datetime

from zabota.booking.models import Appointment, AppointmentService, Payment
from zabota.care.models import Plan
from zabota.clinic.models import Service
from zabota.intake.models import Batch, Change
from zabota.intake.services.catalogue import remove_made
from zabota.intake.services.offers import tell_groups
from zabota.intake.services.people import chunked
from zabota.intake.services.traces import used_patients, used_plans, used_visits
from zabota.intake.services.visits import lines_of
from zabota.kernel.jobs import assure_lease
from zabota.nextstep.models import Exemption
from zabota.patients.models import Consent, Contact, DuplicateCandidate, Patient, PatientExternalId
from zabota.worklist.models import Task

Tick = Callable[[str, int, int], None]
PORTION = 1000


def undo_load(batch: Batch, *, now: datetime, tick: Tick) -> tuple[dict[str, int], set[int]]:
    """Undo in portions; stands being repeated. Returns counts and ids of the patients still there."""
    touched: set[int] = set()
    counts = {"restored": _restore(batch, touched, now, tick)}
    counts["visits_removed"], counts["visits_kept"] = _remove_visits(batch, touched, tick)
    for model in (Payment, Consent):
        counts[f"{model._meta.model_name}s_removed"] = _remove(model, batch)
    counts["plans_removed"] = _remove_plans(batch)
    counts["contacts_removed"] = _remove(Contact, batch)
    _remove(Exemption, batch)
    _detach_ids(batch)
    counts["patients_removed"], counts["patients_kept"] = _remove_patients(batch, touched, tick)
    counts["catalogue_removed"] = remove_made(batch)
    return counts, touched


def _restore(batch: Batch, touched: set[int], now: datetime, tick: Tick) -> int:
    """Put former values back, latest change first, where what the load wrote still stands.

    A field that a later load wrote over stays, and undoing that load will put back what was before this one.
    """
    kept = batch.changes.exclude(kind=Change.Kind.CREATED)
    changes = list(kept.order_by("-id").values_list("id", flat=True))
    restored = 0
    for portion in chunked(changes, PORTION):
        with transaction.atomic():
            assure_lease()
            found = sorted(Change.objects.in_bulk(portion).values(), key=lambda change: -change.pk)
            for label in sorted({change.model for change in found}):
                restored += _restore_rows(batch, label, [each for each in found if each.model == label], touched, now)
            Change.objects.filter(pk__in=portion).delete()
        tick("Возвращаю прежние значения", restored, len(changes))
    return restored


def _restore_rows(batch: Batch, label: str, changes: list[Change], touched: set[int], now: datetime) -> int:
    model: Any = apps.get_model(label)
    ids = [change.object_id for change in changes]
    rows = model.objects.in_bulk(ids)
    later: dict[int, list[Change]] = {}
    of_others = Change.objects.filter(model=label, object_id__in=ids, batch__clinic_id=batch.clinic_id)
    for change in of_others.exclude(batch=batch).order_by("id"):
        later.setdefault(change.object_id, []).append(change)
    restored = 0
    groups: set[int | None] = set()
    for change in changes:
        row = rows.get(change.object_id)
        if row is None and change.kind == Change.Kind.REMOVED and _is_wanted(change.before):
            row = rows[change.object_id] = model(pk=change.object_id)
            _fill(row, change.before)
            row.save(force_insert=True)
        elif row is None or not _put_back(row, change, [each for each in later.get(row.pk, []) if each.pk > change.pk]):
            continue
        if isinstance(row, Service):
            groups.update({change.before.get("group_id"), (change.after or {}).get("group_id")})
        else:
            touched.add(row.pk if isinstance(row, Patient) else row.patient_id)
        restored += 1
    tell_groups(batch.clinic_id, groups, now=now)
    return restored


def _is_wanted(removed: dict[str, Any]) -> bool:
    """What another load made comes back only while that load, the patient and the visit are there."""
    visit, made_by = removed.get("appointment_id"), removed.get("import_batch_id")
    return (
        Patient.objects.filter(pk=removed["patient_id"]).exists()
        and (visit is None or Appointment.objects.filter(pk=visit).exists())
        and not (made_by and Batch.objects.filter(pk=made_by, state=Batch.State.UNDONE).exists())
    )


def _put_back(row: Any, change: Change, later: list[Change]) -> bool:
    """Restore the fields of a row that are as the load left them; false when there are none."""
    fields: dict[str, Any] = {}
    for field, value in change.before.items():
        next_one = next((each for each in later if field in each.before), None)
        if next_one is not None:
            next_one.before[field] = value
            next_one.save(update_fields=["before"])
        elif change.after is None or _stands(row, field, change.after.get(field)):
            fields[field] = value
    if "lines" in fields:
        _write_lines(row.pk, fields.pop("lines"))
    elif not fields:
        return False
    _fill(row, fields)
    if isinstance(row, Appointment) and "starts_at" in fields:
        row.day = row.starts_at.astimezone(_zone(row)).date()
        fields["day"] = row.day
    row.save(update_fields=list(fields))
    return True


def _stands(row: Any, field: str, written: Any) -> bool:
    if field == "lines":
        return sorted(lines_of([row.pk]).get(row.pk, [])) == sorted(tuple(each) for each in written or [])
    return bool(getattr(row, field) == _typed(row._meta.get_field(field), written))


def _fill(row: Any, values: dict[str, Any]) -> None:
    for field, value in values.items():
        setattr(row, field, _typed(row._meta.get_field(field), value))


def _write_lines(appointment_id: int, lines: list[list[Any]]) -> None:
    """The services of a visit as they were."""
    AppointmentService.objects.filter(appointment_id=appointment_id).delete()
    AppointmentService.objects.bulk_create(
        AppointmentService(
            appointment_id=appointment_id, service_id=pk, quantity=number, price_kopecks=price, total_kopecks=total
        )
        for pk, number, price, total in lines
    )


def _zone(row: Appointment) -> ZoneInfo:
    return ZoneInfo(row.branch.time_zone if row.branch else row.clinic.time_zone)


def _typed(field: Any, value: Any) -> Any:
    if isinstance(value, str) and isinstance(field, models.DateTimeField):
        return parse_datetime(value)
    if isinstance(value, str) and isinstance(field, models.DateField):
        return parse_date(value)
    return value


def _remove_visits(batch: Batch, touched: set[int], tick: Tick) -> tuple[int, int]:
    """Remove visits nobody has done anything with; the others stay as they are, with what was paid for them."""
    ids = list(Appointment.objects.filter(import_batch_id=batch.pk).values_list("id", "patient_id"))
    touched.update(patient_id for _, patient_id in ids)
    removed = done = 0
    for portion in chunked(ids, PORTION):
        with transaction.atomic():
            assure_lease()
            used = used_visits(dict(portion), batch_id=batch.pk)
            free = [pk for pk, _ in portion if pk not in used]
            Payment.objects.filter(appointment_id__in=used, import_batch_id=batch.pk).update(import_batch_id=None)
            Appointment.objects.filter(id__in=used).update(import_batch_id=None)
            Payment.objects.filter(appointment_id__in=free, import_batch_id=batch.pk).delete()
            AppointmentService.objects.filter(appointment_id__in=free).delete()
            Appointment.objects.filter(id__in=free).delete()
        removed += len(free)
        done += len(portion)
        tick("Убираю визиты", done, len(ids))
    return removed, len(ids) - removed


def _remove_plans(batch: Batch) -> int:
    """Remove plans nobody has worked with."""
    ids = list(Plan.objects.filter(import_batch_id=batch.pk).values_list("id", "patient_id"))
    Plan.objects.filter(id__in=used_plans(dict(ids))).update(import_batch_id=None)
    return _remove(Plan, batch)


def _remove(model: Any, batch: Batch) -> int:
    removed = 0
    ids = list(model.objects.filter(import_batch_id=batch.pk).values_list("id", flat=True))
    for portion in chunked(ids, PORTION):
        with transaction.atomic():
            assure_lease()
            model.objects.filter(id__in=portion).delete()
        removed += len(portion)
    return removed


def _detach_ids(batch: Batch) -> None:
    """Cards that were there before go without the number that this load gave them, unless another load relies on it."""
    ids = PatientExternalId.objects.filter(clinic_id=batch.clinic_id, import_batch_id=batch.pk)
    others = Appointment.objects.filter(patient_id=models.OuterRef("patient_id"), system=models.OuterRef("system"))
    others = others.exclude(import_batch_id=batch.pk).exclude(import_batch_id=None)
    given = ids.exclude(patient__import_batch_id=batch.pk).exclude(models.Exists(others))
    for portion in chunked(list(given.values_list("pk", flat=True)), PORTION):
        with transaction.atomic():
            assure_lease()
            PatientExternalId.objects.filter(pk__in=portion).delete()


def _remove_patients(batch: Batch, touched: set[int], tick: Tick) -> tuple[int, int]:
    ids = list(Patient.objects.filter(import_batch_id=batch.pk).values_list("id", flat=True))
    removed = 0
    for portion in chunked(ids, PORTION):
        with transaction.atomic():
            assure_lease()
            used = used_patients(portion)
            free = [pk for pk in portion if pk not in used]
            # Only tasks nobody worked on: they were made by the rule for people who now leave with their load.
            Task.objects.filter(patient_id__in=free).delete()
            DuplicateCandidate.objects.filter(models.Q(first_id__in=free) | models.Q(second_id__in=free)).delete()
            PatientExternalId.objects.filter(patient_id__in=free).delete()
            Patient.objects.filter(id__in=free).delete()
            Patient.objects.filter(id__in=used).update(import_batch_id=None)
        touched.difference_update(free)
        touched.update(used)
        removed += len(free)
        tick("Убираю карты", removed, len(ids))
    return removed, len(ids) - removed

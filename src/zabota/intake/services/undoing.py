"""Takes a load back: what it made is removed, what it changed is restored; what people have used since stays."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db import models, transaction
from django.utils.dateparse import parse_date, parse_datetime

from zabota.booking.models import Appointment, AppointmentService, Payment
from zabota.care.models import Plan
from zabota.intake.models import Batch, Change
from zabota.intake.services.people import chunked
from zabota.kernel.jobs import assure_lease
from zabota.nextstep.models import Exemption
from zabota.patients.models import Consent, Contact, DuplicateCandidate, Merge, Note, Patient, PatientExternalId
from zabota.worklist.models import Task

Tick = Callable[[str, int, int], None]
PORTION = 1000


def undo_load(batch: Batch, *, tick: Tick) -> tuple[dict[str, int], set[int]]:
    """Undo in portions; stands being repeated. Returns counts and ids of the patients still there."""
    touched: set[int] = set()
    counts = {"restored": _restore(batch, touched, tick)}
    counts["visits_removed"] = _remove_visits(batch, touched, tick)
    for model in (Payment, Consent):
        counts[f"{model._meta.model_name}s_removed"] = _remove(model, batch)
    counts["plans_removed"] = _remove(Plan, batch)
    counts["contacts_removed"] = _remove(Contact, batch)
    _remove(Exemption, batch)
    counts["patients_removed"], counts["patients_kept"] = _remove_patients(batch, touched, tick)
    return counts, touched


def _restore(batch: Batch, touched: set[int], tick: Tick) -> int:
    """Put former values back, latest change first, unless a later load changed the same row again."""
    changes = list(batch.changes.order_by("-id"))
    restored = 0
    for portion in chunked(changes, PORTION):
        with transaction.atomic():
            assure_lease()
            for change in portion:
                model: Any = apps.get_model(change.model)
                later = Change.objects.filter(
                    model=change.model, object_id=change.object_id, id__gt=change.pk, batch__state=Batch.State.LOADED
                ).exclude(batch=batch)
                row = model.objects.filter(pk=change.object_id).first()
                if row is None or later.exists():
                    continue
                for field, value in change.before.items():
                    if field == "lines":
                        write_lines(row.pk, value)
                    else:
                        setattr(row, field, _typed(model._meta.get_field(field), value))
                if isinstance(row, Appointment) and "starts_at" in change.before:
                    row.day = row.starts_at.astimezone(_zone(row)).date()
                row.save()
                touched.add(row.pk if isinstance(row, Patient) else row.patient_id)
                restored += 1
            Change.objects.filter(pk__in=[change.pk for change in portion]).delete()
        tick("Возвращаю прежние значения", restored, len(changes))
    return restored


def write_lines(appointment_id: int, lines: list[list[Any]]) -> None:
    """The services of a visit as they were."""
    AppointmentService.objects.filter(appointment_id=appointment_id).delete()
    AppointmentService.objects.bulk_create(
        AppointmentService(
            appointment_id=appointment_id, service_id=pk, quantity=number, price_kopecks=price, total_kopecks=total
        )
        for pk, number, price, total in lines
    )


def _zone(row: Appointment) -> Any:
    from zoneinfo import ZoneInfo  # noqa: PLC0415 -- one use

    return ZoneInfo(row.branch.time_zone if row.branch else row.clinic.time_zone)


def _typed(field: Any, value: Any) -> Any:
    if isinstance(value, str) and isinstance(field, models.DateTimeField):
        return parse_datetime(value)
    if isinstance(value, str) and isinstance(field, models.DateField):
        return parse_date(value)
    return value


def _remove_visits(batch: Batch, touched: set[int], tick: Tick) -> int:
    ids = list(Appointment.objects.filter(import_batch_id=batch.pk).values_list("id", "patient_id"))
    touched.update(patient_id for _, patient_id in ids)
    removed = 0
    for portion in chunked([pk for pk, _ in ids], PORTION):
        with transaction.atomic():
            assure_lease()
            Payment.objects.filter(appointment_id__in=portion, import_batch_id=batch.pk).delete()
            AppointmentService.objects.filter(appointment_id__in=portion).delete()
            Appointment.objects.filter(id__in=portion).delete()
        removed += len(portion)
        tick("Убираю визиты", removed, len(ids))
    return removed


def _remove(model: Any, batch: Batch) -> int:
    removed = 0
    ids = list(model.objects.filter(import_batch_id=batch.pk).values_list("id", flat=True))
    for portion in chunked(ids, PORTION):
        with transaction.atomic():
            assure_lease()
            model.objects.filter(id__in=portion).delete()
        removed += len(portion)
    return removed


def _remove_patients(batch: Batch, touched: set[int], tick: Tick) -> tuple[int, int]:
    ids = list(Patient.objects.filter(import_batch_id=batch.pk).values_list("id", flat=True))
    removed = 0
    for portion in chunked(ids, PORTION):
        with transaction.atomic():
            assure_lease()
            used = _used(portion)
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


def _used(patient_ids: list[int]) -> set[int]:
    """Patients who have something that did not come with the load."""
    used: set[int] = set()
    for rows in _traces(patient_ids):
        used.update(rows)
    return used


def _traces(ids: list[int]) -> Iterable[Iterable[int]]:
    worked = Task.objects.filter(patient_id__in=ids).exclude(attempts=0, state=Task.State.OPEN, closed_by=None)
    yield worked.values_list("patient_id", flat=True)
    for model in (Appointment, Payment, Plan, Note, Consent, Contact):
        yield model.objects.filter(patient_id__in=ids).values_list("patient_id", flat=True)
    merges = Merge.objects.filter(models.Q(kept_id__in=ids) | models.Q(absorbed_id__in=ids))
    for kept, absorbed in merges.values_list("kept_id", "absorbed_id"):
        yield [kept, absorbed]


def undone_at(batch: Batch, *, now: datetime) -> None:
    """Close the batch as undone."""
    Batch.objects.filter(pk=batch.pk).update(state=Batch.State.UNDONE, finished_at=now, stage="", error="")

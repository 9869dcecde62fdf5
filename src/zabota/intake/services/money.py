"""Writes payments and treatment plans of a load."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator
from datetime import date
from typing import Any, Final

from django.db import transaction
from django.db.models import Max, Min

from zabota.booking.models import Payment
from zabota.care.models import Plan, PlanStage
from zabota.intake.models import Change
from zabota.intake.services.people import chunked
from zabota.intake.services.visits import DERIVED, HAS_ID, Visit
from zabota.intake.services.writer import PORTION, Writer
from zabota.kernel.jobs import assure_lease
from zabota.kernel.plain import plain

_METHODS = frozenset(Payment.Method.values)
#: Prefix of ids of payments that only «Оплачено» of a visit tells of.
OF_VISIT: Final = "v:"
_KEPT = ("patient_id", "appointment_id", "paid_on", "amount_kopecks", "method", "system", "ext_id", "import_batch_id")


def write_payments(writer: Writer) -> None:
    """Payments of a table of payments; without one, what was paid within the visits.

    The same money is told once: days of which a table of this system tells need no «Оплачено» of the visits.
    One portion at a time is in memory: a row of a year's payments is no smaller than the visit it belongs to.
    """
    has_table = bool(writer.plan.payments.height)
    if has_table:
        _give_way(writer)
    rows = _payments_of_table(writer) if has_table else _payments_of_visits(writer)
    total = writer.plan.payments.height if has_table else sum(1 for visit in writer.plan.visits if _tells_paid(visit))
    seen: set[str] = set()
    done = 0
    while portion := list(itertools.islice(rows, PORTION)):
        fresh = {row.ext_id: row for row in portion if row.ext_id not in seen}
        seen.update(fresh)
        with transaction.atomic():
            assure_lease()
            _write(writer, fresh)
        done += len(portion)
        writer.tick("Оплаты", done, total)


def _write(writer: Writer, fresh: dict[str, Payment]) -> None:
    """Make the payments that are not there; those that are there and differ become what the export says."""
    found = {row.ext_id: row for row in _known(writer, list(fresh))}
    told = _told_by_table(writer, [row for row in fresh.values() if row.ext_id.startswith(OF_VISIT)])
    Payment.objects.bulk_create(
        row
        for row in fresh.values()
        if row.ext_id not in found
        and not (row.ext_id.startswith(OF_VISIT) and (not row.amount_kopecks or row.appointment_id in told))
    )
    changed, notes = [], []
    for ext_id, row in found.items():
        wanted = fresh[ext_id]
        if not wanted.amount_kopecks and ext_id.startswith(OF_VISIT):
            notes.append(_removed(writer, row))
            continue
        fields = [name for name in ("amount_kopecks", "paid_on") if getattr(row, name) != getattr(wanted, name)]
        if fields:
            notes.append(_changed(writer, row, wanted, fields))
            changed.append(row)
    Payment.objects.bulk_update(changed, ["amount_kopecks", "paid_on"], batch_size=200)
    Change.objects.bulk_create(notes)
    Payment.objects.filter(id__in=[note.object_id for note in notes if note.kind == Change.Kind.REMOVED]).delete()
    if changed:
        writer.add("payments_changed", len(changed))


def _known(writer: Writer, ext_ids: list[str]) -> list[Payment]:
    return [
        row
        for ids in chunked(ext_ids, 500)
        for row in Payment.objects.filter(HAS_ID, clinic=writer.clinic, system=writer.batch.system, ext_id__in=ids)
    ]


def _told_by_table(writer: Writer, rows: list[Payment]) -> set[int | None]:
    """Visits of which a table has told what was paid."""
    return {
        visit
        for part in chunked([row.appointment_id for row in rows], 500)
        for visit in Payment.objects.filter(clinic=writer.clinic, system=writer.batch.system, appointment_id__in=part)
        .exclude(ext_id__startswith=OF_VISIT)
        .values_list("appointment_id", flat=True)
    }


def _changed(writer: Writer, row: Payment, wanted: Payment, fields: list[str]) -> Change:
    before = {name: plain(getattr(row, name)) for name in fields}
    for name in fields:
        setattr(row, name, getattr(wanted, name))
    after = {name: plain(getattr(row, name)) for name in fields}
    return _change(writer, Change.Kind.UPDATED, row, before, after)


def _removed(writer: Writer, row: Payment) -> Change:
    writer.add("payments_removed")
    before = {name: plain(getattr(row, name)) for name in _KEPT} | {"clinic_id": row.clinic_id}
    return _change(writer, Change.Kind.REMOVED, row, before, {})


def _change(writer: Writer, kind: str, row: Payment, before: dict[str, Any], after: dict[str, Any]) -> Change:
    return Change(
        batch=writer.batch, kind=kind, model=Payment._meta.label, object_id=row.pk, before=before, after=after
    )


def _give_way(writer: Writer) -> None:
    """What earlier loads took from «Оплачено» on the days of which the table tells is in the table."""
    days = writer.plan.payments["day"].drop_nulls()
    if not len(days):
        return
    rows = Payment.objects.filter(
        HAS_ID, clinic=writer.clinic, system=writer.batch.system, ext_id__startswith=OF_VISIT,
        paid_on__gte=days.min(), paid_on__lte=days.max(),
    )  # fmt: skip
    for ids in chunked(list(rows.values_list("id", flat=True)), PORTION):
        with transaction.atomic():
            assure_lease()
            Change.objects.bulk_create(_removed(writer, row) for row in Payment.objects.filter(id__in=ids))
            Payment.objects.filter(id__in=ids).delete()


def _days_of_table(writer: Writer) -> tuple[date, date] | None:
    """First and last day of payments that tables of this system have told of."""
    span = (
        Payment.objects.filter(HAS_ID, clinic=writer.clinic, system=writer.batch.system)
        .exclude(ext_id__startswith=OF_VISIT)
        .aggregate(first=Min("paid_on"), last=Max("paid_on"))
    )
    return (span["first"], span["last"]) if span["first"] else None


def _payments_of_table(writer: Writer) -> Iterator[Payment]:
    appointments = {visit.ext_id: visit for visit in writer.plan.visits}
    seen: dict[str, int] = {}
    for row in writer.plan.payments.iter_rows(named=True):
        visit = appointments.get(row["visit_ext_id"] or "")
        patient_id = writer.patient_ids.get(row["card_key"])
        if patient_id is None and visit is not None:
            patient_id = writer.patient_ids.get(visit.card_key)
        amount, paid_on = row["amount_kopecks"], row["day"]
        if patient_id is None or amount is None or paid_on is None:
            writer.add("payments_without_patient")
            continue
        ext_id = row["payment_ext_id"] or ""
        if not ext_id:
            # Two equal payments of one day are two payments: their order tells them apart.
            text = f"{row['card_key']}|{paid_on}|{amount}"
            seen[text] = seen.get(text, 0) + 1
            ext_id = DERIVED + hashlib.sha256(f"{text}|{seen[text]}".encode()).hexdigest()[:32]
        payment = _payment(writer, patient_id, ext_id, paid_on, int(amount), row["method"] or "")
        payment.appointment_id = visit.appointment_id if visit else None
        yield payment


def _tells_paid(visit: Visit) -> bool:
    return visit.paid_kopecks is not None


def _payments_of_visits(writer: Writer) -> Iterator[Payment]:
    """What visits tell was paid; nothing of a visit that did not take place, which is written off where it was told."""
    told = _days_of_table(writer)
    for visit in writer.plan.visits:
        if visit.paid_kopecks is None or (told and told[0] <= visit.day <= told[1]):
            continue
        amount = visit.paid_kopecks if visit.status == "completed" else 0
        ext_id = f"{OF_VISIT}{visit.ext_id}"[:80]
        row = _payment(writer, writer.patient_ids[visit.card_key], ext_id, visit.day, amount, "")
        row.appointment_id = visit.appointment_id
        yield row


def _payment(writer: Writer, patient_id: int, ext_id: str, paid_on: date, amount: int, method: str) -> Payment:
    return Payment(
        clinic=writer.clinic,
        patient_id=patient_id,
        paid_on=paid_on,
        amount_kopecks=amount,
        method=method if method in _METHODS else Payment.Method.OTHER,
        system=writer.batch.system,
        ext_id=ext_id[:80],
        import_batch_id=writer.batch.pk,
    )


def write_plans(writer: Writer) -> None:
    grouped: dict[str, list[dict[str, Any]]] = {}
    for row in writer.plan.plans.iter_rows(named=True):
        if row["card_key"] in writer.patient_ids:
            key = row["plan_ext_id"] or f"{row['card_key']}|{row['plan_title']}|{row['agreed_on']}"
            grouped.setdefault(key, []).append(row)
    for keys in chunked(list(grouped), PORTION):
        ext_ids = {key: DERIVED + hashlib.sha256(key.encode()).hexdigest()[:32] for key in keys}
        with transaction.atomic():
            assure_lease()
            known = set(
                Plan.objects.filter(
                    HAS_ID, clinic=writer.clinic, system=writer.batch.system, ext_id__in=list(ext_ids.values())
                ).values_list("ext_id", flat=True)
            )
            for key in keys:
                if ext_ids[key] not in known:
                    _create_plan(writer, ext_ids[key], grouped[key])


def _create_plan(writer: Writer, ext_id: str, rows: list[dict[str, Any]]) -> None:
    first = rows[0]
    agreed: date | None = first["agreed_on"]
    total = first["total_kopecks"] or sum(row["price_kopecks"] or 0 for row in rows)
    plan = Plan.objects.create(
        clinic=writer.clinic,
        patient_id=writer.patient_ids[first["card_key"]],
        doctor_id=writer.catalogue.doctor(first["doctor"] or ""),
        title=(first["plan_title"] or "План лечения")[:200],
        state=Plan.State.AGREED if agreed else Plan.State.PROPOSED,
        total_kopecks=int(total),
        proposed_on=agreed or writer.now.date(),
        agreed_on=agreed,
        system=writer.batch.system,
        ext_id=ext_id,
        import_batch_id=writer.batch.pk,
    )
    PlanStage.objects.bulk_create(
        [
            PlanStage(
                plan=plan,
                position=number,
                title=(row["stage"] or row["service"] or f"Этап {number}")[:200],
                service_id=writer.catalogue.service(row["service"] or ""),
                price_kopecks=int(row["price_kopecks"] or 0),
            )
            for number, row in enumerate(rows, start=1)
        ]
    )

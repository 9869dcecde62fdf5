"""Writes payments and treatment plans of a load."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator
from datetime import date
from typing import Any

from django.db import transaction

from zabota.booking.models import Payment
from zabota.care.models import Plan, PlanStage
from zabota.intake.services.people import chunked
from zabota.intake.services.visits import DERIVED, HAS_ID, Visit, known_payments
from zabota.intake.services.writer import PORTION, Writer
from zabota.kernel.jobs import assure_lease

_METHODS = frozenset(Payment.Method.values)


def write_payments(writer: Writer) -> None:
    """Payments of a table of payments; without one, what was paid within the visits.

    One portion at a time is in memory: a row of a year's payments is no smaller than the visit it belongs to.
    """
    has_table = bool(writer.plan.payments.height)
    rows = _payments_of_table(writer) if has_table else _payments_of_visits(writer)
    total = writer.plan.payments.height if has_table else sum(1 for visit in writer.plan.visits if _is_paid(visit))
    seen: set[str] = set()
    done = 0
    while portion := list(itertools.islice(rows, PORTION)):
        known = known_payments([row.ext_id for row in portion], clinic_id=writer.clinic.pk, system=writer.batch.system)
        fresh = {row.ext_id: row for row in portion if row.ext_id not in known and row.ext_id not in seen}
        seen.update(fresh)
        with transaction.atomic():
            assure_lease()
            Payment.objects.bulk_create(fresh.values())
        done += len(portion)
        writer.tick("Оплаты", done, total)


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


def _is_paid(visit: Visit) -> bool:
    return bool(visit.paid_kopecks) and visit.status == "completed"


def _payments_of_visits(writer: Writer) -> Iterator[Payment]:
    for visit in writer.plan.visits:
        if _is_paid(visit):
            row = _payment(
                writer, writer.patient_ids[visit.card_key], f"v:{visit.ext_id}"[:80], visit.day, visit.paid_kopecks, ""
            )
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

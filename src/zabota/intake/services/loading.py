"""Writes a planned load in portions: each is one transaction, each may be repeated, all can be undone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

from django.db import transaction

from zabota.booking.models import Appointment, AppointmentService, Payment
from zabota.care.models import Plan
from zabota.clinic.models import Clinic, Service
from zabota.intake.models import Batch, Change
from zabota.intake.services.catalogue import Catalogue, extend_catalogue
from zabota.intake.services.money import write_payments, write_plans
from zabota.intake.services.offers import renew_services, renewals, told_services
from zabota.intake.services.people import Card, chunked
from zabota.intake.services.planning import LoadPlan
from zabota.intake.services.visits import KnownLine, Visit, lines_of
from zabota.intake.services.writer import PORTION, Tick, Writer
from zabota.kernel.jobs import assure_lease
from zabota.kernel.plain import plain
from zabota.patients.models import Consent, ConsentPurpose, Contact, Patient, PatientExternalId

#: Minutes of a visit of which nobody tells how long it takes.
USUAL_MINUTES = 30
#: Visits changed by one statement.
ROWS_AT_ONCE = 200


def write_load(plan: LoadPlan, *, batch: Batch, now: datetime, tick: Tick) -> tuple[dict[str, int], set[int]]:
    """Write everything. Returns counts and the ids of the patients touched.

    Stands being repeated after a crash: what the first attempt wrote is found by its ids and left as it is.
    """
    writer = Writer(batch=batch, clinic=batch.clinic, plan=plan, now=now, tick=tick)
    writer.catalogue = _catalogue(writer)
    _write_cards(writer)
    _write_visits(writer)
    write_payments(writer)
    write_plans(writer)
    _mark_vanished(writer)
    writer.counts.update(_created(batch))
    return writer.counts, set(writer.patient_ids.values())


def _created(batch: Batch) -> dict[str, int]:
    """Counted from the tables, so that a load that was taken up again after a crash reports all of it."""
    return {
        "patients_created": Patient.objects.filter(import_batch_id=batch.pk).count(),
        "visits_created": Appointment.objects.filter(import_batch_id=batch.pk).count(),
        "payments_created": Payment.objects.filter(import_batch_id=batch.pk).count(),
        "services_changed": batch.changes.filter(kind=Change.Kind.UPDATED, model=Service._meta.label).count(),
        "plans_created": Plan.objects.filter(import_batch_id=batch.pk).count(),
    }


def _catalogue(writer: Writer) -> Catalogue:
    plan = writer.plan
    doctors: dict[str, str] = {}
    for visit in sorted(plan.visits, key=lambda each: each.day):
        if visit.doctor and not doctors.get(visit.doctor):
            doctors[visit.doctor] = visit.speciality
    branches = {visit.branch for visit in plan.visits} | {card.branch for card in plan.cards}
    sources = {card.channel for card in plan.cards}
    renewed = renewals(plan.offered, clinic_id=writer.clinic.pk)
    with transaction.atomic():
        assure_lease()
        catalogue, made = extend_catalogue(
            writer.batch,
            branches=sorted(filter(None, branches)),
            doctors=doctors,
            services=told_services(plan.offered, plan.visits),
            sources=sorted(filter(None, sources)),
            categories={each.category for each in renewed},
        )
        renew_services(writer.batch, renewed, catalogue=catalogue, now=writer.now)
    for name, number in made.items():
        writer.add(f"new_{name}", number)
    return catalogue


def _write_cards(writer: Writer) -> None:
    cards, done = writer.plan.cards, 0
    for portion in chunked(cards, PORTION):
        with transaction.atomic():
            assure_lease()
            _create_cards(writer, [card for card in portion if card.patient_id is None])
            _fill_cards(writer, [card for card in portion if card.fills])
            _attach_ids(writer, [card for card in portion if card.attach_id])
            _add_contacts(writer, portion)
            _add_consents(writer, portion)
        writer.patient_ids.update({card.key: card.patient_id for card in portion if card.patient_id is not None})
        done += len(portion)
        writer.tick("Пациенты", done, len(cards))


def _create_cards(writer: Writer, cards: list[Card]) -> None:
    rows = Patient.objects.bulk_create(
        [
            Patient(
                clinic=writer.clinic,
                surname=card.surname,
                name=card.name,
                patronymic=card.patronymic,
                name_key=card.name_key,
                born_on=card.born_on,
                sex=card.sex,
                card_no=card.card_no,
                branch_id=writer.catalogue.branch(card.branch) or writer.batch.branch_id,
                source_id=writer.catalogue.source(card.channel),
                registered_on=card.first_day,
                address=card.address,
                area=card.area,
                import_batch_id=writer.batch.pk,
            )
            for card in cards
        ]
    )
    for card, row in zip(cards, rows, strict=True):
        card.patient_id, card.attach_id = row.pk, bool(card.ext_id)


def _fill_cards(writer: Writer, cards: list[Card]) -> None:
    found = Patient.objects.in_bulk([card.patient_id for card in cards if card.patient_id is not None])
    for card in cards:
        patient = found[card.patient_id or 0]
        fills = dict(card.fills)
        if {"name", "patronymic"} & set(fills):
            fills["name_key"] = card.name_key
        before = {field: plain(getattr(patient, field)) for field in fills}
        for field, value in fills.items():
            setattr(patient, field, value)
        patient.save(update_fields=list(fills))
        _note_change(
            writer, Change.Kind.UPDATED, patient, before, {name: plain(value) for name, value in fills.items()}
        )
    writer.add("patients_filled", len(cards))


def _attach_ids(writer: Writer, cards: list[Card]) -> None:
    PatientExternalId.objects.bulk_create(
        [
            PatientExternalId(
                patient_id=card.pk,
                clinic=writer.clinic,
                system=writer.batch.system,
                ext_id=card.ext_id,
                import_batch_id=writer.batch.pk,
            )
            for card in cards
        ],
        ignore_conflicts=True,
    )


def _add_contacts(writer: Writer, cards: list[Card]) -> None:
    rows = []
    for card in cards:
        kinds = [(Contact.Kind.PHONE, phone) for phone in card.phones]
        kinds += [(Contact.Kind.EMAIL, card.email)] if card.email else []
        rows += [
            Contact(
                patient_id=card.pk,
                clinic=writer.clinic,
                kind=kind,
                value=value,
                extension=card.phone_notes.get(value, ("", ""))[0][:10],
                comment=card.phone_notes.get(value, ("", ""))[1][:120],
                import_batch_id=writer.batch.pk,
            )
            for kind, value in kinds
        ]
    Contact.objects.bulk_create(rows, ignore_conflicts=True)


def _add_consents(writer: Writer, cards: list[Card]) -> None:
    """An export grants nothing: "yes" stays unproven, "no" is a refusal at once."""
    known = set(
        Consent.objects.filter(
            patient_id__in=[card.patient_id for card in cards if card.patient_id is not None], entry="import"
        ).values_list("patient_id", "channel", "state")
    )
    rows = []
    for card in cards:
        states = [("", _consent_state(card.consent))]
        states += [("call", Consent.State.REFUSED)] if card.no_call else []
        states += [("sms", Consent.State.REFUSED)] if card.no_sms else []
        for channel, state in states:
            if state and (card.patient_id, channel, state) not in known:
                rows.append(_consent(writer, card, channel, state))
    Consent.objects.bulk_create(rows)
    writer.add("consents_recorded", len(rows))


def _consent_state(written: str) -> str:
    word = written.strip().lower()
    if word in {"да", "есть", "согласен", "согласна", "1", "+", "yes", "true"}:
        return Consent.State.UNPROVEN
    if word in {"нет", "отказ", "отказался", "отказалась", "0", "-", "no", "false"}:
        return Consent.State.REFUSED
    return ""


def _consent(writer: Writer, card: Card, channel: str, state: str) -> Consent:
    return Consent(
        patient_id=card.pk,
        clinic=writer.clinic,
        purpose=ConsentPurpose.ADVERTISING,
        channel=channel,
        state=state,
        subject_name=" ".join(part for part in (card.surname, card.name, card.patronymic) if part),
        subject_contact=(card.phones or [card.email])[0] if card.phones or card.email else "",
        signature=Consent.Signature.IMPORTED,
        entry="import",
        decided_at=_instant(card.consent_on) or writer.now,
        actor_kind="import",
        proof=card.consent_source[:300],
        import_batch_id=writer.batch.pk,
    )


def _write_visits(writer: Writer) -> None:
    visits, done = writer.plan.visits, 0
    for portion in chunked(visits, PORTION):
        with transaction.atomic():
            assure_lease()
            _create_visits(writer, [visit for visit in portion if visit.appointment_id is None])
            _update_visits(writer, [visit for visit in portion if visit.appointment_id is not None and visit.before])
        done += len(portion)
        writer.tick("Визиты", done, len(visits))


def _create_visits(writer: Writer, visits: list[Visit]) -> None:
    catalogue = writer.catalogue
    rows = Appointment.objects.bulk_create(
        [
            Appointment(
                clinic=writer.clinic,
                patient_id=writer.patient_ids[visit.card_key],
                branch_id=catalogue.branch(visit.branch) or writer.batch.branch_id,
                doctor_id=catalogue.doctor(visit.doctor),
                starts_at=visit.starts_at,
                day=visit.day,
                duration_minutes=visit.duration_minutes or USUAL_MINUTES,
                status=visit.status,
                total_kopecks=visit.total_kopecks,
                is_first=visit.is_first,
                comment=visit.comment,
                cancel_reason=visit.cancel_reason,
                origin=Appointment.Origin.IMPORT,
                booked_at=visit.booked_at,
                system=writer.batch.system,
                ext_id=visit.ext_id,
                import_batch_id=writer.batch.pk,
            )
            for visit in visits
        ]
    )
    for visit, row in zip(visits, rows, strict=True):
        visit.appointment_id = row.pk
    AppointmentService.objects.bulk_create(line for visit in visits for line in _lines(writer, visit, []))


def _lines(writer: Writer, visit: Visit, former: list[KnownLine]) -> Iterator[AppointmentService]:
    """Services of a visit; prices that the export does not tell are those that are known."""
    prices = {} if visit.is_priced else {known[0]: known for known in former}
    for line in visit.lines:
        service_id = writer.catalogue.service(line.service)
        if service_id is None:
            continue
        _, quantity, price, total = prices.get(service_id, (0, line.quantity, line.price_kopecks, line.total_kopecks))
        yield AppointmentService(
            appointment_id=visit.appointment_id or 0,
            service_id=service_id,
            quantity=quantity,
            price_kopecks=price,
            total_kopecks=total,
        )


def _update_visits(writer: Writer, visits: list[Visit]) -> None:
    found = Appointment.objects.in_bulk([visit.appointment_id for visit in visits if visit.appointment_id])
    written = _replace_lines(writer, [visit for visit in visits if "lines" in visit.before])
    # Rows that change in the same fields are written together: a column that a later export has for the first time changes
    # every visit.
    alike: dict[tuple[str, ...], list[Appointment]] = {}
    for visit in visits:
        row = found[visit.appointment_id or 0]
        fields = tuple(field for field in visit.before if field != "lines")
        for field in fields:
            setattr(row, field, _fresh(writer, visit, field))
        if "starts_at" in fields:
            # A link or a message about the former time is stale.
            row.day, row.revision = visit.day, row.revision + 1
        alike.setdefault(fields, []).append(row)
    for names, rows in alike.items():
        Appointment.objects.bulk_update(rows, [*names, "day", "revision"], batch_size=ROWS_AT_ONCE)
    label = Appointment._meta.label
    Change.objects.bulk_create(
        Change(
            batch=writer.batch, kind=Change.Kind.UPDATED, model=label, object_id=found[visit.appointment_id or 0].pk,
            before=visit.before, after=_after(writer, visit, written),
        )
        for visit in visits
    )  # fmt: skip
    writer.add("visits_changed", len(visits))


def _fresh(writer: Writer, visit: Visit, field: str) -> Any:
    """What a column of a known appointment becomes."""
    if field in ("vanished_at", "told_at"):
        return None
    if field == "system":
        return writer.batch.system
    if field == "doctor_id":
        return writer.catalogue.doctor(visit.doctor)
    if field == "branch_id":
        return writer.catalogue.branch(visit.branch)
    return getattr(visit, field)


def _after(writer: Writer, visit: Visit, written: dict[int, list[KnownLine]]) -> dict[str, Any]:
    """What is written of a known appointment, as it is kept for undo."""
    lines = {"lines": written.get(visit.appointment_id or 0, [])} if "lines" in visit.before else {}
    return {field: plain(_fresh(writer, visit, field)) for field in visit.before if field != "lines"} | lines


def _replace_lines(writer: Writer, visits: list[Visit]) -> dict[int, list[KnownLine]]:
    """Write the services anew and keep the former ones with the change. Returns what stands now."""
    former = lines_of([visit.appointment_id for visit in visits if visit.appointment_id])
    fresh = []
    for visit in visits:
        known = former.get(visit.appointment_id or 0, [])
        visit.before["lines"] = known
        fresh += list(_lines(writer, visit, known))
    AppointmentService.objects.filter(appointment_id__in=[visit.appointment_id for visit in visits]).delete()
    AppointmentService.objects.bulk_create(fresh)
    return lines_of([visit.appointment_id for visit in visits if visit.appointment_id])


def _mark_vanished(writer: Writer) -> None:
    for ids in chunked(writer.plan.vanished, PORTION):
        with transaction.atomic():
            assure_lease()
            for row in Appointment.objects.filter(id__in=ids, vanished_at=None):
                writer.patient_ids[f"vanished:{row.pk}"] = row.patient_id
                after = {"vanished_at": writer.now.isoformat()}
                _note_change(writer, Change.Kind.VANISHED, row, {"vanished_at": None}, after)
            Appointment.objects.filter(id__in=ids).update(vanished_at=writer.now)
    writer.add("visits_vanished", len(writer.plan.vanished))


def _note_change(writer: Writer, kind: str, row: Any, before: dict[str, Any], after: dict[str, Any]) -> None:
    Change.objects.create(
        batch=writer.batch, kind=kind, model=row._meta.label, object_id=row.pk, before=before, after=after
    )


def _instant(day: date | None) -> datetime | None:
    return datetime(day.year, day.month, day.day, tzinfo=UTC) if day else None


def services_without_group(clinic: Clinic) -> int:
    """Services that no group of recall holds yet: the wizard's last page asks for them."""
    return Service.objects.filter(clinic=clinic, group=None, is_active=True).count()

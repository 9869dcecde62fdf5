"""The demo clinic's visits by video: some controls of the last months, some of the next weeks, and who agreed to them."""

from __future__ import annotations

import datetime as dt
from typing import Final

import numpy as np

from zabota.booking.models import Appointment
from zabota.ops.demo.catalogue import SERVICES
from zabota.ops.demo.generate import Clinic
from zabota.ops.demo.load_clinic import DEMO, Frame
from zabota.patients.api import best_phones, document_of
from zabota.patients.models import Consent, ConsentPurpose

#: Beside consultations: repeated visits that are a talk.
TALKS: Final = frozenset({"GN-02", "DR-02", "DR-04"})
#: A visit to the same doctor within this time before makes a visit a control.
CONTROL_DAYS: Final = 180
#: The clinic has received by video this long, more and more, and has booked so far ahead.
SINCE_DAYS: Final = 270
AHEAD_DAYS: Final = 21
_FIRST, _LAST, _AHEAD = 0.04, 0.22, 0.35
_AGREED: Final = 0.6


def is_by_video(code: str, *, consultation: bool) -> bool:
    """What the demo clinic does by video."""
    return consultation or code in TALKS


def load_video(clinic: Clinic, frame: Frame, *, now: dt.datetime) -> None:
    """Turn some of the controls into visits by video; patients of those that were agreed, of those to come most."""
    rng = clinic.spec.stream("video")
    as_of = clinic.spec.as_of
    chosen: list[Appointment] = []
    ahead: list[Appointment] = []
    for row in _controls(clinic, frame):
        ago = (as_of - row.day).days
        if row.status == Appointment.Status.COMPLETED and row.starts_at < now:
            share = _FIRST + (_LAST - _FIRST) * (1 - ago / SINCE_DAYS) if 0 <= ago < SINCE_DAYS else 0.0
        elif row.status in Appointment.BOOKED and row.starts_at > now and -ago <= AHEAD_DAYS:
            share = _AHEAD
            ahead.append(row)
        else:
            continue
        if rng.random() < share:
            chosen.append(row)
    if ahead and not any(row.starts_at > now for row in chosen):
        chosen.append(ahead[0])
    for row in chosen:
        row.kind = Appointment.Kind.ONLINE
    Appointment.objects.bulk_update(chosen, ["kind"], batch_size=200)
    _agree(chosen, frame, rng, now=now)


def _controls(clinic: Clinic, frame: Frame) -> list[Appointment]:
    """Visits of a talk alone to a doctor with whom the patient was not long before, in the order of time."""
    talks = {
        service.pk
        for service, shown in zip(frame.services, SERVICES, strict=True)
        if is_by_video(shown.code, consultation=shown.consultation)
    }
    since = clinic.spec.as_of - dt.timedelta(days=SINCE_DAYS + CONTROL_DAYS)
    rows = (
        Appointment.objects.filter(
            clinic=frame.clinic,
            day__gte=since,
            status__in=(*Appointment.BOOKED, Appointment.Status.COMPLETED),
            doctor__isnull=False,
        )
        .select_related("patient")
        .prefetch_related("lines")
        .order_by("starts_at", "doctor_id", "id")
    )
    last: dict[tuple[int, int | None], dt.date] = {}
    found = []
    for row in rows:
        pair = (row.patient_id, row.doctor_id)
        before = last.get(pair)
        services = [line.service_id for line in row.lines.all()]
        is_talk = bool(services) and talks.issuperset(services)
        if is_talk and before is not None and 0 < (row.day - before).days <= CONTROL_DAYS:
            found.append(row)
        last[pair] = row.day
    return found


def _agree(visits: list[Appointment], frame: Frame, rng: np.random.Generator, *, now: dt.datetime) -> None:
    text = frame.texts[str(ConsentPurpose.TELEMEDICINE)]
    phones = best_phones([row.patient_id for row in visits])
    agreed: dict[int, Appointment] = {}
    for row in visits:
        if row.starts_at < now or rng.random() < _AGREED:
            agreed.setdefault(row.patient_id, row)
    Consent.objects.bulk_create(
        Consent(
            patient=row.patient,
            clinic=frame.clinic,
            purpose=ConsentPurpose.TELEMEDICINE,
            state=Consent.State.GRANTED,
            text_version=text,
            text_snapshot=document_of(text),
            text_hash=text.text_hash,
            subject_name=row.patient.full_name,
            subject_contact=phones.get(row.patient_id) or f"карта № {row.patient.card_no}",
            signature=Consent.Signature.PAPER,
            entry="desk",
            decided_at=min(row.starts_at, now) - dt.timedelta(days=1),
            actor_kind=DEMO.kind,
            proof=f"бланк в карте № {row.patient.card_no}",
        )
        for row in agreed.values()
    )

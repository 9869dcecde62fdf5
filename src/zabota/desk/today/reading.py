"""What a person entered about a contact, read into arguments of the services; mistakes in words."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.http import QueryDict
from django.utils.dateparse import parse_datetime

from zabota.booking import api as booking
from zabota.booking.models import Appointment
from zabota.clinic.models import Doctor
from zabota.kernel.errors import BadInput
from zabota.kernel.typed import is_near, number_of
from zabota.patients.models import Contact
from zabota.worklist import api as worklist
from zabota.worklist.models import Outcome, Task


def read_outcome(data: QueryDict, task: Task, outcome: str, zone: ZoneInfo) -> dict[str, Any]:
    """Arguments of `record_outcome` beside the task and the person. Raises BadInput."""
    found: dict[str, Any] = {
        "seen_version": read_version(data),
        "comment": data.get("comment", ""),
        "contact": _contact(data.get("contact", ""), task),
        "script": worklist.script_for(task),
    }
    if outcome in {Outcome.REFUSED, Outcome.RESOLVED}:
        found["reason"] = data.get("reason", "")
    if outcome in {Outcome.CALL_BACK, Outcome.THINKS}:
        found["call_at"] = read_moment(data.get("call_at", "") or data.get("other_time", ""), zone)
    if outcome == Outcome.BOOKED:
        found["appointment"] = Appointment.objects.filter(
            public_id=data.get("appointment", ""), patient_id=task.patient_id
        ).first()
        found["evidence"] = data.get("evidence", "")
    return found


def read_version(data: QueryDict) -> int | None:
    """The version of the task on the page of the person."""
    return number_of(data.get("version", ""))


def read_moment(text: str, zone: ZoneInfo) -> datetime | None:
    """«2026-11-24T15:00», with or without an offset; nothing typed is None."""
    if not text.strip():
        return None
    try:
        moment = parse_datetime(text.strip())
    except ValueError:
        moment = None
    if moment is None or not is_near(moment):
        raise BadInput("Не получилось прочитать дату и время. Пример: 24.11.2026, 15:00.")
    return moment.replace(tzinfo=zone) if moment.tzinfo is None else moment


def read_booking(data: QueryDict, clinic_id: int, zone: ZoneInfo) -> tuple[Doctor, datetime]:
    """Doctor and time of the booking form: a suggested time, which may name its doctor, or a date and a time by hand."""
    slot = booking.slot_of_key(data.get("slot", ""), clinic_id=clinic_id)
    if slot is not None and slot.doctor.is_active:
        return slot.doctor, slot.starts_at
    doctor = Doctor.objects.filter(clinic_id=clinic_id, public_id=data.get("doctor", ""), is_active=True).first()
    if doctor is None:
        raise BadInput("Выберите врача.")
    text = data.get("slot", "") or f"{data.get('day', '')}T{data.get('time', '')}"
    if text.startswith("T") or text.endswith("T"):
        raise BadInput("Укажите день и время приёма.")
    moment = read_moment(text, zone)
    if moment is None:
        raise BadInput("Укажите день и время приёма.")
    return doctor, moment


def read_due(data: QueryDict, zone: ZoneInfo, now: datetime) -> datetime:
    """The due date of a task put up by hand: until eight in the evening of that day; nothing typed is tomorrow."""
    text = data.get("due_on", "").strip()
    local = now.astimezone(zone)
    if not text:
        return (local + timedelta(days=1)).replace(hour=20, minute=0, second=0, microsecond=0)
    moment = read_moment(f"{text}T20:00", zone)
    assert moment is not None
    return moment


def _contact(text: str, task: Task) -> Contact | None:
    pk = number_of(text)
    return Contact.objects.filter(patient_id=task.patient_id, pk=pk).first() if pk is not None else None

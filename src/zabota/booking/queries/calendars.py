"""Visits as calendar files: for a patient by their visit, for a doctor by the secret address of a feed."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from zabota.booking.models import Appointment, CalendarFeed
from zabota.booking.rules.ical import Event, calendar_text
from zabota.clinic.api import face_of
from zabota.clinic.models import Branch, Doctor, Member
from zabota.kernel.scope import clinic_scope

_BACK, _AHEAD = timedelta(days=14), timedelta(days=90)
_MOST_EVENTS = 3000
_ENTER = "Вход по ссылке из сообщения клиники, за 15 минут до начала"


def visit_calendar(
    appointment: Appointment, *, now: datetime, method: str = "REQUEST", organizer: str = "", address: str = ""
) -> bytes:
    """The file for the patient: clinic, place, time and nothing about what the visit is for.

    The file of a cancelled visit is CANCEL whatever was asked. `address` is the page where the visit is changed.
    """
    cancelled = appointment.status not in Appointment.BOOKED or appointment.vanished_at is not None
    branch = appointment.branch
    online = appointment.kind == Appointment.Kind.ONLINE
    face = face_of(appointment.clinic, branch)
    event = Event(
        uid=_uid(appointment),
        # Giving a time up is a change too, and comes after every move.
        sequence=appointment.revision + (1 if cancelled else 0),
        starts_at=appointment.starts_at,
        minutes=appointment.duration_minutes,
        summary=f"{face.brand}: приём" + (" по видео" if online else ""),
        location="" if branch is None or online else branch.address or face.branch,
        description="\n".join(filter(None, (_ENTER if online else "", _phone(branch)))),
        address=address,
        is_cancelled=cancelled,
    )
    return calendar_text([event], method="CANCEL" if cancelled else method, stamp=now, organizer=organizer)


def feed_text(token: str, *, now: datetime) -> bytes | None:
    """The calendar under a secret address; None when there is no such address or it was revoked."""
    feed = (
        CalendarFeed.objects.filter(token_hash=digest_of(token), revoked_at=None, doctor__is_active=True)
        .select_related("doctor", "clinic")
        .first()
    )
    if feed is None or _has_left(feed.doctor):
        return None
    with clinic_scope(feed.clinic_id):
        rows = (
            Appointment.objects.filter(
                doctor=feed.doctor,
                starts_at__gte=now - _BACK,
                starts_at__lt=now + _AHEAD,
                status__in=(*Appointment.BOOKED, Appointment.Status.COMPLETED),
                vanished_at=None,
            )
            .select_related("branch", "patient")
            .order_by("starts_at", "id")[:_MOST_EVENTS]
        )
        events = [
            Event(
                uid=_uid(row),
                sequence=row.revision,
                starts_at=row.starts_at,
                minutes=row.duration_minutes,
                summary=_summary(row, with_names=feed.with_names),
                location=(row.branch.address or face_of(feed.clinic, row.branch).branch)
                if row.branch is not None and row.kind != Appointment.Kind.ONLINE
                else "",
                is_tentative=row.status == Appointment.Status.PLANNED,
            )
            for row in rows
        ]
    return calendar_text(events, method="PUBLISH", stamp=now, name=f"{feed.clinic.name}: приёмы")


def _has_left(doctor: Doctor) -> bool:
    """A doctor whose account was closed reads nothing more; most have none."""
    states = Member.objects.filter(doctor=doctor).values_list("is_active", flat=True)
    return len(states) > 0 and not any(states)


def digest_of(token: str) -> str:
    """What is stored of the secret of a feed."""
    return hashlib.sha256(token.encode()).hexdigest()


def _phone(branch: Branch | None) -> str:
    return f"Телефон: {branch.phone}" if branch is not None and branch.phone else ""


def _uid(row: Appointment) -> str:
    return f"{row.public_id}@visits.zabota"


def _summary(row: Appointment, *, with_names: bool) -> str:
    kind = "Приём по видео" if row.kind == Appointment.Kind.ONLINE else "Приём"
    if with_names:
        patient = row.patient
        return f"{kind}: {' '.join(part for part in (patient.surname, patient.name) if part)}"
    return f"{kind}, {row.duration_minutes} мин"

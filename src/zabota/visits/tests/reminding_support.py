"""Reminders as a test reads them: what is planned, what was said."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from zabota.booking.models import Appointment
from zabota.messaging.models import Message
from zabota.visits.models import Reminder
from zabota.visits.services.planning import plan_visit

MOSCOW = ZoneInfo("Europe/Moscow")


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=MOSCOW)


def texts() -> list[str]:
    return list(Message.objects.order_by("id").values_list("text", flat=True))


def planned(visit: Appointment) -> list[str]:
    rows = Reminder.objects.filter(appointment=visit, state="planned").order_by("due_at")
    return [f"{row.kind} {row.due_at.astimezone(MOSCOW):%d.%m %H:%M}" for row in rows]


def plan_at(visit: Appointment, now: dt.datetime) -> None:
    plan_visit(appointment_id=visit.pk, now=now)

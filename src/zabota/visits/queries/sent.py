"""What became of reminders: for the page of the clinic that wants to know why somebody was not reminded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, QuerySet

from zabota.booking.models import Appointment
from zabota.visits.models import Reminder, WellbeingCheck
from zabota.worklist.models import Task


@dataclass(frozen=True, slots=True)
class KindCount:
    """Reminders of one kind."""

    kind: str
    queued: int
    planned: int
    skipped: int


@dataclass(frozen=True, slots=True)
class ReminderReport:
    """A period in figures: what was sent, what was not and why, who confirmed, who did not come."""

    kinds: tuple[KindCount, ...]
    whys: tuple[tuple[str, int], ...]
    visits: int
    confirmed: int
    missed: int


def reminder_report(*, clinic_id: int, since: datetime, until: datetime) -> ReminderReport:
    """Figures of visits that began within the period."""
    rows = Reminder.objects.filter(clinic_id=clinic_id, starts_at__gte=since, starts_at__lt=until)
    counts: dict[str, dict[str, int]] = {}
    for row in rows.values("kind", "state").annotate(count=Count("id")):
        counts.setdefault(row["kind"], {})[row["state"]] = row["count"]
    ended = rows.filter(state__in=[Reminder.State.SKIPPED, Reminder.State.VOID]).exclude(why="")
    whys = ended.values_list("why").annotate(count=Count("id")).order_by("-count")
    visits = Appointment.objects.filter(clinic_id=clinic_id, starts_at__gte=since, starts_at__lt=until).exclude(
        status__in=[
            Appointment.Status.CANCELLED_CLINIC,
            Appointment.Status.CANCELLED_PATIENT,
            Appointment.Status.MOVED,
        ]
    )
    return ReminderReport(
        kinds=tuple(
            KindCount(kind, each.get("queued", 0), each.get("planned", 0), each.get("skipped", 0) + each.get("void", 0))
            for kind, each in sorted(counts.items())
        ),
        whys=tuple(whys[:8]),
        visits=visits.count(),
        confirmed=visits.exclude(confirmed_at=None).count(),
        missed=visits.filter(status=Appointment.Status.NO_SHOW).count(),
    )


def complaints(*, clinic_id: int, since: datetime, doctor_id: int | None = None) -> list[WellbeingCheck]:
    """Patients who said that they are unwell: those nobody answers yet first, then the latest."""
    rows = _unwell(clinic_id).filter(answered_at__gte=since)
    if doctor_id is not None:
        rows = rows.filter(appointment__doctor_id=doctor_id)
    found = list(rows.order_by("-answered_at"))
    return sorted(found, key=lambda each: each.taken_at is not None)


def open_complaints(*, clinic_id: int, doctor_id: int) -> list[WellbeingCheck]:
    """Patients of one doctor who are unwell and whose task is not over, the longest waiting first."""
    rows = _unwell(clinic_id).filter(appointment__doctor_id=doctor_id, task__state=Task.State.OPEN)
    return list(rows.order_by("answered_at"))


def _unwell(clinic_id: int) -> QuerySet[WellbeingCheck]:
    return WellbeingCheck.objects.filter(clinic_id=clinic_id, answer=WellbeingCheck.Answer.UNWELL).select_related(
        "patient", "appointment__doctor", "appointment__branch", "taken_by__user", "task__owner__user"
    )


def median_minutes(rows: list[WellbeingCheck]) -> int | None:
    """The middle of the minutes from the patient's word to the first who took it."""
    minutes = sorted(each.minutes_to_doctor for each in rows if each.minutes_to_doctor is not None)
    return minutes[len(minutes) // 2] if minutes else None

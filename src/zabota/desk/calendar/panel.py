"""What stands beside the grid about one appointment: who, what, when, what may be done with it now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.http import Http404
from django.urls import reverse

from zabota.booking import api as booking
from zabota.booking.models import Appointment, Transfer
from zabota.clinic.api import Right
from zabota.desk.access import StaffRequest, visible
from zabota.desk.calendar import blocks
from zabota.desk.calendar.asked import Asked
from zabota.desk.calendar.transfers import last_load, line_of
from zabota.patients import api as patients
from zabota.visits import api as visits

TONES = {"begun": "good", "arrived": "good", "confirmed": "good", "late": "warn", "no_show": "bad"}


@dataclass(frozen=True, slots=True)
class Action:
    """A state with the key that sets it."""

    key: str
    label: str
    url: str
    variant: str = ""


#: Step → key and words, in the order of the day.
STEPS: tuple[tuple[str, str, str], ...] = (
    ("confirmed", "1", "Подтвердили"),
    ("arrived", "2", "В клинике"),
    ("begun", "3", "Начат"),
    ("completed", "4", "Завершён"),
    ("no_show", "5", "Неявка"),
)

#: What may be said of a visit of a day that is over.
_PAST = {
    "planned": {"completed", "no_show"},
    "confirmed": {"completed", "no_show"},
    "arrived": {"completed"},
    "no_show": {"completed"},
}


def visit_or_404(request: StaffRequest, public_id: str) -> Appointment:
    """An appointment of this clinic and of the branches of this person."""
    rows = visible(request, Appointment.objects.filter(clinic=request.clinic, vanished_at=None))
    found: Appointment | None = (
        rows.select_related("patient", "doctor", "branch", "transfer__there_doctor")
        .prefetch_related("lines__service", "occupations__resource")
        .filter(public_id=public_id, patient__erased_at=None)
        .first()
    )
    if found is None:
        raise Http404
    return found


def visit_context(request: StaffRequest, visit: Appointment, asked: Asked, now: datetime) -> dict[str, Any]:
    """Variables of «desk/calendar/_visit.html»."""
    kind = blocks.kind_of(visit, now)
    health, may_book = request.may(Right.PATIENTS_HEALTH), request.may(Right.VISITS_BOOK)
    times = (("В клинике", visit.arrived_at), ("Начат", visit.begun_at), ("Завершён", visit.ended_at))
    again = urlencode({"patient": visit.patient.public_id, "day": asked.day.isoformat()})
    return {
        "panel": "desk/calendar/_visit.html",
        "visit": visit,
        "state": blocks.state_words(visit, kind, asked.zone),
        "tone": TONES.get(kind, ""),
        "icon": blocks.STATES.get(kind, ("", "x"))[1],
        "health": health,
        "what": blocks.services_of(visit),
        "video_consent": visits.video_consent(visit.patient) if visit.kind == Appointment.Kind.ONLINE else None,
        "rooms": ", ".join(each.resource.name for each in visit.occupations.all()),
        "phone": patients.best_phones([visit.patient_id]).get(visit.patient_id, "") if may_book else "",
        "there": _there(visit, now) if may_book else "",
        "is_new_there": may_book and _is_new_there(visit, now),
        "times": [(words, at) for words, at in times if at],
        "actions": _actions(visit, now) if may_book else [],
        "may_change": may_book and visit.status in Appointment.BOOKED and visit.begun_at is None,
        "is_ahead": visit.starts_at > now,
        "other_kind": _other_kind(visit, now) if may_book else None,
        "may_card": request.may(Right.PATIENTS_VIEW),
        "close_url": f"{reverse('desk:calendar')}?{asked.query()}",
        "rest_url": f"{reverse('desk:calendar-rest')}?{asked.query()}",
        "book_next_url": f"{reverse('desk:calendar-book')}?{again}" if may_book else "",
    }


def _actions(visit: Appointment, now: datetime) -> list[Action]:
    """The steps that may follow; the likeliest is the green one. To come is possible on the day of the visit alone."""
    begun = visit.begun_at is not None
    if visit.starts_at > now and visit.arrived_at is not None and not booking.is_own_day(visit, now):
        # A mark of another day is a slip: nobody has come to it yet.
        unmark = reverse("desk:calendar-visit-unmark", args=[visit.public_id])
        return [Action(key="", label="Снять отметку", url=unmark, variant="primary")]
    allowed = {
        "planned": {"confirmed", "arrived", "no_show"},
        "confirmed": {"arrived", "no_show"},
        "arrived": {"completed"} if begun else {"begun", "completed", "no_show"},
        "no_show": {"arrived"},
    }.get(visit.status, set())
    likely = {"planned": "arrived", "confirmed": "arrived", "arrived": "completed" if begun else "begun"}
    if visit.starts_at > now:
        # A visit begun before its time may end before it.
        allowed = allowed - ({"no_show"} if begun else {"no_show", "completed"})
    if not booking.is_own_day(visit, now):
        # Ahead there is a word of the patient to note; what is past is either over or missed.
        allowed = allowed & {"confirmed"} if visit.starts_at > now else _PAST.get(visit.status, set())
        likely = {"planned": "confirmed"} if visit.starts_at > now else {}
    return [
        Action(
            key=key,
            label=label,
            url=reverse("desk:calendar-visit-mark", args=[visit.public_id, step.replace("_", "-")]),
            variant="primary" if likely.get(visit.status) == step else "",
        )
        for step, key, label in STEPS
        if step in allowed
    ]


def _other_kind(visit: Appointment, now: datetime) -> Action | None:
    """By video instead of in the clinic, where the services may be; or in the clinic after all."""
    if visit.starts_at <= now or visit.status not in ("planned", "confirmed"):
        return None
    is_online = visit.kind == Appointment.Kind.ONLINE
    if not is_online and not visits.offers_video([line.service for line in visit.lines.all()]):
        return None
    code = Appointment.Kind.IN_PERSON if is_online else Appointment.Kind.ONLINE
    url = reverse("desk:calendar-visit-kind", args=[visit.public_id, code])
    return Action(key="v", label="Принять в клинике" if is_online else "Принять по видео", url=url)


def _there(visit: Appointment, now: datetime) -> str:
    """Where the clinic's own program still has a visit that was cancelled or moved here."""
    row: Transfer | None = getattr(visit, "transfer", None)
    return line_of(row).there if row is not None and booking.is_open_transfer(row, now=now) else ""


def _is_new_there(visit: Appointment, now: datetime) -> bool:
    """Booked here, and nobody has entered it in the program where the clinic keeps its schedule."""
    if visit.ext_id or getattr(visit, "transfer", None) is not None:
        return False
    return booking.is_new_booking(visit, now=now, loaded_at=last_load(visit.clinic_id))

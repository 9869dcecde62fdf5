"""One timeline of a card: visits, payments, calls, messages, notes, consents, plans, merges, loads; by pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, tzinfo
from typing import Any

from django.db.models import Count
from django.utils import timezone

from zabota.booking.models import Appointment, Payment
from zabota.care import api as care
from zabota.intake.models import Batch
from zabota.kernel.typed import is_near, number_of
from zabota.messaging import api as messaging
from zabota.messaging.models import Message, Turn
from zabota.patients.models import Consent, Merge, Note, Patient
from zabota.ui.formats import month
from zabota.worklist.models import TaskEvent

PAGE = 20
#: Rows of one instant that may stand on both sides of a page's end.
_SAME_INSTANT = 30
#: Nothing of «reopened»: what was taken back stands struck in its own line.
_TOLD = ("created", "attempt", "snoozed", "handed", "closed")
#: A day without a time stands after the visits of that day.
_END_OF_DAY = time(23, 59)


@dataclass(frozen=True, slots=True)
class Event:
    """One line. `kind` chooses how it is drawn, `row` is what it tells of."""

    at: datetime
    kind: str
    pk: int
    row: Any
    has_time: bool = True
    #: Which of the moments of a row this is (a plan is proposed, agreed, ended).
    moment: str = ""

    @property
    def key(self) -> tuple[datetime, str, str, int]:
        """The order of the timeline and the mark of a page's end."""
        return (self.at, self.kind, self.moment, self.pk)


@dataclass(frozen=True, slots=True)
class TimelinePage:
    """Lines from the latest, months that begin, where the next page begins."""

    events: list[Event]
    next_mark: str

    def months(self) -> Iterator[tuple[str, Event]]:
        """Each line with the name of its month when another month begins there."""
        shown = ""
        for event in self.events:
            name = month(timezone.localtime(event.at).date())
            yield (name[:1].upper() + name[1:] if name != shown else ""), event
            shown = name


FILTERS: dict[str, tuple[str, tuple[str, ...]]] = {
    "all": ("Всё", ("visit", "payment", "task", "message", "word", "note", "consent", "plan", "merge", "load")),
    "visits": ("Визиты", ("visit",)),
    "payments": ("Оплаты", ("payment",)),
    "tasks": ("Звонки и задачи", ("task",)),
    "messages": ("Сообщения", ("message", "word")),
    "notes": ("Заметки", ("note",)),
    "consents": ("Согласия", ("consent",)),
    "rest": ("Планы и карта", ("plan", "merge", "load")),
}


def read_timeline(
    patient: Patient, *, kinds: tuple[str, ...], mark: str, zone: tzinfo, plans: list[care.PlanView]
) -> TimelinePage:
    """One page of the chosen kinds. The number of queries does not depend on the length of the history."""
    after = _unmark(mark)
    found: list[Event] = []
    for kind in kinds:
        if kind == "plan":
            found.extend(_plans(plans, zone))
        else:
            found.extend(_READERS[kind](patient, after[0] if after else None, zone))
    if after is not None:
        found = [event for event in found if event.key < after]
    found.sort(key=lambda event: event.key, reverse=True)
    events = found[:PAGE]
    more = len(found) > PAGE
    local = [
        Event(each.at.astimezone(zone), each.kind, each.pk, each.row, each.has_time, each.moment) for each in events
    ]
    return TimelinePage(local, _mark(events[-1]) if more else "")


def count_events(patient: Patient) -> dict[str, int]:
    """How many lines each filter has, without those made of plans and loads."""
    return {
        "visits": Appointment.objects.filter(patient=patient).count(),
        "payments": Payment.objects.filter(patient=patient).count(),
        "tasks": TaskEvent.objects.filter(task__patient=patient, kind__in=_TOLD).count(),
        "messages": Message.objects.filter(patient=patient).count(),
        "notes": Note.objects.filter(patient=patient).count(),
        "consents": Consent.objects.filter(patient=patient).count(),
    }


def _mark(event: Event) -> str:
    return "|".join((event.at.isoformat(), event.kind, event.moment, str(event.pk)))


def _unmark(mark: str) -> tuple[datetime, str, str, int] | None:
    at, _, rest = mark.partition("|")
    try:
        kind, moment, pk = rest.split("|")
        moment_at = datetime.fromisoformat(at)
    except ValueError:
        return None
    number = number_of(pk)
    return (moment_at, kind, moment, number) if moment_at.tzinfo and is_near(moment_at) and number is not None else None


def _cut(rows: Any, field: str, before: datetime | date | None) -> Any:
    if before is not None:
        rows = rows.filter(**{f"{field}__lte": before})
    return rows.order_by(f"-{field}", "-pk")[: PAGE + _SAME_INSTANT]


def _visits(patient: Patient, before: datetime | None, zone: tzinfo) -> list[Event]:
    rows = (
        Appointment.objects.filter(patient=patient)
        .select_related("doctor", "branch")
        .prefetch_related("lines__service")
    )
    return [Event(row.starts_at, "visit", row.pk, row) for row in _cut(rows, "starts_at", before)]


def _payments(patient: Patient, before: datetime | None, zone: tzinfo) -> list[Event]:
    last = before.astimezone(zone).date() if before else None
    rows = _cut(Payment.objects.filter(patient=patient), "paid_on", last)
    return [Event(_end_of(row.paid_on, zone), "payment", row.pk, row, has_time=False) for row in rows]


def _tasks(patient: Patient, before: datetime | None, zone: tzinfo) -> list[Event]:
    rows = TaskEvent.objects.filter(task__patient=patient, kind__in=_TOLD).select_related(
        "task", "member__user", "to_member__user"
    )
    return [Event(row.at, "task", row.pk, row) for row in _cut(rows, "at", before)]


def _messages(patient: Patient, before: datetime | None, zone: tzinfo) -> list[Event]:
    rows = Message.objects.filter(patient=patient).select_related("template_version__template")
    told = messaging.explain_messages(_cut(rows, "created_at", before))
    return [Event(line.message.created_at, "message", line.message.pk, line) for line in told]


def _words(patient: Patient, before: datetime | None, zone: tzinfo) -> list[Event]:
    rows = Turn.objects.filter(conversation__patient=patient, direction=Turn.Direction.IN)
    return [Event(row.at, "word", row.pk, row) for row in _cut(rows.select_related("conversation"), "at", before)]


def _notes(patient: Patient, before: datetime | None, zone: tzinfo) -> list[Event]:
    rows = Note.objects.filter(patient=patient).select_related("author")
    return [Event(row.written_at, "note", row.pk, row) for row in _cut(rows, "written_at", before)]


def _consents(patient: Patient, before: datetime | None, zone: tzinfo) -> list[Event]:
    rows = Consent.objects.filter(patient=patient).select_related("actor").defer("text_snapshot")
    return [Event(row.decided_at, "consent", row.pk, row) for row in _cut(rows, "decided_at", before)]


def _merges(patient: Patient, before: datetime | None, zone: tzinfo) -> list[Event]:
    rows = Merge.objects.filter(kept=patient).select_related("absorbed", "merged_by").defer("moved")
    return [Event(row.merged_at, "merge", row.pk, row) for row in _cut(rows, "merged_at", before)]


def _loads(patient: Patient, before: datetime | None, zone: tzinfo) -> list[Event]:
    """The birth of the card, and the loads that brought visits, with how many."""
    counted = (
        Appointment.objects.filter(patient=patient)
        .exclude(import_batch_id=None)
        .values("import_batch_id")
        .annotate(visits=Count("id"))
    )
    visits = {row["import_batch_id"]: row["visits"] for row in counted}
    ids = {batch_id for batch_id in (*visits, patient.import_batch_id) if batch_id is not None}
    batches = Batch.objects.filter(pk__in=ids).order_by("id") if ids else ()
    events = [
        Event(
            batch.finished_at or batch.created_at,
            "load",
            batch.pk,
            {"batch": batch, "visits": visits.get(batch.pk, 0), "born": batch.pk == patient.import_batch_id},
        )
        for batch in batches
    ]
    if patient.import_batch_id is None:
        opened, known = patient.registered_on, {"batch": None, "visits": 0, "born": True}
        if opened is not None and opened < patient.created_at.astimezone(zone).date():
            events.append(Event(datetime.combine(opened, time(0), zone), "load", 0, known, has_time=False))
        else:
            events.append(Event(patient.created_at, "load", 0, known))
    return events


def _plans(plans: list[care.PlanView], zone: tzinfo) -> list[Event]:
    events: list[Event] = []
    for view in plans:
        plan = view.plan
        moments = [("proposed", plan.proposed_on), ("agreed", plan.agreed_on), ("ended", plan.ended_on)]
        for moment, day in moments:
            if day is not None:
                events.append(Event(_end_of(day, zone), "plan", plan.pk, {"plan": plan}, False, moment))
        for stage in view.stages:
            if stage.done_on is not None:
                row = {"plan": plan, "stage": stage}
                events.append(Event(_end_of(stage.done_on, zone), "plan", stage.pk, row, False, "done"))
    return events


def _end_of(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, _END_OF_DAY, zone)


_READERS: dict[str, Callable[[Patient, datetime | None, tzinfo], list[Event]]] = {
    "visit": _visits,
    "payment": _payments,
    "task": _tasks,
    "message": _messages,
    "word": _words,
    "note": _notes,
    "consent": _consents,
    "merge": _merges,
    "load": _loads,
}

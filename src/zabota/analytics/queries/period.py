"""What happened between two days: visits, people, money, misses, work of the queue. Few rows, asked when the page is opened."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from django.db.models import Count, F, Q, QuerySet, Sum

from zabota.analytics.rules.columns import ordinal
from zabota.analytics.rules.gaps import SILENT_DAYS, watched_to
from zabota.booking.models import Appointment, Payment
from zabota.clinic.models import Clinic
from zabota.worklist.models import Outcome, Task, TaskEvent

#: Ids in one question to the database.
CHUNK = 900
#: So many days with visits among the last SILENT_DAYS are no strays: the clinic goes on.
AT_WORK = 4
_MISSED = Q(status=Appointment.Status.NO_SHOW)
_CANCELLED = Q(status__in=Appointment.CANCELLED)
_DONE = Q(status=Appointment.Status.COMPLETED)
_SPOKEN = (Outcome.BOOKED, Outcome.CALL_BACK, Outcome.THINKS, Outcome.REFUSED, Outcome.RESOLVED)


@dataclasses.dataclass(frozen=True, slots=True)
class DoctorFigures:
    """One doctor's part."""

    name: str
    visits: int
    patients: int
    missed: int
    cancelled: int
    revenue_kopecks: int


@dataclasses.dataclass(frozen=True, slots=True)
class PeriodFigures:
    """Figures of a stretch of days, both ends included."""

    first: date
    last: date
    visits: int
    patients: int
    #: Seen for the first time in these days.
    new: int
    missed: int
    cancelled: int
    revenue_kopecks: int
    #: Contacts of the queue with somebody on the line, and those that ended with a booking.
    spoken: int
    booked: int
    tasks_made: int
    doctors: tuple[DoctorFigures, ...] = ()

    @property
    def planned(self) -> int:
        """Appointments that took place or failed."""
        return self.visits + self.missed + self.cancelled


def told_until(clinic: Clinic, *, today: date) -> date:
    """The day up to which visits are known: today, or their end when they are silent long before it.

    Only a clinic that was hardly seen of late is asked for all its days.
    """
    done = Appointment.objects.filter(_DONE, clinic=clinic, day__lte=today, vanished_at=None).order_by()
    recent = done.filter(day__gt=today - timedelta(days=SILENT_DAYS)).values("day").distinct()
    if len(recent[:AT_WORK]) == AT_WORK:
        return today
    rows = list(done.values_list("day").annotate(count=Count("pk")))
    if not rows:
        return today
    return watched_to(np.repeat([ordinal(day) for day, _ in rows], [count for _, count in rows]), today)


def period_figures(
    *, clinic: Clinic, first: date, last: date, branches: Sequence[int] | None, with_doctors: bool = False
) -> PeriodFigures:
    """Figures of these days, limited to branches; what has no branch is everybody's."""
    rows = Appointment.objects.filter(clinic=clinic, day__gte=first, day__lte=last, vanished_at=None)
    if branches is not None:
        rows = rows.filter(Q(branch_id__in=branches) | Q(branch=None))
    counts = rows.aggregate(
        visits=Count("id", filter=_DONE),
        patients=Count("patient_id", filter=_DONE, distinct=True),
        missed=Count("id", filter=_MISSED),
        cancelled=Count("id", filter=_CANCELLED),
        revenue=Sum("total_kopecks", filter=_DONE),
    )
    paid = _paid_for_unpriced(rows)
    seen = list(rows.filter(_DONE).order_by().values_list("patient_id", flat=True).distinct())
    zone = ZoneInfo(clinic.time_zone)
    since = datetime.combine(first, time(), zone)
    until = datetime.combine(last + timedelta(days=1), time(), zone)
    contacts = TaskEvent.objects.filter(
        clinic=clinic, kind=TaskEvent.Kind.ATTEMPT, at__gte=since, at__lt=until, undone_at=None
    )
    made = Task.objects.filter(clinic=clinic, created_at__gte=since, created_at__lt=until)
    if branches is not None:
        contacts = contacts.filter(Q(task__branch_id__in=branches) | Q(task__branch=None))
        made = made.filter(Q(branch_id__in=branches) | Q(branch=None))
    work = contacts.aggregate(
        spoken=Count("id", filter=Q(outcome__in=_SPOKEN)), booked=Count("id", filter=Q(outcome=Outcome.BOOKED))
    )
    return PeriodFigures(
        first=first,
        last=last,
        visits=counts["visits"],
        patients=counts["patients"],
        new=len(seen) - _seen_before(seen, first),
        missed=counts["missed"],
        cancelled=counts["cancelled"],
        revenue_kopecks=(counts["revenue"] or 0) + sum(paid.values()),
        spoken=work["spoken"],
        booked=work["booked"],
        tasks_made=made.count(),
        doctors=_doctors(rows, paid) if with_doctors else (),
    )


def _paid_for_unpriced(rows: QuerySet[Appointment]) -> dict[str | None, int]:
    """By doctor, what was paid for visits of which the export tells no price: the metrics count them so too."""
    paid = Payment.objects.filter(
        appointment__in=rows.filter(_DONE, total_kopecks=0).order_by().values("pk"), amount_kopecks__gt=0
    )
    sums = paid.values_list("appointment__doctor__name").annotate(kopecks=Sum("amount_kopecks"))
    return {name: int(kopecks) for name, kopecks in sums.order_by()}


def _seen_before(patients: Sequence[int], first: date) -> int:
    """How many of these had a visit before a day; by the index of patients, which a database does not choose by itself."""
    found = 0
    for start in range(0, len(patients), CHUNK):
        earlier = Appointment.objects.filter(
            _DONE, patient_id__in=patients[start : start + CHUNK], day__lt=first, vanished_at=None
        )
        found += earlier.order_by().values("patient_id").distinct().count()
    return found


def _doctors(rows: QuerySet[Appointment], paid: Mapping[str | None, int]) -> tuple[DoctorFigures, ...]:
    found = (
        rows.exclude(doctor=None)
        .values(name=F("doctor__name"))
        .annotate(
            visits=Count("id", filter=_DONE),
            patients=Count("patient_id", filter=_DONE, distinct=True),
            missed=Count("id", filter=_MISSED),
            cancelled=Count("id", filter=_CANCELLED),
            revenue=Sum("total_kopecks", filter=_DONE),
        )
        .order_by("-visits", "name")
    )
    return tuple(
        DoctorFigures(
            name=each["name"],
            visits=each["visits"],
            patients=each["patients"],
            missed=each["missed"],
            cancelled=each["cancelled"],
            revenue_kopecks=(each["revenue"] or 0) + paid.get(each["name"], 0),
        )
        for each in found
    )

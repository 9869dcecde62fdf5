"""What each action added to retention, month by month: one table into which everything that acts on patients reports."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from django.db import transaction

from zabota.analytics.models import GoalAction
from zabota.booking.models import Appointment
from zabota.clinic.models import Clinic
from zabota.kernel.errors import BadInput
from zabota.worklist.models import Outcome, Reason, Task

#: Days after a contact within which a visit counts as its fruit.
WITHIN: Final = timedelta(days=90)
#: Months counted anew each night: a visit may come late.
MONTHS: Final = 6
CHUNK: Final = 900
#: Contacts that ended with a person on the line.
_REACHED: Final = (Outcome.BOOKED, Outcome.REFUSED, Outcome.RESOLVED)
#: Tasks that call somebody back to the clinic.
_CALLS: Final = tuple(
    each for each in Reason if each not in (Reason.REFUSAL_REVIEW, Reason.FIND_CONTACT, Reason.CALL_BACK)
)


def report_action(
    *,
    clinic: Clinic,
    origin: str,
    code: str,
    title: str,
    first_on: date,
    last_on: date,
    people: int,
    returned: int,
    now: datetime,
    control_people: int | None = None,
    control_returned: int | None = None,
    revenue_kopecks: int = 0,
    cost_kopecks: int = 0,
) -> GoalAction:
    """Keep what an action of a period added; told again, it replaces what was told before."""
    if not 0 <= returned <= people or last_on < first_on:
        raise BadInput("Вернувшихся не может быть больше, чем людей, а конец периода раньше начала.")
    if (control_people is None) != (control_returned is None) or (control_returned or 0) > (control_people or 0):
        raise BadInput("Контрольная группа: нужны и люди, и вернувшиеся, и вернувшихся не больше.")
    action, _ = GoalAction.objects.update_or_create(
        clinic=clinic,
        origin=origin,
        code=code,
        first_on=first_on,
        defaults={
            "title": title[:200],
            "last_on": last_on,
            "people": people,
            "returned": returned,
            "control_people": control_people,
            "control_returned": control_returned,
            "revenue_kopecks": revenue_kopecks,
            "cost_kopecks": cost_kopecks,
            "counted_at": now,
        },
    )
    return action


def count_worklist(*, clinic: Clinic, now: datetime) -> int:
    """Contacts of the queue of the last months by reason, and who came within ninety days. The caller holds the scope."""
    zone = ZoneInfo(clinic.time_zone)
    start = _months_back(now.astimezone(zone).date(), MONTHS - 1)
    since = datetime.combine(start, datetime.min.time(), zone)
    closed = Task.objects.filter(
        clinic=clinic, state=Task.State.CLOSED, outcome__in=_REACHED, reason__in=_CALLS, closed_at__gte=since
    ).values_list("patient_id", "reason", "closed_at")
    # One person counts once a month and reason, from the first contact.
    contacts: dict[tuple[date, str], dict[int, datetime]] = defaultdict(dict)
    for patient, reason, at in closed.order_by("closed_at").iterator(chunk_size=2000):
        assert at is not None  # a closed task has its time
        contacts[at.astimezone(zone).date().replace(day=1), reason].setdefault(patient, at)
    visits = _visits({patient for found in contacts.values() for patient in found}, since)
    with transaction.atomic():
        for (month, reason), found in contacts.items():
            back = [_first_after(visits.get(patient, []), at) for patient, at in found.items()]
            report_action(
                clinic=clinic,
                origin=GoalAction.Origin.WORKLIST,
                code=reason,
                title=str(Reason(reason).label),
                first_on=month,
                last_on=_month_end(month),
                people=len(found),
                returned=sum(each is not None for each in back),
                revenue_kopecks=sum(each or 0 for each in back),
                now=now,
            )
    return len(contacts)


def _visits(patients: Iterable[int], since: datetime) -> dict[int, list[tuple[datetime, int]]]:
    ids, found = sorted(patients), defaultdict(list)
    for start in range(0, len(ids), CHUNK):
        rows = Appointment.objects.filter(
            patient_id__in=ids[start : start + CHUNK], status=Appointment.Status.COMPLETED, vanished_at=None,
            starts_at__gte=since,
        )  # fmt: skip
        for patient, at, total in rows.order_by("starts_at").values_list("patient_id", "starts_at", "total_kopecks"):
            found[patient].append((at, total))
    return found


def _first_after(visits: list[tuple[datetime, int]], contact: datetime) -> int | None:
    """Kopecks of the first visit within the term after a contact; None when there was none."""
    return next((total for at, total in visits if contact < at <= contact + WITHIN), None)


def _months_back(day: date, months: int) -> date:
    number = day.year * 12 + day.month - 1 - months
    return date(number // 12, number % 12 + 1, 1)


def _month_end(month: date) -> date:
    return (month + timedelta(days=32)).replace(day=1) - timedelta(days=1)

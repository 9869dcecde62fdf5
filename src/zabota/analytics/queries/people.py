"""The patients behind a cause as a page shows them: last visit, value, next step, phone. Asked anew each time."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db.models import Exists, OuterRef, Q, QuerySet

from zabota.nextstep.models import Exemption, PatientState
from zabota.patients.models import Contact, Patient
from zabota.worklist.api import waiting_untouched
from zabota.worklist.models import Task

#: Ids in one question to the database.
CHUNK: Final = 900

ORDERS: Final = {
    "value": "самые ценные сначала",
    "recent": "кто был недавно, сначала",
    "long": "кто давно не был, сначала",
    "name": "по фамилии",
}
STEPS: Final = {"none": "Без следующего шага", "task": "Есть задача", "booked": "Записаны", "left": "Вне правила"}
REACHES: Final = {"yes": "Телефон есть", "no": "Телефона нет"}


#: Last visit, number of visits, value, next booking.
_State = tuple[date | None, int, int, datetime | None]


#: Days within which somebody should call whom the head sent to the queue.
DUE_IN: Final = timedelta(days=7)


@dataclasses.dataclass(frozen=True, slots=True)
class PersonBehind:
    """One patient of the list."""

    pk: int
    public_id: str
    name: str
    branch_id: int | None
    branch: str
    last_visit_on: date | None
    visits: int
    value_kopecks: int
    booked_at: datetime | None
    task_id: str
    task_due_at: datetime | None
    left: str
    reachable: bool
    #: The task waits for a day later than DUE_IN and nobody has worked on it: it can come forward.
    task_waits: bool = False

    @property
    def step(self) -> str:
        """Key of STEPS."""
        return "booked" if self.booked_at else "task" if self.task_id else "left" if self.left else "none"


def people_behind(ids: Sequence[int], *, now: datetime, branches: Sequence[int] | None) -> list[PersonBehind]:
    """Cards in use among these, limited to branches; merged and erased cards are left out."""
    found: list[PersonBehind] = []
    for start in range(0, len(ids), CHUNK):
        found += _part(list(ids[start : start + CHUNK]), now, branches)
    return found


def sorted_people(people: Iterable[PersonBehind], order: str) -> list[PersonBehind]:
    """In one of the ORDERS; the dearest first when the word is unknown."""
    never = date.min
    if order == "name":
        return sorted(people, key=lambda each: (each.name.casefold(), each.pk))
    if order == "recent":
        return sorted(people, key=lambda each: (-(each.last_visit_on or never).toordinal(), each.pk))
    if order == "long":
        return sorted(people, key=lambda each: ((each.last_visit_on or never).toordinal(), each.pk))
    return sorted(people, key=lambda each: (-each.value_kopecks, each.pk))


def _part(ids: list[int], now: datetime, branches: Sequence[int] | None) -> list[PersonBehind]:
    cards: QuerySet[Patient] = Patient.objects.filter(pk__in=ids, merged_into=None, erased_at=None)
    if branches is not None:
        cards = cards.filter(Q(branch_id__in=branches) | Q(branch=None))
    phones = Contact.objects.filter(patient_id=OuterRef("pk"), kind=Contact.Kind.PHONE)
    phones = phones.exclude(reach__in=(Contact.Reach.WRONG, Contact.Reach.INVALID))
    rows = cards.annotate(reachable=Exists(phones)).values_list(
        "pk", "public_id", "surname", "name", "patronymic", "branch_id", "branch__name", "reachable"
    )
    states: dict[int, _State] = {
        row[0]: row[1:]
        for row in PatientState.objects.filter(pk__in=ids).values_list(
            "pk", "last_visit_on", "visits", "value_kopecks", "next_booking_at"
        )
    }
    mine = Task.objects.open().filter(patient_id__in=ids)
    waiting = set(waiting_untouched(mine, after=now + DUE_IN).values_list("public_id", flat=True))
    tasks: dict[int, tuple[str, datetime, bool]] = {
        patient: (public_id, due, public_id in waiting)
        for patient, public_id, due in mine.order_by("-due_at").values_list("patient_id", "public_id", "due_at")
    }
    left = dict(Exemption.objects.filter(patient_id__in=ids, ended_at=None).values_list("patient_id", "reason"))
    return [_person(row, states.get(row[0]), tasks.get(row[0]), left.get(row[0], ""), now) for row in rows]


def _person(
    row: tuple[Any, ...], state: _State | None, task: tuple[str, datetime, bool] | None, left: str, now: datetime
) -> PersonBehind:
    pk, public_id, surname, name, patronymic, branch_id, branch, reachable = row
    last_visit_on, visits, value_kopecks, booked = state or (None, 0, 0, None)
    return PersonBehind(
        pk=pk,
        public_id=public_id,
        name=" ".join(part for part in (surname, name, patronymic) if part),
        branch_id=branch_id,
        branch=branch or "",
        last_visit_on=last_visit_on,
        visits=visits,
        value_kopecks=value_kopecks,
        booked_at=booked if booked and booked > now else None,
        task_id=task[0] if task else "",
        task_due_at=task[1] if task else None,
        left=str(Exemption.Reason(left).label) if left else "",
        reachable=reachable,
        task_waits=bool(task and task[2]),
    )

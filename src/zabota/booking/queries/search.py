"""One search of free times for every door: any of many doctors, many days, rooms and buffers included."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from operator import itemgetter
from typing import NamedTuple
from zoneinfo import ZoneInfo

from zabota.booking.models import Resource
from zabota.booking.queries.busy import busy_of_doctors, busy_of_resources
from zabota.booking.queries.hours import Timetable, timetable
from zabota.booking.queries.needs import Need, need_of
from zabota.booking.rules.cells import instant_of, minute_of
from zabota.booking.rules.gaps import STEP_MINUTES, Busy, free_starts, spread
from zabota.booking.rules.week import epoch_minute
from zabota.clinic.models import Branch, Doctor, Service

#: Nobody is offered a time that begins this soon: they have to come.
NOTICE_MINUTES = 30


class Slot(NamedTuple):
    """A free time. `key` stands for it in addresses and forms. A tuple, because a search makes thousands."""

    doctor: Doctor
    branch: Branch
    starts_at: datetime
    minutes: int

    @property
    def ends_at(self) -> datetime:
        """When the visit would be over."""
        return self.starts_at + timedelta(minutes=self.minutes)

    @property
    def local(self) -> datetime:
        """The beginning in the branch's own time."""
        return self.starts_at.astimezone(ZoneInfo(self.branch.time_zone))

    @property
    def key(self) -> str:
        """Doctor, branch and minute: what `slot_of_key` reads again."""
        return f"{self.doctor.public_id}.{self.branch.public_id}.{minute_of(self.starts_at)}.{self.minutes}"


def find_slots(
    *,
    clinic_id: int,
    now: datetime,
    services: Sequence[Service] = (),
    minutes: int | None = None,
    doctors: Iterable[Doctor] | None = None,
    branch: Branch | None = None,
    start_day: date | None = None,
    days: int = 14,
    limit_per_day: int | None = None,
    online: bool = False,
    step_minutes: int = STEP_MINUTES,
    notice_minutes: int = NOTICE_MINUTES,
) -> dict[date, list[Slot]]:
    """Free times by day of the branch, each day in order of time and doctor; days without any are left out.

    `doctors` None: whoever performs the services. `limit_per_day` spreads what is left over the day.
    """
    need = need_of(services, online=online)
    length = minutes or need.minutes
    chosen = _doctors(clinic_id, doctors, need)
    if branch is None:
        branches = {row.pk: row for row in Branch.objects.filter(clinic_id=clinic_id, is_active=True)}
    else:
        branches = {branch.pk: branch} if branch.clinic_id == clinic_id and branch.is_active else {}
    if not chosen or not branches:
        return {}
    first = start_day or min(now.astimezone(ZoneInfo(row.time_zone)).date() for row in branches.values())
    last = first + timedelta(days=max(days, 1) - 1)
    places = _places(clinic_id, need, branches)
    table = timetable(clinic_id, [*chosen, *(pk for rows in places.values() for pk in rows)], first - _DAY, last)
    zones = {table.zones[pk] for pk in branches}
    nights = any(table.crosses_midnight(pk) for pk in chosen)
    begins = min(epoch_minute(first - (_DAY if nights else _NO_TIME), 0, zone) for zone in zones)
    ends = max(epoch_minute(last, 2880 if nights else 1440, zone) for zone in zones)
    taken = busy_of_doctors([row.pk for row in chosen.values()], begins, ends)
    held = busy_of_resources([*chosen, *(pk for rows in places.values() for pk in rows)], begins, ends, minute_of(now))
    rooms = _Rooms(need, places, {pk: Busy.of(spans) for pk, spans in held.items()}, table)
    not_before = minute_of(now) + notice_minutes + 1
    found: dict[date, list[tuple[int, Slot]]] = {}
    for resource_id, doctor in chosen.items():
        busy = Busy.of([*taken.get(doctor.pk, ()), *held.get(resource_id, ())])
        early = 1 if table.crosses_midnight(resource_id) else 0
        for offset in range(-early, (last - first).days + 1):
            day = first + timedelta(days=offset)
            for window in table.windows(resource_id, day):
                place = branches.get(window.branch_id)
                if place is None or window.ends <= not_before:
                    continue
                starts = free_starts(
                    window.begins, window.ends, busy, minutes=length, before=need.before, after=need.after,
                    step=step_minutes, not_before=not_before,
                )  # fmt: skip
                for start in starts:
                    if need.kinds and not rooms.are_free(place.pk, start - need.before, start + length + need.after):
                        continue
                    on = day
                    if early:
                        on = instant_of(start).astimezone(ZoneInfo(place.time_zone)).date()
                        if not first <= on <= last:
                            continue
                    found.setdefault(on, []).append((start, Slot(doctor, place, instant_of(start), length)))
    # Doctors come in the order of their names and keep it among equal times.
    ordered = {day: [slot for _, slot in sorted(found[day], key=itemgetter(0))] for day in sorted(found)}
    if limit_per_day is None:
        return ordered
    return {day: _spread(slots, limit_per_day) for day, slots in ordered.items()}


def slot_of_key(key: str, *, clinic_id: int) -> Slot | None:
    """The time that a key of `Slot` stands for, whether it is still free or not; None for a key that is no key."""
    parts = key.split(".")
    if len(parts) != 4 or not (parts[2].isascii() and parts[2].isdigit() and parts[3].isascii() and parts[3].isdigit()):
        return None
    minute, minutes = int(parts[2][:10]), int(parts[3][:4])
    if not (0 < minute < 2**31 and 5 <= minutes <= 480):
        return None
    doctor = Doctor.objects.filter(clinic_id=clinic_id, public_id=parts[0]).first()
    branch = Branch.objects.filter(clinic_id=clinic_id, public_id=parts[1]).first()
    return Slot(doctor, branch, instant_of(minute), minutes) if doctor is not None and branch is not None else None


_DAY, _NO_TIME = timedelta(days=1), timedelta(0)


@dataclass(slots=True)
class _Rooms:
    """Answers whether a span has one free room or device of each kind."""

    need: Need
    places: dict[int, list[int]]
    busy: dict[int, Busy]
    table: Timetable
    kinds: dict[int, str] | None = None

    def are_free(self, branch_id: int, begins: int, ends: int) -> bool:
        """One of each kind in the branch, within its own hours where it has any."""
        kinds = self._kinds()
        return all(
            any(
                kinds[pk] == kind and self._is_free(pk, branch_id, begins, ends)
                for pk in self.places.get(branch_id, ())
            )
            for kind in self.need.kinds
        )

    def _is_free(self, pk: int, branch_id: int, begins: int, ends: int) -> bool:
        busy = self.busy.get(pk)
        return (busy is None or busy.is_free(begins, ends)) and self.table.is_there(pk, branch_id, begins, ends)

    def _kinds(self) -> dict[int, str]:
        if self.kinds is None:
            ids = [pk for rows in self.places.values() for pk in rows]
            self.kinds = dict(Resource.objects.filter(pk__in=ids).values_list("pk", "kind"))
        return self.kinds


def _doctors(clinic_id: int, doctors: Iterable[Doctor] | None, need: Need) -> dict[int, Doctor]:
    """Resource → doctor of those asked for who receive and perform the services."""
    rows = Resource.objects.filter(clinic_id=clinic_id, kind=Resource.Kind.DOCTOR, is_active=True)
    rows = rows.filter(doctor__is_active=True).select_related("doctor")
    if doctors is not None:
        rows = rows.filter(doctor__in=doctors)
    able = need.doctor_ids
    return {row.pk: row.doctor for row in rows if row.doctor is not None and (able is None or row.doctor.pk in able)}


def _places(clinic_id: int, need: Need, branches: Collection[int]) -> dict[int, list[int]]:
    """Branch → rooms and devices that would do."""
    if not need.kinds:
        return {}
    found: dict[int, list[int]] = {pk: [] for pk in branches}
    rows = Resource.objects.filter(clinic_id=clinic_id, is_active=True, kind__in=need.kinds, branch_id__in=branches)
    for pk, kind, branch_id in rows.values_list("pk", "kind", "branch_id"):
        if need.allows(kind, pk) and branch_id is not None:
            found[branch_id].append(pk)
    return found


def _spread(slots: Sequence[Slot], limit: int) -> list[Slot]:
    return [slots[place] for place in spread(range(len(slots)), limit)]

"""What services need together: minutes, buffers, a room or a device, doctors who perform them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from zabota.booking.models import Resource, ServiceNeed
from zabota.clinic.models import Doctor, Service

DEFAULT_MINUTES = 30
_KINDS = {
    ServiceNeed.Needs.NOTHING: (),
    ServiceNeed.Needs.ROOM: (Resource.Kind.ROOM,),
    ServiceNeed.Needs.DEVICE: (Resource.Kind.DEVICE,),
    ServiceNeed.Needs.BOTH: (Resource.Kind.ROOM, Resource.Kind.DEVICE),
}


@dataclass(frozen=True, slots=True)
class Need:
    """Needs of one visit. `doctor_ids` None: any doctor; `allowed` has the ids per kind that will do, None: any."""

    minutes: int = DEFAULT_MINUTES
    before: int = 0
    after: int = 0
    kinds: tuple[str, ...] = ()
    allowed: dict[str, frozenset[int] | None] = field(default_factory=dict)
    doctor_ids: frozenset[int] | None = None
    by_video: bool = False

    def allows(self, kind: str, resource_id: int) -> bool:
        """True when this room or device will do."""
        chosen = self.allowed.get(kind)
        return chosen is None or resource_id in chosen


def need_of(services: Sequence[Service], *, online: bool = False) -> Need:
    """What one visit with these services needs."""
    return need_among(services, needs_of(service.pk for service in services), online=online)


def needs_of(service_ids: Iterable[int]) -> dict[int, ServiceNeed]:
    """What the clinic wrote of each service, read once for many visits."""
    rows = ServiceNeed.objects.filter(service__in=set(service_ids)).prefetch_related("resources", "doctors")
    return {row.service_id: row for row in rows}


def need_among(services: Sequence[Service], rows: Mapping[int, ServiceNeed], *, online: bool = False) -> Need:
    """Services of one visit follow each other: minutes add up, buffers stand around them all."""
    if not services:
        return Need()
    minutes, doctors, kinds = 0, None, []
    allowed: dict[str, frozenset[int] | None] = {}
    for service in services:
        row = rows.get(service.pk)
        minutes += (row.minutes if row is not None and row.minutes else service.duration_minutes) or DEFAULT_MINUTES
        if row is None:
            continue
        able = frozenset(doctor.pk for doctor in row.doctors.all())
        if able:
            doctors = able if doctors is None else doctors & able
        for kind in _KINDS[ServiceNeed.Needs(row.needs)] if not online else ():
            chosen = frozenset(each.pk for each in row.resources.all() if each.kind == kind) or None
            known = allowed.get(str(kind))
            allowed[str(kind)] = chosen if known is None else (known & chosen if chosen else known)
            if str(kind) not in kinds:
                kinds.append(str(kind))
    first, last = rows.get(services[0].pk), rows.get(services[-1].pk)
    return Need(
        minutes=min(max(minutes, 5), 480),
        before=first.buffer_before_minutes if first is not None else 0,
        after=last.buffer_after_minutes if last is not None else 0,
        kinds=tuple(kinds),
        allowed=allowed,
        doctor_ids=doctors,
        by_video=all(row is not None and row.by_video for row in (rows.get(each.pk) for each in services)),
    )


def chosen_doctors(service_ids: Iterable[int]) -> dict[int, frozenset[int]]:
    """Doctors chosen for each service. A service that everybody performs is not among them."""
    chosen: dict[int, set[int]] = {}
    pairs = ServiceNeed.doctors.through.objects.filter(serviceneed__service_id__in=list(service_ids))
    for service_id, doctor_id in pairs.values_list("serviceneed__service_id", "doctor_id"):
        chosen.setdefault(service_id, set()).add(doctor_id)
    return {service_id: frozenset(doctors) for service_id, doctors in chosen.items()}


def performs_any(doctor_id: int | None, service_ids: Collection[int]) -> bool:
    """Whether a visit to this doctor that names no service may be for one of these; of an unknown doctor it may."""
    if doctor_id is None:
        return True
    chosen = chosen_doctors(service_ids)
    return any(pk not in chosen or doctor_id in chosen[pk] for pk in service_ids)


def performers(clinic_id: int, services: Sequence[Service]) -> list[Doctor]:
    """Doctors who receive and perform all of these services."""
    doctors = Doctor.objects.filter(clinic_id=clinic_id, is_active=True)
    need = need_of(services)
    return list(doctors if need.doctor_ids is None else doctors.filter(pk__in=need.doctor_ids))

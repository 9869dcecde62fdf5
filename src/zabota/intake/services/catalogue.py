"""Branches, doctors, services and sources of an export: found by folded name, made when they are new, removed unused."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any

from django.db import transaction

from zabota.booking.models import NextFree
from zabota.clinic.models import Branch, Doctor, Service, ServiceGroup
from zabota.intake.models import Batch, Change
from zabota.kernel.jobs import assure_lease
from zabota.kernel.models import AuditEntry
from zabota.kernel.names import fold
from zabota.patients.models import Source

#: In this order they are removed: a doctor works in a branch.
_KINDS: tuple[Any, ...] = (Service, ServiceGroup, Doctor, Branch, Source)
_NAMES: dict[str, Any] = {
    "branches": Branch,
    "doctors": Doctor,
    "services": Service,
    "sources": Source,
    "groups": ServiceGroup,
}
#: What the program reckons of a doctor by itself.
_RECKONED = (NextFree,)


@dataclasses.dataclass
class Offered:
    """What an export tells of a service: beside visits, or in a price list."""

    code: str = ""
    price_kopecks: int = 0
    category: str = ""
    minutes: int | None = None
    #: Stands in a price list: it is a service of the clinic although nobody had it yet.
    is_listed: bool = False


@dataclasses.dataclass
class Catalogue:
    """Ids by folded name."""

    branches: dict[str, int]
    doctors: dict[str, int]
    services: dict[str, int]
    sources: dict[str, int]
    groups: dict[str, int]

    def branch(self, name: str) -> int | None:
        """Id of the branch, or None."""
        return self.branches.get(key_of(name)) if name else None

    def doctor(self, name: str) -> int | None:
        """Id of the doctor, or None."""
        return self.doctors.get(key_of(name)[:200]) if name else None

    def service(self, name: str) -> int | None:
        """Id of the service, or None."""
        return self.services.get(service_key(name)) if name else None

    def source(self, name: str) -> int | None:
        """Id of the source, or None."""
        return self.sources.get(key_of(name)[:120]) if name else None

    def group(self, name: str) -> int | None:
        """Id of the group of services, or None."""
        return self.groups.get(key_of(name)) if name else None


def key_of(name: str) -> str:
    """Folded name, spaces single."""
    return " ".join(fold(name).split())


def service_key(name: str) -> str:
    """Folded name of a service, as long as it is kept."""
    return key_of(name)[:300]


def category_of(told: Offered) -> str:
    """Name of the group of a service, as long as it is kept."""
    return " ".join(told.category.split())[:120]


def read_catalogue(clinic_id: int) -> Catalogue:
    """What the clinic has now."""
    return Catalogue(
        branches={
            key_of(name): pk for pk, name in Branch.objects.filter(clinic_id=clinic_id).values_list("id", "name")
        },
        doctors=dict(Doctor.objects.filter(clinic_id=clinic_id).values_list("name_key", "id")),
        services=dict(Service.objects.filter(clinic_id=clinic_id).values_list("name_key", "id")),
        sources=dict(Source.objects.filter(clinic_id=clinic_id).values_list("name_key", "id")),
        groups={
            key_of(name): pk for pk, name in ServiceGroup.objects.filter(clinic_id=clinic_id).values_list("id", "name")
        },
    )


def extend_catalogue(
    batch: Batch,
    *,
    branches: Iterable[str],
    doctors: dict[str, str],
    services: dict[str, Offered],
    sources: Iterable[str],
    categories: Iterable[str] = (),
) -> tuple[Catalogue, dict[str, int]]:
    """Make what is missing, and keep with the load that it did. `doctors`: name → speciality.

    A new service goes into the group its category names; `categories` are those into which others will come. Returns the
    catalogue and how many of each were made.
    """
    clinic = batch.clinic
    known = read_catalogue(clinic.pk)
    made: dict[Any, list[int]] = {kind: [] for kind in _KINDS}
    zone = clinic.time_zone
    for name in branches:
        if name and key_of(name) not in known.branches:
            known.branches[key_of(name)] = Branch.objects.create(clinic=clinic, name=name[:200], time_zone=zone).pk
            made[Branch].append(known.branches[key_of(name)])
    for name, speciality in doctors.items():
        key = key_of(name)[:200]
        if key and key not in known.doctors:
            doctor = Doctor.objects.create(clinic=clinic, name=name[:200], name_key=key, speciality=speciality[:100])
            known.doctors[key] = doctor.pk
            made[Doctor].append(doctor.pk)
    names = {category_of(told) for name, told in services.items() if service_key(name) not in known.services}
    for name in sorted((names | set(categories)) - {""}):
        if key_of(name) not in known.groups:
            known.groups[key_of(name)] = ServiceGroup.objects.create(clinic=clinic, name=name).pk
            made[ServiceGroup].append(known.groups[key_of(name)])
    for name, told in services.items():
        key = service_key(name)
        if key and key not in known.services:
            service = Service.objects.create(
                clinic=clinic, name=name[:300], name_key=key, code=told.code[:40],
                price_kopecks=told.price_kopecks or None, group_id=known.group(category_of(told)),
                duration_minutes=told.minutes or Service._meta.get_field("duration_minutes").default,
            )  # fmt: skip
            known.services[key] = service.pk
            made[Service].append(service.pk)
    for name in sources:
        key = key_of(name)[:120]
        if key and key not in known.sources:
            known.sources[key] = Source.objects.create(clinic=clinic, name=name[:120], name_key=key).pk
            made[Source].append(known.sources[key])
    Change.objects.bulk_create(
        Change(batch=batch, kind=Change.Kind.CREATED, model=kind._meta.label, object_id=pk)
        for kind, ids in made.items()
        for pk in ids
    )
    return known, {name: len(made[kind]) for name, kind in _NAMES.items()}


def remove_made(batch: Batch) -> int:
    """Remove what a load made of the catalogue and nothing else uses and nobody has touched since."""
    removed = 0
    for kind in _KINDS:
        with transaction.atomic():
            assure_lease()
            made = batch.changes.filter(kind=Change.Kind.CREATED, model=kind._meta.label)
            ids = set(made.values_list("object_id", flat=True))
            free = ids - _used(kind, ids)
            kind.objects.filter(pk__in=free).delete()
            made.delete()
        removed += len(free)
    return removed


def _used(kind: Any, ids: set[int]) -> set[int]:
    """Of rows those to which another row leads or with which a person did something."""
    deeds = AuditEntry.objects.filter(object_type=kind._meta.label, object_id__in=[str(pk) for pk in ids])
    deeds = deeds.exclude(actor_kind__in=["system", "import"]).exclude(action__endswith=".viewed").order_by()
    used = {int(pk) for pk in deeds.values_list("object_id", flat=True)}
    own = {field.remote_field.through for field in kind._meta.many_to_many}
    for relation in kind._meta.get_fields(include_hidden=True):
        if relation.auto_created and not relation.concrete and not relation.many_to_many:
            other = relation.related_model
            if other not in own and other not in _RECKONED:
                name = relation.field.attname
                rows = other._base_manager.filter(**{f"{name}__in": ids})
                used.update(rows.order_by().values_list(name, flat=True).distinct())
    return used

"""Branches, doctors, services and sources of an export: found by folded name, made when they are new."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from zabota.clinic.models import Branch, Clinic, Doctor, Service
from zabota.kernel.names import fold
from zabota.patients.models import Source


@dataclasses.dataclass
class Catalogue:
    """Ids by folded name."""

    branches: dict[str, int]
    doctors: dict[str, int]
    services: dict[str, int]
    sources: dict[str, int]

    def branch(self, name: str) -> int | None:
        """Id of the branch, or None."""
        return self.branches.get(key_of(name)) if name else None

    def doctor(self, name: str) -> int | None:
        """Id of the doctor, or None."""
        return self.doctors.get(key_of(name)[:200]) if name else None

    def service(self, name: str) -> int | None:
        """Id of the service, or None."""
        return self.services.get(key_of(name)[:300]) if name else None

    def source(self, name: str) -> int | None:
        """Id of the source, or None."""
        return self.sources.get(key_of(name)[:120]) if name else None


def key_of(name: str) -> str:
    """Folded name, spaces single."""
    return " ".join(fold(name).split())


def read_catalogue(clinic_id: int) -> Catalogue:
    """What the clinic has now."""
    return Catalogue(
        branches={
            key_of(name): pk for pk, name in Branch.objects.filter(clinic_id=clinic_id).values_list("id", "name")
        },
        doctors=dict(Doctor.objects.filter(clinic_id=clinic_id).values_list("name_key", "id")),
        services=dict(Service.objects.filter(clinic_id=clinic_id).values_list("name_key", "id")),
        sources=dict(Source.objects.filter(clinic_id=clinic_id).values_list("name_key", "id")),
    )


def extend_catalogue(
    clinic: Clinic,
    *,
    branches: Iterable[str],
    doctors: dict[str, str],
    services: dict[str, tuple[str, int]],
    sources: Iterable[str],
) -> tuple[Catalogue, dict[str, int]]:
    """Make what is missing. `doctors`: name → speciality; `services`: name → (code, latest price in kopecks).

    Returns the catalogue and how many of each were made.
    """
    known = read_catalogue(clinic.pk)
    made = {"branches": 0, "doctors": 0, "services": 0, "sources": 0}
    zone = clinic.time_zone
    for name in branches:
        if name and key_of(name) not in known.branches:
            known.branches[key_of(name)] = Branch.objects.create(clinic=clinic, name=name[:200], time_zone=zone).pk
            made["branches"] += 1
    for name, speciality in doctors.items():
        key = key_of(name)[:200]
        if key and key not in known.doctors:
            doctor = Doctor.objects.create(clinic=clinic, name=name[:200], name_key=key, speciality=speciality[:100])
            known.doctors[key] = doctor.pk
            made["doctors"] += 1
    for name, (code, price) in services.items():
        key = key_of(name)[:300]
        if key and key not in known.services:
            service = Service.objects.create(
                clinic=clinic, name=name[:300], name_key=key, code=code[:40], price_kopecks=price or None
            )
            known.services[key] = service.pk
            made["services"] += 1
    for name in sources:
        key = key_of(name)[:120]
        if key and key not in known.sources:
            known.sources[key] = Source.objects.create(clinic=clinic, name=name[:120], name_key=key).pk
            made["sources"] += 1
    return known, made

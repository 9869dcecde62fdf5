"""The time that somebody wanted and did not get: what the search for others starts from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from zabota.clinic.models import Branch, Doctor, Service


@dataclass(frozen=True, slots=True)
class Wanted:
    """The time somebody wanted: enough to look for others like it."""

    clinic_id: int
    doctor: Doctor | None
    branch: Branch
    starts_at: datetime
    minutes: int
    services: tuple[Service, ...] = ()
    #: By video: no room is needed.
    online: bool = False

    @classmethod
    def of(
        cls,
        doctor: Doctor | None,
        branch: Branch,
        starts_at: datetime,
        minutes: int,
        services: Sequence[Service],
        *,
        online: bool = False,
    ) -> Wanted:
        """The same from the arguments of a booking."""
        return cls(branch.clinic_id, doctor, branch, starts_at, minutes, tuple(services), online)

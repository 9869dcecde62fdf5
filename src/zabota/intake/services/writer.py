"""What the steps of writing a load share: the batch, its plan, the catalogue, ids of the cards, counts."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import datetime
from typing import Final

from zabota.clinic.models import Clinic
from zabota.intake.models import Batch
from zabota.intake.services.catalogue import Catalogue
from zabota.intake.services.planning import LoadPlan

#: Rows of one transaction: short enough that the desk never waits for the write lock noticeably.
PORTION: Final = 1000

Tick = Callable[[str, int, int], None]


@dataclasses.dataclass
class Writer:
    """One run of writing."""

    batch: Batch
    clinic: Clinic
    plan: LoadPlan
    now: datetime
    tick: Tick
    catalogue: Catalogue = dataclasses.field(init=False)
    patient_ids: dict[str, int] = dataclasses.field(default_factory=dict)
    counts: dict[str, int] = dataclasses.field(default_factory=dict)

    def add(self, name: str, number: int = 1) -> None:
        """Count something for the result."""
        self.counts[name] = self.counts.get(name, 0) + number

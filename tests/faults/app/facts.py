"""Facts of the fault tests."""

from __future__ import annotations

import dataclasses

from zabota.kernel.facts import FactBase, fact


@fact("test.rang")
@dataclasses.dataclass(frozen=True, kw_only=True)
class Rang(FactBase):
    """Leads to one mark; poison leads to an error."""

    number: int
    poison: bool = False

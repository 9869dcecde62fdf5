"""Facts of intake."""

from __future__ import annotations

import dataclasses

from zabota.kernel.facts import FactBase, fact


@fact("intake.import_loaded")
@dataclasses.dataclass(frozen=True, kw_only=True)
class ImportLoaded(FactBase):
    """A load has finished; its rows carry the id of the batch."""

    batch_id: int


@fact("intake.import_undone")
@dataclasses.dataclass(frozen=True, kw_only=True)
class ImportUndone(FactBase):
    """A load was undone."""

    batch_id: int

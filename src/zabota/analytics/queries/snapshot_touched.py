"""Whose visits may have changed since a moment: what the facts of every app tell."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import numpy as np

from zabota.analytics.rules.intervals import Ints
from zabota.intake.facts import ImportLoaded, ImportUndone
from zabota.kernel.models import Fact

#: The answer when only looking at everybody is sound: a load writes thousands of visits and tells one fact.
EVERYBODY: Final = None
_WHOLE: Final = (ImportLoaded.kind, ImportUndone.kind)
_PATIENTS: Final = ("patient_id", "kept_id", "absorbed_id")


def touched_since(clinic_id: int, moment: datetime) -> Ints | None:
    """Cards named by a fact since then, ascending; None for everybody."""
    facts = Fact.objects.filter(clinic_id=clinic_id, happened_at__gte=moment)
    if facts.filter(kind__in=_WHOLE).exists():
        return EVERYBODY
    found: set[int] = set()
    for payload in facts.values_list("payload", flat=True).iterator(chunk_size=2000):
        found.update(payload[name] for name in _PATIENTS if isinstance(payload.get(name), int))
    return np.array(sorted(found), np.int64)

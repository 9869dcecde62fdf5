"""Whose visits may have changed since a moment, and whether a file was made of this database: what the facts of every app tell."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import numpy as np

from zabota.analytics.rules.intervals import Ints
from zabota.clinic.models import Clinic
from zabota.intake.facts import ImportLoaded, ImportUndone
from zabota.kernel.facts import known_facts
from zabota.kernel.models import Fact

#: The answer when only looking at everybody is sound: a load writes thousands of visits and tells one fact.
EVERYBODY: Final = None
_WHOLE: Final = (ImportLoaded.kind, ImportUndone.kind)
_PATIENTS: Final = ("patient_id", "kept_id", "absorbed_id")


def touched_since(clinic_id: int, moment: datetime) -> Ints | None:
    """Cards named by a fact since then, ascending; None for everybody."""
    # Named by their kinds, facts of the last days are found by an index, however many there were before.
    facts = Fact.objects.filter(kind__in=sorted(known_facts()), happened_at__gte=moment, clinic_id=clinic_id)
    if facts.filter(kind__in=_WHOLE).exists():
        return EVERYBODY
    found: set[int] = set()
    for payload in facts.values_list("payload", flat=True).iterator(chunk_size=2000):
        found.update(payload[name] for name in _PATIENTS if isinstance(payload.get(name), int))
    return np.array(sorted(found), np.int64)


def bearings_of(clinic_id: int) -> dict[str, str]:
    """What a file says of the database it is made of: the clinic as no other is called, and the last fact told."""
    return {"base": Clinic.objects.values_list("public_id", flat=True).get(pk=clinic_id), "fact": str(_last_fact())}


def is_of_this_base(said: Mapping[str, str], clinic_id: int) -> bool:
    """Whether a file was made of this database as it is or was: not of another one, nor of what a restored copy lost."""
    now = bearings_of(clinic_id)
    return said.get("base") == now["base"] and int(said.get("fact", "0")) <= int(now["fact"])


def _last_fact() -> int:
    return Fact.objects.order_by("-pk").values_list("pk", flat=True).first() or 0

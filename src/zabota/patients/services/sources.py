"""Sources of patients: what each costs the clinic a month."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from django.db import transaction

from zabota.clinic.models import Clinic
from zabota.kernel.audit import Actor, record
from zabota.kernel.errors import BadInput
from zabota.patients.models import Source

#: A milliard of roubles a month is a slip of the finger.
MOST_KOPECKS: Final = 10**11


def set_source_costs(*, clinic: Clinic, costs: Mapping[int, int], actor: Actor, now: datetime) -> int:
    """Keep kopecks a month by id of the source; returns how many changed. Sources of other clinics are passed over."""
    if any(not 0 <= each <= MOST_KOPECKS for each in costs.values()):
        raise BadInput("Затраты в месяц — от нуля до миллиарда рублей.")
    changed = 0
    with transaction.atomic():
        for source in Source.objects.select_for_update().filter(clinic=clinic, pk__in=costs).order_by("pk"):
            if source.monthly_cost_kopecks == costs[source.pk]:
                continue
            source.monthly_cost_kopecks = costs[source.pk]
            source.save(update_fields=["monthly_cost_kopecks"])
            record(
                "patients.source.cost", source, actor=actor, now=now, clinic_id=clinic.pk,
                details={"monthly_cost_kopecks": costs[source.pk]},
            )  # fmt: skip
            changed += 1
    return changed

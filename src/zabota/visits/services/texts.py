"""Texts before and after a visit are written: for all visits, a branch, a group of services or one service."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from zabota.clinic.models import Branch, Clinic, Service, ServiceGroup
from zabota.kernel import audit
from zabota.kernel.audit import Actor
from zabota.kernel.errors import BadInput
from zabota.visits.models import VisitText

EDITABLE = ("prepare", "ask", "way", "take", "after", "care_call_days", "wellbeing_hours")
_LONGEST = 4000


@transaction.atomic
def save_text(
    *,
    clinic: Clinic,
    values: Mapping[str, Any],
    service: Service | None = None,
    group: ServiceGroup | None = None,
    branch: Branch | None = None,
    actor: Actor,
    now: datetime,
) -> VisitText | None:
    """Write the texts of one subject anew; when all are empty the row goes. Raises BadInput for what cannot be."""
    owner = service or group or branch
    if owner is not None and owner.clinic_id != clinic.pk:
        raise BadInput("Это из другой клиники.")
    unknown = set(values) - set(EDITABLE)
    if unknown:
        raise ValueError(f"no texts of a visit: {sorted(unknown)}")
    cleaned: dict[str, Any] = {
        name: value.strip() if isinstance(value, str) else value for name, value in values.items()
    }
    if any(isinstance(value, str) and len(value) > _LONGEST for value in cleaned.values()):
        raise BadInput("Текст длиннее 4 000 знаков: на телефоне его не дочитают. Сократите.")
    days, hours = cleaned.get("care_call_days"), cleaned.get("wellbeing_hours")
    if days is not None and not 0 <= days <= 60:
        raise BadInput("Позвонить можно в день приёма или в ближайшие 60 дней.")
    if hours is not None and not 1 <= hours <= 24 * 14:
        raise BadInput("Спросить о самочувствии можно через 1–336 часов.")
    key = scope_key(service=service, group=group, branch=branch)
    Clinic.objects.select_for_update().get(pk=clinic.pk)
    row = VisitText.objects.filter(clinic=clinic, scope_key=key).first()
    if not any(value not in ("", None) for value in cleaned.values()):
        if row is not None:
            audit.record("visits.text.removed", row, actor=actor, now=now)
            row.delete()
        return None
    row = row or VisitText(clinic=clinic, scope_key=key, service=service, group=group, branch=branch)
    for name, value in cleaned.items():
        setattr(row, name, value)
    row.save()
    audit.record("visits.text.written", row, actor=actor, now=now, details={"fields": sorted(cleaned)})
    return row


def scope_key(*, service: Service | None, group: ServiceGroup | None, branch: Branch | None) -> str:
    """One word for what the texts are for."""
    for kind, row in (("service", service), ("group", group), ("branch", branch)):
        if row is not None:
            return f"{kind}:{row.pk}"
    return ""

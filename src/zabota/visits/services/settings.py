"""What the clinic chose about the time around a visit: reminders, the booking page on its sites."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.db import transaction

from zabota.clinic.models import Clinic
from zabota.kernel import audit
from zabota.kernel.audit import Actor
from zabota.kernel.errors import BadInput
from zabota.visits.models import VisitSettings
from zabota.visits.rules.reminders import Terms, Window

EDITABLE = (
    "reminders_on",
    "confirm_on",
    "long_on",
    "long_hours",
    "evening_on",
    "evening_at",
    "short_on",
    "short_hours",
    "wellbeing_on",
    "answer_minutes",
    "widget_on",
    "widget_sites",
    "legal_line",
)


def settings_of(clinic_id: int) -> VisitSettings:
    """The clinic's choice, or what holds until it chooses."""
    return VisitSettings.objects.filter(clinic_id=clinic_id).first() or VisitSettings(clinic_id=clinic_id)


@transaction.atomic
def save_settings(*, clinic: Clinic, changes: Mapping[str, Any], actor: Actor, now: datetime) -> VisitSettings:
    """Change the choice. Raises BadInput with a sentence for hours that make no sense and for a site that is none."""
    unknown = set(changes) - set(EDITABLE)
    if unknown:
        raise ValueError(f"not a choice about visits: {sorted(unknown)}")
    Clinic.objects.select_for_update().get(pk=clinic.pk)
    row = settings_of(clinic.pk)
    for name, value in changes.items():
        setattr(row, name, value)
    if not 1 <= row.short_hours < row.long_hours <= 14 * 24:
        raise BadInput("Напоминание перед визитом должно быть позже, чем заранее: например, 48 и 2 часа.")
    if not 5 <= row.answer_minutes <= 24 * 60:
        raise BadInput("Срок ответа пациенту, которому плохо: от 5 минут до суток.")
    row.widget_sites = "\n".join(read_sites(row.widget_sites))
    row.save()
    audit.record("visits.settings.changed", row, actor=actor, now=now, details={"fields": sorted(changes)})
    return row


def read_sites(text: str) -> list[str]:
    """Origins, one a line, as a browser compares them. Raises BadInput for what is no address of a site."""
    found: list[str] = []
    for line in text.split():
        address = line.strip().rstrip("/")
        parts = urlsplit(address if "//" in address else f"https://{address}")
        host = parts.hostname or ""
        if parts.scheme not in ("https", "http") or "." not in host or parts.path or parts.query or "*" in address:
            raise BadInput(f"«{line[:60]}» не похоже на адрес сайта. Пример: https://ulybka.ru, по одному в строке.")
        try:
            ascii_host = host.encode("idna").decode("ascii")
            port = f":{parts.port}" if parts.port else ""
        except (UnicodeError, ValueError):
            raise BadInput(f"«{line[:60]}» не похоже на адрес сайта.") from None
        origin = f"{parts.scheme}://{ascii_host}{port}"
        if origin not in found:
            found.append(origin)
    return found


def terms_of(row: VisitSettings, window: Window) -> Terms:
    """The same as the rule of reminder times reads it."""
    return Terms(
        confirm_on=row.confirm_on,
        long_on=row.long_on,
        long_hours=row.long_hours,
        evening_on=row.evening_on,
        evening_at=row.evening_at,
        short_on=row.short_on,
        short_hours=row.short_hours,
        window=window,
    )

"""The period of a control page and the one before it, of equal length."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from zabota.clinic.models import Clinic
from zabota.worklist import api as worklist

CHOICES: dict[str, tuple[str, int]] = {"today": ("Сегодня", 1), "week": ("7 дней", 7), "month": ("30 дней", 30)}


@dataclass(frozen=True, slots=True)
class Period:
    """Half-open spans: this one ends now, the one before has the same length up to the same hour."""

    code: str
    label: str
    start: datetime
    end: datetime
    before_start: datetime
    before_end: datetime

    @property
    def compared(self) -> str:
        """What the figures are compared with."""
        return {"today": "вчера к этому часу", "week": "прошлые 7 дней", "month": "прошлые 30 дней"}[self.code]


def period_of(code: str, clinic: Clinic, now: datetime) -> Period:
    """The period by its code; an unknown one is the week."""
    code = code if code in CHOICES else "week"
    label, days = CHOICES[code]
    midnight, _ = worklist.day_bounds(clinic, now)
    start = midnight - timedelta(days=days - 1)
    return Period(code, label, start, now, start - timedelta(days=days), now - timedelta(days=days))

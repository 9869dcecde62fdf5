"""What can go wrong with a time, as errors that carry what is needed to offer another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from zabota.clinic.models import Branch, Doctor, Service
from zabota.kernel.errors import Trouble


@dataclass(frozen=True, slots=True)
class Wanted:
    """The time somebody wanted: enough to look for others like it."""

    clinic_id: int
    doctor: Doctor | None
    branch: Branch
    starts_at: datetime
    minutes: int
    services: tuple[Service, ...] = ()

    @classmethod
    def of(
        cls, doctor: Doctor | None, branch: Branch, starts_at: datetime, minutes: int, services: Sequence[Service]
    ) -> Wanted:
        """The same from the arguments of a booking."""
        return cls(branch.clinic_id, doctor, branch, starts_at, minutes, tuple(services))


class SlotTaken(Trouble):
    """Somebody else has this time. `wanted` is what `alternatives` needs; look for them after the transaction."""

    code = "slot_taken"
    text = "Это время уже занято. Выберите другое."

    def __init__(self, text: str | None = None, *, wanted: Wanted | None = None) -> None:
        super().__init__(text)
        self.wanted = wanted


class Outdated(Trouble):
    """The appointment was moved or cancelled since the person saw it."""

    code = "outdated"
    text = "Запись изменилась, пока вы смотрели. Откройте её ещё раз."


class HoldGone(Trouble):
    """The held time is no longer held."""

    code = "hold_gone"
    text = "Время держалось несколько минут и освободилось. Выберите его ещё раз."

"""What can go wrong with a time, as errors that carry what is needed to offer another."""

from __future__ import annotations

from zabota.booking.queries.wanted import Wanted
from zabota.kernel.errors import Trouble


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

"""What is at stake: value of a patient × chance that a call changes something. The same formula stands on the page.

Value: what the patient paid in the two years up to their last visit, per year. Counted from the last visit and not
from today, it says what comes back with the patient, and does not fall while nobody calls.

Chance: how much likelier a person called comes than one who is not, by lateness (days since the last visit as a
multiple of the expected interval). Who is not late yet comes anyway; who is very late hardly comes even when called.
The numbers are starting values for a clinic that has measured nothing.
"""

from __future__ import annotations

from datetime import date

#: Days of payments that make the value.
VALUE_DAYS = 730
YEAR = 365

#: (lateness up to, in hundredths of the interval; chance in percent); later than all: CHANCE_LONG_LOST.
CHANCE_BY_LATENESS: tuple[tuple[int, int], ...] = ((100, 10), (150, 30), (200, 35), (300, 25), (500, 12))
CHANCE_LONG_LOST = 5
CHANCE_NEVER_SEEN = 15
#: Somebody who was about to come is likelier to be kept than lateness alone says.
CHANCE_AT_LEAST: dict[str, int] = {
    "no_show": 40,
    "cancelled": 40,
    "vanished": 40,
    "plan_paused": 30,
    "not_started": 30,
    "referred": 30,
}


def yearly_value_kopecks(
    *, revenue_kopecks: int, first_on: date | None, last_on: date | None, newcomer_kopecks: int
) -> int:
    """Revenue of the last two years per year; of the whole time for somebody who has been coming for less than one.

    In whole roubles: a figure that is an estimate has no kopecks.
    """
    if revenue_kopecks <= 0 or first_on is None or last_on is None:
        return newcomer_kopecks
    days = min(max((last_on - first_on).days, YEAR), VALUE_DAYS)
    return revenue_kopecks * YEAR // days // 100 * 100


def chance_percent(*, reason: str, silent_days: int, interval_days: int) -> int:
    """Chance in percent; `silent_days` is -1 for somebody who was never seen."""
    if silent_days < 0:
        chance = CHANCE_NEVER_SEEN
    else:
        steps = (chance for limit, chance in CHANCE_BY_LATENESS if silent_days * 100 <= interval_days * limit)
        chance = next(steps, CHANCE_LONG_LOST)
    return max(chance, CHANCE_AT_LEAST.get(reason, 0))


def stake_kopecks(value_kopecks: int, percent: int) -> int:
    """Expected loss when nobody calls, in whole roubles."""
    return value_kopecks * percent // 10_000 * 100

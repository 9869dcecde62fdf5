"""What is at stake with a patient nobody calls: value of a year × chance that a call changes something.

The sweep of the two З counts both from the patient's own rhythm; these plain figures serve tasks that a person puts up.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

#: Payments of so long before the last visit make the value.
VALUE_DAYS, YEAR = 730, 365
#: Chance that a call changes something, by days of silence: who was here lately comes anyway, who is long away hardly.
_BY_DAYS = ((30, 0.1), (180, 0.3), (365, 0.35), (545, 0.25), (730, 0.12))
_LONGER = 0.05
#: A colleague asked for this call: there is a reason to expect something of it.
AT_LEAST = 0.3


def year_value(visits: Sequence[tuple[date, int]]) -> int:
    """Kopecks a year over the two years up to the last visit; less than one year counts as one."""
    if not visits:
        return 0
    last = max(day for day, _ in visits)
    kept = [(day, total) for day, total in visits if day > last - timedelta(days=VALUE_DAYS)]
    days = min(max((last - min(day for day, _ in kept)).days, YEAR), VALUE_DAYS)
    return sum(total for _, total in kept) * YEAR // days


def chance_by_silence(days: int) -> float:
    """The chance for a task put up by hand."""
    return max(AT_LEAST, next((chance for limit, chance in _BY_DAYS if days <= limit), _LONGER))

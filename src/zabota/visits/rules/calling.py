"""Until when we promise to call somebody who asked: within the half-hour while the desk works, else in the morning."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

#: Hours in which the desk calls patients.
OPENS, CLOSES = dt.time(9), dt.time(20)
WITHIN = dt.timedelta(minutes=30)


def call_until(now: dt.datetime, zone: ZoneInfo, *, within: dt.timedelta = WITHIN) -> dt.datetime:
    """The promised time, rounded up to five minutes."""
    local = now.astimezone(zone)
    if local.time() < OPENS:
        base = dt.datetime.combine(local.date(), OPENS, zone)
    elif local.time() >= CLOSES:
        base = dt.datetime.combine(local.date() + dt.timedelta(days=1), OPENS, zone)
    else:
        base = local
    promised = (base + within).astimezone(dt.UTC).replace(second=0, microsecond=0)
    return promised + dt.timedelta(minutes=-promised.minute % 5)

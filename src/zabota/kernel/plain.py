"""Values of rows as JSON keeps them: what a fact, a merge, a load or an undo remembers."""

from __future__ import annotations

import datetime as dt
from typing import Any


def plain(value: Any) -> Any:
    """Days and moments as text of ISO 8601, tuples as lists, all else as it is."""
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, tuple | list):
        return [plain(each) for each in value]
    return value

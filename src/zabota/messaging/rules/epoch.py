"""Whether this database is the one that sent yesterday: what it says of itself against what lies in the folder of data."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

#: After a restore the count goes on from beyond anything that another machine could still remember.
LEAP = 1_000_000


@dataclass(frozen=True, slots=True)
class Mark:
    """What one of the two remembers: which outbox, how far its life had come, in which database."""

    token: str
    counter: int
    home: str = ""

    def text(self) -> str:
        """As it is kept in the folder."""
        return json.dumps(asdict(self))


def read_mark(text: str) -> Mark | None:
    """The mark of a file; None for one that says nothing."""
    try:
        told = json.loads(text)
        return Mark(str(told["token"]), int(told["counter"]), str(told.get("home", "")))
    except (ValueError, TypeError, KeyError):
        return None


def trouble_of(kept: Mark | None, stored: Mark | None, *, home: str, has_messages: bool) -> str:
    """Why nothing may leave by itself, or «» when all is as it was. `kept` lies in the folder, `stored` in the database.

    The database is always a step ahead of the folder, never behind: behind means that it went back in time.
    """
    if stored is None:
        return "replaced" if kept is not None and has_messages else ""
    if kept is None:
        # Another machine of the same installation has no mark yet; a copy of the database somewhere else has none too.
        return "" if home and home == stored.home else "copied"
    if kept.token != stored.token:
        return "replaced"
    return "went_back" if kept.counter > stored.counter else ""

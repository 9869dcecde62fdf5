"""Who stands behind each cause of a report: packed ids of cards, kept with the report when it is computed."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Final

import numpy as np

from zabota.analytics.models import Behind, StoredReport
from zabota.analytics.rules.explain import Explained
from zabota.analytics.rules.intervals import Ints

#: Place of the list of everybody who did not return.
EVERYBODY: Final = -1


def keep_behind(*, report: StoredReport, explained: Explained, people: Ints, cards: Sequence[int]) -> None:
    """One packed list for each cause, and one of everybody who did not return. The caller holds the transaction.

    `people` are numbers of the frame by place among the visits, `cards` the card of each number.
    """
    numbers = np.asarray(cards, dtype=np.int64)
    rows = []
    titles = {place: cause.title.rpartition(", ")[0] or cause.title for place, cause in enumerate(explained.causes)}
    for place, title in {**titles, EVERYBODY: "Все, кто не вернулся"}.items():
        found = np.sort(numbers[people[explained.behind(place)]])
        rows.append(
            Behind(
                clinic_id=report.clinic_id, report=report, place=place, title=title[:300], count=len(found),
                patients=pack(found),
            )
        )  # fmt: skip
    Behind.objects.bulk_create(rows)


def pack(ids: Ints) -> bytes:
    """Sorted ids as the differences between them: a thousand take about a kilobyte."""
    return zlib.compress(np.diff(ids, prepend=0).astype("<i8").tobytes(), 6)


def unpack(packed: bytes | memoryview) -> list[int]:
    """The ids again."""
    steps = np.frombuffer(zlib.decompress(bytes(packed)), dtype="<i8")
    found: list[int] = np.cumsum(steps).tolist()
    return found

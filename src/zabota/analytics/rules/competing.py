"""Time to return when something else may end the waiting (moved away, died, sent elsewhere): Aalen-Johansen.

There 1 − Kaplan-Meier says too much: it supposes that those who left could still come.
"""

from __future__ import annotations

import dataclasses
from typing import Final

import numpy as np

from zabota.analytics.rules.intervals import Floats, Ints

#: Code of somebody still waiting at the end of watching.
WAITING: Final = 0


@dataclasses.dataclass(frozen=True)
class Incidence:
    """Share to whom each event has happened by each time; `waiting` is the share to whom nothing has."""

    times: Floats
    #: One row for each event code from 1.
    shares: Floats
    waiting: Floats

    def at(self, event: int, time: float) -> float:
        """Share to whom `event` has happened by `time`."""
        place = int(np.searchsorted(self.times, time, side="right"))
        return 0.0 if place == 0 else float(self.shares[event - 1, place - 1])


def aalen_johansen(durations: Floats, events: Ints, *, kinds: int) -> Incidence:
    """Cumulative incidence of events 1…`kinds`; 0 is still waiting when the watching ended."""
    order = np.argsort(durations, kind="stable")
    durations, events = durations[order], events[order]
    times, first = np.unique(durations, return_index=True)
    at_risk = (len(durations) - first).astype(np.float64)
    counts = np.stack(
        [np.add.reduceat((events == kind).astype(np.float64), first) for kind in range(1, kinds + 1)]
        if len(times)
        else [np.zeros(0)] * kinds
    )
    waiting = np.cumprod(1 - counts.sum(axis=0) / at_risk)
    before = np.append(1.0, waiting[:-1])[: len(times)]
    shares = np.cumsum(before * counts / at_risk, axis=1)
    return Incidence(times.astype(np.float64), np.asarray(shares, np.float64), np.asarray(waiting, np.float64))

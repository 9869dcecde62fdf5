"""Places of marks of drawings that no chart of the frame knows: curves of several groups with their names at the end."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

View = dict[str, Any]

#: Units of the drawing; the width is stretched by the page.
WIDE, TALL = 1000.0, 300.0
#: Least distance between two names, units.
APART = 22.0


def curves_picture(curves: Sequence[Mapping[str, Any]]) -> View | None:
    """Lines with bands from day 0 to the last, an axis of shares, names that do not cover each other."""
    if not curves:
        return None
    top = max(max(each["high"]) for each in curves)
    step = 0.1 if top <= 0.5 else 0.2
    top = max(step, step * math.ceil(top / step))
    last = curves[0]["days"][-1]

    def at(day: float, share: float) -> str:
        return f"{WIDE * day / last:.1f},{TALL - TALL * min(share, top) / top:.1f}"

    names = _spread([TALL - TALL * each["value"][-1] / top for each in curves])
    lines = [
        {
            "name": each["name"],
            "line": " ".join(at(day, share) for day, share in zip(each["days"], each["value"], strict=True)),
            "band": " ".join(
                [
                    *(at(day, share) for day, share in zip(each["days"], each["high"], strict=True)),
                    *(at(day, share) for day, share in reversed(list(zip(each["days"], each["low"], strict=True)))),
                ]
            ),
            "y": f"{100 * name / TALL:.2f}",
            "end": f"{100 * (TALL - TALL * each['value'][-1] / top) / TALL:.2f}",
            "figure": f"{100 * each['year']:.0f}\u00a0%",
            "strong": place == 0,
            "rank": place,
        }
        for place, (each, name) in enumerate(zip(curves, names, strict=True))
    ]
    marks = [step * place for place in range(round(top / step) + 1)]
    return {
        "lines": lines,
        "grid": [{"y": f"{100 - 100 * mark / top:.2f}", "label": f"{100 * mark:.0f}\u00a0%"} for mark in marks],
        "days": [{"x": f"{100 * day / last:.2f}", "label": f"{day}"} for day in (0, 90, 180, 270, 360) if day <= last],
    }


def _spread(places: Sequence[float]) -> list[float]:
    """The same places from the top down, moved apart so that names can be read."""
    moved: list[float] = []
    for place in places:
        moved.append(max(place, moved[-1] + APART) if moved else max(place, 8.0))
    over = max(0.0, moved[-1] - (TALL - 4)) if moved else 0.0
    return [max(place - over, 8.0 + APART * rank) for rank, place in enumerate(moved)]

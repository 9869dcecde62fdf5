"""What is true of a generated clinic: its retention and what moved it, reckoned from its own rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl

from zabota.ops.demo.cards import KINDS
from zabota.ops.demo.catalogue import (
    BRANCHES,
    CHANNELS,
    DOCTORS,
    FALLEN_DOCTOR,
    GROUPS,
    GROWN_CHANNEL,
    RAISED_GROUP,
    SERVICES,
    SOUTH,
)
from zabota.ops.demo.generate import Clinic
from zabota.ops.demo.schedule import COMPLETED, STATUSES
from zabota.ops.demo.spec import ELDER_YEARS, R3_WINDOW_DAYS, TIMING, YEAR_DAYS, Bools, Ints

KIND_OF: Final = {
    "doctor": "rate",
    "price": "rate",
    "channel": "mix",
    "branch": "rate",
    "age": "rate",
    "uniform": "rate",
}


@dataclass(frozen=True, slots=True)
class Retention:
    """R3: who was active in the base window, and who of them in the window after it."""

    until: int
    window: int
    person: Ints  # the base
    returned: Bools
    last_visit: Ints  # row of each person's last visit inside the base window

    @property
    def rate(self) -> float:
        return float(self.returned.mean()) if len(self.returned) else 0.0


def longest_window(clinic: Clinic) -> int:
    """The longest window for which the same two windows a year earlier lie inside the exported days."""
    return (clinic.spec.last + 1 - YEAR_DAYS) // 2


def retention(clinic: Clinic, until: int, window: int) -> Retention:
    """R3 on the day `until`: active in (until - 2w, until - w] and again in (until - w, until]."""
    size = len(clinic.people)
    rows = np.flatnonzero((clinic.visits["status"] == COMPLETED).to_numpy())
    day = clinic.visits["day"].to_numpy()[rows]
    person = clinic.visits["person"].to_numpy()[rows]
    base = (day > until - 2 * window) & (day <= until - window)
    last = np.full(size, -1)
    last[person[base]] = rows[base]  # rows are in order of days, so the last assignment is the last visit
    again = np.zeros(size, dtype=np.bool_)
    again[person[(day > until - window) & (day <= until)]] = True
    members = np.flatnonzero(last >= 0)
    return Retention(until, window, members, again[members], last[members])


def cause_cell(clinic: Clinic, cause: str, base: Retention) -> Bools:
    """Which members of a base the cause acts on."""
    visits, people = clinic.visits, clinic.people
    raised = np.array([s.kind == RAISED_GROUP for s in SERVICES])
    cell: Bools
    match cause:
        case "doctor":
            cell = visits["doctor"].to_numpy()[base.last_visit] == FALLEN_DOCTOR
        case "price":
            cell = raised[visits["service"].to_numpy()[base.last_visit]]
        case "branch":
            cell = visits["branch"].to_numpy()[base.last_visit] == SOUTH
        case "channel":
            cell = people["channel"].to_numpy()[base.person] == GROWN_CHANNEL
        case "age":
            cell = people["age_at_arrival"].to_numpy()[base.person] >= ELDER_YEARS
        case _:
            cell = np.ones(len(base.person), dtype=np.bool_)
    return cell


def excess(kind: str, now: Bools, before: Bools, cells: tuple[Bools, Bools], shares: tuple[float, float]) -> float:
    """Points of the change that would vanish had the cell changed (or kept its share) as all others did.

    `now` and `before` say who returned, `cells` who of them is in the cell; `shares` are the shares of the cell.
    """
    inside_now, inside_before = cells
    share_now, share_before = shares
    if not inside_now.any() or not inside_before.any() or inside_now.all() or inside_before.all():
        return 0.0
    cell_now, cell_before = now[inside_now].mean(), before[inside_before].mean()
    rest_now, rest_before = now[~inside_now].mean(), before[~inside_before].mean()
    if kind == "rate":
        effect = (share_now + share_before) / 2 * ((cell_now - cell_before) - (rest_now - rest_before))
    else:
        effect = (share_now - share_before) * ((cell_now + cell_before) / 2 - (rest_now + rest_before) / 2)
    return float(effect * 100)


def causes(clinic: Clinic, window: int) -> list[dict[str, Any]]:
    """The planted causes with their effects, the strongest first.

    `single_pp` holds the cell against all others, among whom the other causes work too. `effect_pp` holds it against
    those whom no cause touches, so the effects of all causes together make nearly the whole change.
    """
    last = clinic.spec.last
    now, before = retention(clinic, last, window), retention(clinic, last - YEAR_DAYS, window)
    planted = [c for c in clinic.spec.causes if c != "uniform"]
    cells = {c: (cause_cell(clinic, c, now), cause_cell(clinic, c, before)) for c in planted}
    sizes = (len(now.person), len(before.person))
    found: list[dict[str, Any]] = []
    for cause, (inside_now, inside_before) in cells.items():
        others = [cell for name, cell in cells.items() if name != cause]
        pure_now = ~np.any([cell[0] for cell in others], axis=0) if others else np.ones(sizes[0], dtype=np.bool_)
        pure_before = ~np.any([cell[1] for cell in others], axis=0) if others else np.ones(sizes[1], dtype=np.bool_)
        # A clinic of a few patients may have nobody in a window.
        shares = (inside_now.sum() / max(sizes[0], 1), inside_before.sum() / max(sizes[1], 1))
        single = excess(KIND_OF[cause], now.returned, before.returned, (inside_now, inside_before), shares)
        pure = excess(
            KIND_OF[cause],
            now.returned[pure_now],
            before.returned[pure_before],
            (inside_now[pure_now], inside_before[pure_before]),
            shares,
        )
        found.append(
            {
                **_description(clinic, cause),
                "kind": KIND_OF[cause],
                "effect_pp": round(pure, 2),
                "single_pp": round(single, 2),
                "patients_now": int(inside_now.sum()),
                "patients_before": int(inside_before.sum()),
                "rate_now": _share(now.returned[inside_now]),
                "rate_before": _share(before.returned[inside_before]),
            }
        )
    found.sort(key=lambda one: -abs(one["effect_pp"]))
    if "uniform" in clinic.spec.causes:
        since = clinic.on(clinic.spec.day(TIMING.uniform)).isoformat()
        found.append(
            {"cause": "uniform", "dimension": None, "value": None, "values": [], "since": since, "kind": "common"}
        )
    return found


def _share(returned: Bools) -> float:
    return round(float(returned.mean()), 4) if len(returned) else 0.0


def _description(clinic: Clinic, cause: str) -> dict[str, Any]:
    values: dict[str, tuple[str, list[str]]] = {
        "doctor": ("doctor", [DOCTORS[FALLEN_DOCTOR].short_name]),
        "price": ("price", [s.name for s in SERVICES if s.kind == RAISED_GROUP]),
        "channel": ("channel", [CHANNELS[GROWN_CHANNEL].name]),
        "branch": ("branch", [BRANCHES[SOUTH]]),
        "age": ("age", [f"{ELDER_YEARS}+"]),
    }
    dimension, named = values[cause]
    since = clinic.on(clinic.spec.day(getattr(TIMING, cause)))
    value = GROUPS[RAISED_GROUP] if cause == "price" else named[0]
    return {"cause": cause, "dimension": dimension, "value": value, "values": named, "since": since.isoformat()}


def measured(clinic: Clinic, window: int) -> dict[str, Any]:
    """R3 now and a year before with one window."""
    last = clinic.spec.last
    out: dict[str, Any] = {"window_days": window}
    for name, until in (("now", last), ("year_before", last - YEAR_DAYS)):
        base = retention(clinic, until, window)
        out[name] = {
            "value": round(base.rate, 6),
            "numerator": int(base.returned.sum()),
            "denominator": len(base.person),
            "from": clinic.on(until - window + 1).isoformat(),
            "to": clinic.on(until).isoformat(),
        }
    out["change_pp"] = round((out["now"]["value"] - out["year_before"]["value"]) * 100, 2)
    return out


def truth(clinic: Clinic) -> dict[str, Any]:
    """Everything that is true of the clinic, ready for JSON; an export adds what it did to the rows."""
    visits, people, cards = clinic.visits, clinic.people, clinic.cards
    statuses = np.bincount(visits["status"].to_numpy(), minlength=len(STATUSES))
    seen = visits.filter(pl.col("status") == COMPLETED)["person"].n_unique()
    window = min(R3_WINDOW_DAYS, longest_window(clinic))
    kinds = np.bincount(cards["kind"].to_numpy(), minlength=6)
    return {
        "clinic": "demo",
        "as_of": clinic.spec.as_of.isoformat(),
        "seed": clinic.spec.seed,
        "first_day": clinic.spec.start.isoformat(),
        "last_day": clinic.spec.as_of.isoformat(),
        "people": seen,
        "people_with_bookings_only": len(people) - seen,
        "cards": len(cards),
        "second_cards": {name: int(count) for name, count in zip(KINDS[1:], kinds[1:], strict=True)},
        "families": int((people.group_by("household").len()["len"] > 1).sum()),
        "visits": int(statuses[COMPLETED]),
        "statuses": {name: int(count) for name, count in zip(STATUSES, statuses, strict=True)},
        "retention": {"definition": "R3", **measured(clinic, window)},
        "retention_by_window": [measured(clinic, w) for w in sorted({180, 240, window, longest_window(clinic)})],
        "causes": causes(clinic, window),
    }

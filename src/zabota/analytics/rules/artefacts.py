"""What the data, and not the patients, did to a figure: gaps, a changed way of recording, departed doctors, united cards."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

import numpy as np

from zabota.analytics.rules.accounts import cells_of
from zabota.analytics.rules.columns import Visits, ordinal, without
from zabota.analytics.rules.explain import Explained, Keep
from zabota.analytics.rules.periods import Comparison
from zabota.analytics.rules.report import DataWarning, Measure
from zabota.analytics.rules.retention import period_retention
from zabota.analytics.rules.season import kept_bases

#: Samples over which a changed recording is averaged, and the seed that makes them the same each time.
SAMPLES: Final = 4
SEED: Final = 1955


def artefacts_of(
    visits: Visits,
    comparison: Comparison,
    keep: Keep | None,
    *,
    gapped: bool,
    found: Explained,
    warnings: Sequence[DataWarning],
    apart: Visits | None = None,
) -> list[dict[str, Any]]:
    """Points of the change by artefact; `split` says that they are taken out of the figure already.

    `apart` are the same visits with the cards of one person apart, when there are such.
    """
    listed: list[dict[str, Any]] = []
    plain: Measure | None = None
    if gapped:
        plain = _plain(visits, comparison, keep)
        listed.append({"code": "gap", "effect_pp": _less(plain, found.retention), "split": True})
    if apart is not None:
        plain = plain or _plain(visits, comparison, keep)
        effect = _less(_plain(apart, comparison, keep), plain)
        count = apart.people - visits.people
        listed.append({"code": "merged_cards", "count": count, "effect_pp": effect, "split": True})
    for warning in warnings:
        if warning.code == "doctor_left":
            listed += _departed(found, warning)
        elif warning.code == "status_recoding":
            plain = plain or _plain(visits, comparison, keep)
            listed.append(_recoded(visits, comparison, keep, warning, plain))
    return listed


def _departed(found: Explained, warning: DataWarning) -> list[dict[str, Any]]:
    """The exact part of the change that falls on the patients of a doctor who no longer receives."""
    doctors = next((each for each in found.dimensions if each.name == "doctor"), None)
    if doctors is None:
        return []
    cells = cells_of(found.before.came, found.now.came, doctors)
    rows = [row for row in cells if row.value == warning.more["doctor"]]
    effect = sum(row.rate_pp + row.mix_pp for row in rows)
    return [{"code": "doctor_left", "value": warning.more["doctor"], "effect_pp": round(effect, 3), "split": False}]


def _recoded(
    visits: Visits, comparison: Comparison, keep: Keep | None, warning: DataWarning, plain: Measure
) -> dict[str, Any]:
    """Where missed visits are not told, some completed ones are missed ones: what the change would be without as many of them.

    Which ones nobody knows, so as many are left out by lot, several times over.
    """
    when = ordinal(date.fromisoformat(warning.more["from"]))
    before, now = warning.more["before"], warning.more["now"]
    silent = visits.day < when if now > before else visits.day >= when
    changes = []
    for number in range(SAMPLES):
        drawn = np.random.default_rng([SEED, number]).random(int(visits.visit.max()) + 1) < max(before, now)
        left = _plain(without(visits, silent & drawn[visits.visit]), comparison, keep)
        changes.append(_less(plain, left))
    effect = round(float(np.mean(changes)), 3)
    return {"code": "status_recoding", "from": warning.more["from"], "effect_pp": effect, "split": False}


def _plain(visits: Visits, comparison: Comparison, keep: Keep | None) -> Measure:
    """Retention of the two periods without any mending."""
    bases = kept_bases(visits, comparison, keep)
    return period_retention(comparison, bases[0], bases[1])


def _less(first: Measure, second: Measure) -> float:
    return round((first.change_pp or 0.0) - (second.change_pp or 0.0), 3)

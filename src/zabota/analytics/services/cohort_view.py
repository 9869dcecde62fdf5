"""From a cut of new patients to what the page of cohorts shows: the map with forecasts, curves, sides, how forecasts came out."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

import numpy as np

from zabota.analytics.rules.cohort_base import (
    HORIZON,
    CohortBase,
    Slice,
    ends_by,
    incidence_of,
    keep_of,
    pair_table,
    slice_of,
    table_of_months,
)
from zabota.analytics.rules.cohort_forecast import Calibration, calibrate, forecast, half_years
from zabota.analytics.rules.intervals import Bools, Floats, Ints, wilson
from zabota.analytics.rules.simpson import flip_of
from zabota.analytics.rules.wording import number, percent, points
from zabota.analytics.services.cohort_live import SIDES, base_of_clinic

View = dict[str, Any]

SHOWN_ROWS: Final = 18
SHOWN_COLUMNS: Final = 12
#: Values drawn as curves, values listed of a side, fewest ripe patients of a value that is compared.
DRAWN: Final = 4
LISTED: Final = 8
LEAST: Final = 30
UNKNOWN: Final = "не указано"
_MONTHS: Final = ("янв", "фев", "мар", "апр", "май", "июн", "июл", "авг", "сен", "окт", "ноя", "дек")


@dataclasses.dataclass(frozen=True)
class Cut:
    """A question to the cohorts: values of sides by words, the side that is drawn, and branches that may be seen."""

    chosen: Mapping[str, str] = dataclasses.field(default_factory=dict)
    by: str = "channel"
    branches: Sequence[str] | None = None


def cohorts_view(clinic_id: int, cut: Cut) -> View | None:
    """Everything of the page but the alarms; None before the first snapshot or without new patients."""
    base = base_of_clinic(clinic_id)
    if base is None or not len(base):
        return None
    codes, allowed = _codes(base, cut)
    found = slice_of(base, codes, allowed=allowed)
    known = _row_of(base, base.as_of) - 1
    shown = _shown_rows(base, found)
    expected = forecast(found.sizes, found.cells, known=known, width=SHOWN_COLUMNS)
    halves = half_years(found.sizes, found.ends, last_age=_ages(base))
    checked = calibrate(found.sizes, found.cells, known=known, width=SHOWN_COLUMNS)
    curves = _curves(base, cut.by, keep_of(base, codes, allowed))
    whole = incidence_of(found.ends)
    return {
        "as_of": base.as_of,
        "patients": found.patients,
        "columns": [str(each) for each in range(1, SHOWN_COLUMNS + 1)],
        "rows": [_row(base, found, row, known, expected, halves) for row in shown],
        "curves": curves,
        "curve_title": _curve_title(curves, cut.by),
        "competing": _competing(whole),
        "sides": [_side(base, found, name, cut) for name in SIDES],
        "calibration": _calibration(checked),
        "title": _title(found, halves, shown),
        "by": cut.by,
        "by_words": SIDES[cut.by].lower(),
        "horizon": HORIZON,
    }


def cohort_alarms(clinic_id: int, cut: Cut) -> list[str]:
    """Each shown comparison of values rerun within the strata of every other side: those whose sign turns."""
    base = base_of_clinic(clinic_id)
    if base is None or not len(base):
        return []
    codes, allowed = _codes(base, cut)
    keep = keep_of(base, codes, allowed)
    said = alarms_of_months(base, slice_of(base, codes, allowed=allowed, facets=False), keep, aside=codes)
    for first in SIDES:
        for second in SIDES:
            if first == second or first in codes or second in codes:
                continue
            table = pair_table(base, first, second, keep)[:, :-1]
            known = table[:-1]
            for value in np.argsort(-known.sum(axis=(1, 2)))[:LISTED].tolist():
                mine, others = known[value], known.sum(axis=0) - known[value]
                flip = flip_of(_parts(others), _parts(mine))
                if flip is not None:
                    said.append(
                        f"{SIDES[first]} «{base.sides[first].values[value]}»: в целом {points(100 * flip.total)} к остальным, "
                        f"а среди одинаковых по признаку «{SIDES[second].lower()}» {points(100 * flip.within)} "
                        "Разница в составе, а не в том, как возвращаются."
                    )
    return list(dict.fromkeys(said))


def alarms_of_months(base: CohortBase, found: Slice, keep: Bools | None, *, aside: Collection[str] = ()) -> list[str]:
    """The comparison of the heading rerun among new patients alike by each side but those that are chosen."""
    compared = _compared(found, half_years(found.sizes, found.ends, last_age=_ages(base)), _shown_rows(base, found))
    if compared is None:
        return []
    late, early, when = compared
    said = []
    for side in SIDES:
        if side in aside or side not in base.sides:
            continue
        first, second = (table_of_months(base, side, rows, keep)[:-1] for rows in (early, late))
        flip = flip_of(_parts(first), _parts(second))
        if flip is not None:
            said.append(
                f"Возврат новых за полгода против того, что было {when}: в целом {points(100 * flip.total)}, а среди одинаковых "
                f"по признаку «{SIDES[side].lower()}» {points(100 * flip.within)} Изменилось, кто приходит впервые, а не то, "
                "как возвращаются."
            )
    return said


def _parts(table: Ints) -> tuple[Floats, Floats]:
    return table.sum(axis=1).astype(np.float64), table[:, 1].astype(np.float64)


def _codes(base: CohortBase, cut: Cut) -> tuple[dict[str, int], dict[str, Bools] | None]:
    codes = {
        name: _code(base.sides[name].values, value)
        for name, value in cut.chosen.items()
        if value and name in base.sides
    }
    if cut.branches is None:
        return codes, None
    return codes, {"branch": np.array([value in cut.branches for value in base.sides["branch"].values], bool)}


def _code(values: Sequence[str], value: str) -> int:
    """Place of a word; the unknown are −1, a word that nobody has is nobody's code."""
    return -1 if value == UNKNOWN else values.index(value) if value in values else len(values)


def _tenths(share: float) -> str:
    return f"{100 * share:.1f}".replace(".", ",")


def _row_of(base: CohortBase, day: date) -> int:
    return (day.year - 1970) * 12 + day.month - 1 - base.low


def _first_of(base: CohortBase, row: int) -> date:
    year, month = divmod(base.low + row, 12)
    return date(1970 + year, month + 1, 1)


def _ages(base: CohortBase) -> Ints:
    """Days for which the last patient of each row has been watched."""
    ends = [_first_of(base, row + 1) - timedelta(days=1) for row in range(base.rows)]
    return np.array([max((base.as_of - end).days, 0) for end in ends], dtype=np.int64)


def _shown_rows(base: CohortBase, found: Slice) -> list[int]:
    """The last months; their patients are new for certain."""
    return [row for row in range(max(0, base.rows - SHOWN_ROWS), base.rows) if found.sizes[row]]


def _row(base: CohortBase, found: Slice, row: int, known: int, expected: Any, halves: Any) -> View:
    size = int(found.sizes[row])
    month = _first_of(base, row)
    cells: list[View] = []
    for column in range(1, SHOWN_COLUMNS + 1):
        if row + column <= known:
            share = float(found.cells[row, column]) / size
            cells.append({"value": share, "text": f"{100 * share:.0f}"})
        elif np.isnan(expected.value[row, column]):
            cells.append({"value": None})
        else:
            low, high = 100 * expected.low[row, column], 100 * expected.high[row, column]
            cells.append(
                {
                    "value": float(expected.value[row, column]), "low": low / 100, "high": high / 100,
                    "text": f"{low:.0f}–{high:.0f}", "immature": True,
                }
            )  # fmt: skip
    ripe = bool(halves.ripe[row])
    half = f"{100 * halves.value[row]:.0f}" if ripe else f"{100 * halves.low[row]:.0f}–{100 * halves.high[row]:.0f}"
    first = {"value": float(halves.value[row]), "text": half, "immature": not ripe}
    first |= {"low": float(halves.low[row]), "high": float(halves.high[row])}
    return {
        "label": f"{_MONTHS[month.month - 1]} {month:%y}",
        "month": f"{month:%Y-%m}",
        "size": size,
        "cells": [first, *cells],
    }


def _compared(found: Slice, halves: Any, shown: Sequence[int]) -> tuple[list[int], list[int], str] | None:
    """The last three ripe months and the same ones a year before, or else the first three; None where there are too few."""
    # A year before may stand above the rows that are shown.
    ripe = [row for row in range(shown[-1] + 1) if halves.ripe[row] and found.sizes[row]] if len(shown) else []
    if len(ripe) < 2:
        return None
    late = ripe[-3:]
    early = [row - 12 for row in late if row - 12 in ripe]
    return (late, early, "год назад") if early else (late, ripe[:3], "вначале")


def _title(found: Slice, halves: Any, shown: Sequence[int]) -> str:
    compared = _compared(found, halves, shown)
    if compared is None:
        return "Новые пациенты: по месяцу первого визита"
    late, early, when = compared

    def share(rows: Sequence[int]) -> tuple[float, float]:
        total = float(found.sizes[rows].sum())
        back = float((halves.value[rows] * found.sizes[rows]).sum())
        return back, total

    (k1, n1), (k0, n0) = share(late), share(early)
    now, before = k1 / n1, k0 / n0
    error = float(np.sqrt(now * (1 - now) / n1 + before * (1 - before) / n0))
    if abs(now - before) <= 1.96 * error:
        return f"За полгода возвращаются {percent(now)} новых пациентов, без значимых изменений"
    word = "реже" if now < before else "чаще"
    return f"Новые возвращаются {word}: {percent(now)} за полгода, {when} было {percent(before)}"


def _curves(base: CohortBase, by: str, keep: Bools | None) -> list[View]:
    """The dearest values by patients, each with its share back by day."""
    ends = ends_by(base, by, keep)
    sizes = ends[:-1].sum(axis=(1, 2))
    drawn = [int(each) for each in np.argsort(-sizes, kind="stable")[:DRAWN] if sizes[each] >= LEAST]
    curves = []
    for value in drawn:
        found = incidence_of(ends[value])
        days = list(range(0, 366, 5))
        curves.append(
            {
                "name": base.sides[by].values[value],
                "patients": int(sizes[value]),
                "days": days,
                "value": [float(found.back[each]) for each in days],
                "low": [float(found.low[each]) for each in days],
                "high": [float(found.high[each]) for each in days],
                "year": float(found.back[365]),
                "half": float(found.back[HORIZON]),
            }
        )
    return sorted(curves, key=lambda each: -each["year"])


def _curve_title(curves: Sequence[View], by: str) -> str:
    if len(curves) < 2:
        return "Как возвращаются после первого визита"
    best, worst = curves[0], curves[-1]
    if best["low"][-1] <= worst["high"][-1]:
        return f"По признаку «{SIDES[by].lower()}» кривые возврата не расходятся"
    return f"За год чаще всего возвращаются: {best['name']}, {percent(best['year'])}; реже всего: {worst['name']}, {percent(worst['year'])}"


def _competing(whole: Any) -> str:
    left, back, plain = float(whole.left[365]), float(whole.back[365]), float(whole.plain[365])
    if left < 0.0005:
        return "Уехавших и умерших среди новых почти нет: поправка на них не меняет кривую."
    return (
        f"За год выбыли (уехали, умерли, направлены в другую клинику) {percent(left)}: без этой поправки возврат казался бы "
        f"{_tenths(plain)}\u00a0% вместо {_tenths(back)}\u00a0%."
    )


def _side(base: CohortBase, found: Slice, name: str, cut: Cut) -> View:
    """Values of a side under the filters of all the others, the largest first."""
    facet, values = found.facets[name], (*base.sides[name].values, UNKNOWN)
    order = [int(each) for each in np.argsort(-facet.ripe, kind="stable") if facet.ripe[each]]
    chosen = cut.chosen.get(name, "")
    rows = []
    for value in order[:LISTED]:
        n, k = int(facet.ripe[value]), int(facet.came[value])
        low, high = wilson(k, n)
        rows.append(
            {
                "name": values[value], "patients": n, "share": k / n, "low": low, "high": high, "text": percent(k / n),
                "between": f"{100 * low:.0f}…{100 * high:.0f}", "current": values[value] == chosen,
                "thin": n < LEAST, "unknown": value == len(values) - 1,
            }
        )  # fmt: skip
    return {"name": name, "title": SIDES[name], "rows": rows, "more": max(len(order) - LISTED, 0), "chosen": chosen}


def _calibration(found: Calibration | None) -> str:
    if found is None:
        return "Проверить прошлые прогнозы пока не на чем: нужно больше созревших месяцев."
    honest = "прогнозам можно верить" if found.share >= 0.85 else "прогнозы самоуверенны, смотрите на них с запасом"
    return (
        f"Квартал назад для месяцев, которые с тех пор прошли, мы ждали {100 * found.low:.0f}–{100 * found.high:.0f}\u00a0% приходящих, "
        f"пришли {100 * found.came:.1f}\u00a0%".replace(".", ",")
        + f". В свои границы попали {number(found.inside)} из "
        f"{number(found.cells)} клеток карты: {honest}."
    )

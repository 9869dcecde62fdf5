"""Who the patients are, what they come for, where from and what each brings: living figures of the strategy page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

import numpy as np
import polars as pl

from zabota.analytics.rules.alarms import Side, alarms_of_averages, alarms_of_shares
from zabota.analytics.rules.columns import Visits, first_days, ordinal, read_visits
from zabota.analytics.rules.dimensions import AGES
from zabota.analytics.rules.intervals import Z95, Bools, Floats, Ints, wilson
from zabota.analytics.rules.retention import second_days

YEAR: Final = 365
HORIZON: Final = 180
#: Days of the data in which "new" patients may be old ones.
TRUNCATED: Final = 180
MONTHS: Final = 12
#: Rows of a table, and fewest patients of a segment whose average is said.
SHOWN: Final = 12
LEAST: Final = 10
#: Districts and settlements that stand alone.
AREAS_SHOWN: Final = 20
UNKNOWN: Final = "не указано"
SEXES: Final = {"f": "Женщины", "m": "Мужчины"}

Table = list[dict[str, Any]]


def strategy_of(
    frame: pl.DataFrame, *, as_of: date, costs: Mapping[str, int], worth: Mapping[int, int] | None = None
) -> dict[str, Any]:
    """Figures of the last year and of the year before. `costs` are kopecks a month by source; `worth` expected kopecks of the
    years to come by number of the frame's person. The frame holds at least one completed visit up to `as_of`.
    """
    done = frame.filter((pl.col("status") == "completed") & (pl.col("day") <= as_of))
    visits = read_visits(done)
    people = done["person"].unique().sort().to_list()
    value = None if worth is None else np.array([worth.get(each, -1) for each in people], dtype=np.float64)
    end = ordinal(as_of)
    now = visits.day > end - YEAR
    before = (visits.day > end - 2 * YEAR) & (visits.day <= end - YEAR)
    whole_year = ordinal(visits.first_day) <= end - 2 * YEAR + 15
    first = first_days(visits)
    active = _present(visits, now)
    new = active & (first > end - YEAR)
    area = _area(done)
    return {
        "as_of": as_of.isoformat(),
        "data_from": visits.first_day.isoformat(),
        "patients": int(active.sum()),
        "patients_before": int(_present(visits, before).sum()) if whole_year else None,
        "new": int(new.sum()),
        "returning": int((active & ~new).sum()),
        "visits": len(np.unique(visits.visit[now])),
        "revenue_kopecks": int(visits.revenue[now].sum()),
        "revenue_before_kopecks": int(visits.revenue[before].sum()) if whole_year else None,
        "arpp": _mean(_paid(visits, now)[active]),
        "people": _people(visits, active, as_of),
        "months": _months(visits, first, as_of),
        "needs": _needs(visits, now, before if whole_year else None),
        "catchment": _catchment(visits, now, first, end),
        "areas": _areas(visits, area, now, active, first, end) if area else [],
        "sources": _sources(visits, now, first, end, costs),
        "segments": _segments(visits, now, active, _sides(visits, as_of, area), value),
        "has_worth": value is not None,
        "alarms": _alarms(visits, now, active, first, end, _sides(visits, as_of, area)),
    }


def _present(visits: Visits, inside: Bools) -> Bools:
    seen = np.zeros(visits.people, bool)
    seen[visits.person[inside]] = True
    return seen


def _paid(visits: Visits, inside: Bools) -> Floats:
    """Kopecks of each person within a window."""
    kopecks = visits.revenue[inside].astype(np.float64)
    return np.asarray(np.bincount(visits.person[inside], weights=kopecks, minlength=visits.people), dtype=np.float64)


def _mean(values: Floats) -> dict[str, Any] | None:
    """An average with its 95 % interval, kopecks."""
    if len(values) < LEAST:
        return None
    error = Z95 * float(values.std(ddof=1)) / float(np.sqrt(len(values)))
    mean = float(values.mean())
    return {"value": round(mean), "low": round(max(mean - error, 0.0)), "high": round(mean + error), "n": len(values)}


def _ages(visits: Visits, as_of: date) -> Ints:
    """Place in AGES of each person; −1 unknown."""
    age = as_of.year - visits.birth_year
    codes = np.full(visits.people, -1, np.int64)
    for place, (low, high, _) in enumerate(AGES):
        codes[(visits.birth_year > 0) & (age >= low) & (age <= high)] = place
    return codes


def _people(visits: Visits, active: Bools, as_of: date) -> Table:
    ages = _ages(visits, as_of)
    sex = visits.sex.codes
    rows: Table = []
    for place, name in [*enumerate(name for _, _, name in AGES), (-1, UNKNOWN)]:
        mine = active & (ages == place)
        counts = {
            code: int((mine & (sex == visits.sex.values.index(code))).sum()) if code in visits.sex.values else 0
            for code in SEXES
        }
        total = int(mine.sum())
        rows.append(
            {
                "name": name,
                "women": counts["f"],
                "men": counts["m"],
                "unknown": total - sum(counts.values()),
                "all": total,
            }
        )
    return [row for row in rows if row["all"]]


def _months(visits: Visits, first: Ints, as_of: date) -> Table:
    """New and returning patients of each of the last months that are over."""
    month = visits.day.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    first_month = first.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    last = (as_of.year - 1970) * 12 + as_of.month - 2
    start = (visits.first_day.year - 1970) * 12 + visits.first_day.month - 1
    rows: Table = []
    for number in range(max(last - MONTHS + 1, start + TRUNCATED // 30), last + 1):
        seen = _present(visits, month == number)
        new = int((seen & (first_month == number)).sum())
        rows.append(
            {"month": f"{1970 + number // 12}-{number % 12 + 1:02d}", "new": new, "returning": int(seen.sum()) - new}
        )
    return rows


def _needs(visits: Visits, now: Bools, before: Bools | None) -> Table:
    """What people come for: by group of services, or by service where there are no groups."""
    words = visits.words["category"] if len(visits.words["category"].values) > 1 else visits.words["service"]
    rows: Table = []
    for code, name in enumerate(words.values):
        mine = now & (words.codes == code)
        patients = int(_present(visits, mine).sum())
        if not patients:
            continue
        was = None if before is None else int(_present(visits, before & (words.codes == code)).sum())
        rows.append(
            {
                "name": name, "patients": patients, "before": was, "revenue_kopecks": int(visits.revenue[mine].sum()),
                "visits": len(np.unique(visits.visit[mine])),
            }
        )  # fmt: skip
    return sorted(rows, key=lambda row: -row["patients"])[:SHOWN]


def _catchment(visits: Visits, now: Bools, first: Ints, end: int) -> Table:
    """Patients of a year by branch, with how many of them are new and how many came to one branch only."""
    words = visits.words["branch"]
    per_person = np.zeros(visits.people, np.int64)
    present = []
    for code in range(len(words.values)):
        seen = _present(visits, now & (words.codes == code))
        present.append(seen)
        per_person += seen
    rows: Table = []
    for code, name in enumerate(words.values):
        seen = present[code]
        if seen.any():
            rows.append(
                {
                    "name": name, "patients": int(seen.sum()), "new": int((seen & (first > end - YEAR)).sum()),
                    "only_here": int((seen & (per_person == 1)).sum()),
                    "revenue_kopecks": int(visits.revenue[now & (words.codes == code)].sum()),
                }
            )  # fmt: skip
    return sorted(rows, key=lambda row: -row["patients"])


def _ripe(visits: Visits, first: Ints, end: int) -> tuple[Bools, Bools]:
    """First-timers whose half-year is over, and who of all came again within it."""
    second = second_days(visits)
    ripe = (first <= end - HORIZON) & (first > end - HORIZON - YEAR) & (first >= ordinal(visits.first_day) + TRUNCATED)
    return ripe, (second > 0) & (second <= first + HORIZON)


def _sources(visits: Visits, now: Bools, first: Ints, end: int, costs: Mapping[str, int]) -> Table:
    """New patients of a year by source: how many come again within half a year, what they brought, what they cost."""
    paid = _paid(visits, now)
    codes, values = visits.channel.codes, visits.channel.values
    new = (first > end - YEAR) & (first <= end)
    ripe, back = _ripe(visits, first, end)
    rows: Table = []
    for code, name in [*enumerate(values), (-1, UNKNOWN)]:
        mine = codes == code
        people, watched, returned = int((mine & new).sum()), int((mine & ripe).sum()), int((mine & ripe & back).sum())
        cost = 12 * costs.get(name, 0)
        if not people and not cost:
            continue
        low, high = wilson(returned, watched)
        share = returned / watched if watched >= LEAST else None
        rows.append(
            {
                "name": name, "new": people, "watched": watched, "share": share, "low": low, "high": high,
                "revenue_kopecks": int(paid[mine & new].sum()), "cost_kopecks": cost,
                "cost_of_patient_kopecks": round(cost / people) if cost and people else None,
                "cost_of_loyal_kopecks": round(cost / (people * share)) if cost and people and share else None,
            }
        )  # fmt: skip
    return sorted(rows, key=lambda row: (-row["new"], row["name"]))[:SHOWN]


def _area(done: pl.DataFrame) -> Side | None:
    """The area of each person of the visits; None where nobody's is known."""
    if "area" not in done.columns or not done["area"].count():
        return None
    told = done.group_by("person").agg(pl.col("area").drop_nulls().first()).sort("person")["area"]
    values = sorted(told.drop_nulls().unique().to_list())
    places = {value: code for code, value in enumerate(values)}
    codes = told.replace_strict(places, default=-1, return_dtype=pl.Int64).fill_null(-1)
    return Side("Район", values, codes.to_numpy().astype(np.int64))


def _areas(visits: Visits, area: Side, now: Bools, active: Bools, first: Ints, end: int) -> Table:
    """Catchment: patients of a year by district or settlement, how many of them are new, who of the new comes again."""
    paid = _paid(visits, now)
    ripe, back = _ripe(visits, first, end)
    branches = visits.words["branch"]
    rows: Table = []
    for code, name in [*enumerate(area.values), (-1, UNKNOWN)]:
        of_area = area.codes == code
        mine = active & of_area
        if not mine.any():
            continue
        watched, returned = int((of_area & ripe).sum()), int((of_area & ripe & back).sum())
        low, high = wilson(returned, watched)
        inside = now & of_area[visits.person] & (branches.codes >= 0)
        by_branch = np.bincount(branches.codes[inside], minlength=len(branches.values) or 1)
        rows.append(
            {
                "name": name, "patients": int(mine.sum()), "new": int((mine & (first > end - YEAR)).sum()),
                "watched": watched, "share": returned / watched if watched >= LEAST else None, "low": low, "high": high,
                "revenue_kopecks": int(paid[mine].sum()),
                "branch": branches.values[int(by_branch.argmax())] if by_branch.sum() else "",
            }
        )  # fmt: skip
    known = sorted((row for row in rows if row["name"] != UNKNOWN), key=lambda row: (-row["patients"], row["name"]))
    return [*known[:AREAS_SHOWN], *(row for row in rows if row["name"] == UNKNOWN)]


def _segments(visits: Visits, now: Bools, active: Bools, sides: Sequence[Side], worth: Floats | None) -> Table:
    """Revenue per patient of a year, and expected worth, by segment."""
    paid = _paid(visits, now)
    rows: Table = []
    for side in sides:
        found = []
        for code, name in enumerate(side.values):
            mine = active & (side.codes == code)
            arpp = _mean(paid[mine])
            if arpp is None:
                continue
            known = worth[mine & (worth >= 0)] if worth is not None else np.zeros(0)
            found.append({"side": side.name, "name": name, "arpp": arpp, "worth": _mean(known)})
        rows += sorted(found, key=_by_arpp)[:SHOWN]
    return rows


def _sides(visits: Visits, as_of: date, area: Side | None) -> list[Side]:
    """How patients of a year are divided; branch and doctor are those of the last visit."""
    last_line = np.full(visits.people, -1, np.int64)
    last_line[visits.person] = np.arange(len(visits.person))
    sides = [
        Side("Возраст", [name for _, _, name in AGES], _ages(visits, as_of)),
        Side("Пол", [SEXES.get(each, each) for each in visits.sex.values], visits.sex.codes.astype(np.int64)),
        Side("Источник", visits.channel.values, visits.channel.codes.astype(np.int64)),
    ]
    for title, name in (("Филиал", "branch"), ("Врач", "doctor")):
        words = visits.words[name]
        sides.append(Side(title, words.values, words.codes[last_line].astype(np.int64)))
    return [*sides, area] if area else sides


def _alarms(visits: Visits, now: Bools, active: Bools, first: Ints, end: int, sides: Sequence[Side]) -> Table:
    """Shown comparisons that turn round among people alike: returns of sources, revenue of segments."""
    ripe, back = _ripe(visits, first, end)
    paid = _paid(visits, now)
    shares = alarms_of_shares(sides, ripe, back, compared=("Источник", "Район"))
    money = alarms_of_averages(sides, active, paid, compared=[each.name for each in sides])
    return [
        {
            "what": what, "side": each.side, "value": each.value, "within": each.within, "total": each.flip.total,
            "alike": each.flip.within, "strata": each.flip.strata, "against": each.flip.against,
        }
        for what, found in (("share", shares), ("money", money))
        for each in found
    ]  # fmt: skip


def _by_arpp(row: dict[str, Any]) -> float:
    return -float(row["arpp"]["value"])

"""Days that were not exported, of the whole clinic or of one branch; the same days of other years are left out with them."""

from __future__ import annotations

import dataclasses
from datetime import date
from typing import Final

import numpy as np

from zabota.analytics.rules.columns import DENSE_SHARE, MONTH_DAYS, Visits, as_date, dense_end, ordinal
from zabota.analytics.rules.intervals import Bools, Floats, Ints
from zabota.analytics.rules.report import DataWarning

#: Silence before the day of the report that still counts as watched.
SILENT_DAYS: Final = 14
#: "Almost no visits": below this share of what is usual around.
GAP_SHARE: Final = 0.12
#: A silence of this many days is a gap by itself; a shorter one, a holiday perhaps, when other years were busy then.
GAP_DAYS: Final = 14
SHORT_DAYS: Final = 7
#: Fewest visits that a shorter silence must have swallowed.
SWALLOWED: Final = 30.0
#: A stretch with so few visits for so long is thin when other years were busy then.
THIN_SHARE: Final = 0.4
THIN_DAYS: Final = 21
#: And when so many errors of a plain count are missing: fewer happen by chance in a clinic of one visit a day.
THIN_ERRORS: Final = 5.0
#: Other years were busy above this share of the usual, and closed as well below that one.
BUSY: Final = 0.7
CLOSED: Final = 0.3
MONTHS: Final = (
    "января", "февраля", "марта", "апреля", "мая", "июня", "июля", "августа", "сентября", "октября", "ноября", "декабря",
)  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Gap:
    """Days that were probably not exported, or only in part (`thin`), of one branch or of all (branch −1)."""

    start: int
    end: int
    branch: int
    thin: bool = False


def russian_day(day: date) -> str:
    """«25 ноября 2026»."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def told_to(visited: Ints) -> date:
    """The day on which the data end in earnest: a few visits of a later year, typed wrongly, do not prolong them.

    `visited` are days with visits in any order, as often as there were visits; at least one.
    """
    end = dense_end(visited)
    later = visited[visited > end]
    stray = len(later) > 0 and _silent(visited, end, int(later.min())) and _few(visited, later)
    return as_date(end if stray else int(visited.max()))


def watched_to(visited: Ints, as_of: date) -> date:
    """The day up to which the data tell anything: `as_of`, or their end when they are silent long before it.

    What nobody exported is no absence of patients.
    """
    end = told_to(visited)
    return end if _silent(visited, ordinal(end), ordinal(as_of)) else as_of


def _few(visited: Ints, later: Ints) -> bool:
    """Whether visits after a silence are a few strays and not the clinic that goes on after a gap."""
    months = np.bincount((visited - int(visited.min())) // MONTH_DAYS)
    busiest = int(np.bincount((later - int(later.min())) // MONTH_DAYS).max())
    return busiest < DENSE_SHARE * float(np.median(months[months > 0]))


def _silent(visited: Ints, end: int, then: int) -> bool:
    """Whether no visit between two days is unusual: a clinic of few visits is silent for weeks as a matter of course."""
    days = np.unique(visited[(visited > end - 365) & (visited <= end)])
    longest = int(np.diff(days).max()) if len(days) > 1 else 0
    return then - end > max(SILENT_DAYS, 2 * longest)


def find_gaps(visits: Visits, as_of: date) -> list[Gap]:
    """Gaps of the whole export, then of single branches outside them."""
    end = ordinal(as_of)
    everything = _runs(visits.day, int(visits.day.min()), end, branch=-1)
    gaps = list(everything)
    branches = visits.words["branch"]
    for code in range(len(branches.values)):
        days = visits.day[branches.codes == code]
        if len(days) < 500:
            continue
        for gap in _runs(days, int(days.min()), min(end, int(days.max())), branch=code):
            if not any(gap.start <= other.end and other.start <= gap.end for other in everything):
                gaps.append(gap)
    return gaps


def _runs(days: Ints, first: int, last: int, *, branch: int) -> list[Gap]:
    length = last - first + 1
    if length < 90:
        return []
    inside = days[(days >= first) & (days <= last)] - first
    counts = np.bincount(inside, minlength=length).astype(np.float64)
    usual = _usual(counts)
    gaps = []
    for low, high in _stretches(counts, usual, GAP_SHARE):
        other = _other_years(counts, usual, low, high)
        number = high - low + 1
        swallowed = float(usual[low : high + 1].sum())
        long = number >= GAP_DAYS and (other is None or other > CLOSED)
        short = number >= SHORT_DAYS and swallowed >= SWALLOWED and other is not None and other > BUSY
        if long or short:
            gaps.append(Gap(first + low, first + high, branch))
    for low, high in _stretches(counts, usual, THIN_SHARE):
        other = _other_years(counts, usual, low, high)
        apart = not any(first + low <= gap.end and gap.start <= first + high for gap in gaps)
        expected, came = float(usual[low : high + 1].sum()), float(counts[low : high + 1].sum())
        sure = expected - came > THIN_ERRORS * expected**0.5
        if sure and high - low + 1 >= THIN_DAYS and other is not None and other > BUSY and apart:
            gaps.append(Gap(first + low, first + high, branch, thin=True))
    return gaps


def _stretches(counts: Floats, usual: Floats, share: float) -> list[tuple[int, int]]:
    """First and last places of stretches whose weeks stay below a share of the usual week of their season and growth."""
    weeks = np.convolve(np.pad(counts, 3, mode="edge"), np.ones(7), "valid")
    # Fewer than five visits a week: silence proves nothing.
    quiet = (weeks < share * usual * 7) & (usual > 0.7)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], quiet.astype(np.int8), [0]])))
    found = []
    for start, stop in zip(edges[::2], edges[1::2], strict=True):
        low, high = int(start), int(stop) - 1
        # The week's average reaches three days over both edges.
        while low > 0 and counts[low - 1] < share * usual[low - 1]:
            low -= 1
        while high < len(counts) - 1 and counts[high + 1] < share * usual[high + 1]:
            high += 1
        found.append((low, high))
    return found


def _other_years(counts: Floats, usual: Floats, low: int, high: int) -> float | None:
    """How busy the same days of other years were against their usual, the least of them; None when there are none."""
    found = []
    for years in (-3, -2, -1, 1, 2, 3):
        start, stop = low + 365 * years, high + 365 * years + 1
        if start >= 0 and stop <= len(counts) and usual[start:stop].sum() > 0:
            found.append(float(counts[start:stop].sum() / usual[start:stop].sum()))
    return min(found) if found else None


def _usual(counts: Floats) -> Floats:
    """Visits a day that are usual around each day: the median of the weeks within a hundred days to each side."""
    weeks = np.add.reduceat(counts, np.arange(0, len(counts), 7)) / 7
    if len(counts) % 7:
        weeks[-1] *= 7 / (len(counts) % 7)
    reach = 14
    local = [float(np.median(weeks[max(0, week - reach) : week + reach + 1])) for week in range(len(weeks))]
    return np.repeat(np.array(local), 7)[: len(counts)]


def mirrored(visits: Visits, gaps: list[Gap]) -> Bools:
    """Lines to leave out so that a gap stands in both compared years alike."""
    drop = np.zeros(len(visits.day), bool)
    branch = visits.words["branch"].codes
    for gap in gaps:
        of_branch = branch == gap.branch if gap.branch >= 0 else np.ones(len(drop), bool)
        for years in (-3, -2, -1, 0, 1, 2, 3):
            shift = 365 * years
            drop |= of_branch & (visits.day >= gap.start + shift) & (visits.day <= gap.end + shift)
    return drop


def end_warnings(visits: Visits, as_of: date, watched: date) -> list[DataWarning]:
    """One sentence when the export ends long before the day of the report, or a few visits stand long after its end."""
    stray = int((visits.day > ordinal(watched)).sum())
    if watched >= as_of and not stray:
        return []
    after = f"почти нет визитов ({stray})" if stray else "визитов нет"
    return [
        DataWarning(
            "data_end",
            f"После {russian_day(watched)} {after}: концом данных считаем этот день, "
            "возврат считаем по нему. Если визиты были и позже, выгрузите и эти месяцы.",
            {"to": watched.isoformat(), "count": stray},
        )
    ]


def gap_warnings(visits: Visits, gaps: list[Gap]) -> list[DataWarning]:
    """One sentence per gap."""
    found = []
    for gap in gaps:
        start, end = as_date(gap.start), as_date(gap.end)
        branch = visits.words["branch"].values[gap.branch] if gap.branch >= 0 else ""
        where = f" филиала «{branch}»" if branch else ""
        little = "визитов в несколько раз меньше обычного" if gap.thin else "почти нет визитов"
        part = "выгружена только часть" if gap.thin else "этот кусок не выгружен"
        found.append(
            DataWarning(
                "gap",
                f"С {russian_day(start)} по {russian_day(end)} {little}{where}: похоже, {part}. "
                "При сравнении мы убрали такие же дни и из соседних лет.",
                {"from": start.isoformat(), "to": end.isoformat(), "branch": branch},
            )
        )
    return found

"""Problems of the data, found before any conclusion: gaps, missing channels, recoded states, bursts of new people."""

from __future__ import annotations

import dataclasses
from datetime import date
from typing import Final

import numpy as np
import polars as pl

from zabota.analytics.rules.columns import Visits, as_date, first_days, ordinal
from zabota.analytics.rules.intervals import Bools, Floats, Ints
from zabota.analytics.rules.report import DataWarning, Rows

#: A run of this many days with almost no visits is a gap; holidays are shorter.
GAP_DAYS: Final = 14
#: "Almost no": below this share of what is usual around.
GAP_SHARE: Final = 0.12
MONTHS: Final = (
    "января", "февраля", "марта", "апреля", "мая", "июня", "июля", "августа", "сентября", "октября", "ноября", "декабря",
)  # fmt: skip


MONTH_NAMES: Final = (
    "январь", "февраль", "март", "апрель", "май", "июнь", "июль", "август", "сентябрь", "октябрь", "ноябрь", "декабрь",
)  # fmt: skip
#: A month below this part of the year's mean is weak.
WEAK_MONTH: Final = 0.75


@dataclasses.dataclass(frozen=True)
class Gap:
    """Days that were probably not exported, of one branch or of all (branch −1)."""

    start: int
    end: int
    branch: int


def russian_day(day: date) -> str:
    """«25 ноября 2026»."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


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
    # A week around each day against the usual week of its season and stage of growth.
    weeks = np.convolve(np.pad(counts, 3, mode="edge"), np.ones(7), "valid")
    # Fewer than five visits a week: silence proves nothing.
    quiet = (weeks < GAP_SHARE * usual * 7) & (usual > 0.7)
    gaps = []
    edges = np.flatnonzero(np.diff(np.concatenate([[0], quiet.astype(np.int8), [0]])))
    for start, stop in zip(edges[::2], edges[1::2], strict=True):
        low, high = int(start), int(stop) - 1
        # The week's average reaches three days over both edges.
        while low > 0 and counts[low - 1] < GAP_SHARE * usual[low - 1]:
            low -= 1
        while high < length - 1 and counts[high + 1] < GAP_SHARE * usual[high + 1]:
            high += 1
        if high - low + 1 >= GAP_DAYS:
            gaps.append(Gap(first + low, first + high, branch))
    return gaps


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


def gap_warnings(visits: Visits, gaps: list[Gap]) -> list[DataWarning]:
    """One sentence per gap."""
    found = []
    for gap in gaps:
        start, end = as_date(gap.start), as_date(gap.end)
        branch = visits.words["branch"].values[gap.branch] if gap.branch >= 0 else ""
        where = f" филиала «{branch}»" if branch else ""
        found.append(
            DataWarning(
                "gap",
                f"С {russian_day(start)} по {russian_day(end)} почти нет визитов{where}: похоже, этот кусок не выгружен. "
                "При сравнении мы убрали такие же дни и из соседних лет.",
                {"from": start.isoformat(), "to": end.isoformat(), "branch": branch},
            )
        )
    return found


def row_warnings(rows: Rows, notes: dict[str, int | float]) -> list[DataWarning]:
    """Refused rows, repeats, cards that are one person, phones and birth dates that are missing."""
    found = []
    total = max(rows.accepted + rows.rejected + rows.duplicates, 1)
    if rows.rejected > 0.01 * total:
        found.append(
            DataWarning(
                "rejected_rows",
                f"Не принято строк: {rows.rejected} ({_percent(rows.rejected / total)}). Причины ниже.",
                {"count": rows.rejected},
            )
        )
    if rows.duplicates > 0:
        found.append(
            DataWarning(
                "duplicates",
                f"Повторов одного и того же визита: {rows.duplicates}. Считаем их один раз.",
                {"count": rows.duplicates},
            )
        )
    united = int(notes.get("cards_united", 0))
    if united:
        found.append(
            DataWarning(
                "merged_cards",
                f"Карт, которые принадлежат тому же человеку: {united}. Считаем человека один раз.",
                {"count": united},
            )
        )
    if notes.get("status_assumed"):
        found.append(
            DataWarning(
                "status_missing",
                "В выгрузке нет состояния визита: считаем, что все прошедшие записи состоялись.",
                {"count": int(notes["status_assumed"])},
            )
        )
    return found


def content_warnings(visits: Visits, frame: pl.DataFrame, as_of: date) -> list[DataWarning]:
    """Channels, prices, states, bursts of new people, departed doctors."""
    return [
        *_channel(visits, as_of),
        *_prices(visits),
        *_states(frame),
        *_bursts(visits),
        *_departed(visits, as_of),
        *_strays(visits),
        *_season(visits, as_of),
    ]


def _strays(visits: Visits) -> list[DataWarning]:
    """Visits long before the data begin in earnest."""
    start = ordinal(visits.first_day)
    number = int((visits.day < start).sum())
    if not number:
        return []
    return [
        DataWarning(
            "early_visits",
            f"До {russian_day(visits.first_day)} визитов почти нет ({number}): началом данных считаем этот день.",
            {"count": number, "from": visits.first_day.isoformat()},
        )
    ]


def _season(visits: Visits, as_of: date) -> list[DataWarning]:
    """Months that are weak in each of the last two years: a fall against the month before them would be no news."""
    end = ordinal(as_of)
    if ordinal(visits.first_day) > end - 2 * 365:
        return []
    weak: set[int] = set(range(12))
    for year in (0, 1):
        days = visits.day[(visits.day > end - 365 * (year + 1)) & (visits.day <= end - 365 * year)]
        months = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) % 12
        shares = np.bincount(months, minlength=12) * 12 / max(len(days), 1)
        weak &= {int(month) for month in np.flatnonzero(shares < WEAK_MONTH)}
    if not weak:
        return []
    names = ", ".join(MONTH_NAMES[month] for month in sorted(weak))
    return [
        DataWarning(
            "season",
            f"Сезон: из года в год визитов мало ({names}). Поэтому сравниваем только одинаковые месяцы двух лет.",
            {"months": [month + 1 for month in sorted(weak)]},
        )
    ]


def channel_is_traceable(visits: Visits, before: Ints, now: Ints) -> bool:
    """False when the share of people without a channel changed so much that a mix of channels means nothing."""
    codes = visits.channel.codes
    missing = [float((codes[people] < 0).mean()) if len(people) else 0.0 for people in (before, now)]
    return max(missing) < 0.5 and abs(missing[1] - missing[0]) < 0.10


def _channel(visits: Visits, as_of: date) -> list[DataWarning]:
    if not len(visits.channel.values):
        return [
            DataWarning(
                "channel_missing",
                "В выгрузке нет источника: откуда приходят те, кто не возвращается, сказать нельзя.",
                {"share": 1.0},
            )
        ]
    missing = float((visits.channel.codes < 0).mean())
    found = []
    if missing >= 0.05:
        found.append(
            DataWarning(
                "channel_missing", f"Источник не указан у {_percent(missing)} пациентов.", {"share": round(missing, 4)}
            )
        )
    first = first_days(visits)
    end = ordinal(as_of)
    recent, earlier = first > end - 365, (first <= end - 365) & (first > end - 730)
    if recent.sum() >= 100 and earlier.sum() >= 100:
        shares = [float((visits.channel.codes[part] < 0).mean()) for part in (earlier, recent)]
        if abs(shares[1] - shares[0]) >= 0.10:
            found.append(
                DataWarning(
                    "channel_tracking",
                    f"Без источника год назад приходили {_percent(shares[0])} новых, теперь {_percent(shares[1])}: "
                    "изменился учёт, поэтому состав по источникам не сравниваем.",
                    {"before": round(shares[0], 4), "now": round(shares[1], 4)},
                )
            )
    return found


def _prices(visits: Visits) -> list[DataWarning]:
    missing = float((visits.revenue <= 0).mean())
    if missing < 0.3:
        return []
    return [
        DataWarning(
            "price_missing",
            f"Сумма не указана у {_percent(missing)} визитов: деньги в отчёте занижены.",
            {"share": round(missing, 4)},
        )
    ]


def _states(frame: pl.DataFrame) -> list[DataWarning]:
    """Cancelled and missed visits that appear or vanish from one quarter to the next are a change of recording."""
    monthly = (
        frame.filter(pl.col("day").is_not_null())
        .with_columns(pl.col("day").dt.truncate("1mo").alias("month"))
        .filter(pl.col("status").is_in(["completed", "no_show", "cancelled_patient", "cancelled_clinic", "moved"]))
        .group_by("month")
        .agg(pl.len().alias("n"), (pl.col("status") != "completed").mean().alias("share"))
        .filter(pl.col("n") >= 50)
        .sort("month")
    )
    shares, months = monthly["share"].to_list(), monthly["month"].to_list()
    for place in range(3, len(shares) - 2):
        before, after = float(np.mean(shares[max(0, place - 6) : place])), float(np.mean(shares[place : place + 6]))
        if min(before, after) < 0.005 and max(before, after) > 0.04:
            return [
                DataWarning(
                    "status_recoding",
                    f"С {russian_day(months[place])} изменился учёт отмен и неявок: было {_percent(before)}, стало {_percent(after)}.",
                    {"from": months[place].isoformat()},
                )
            ]
    return []


def _bursts(visits: Visits) -> list[DataWarning]:
    """A day on which far more people than usual are "new" is a day of somebody's import."""
    first = first_days(visits)
    start = int(visits.day.min())
    later = first[first > start + 30]
    if len(later) < 300:
        return []
    counts = np.bincount(later - later.min())
    usual = float(np.median(counts[counts > 0]))
    peak = int(counts.argmax())
    if counts[peak] > max(30.0, 15 * usual) and counts[peak] > 0.03 * len(first):
        day = as_date(int(later.min()) + peak)
        return [
            DataWarning(
                "first_visit_spike",
                f"{russian_day(day)} впервые пришли сразу {int(counts[peak])} человек: похоже на перенос из другой системы.",
                {"day": day.isoformat(), "count": int(counts[peak])},
            )
        ]
    return []


def _departed(visits: Visits, as_of: date) -> list[DataWarning]:
    doctors = visits.words["doctor"]
    end = ordinal(as_of)
    found = []
    for code, name in enumerate(doctors.values):
        days = visits.day[doctors.codes == code]
        if len(days) < 100:
            continue
        last = int(days.max())
        usual = len(days) / max(last - int(days.min()), 1)
        if 45 <= end - last <= 730 and usual * (end - last) > 20:
            found.append(
                DataWarning(
                    "doctor_left",
                    f"{name}: визитов нет с {russian_day(as_date(last + 1))}. Возможно, врач ушёл.",
                    {"doctor": name, "last": as_date(last).isoformat()},
                )
            )
    return found


def _percent(share: float) -> str:
    return f"{100 * share:.1f}".replace(".", ",").replace(",0", "") + "\u00a0%"

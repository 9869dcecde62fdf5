"""Problems of the data, found before any conclusion: gaps, missing channels, recoded states, bursts of new people."""

from __future__ import annotations

from datetime import date
from typing import Final

import numpy as np
import polars as pl

from zabota.analytics.rules.columns import Visits, as_date, first_days, ordinal
from zabota.analytics.rules.gaps import russian_day
from zabota.analytics.rules.intervals import Ints
from zabota.analytics.rules.report import DataWarning, Rows

MONTH_NAMES: Final = (
    "январь", "февраль", "март", "апрель", "май", "июнь", "июль", "август", "сентябрь", "октябрь", "ноябрь", "декабрь",
)  # fmt: skip
#: A month below this part of the year's mean is weak.
WEAK_MONTH: Final = 0.75


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
    alike = int(notes.get("pairs_open", 0))
    if alike:
        found.append(
            DataWarning(
                "alike_cards",
                f"Похожих карт, о которых ещё не решили, пар: {alike}. До решения это разные люди, и возврат кажется ниже. "
                "Решить их можно на странице «Похожие карты».",
                {"count": alike},
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
                    {"from": months[place].isoformat(), "before": round(before, 4), "now": round(after, 4)},
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

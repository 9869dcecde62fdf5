"""Small invented clinics with planted causes, to hold the audit to what is known; independent of the demo clinic.

Every return passes one gate: a patient comes again unless a planted cause that acts on the last visit prevents it.
"""

from __future__ import annotations

import dataclasses
from datetime import date, datetime, timedelta

import numpy as np
import polars as pl

AS_OF = date(2026, 11, 15)
SPECIALITIES = ("Терапия", "Гинекология", "Косметология", "Стоматология")
#: doctor → (speciality, branch)
DOCTORS = {
    "Смирнов А. А.": (0, 0), "Котова Е. В.": (0, 1), "Лапин Д. С.": (0, 0), "Орлова И. П.": (1, 1), "Зуева Н. К.": (1, 0),
    "Белкина О. О.": (1, 1), "Жукова Т. Т.": (2, 0), "Панина А. Л.": (2, 1), "Ким В. Ю.": (3, 0), "Соколова М. И.": (3, 1),
}  # fmt: skip
WEIGHTS = np.array([0.14, 0.13, 0.11, 0.11, 0.10, 0.07, 0.09, 0.08, 0.09, 0.08])
SERVICES = (
    (("Приём терапевта", 2200), ("Приём терапевта повторный", 1900), ("ЭКГ", 1500), ("Чек-ап", 9800)),
    (("Приём гинеколога", 2600), ("УЗИ малого таза", 3100), ("Кольпоскопия", 2900)),
    (("Чистка лица", 4200), ("Пилинг", 3900), ("Биоревитализация", 11500)),
    (("Гигиена полости рта", 4900), ("Лечение кариеса", 6500), ("Осмотр стоматолога", 1200)),
)
BRANCHES = ("Север", "Центр")
CHANNELS = ("Яндекс", "Сайт", "Рекомендация", "2ГИС", "Вывеска", "Купоны")
CHANNEL_SHARES = np.array([0.31, 0.21, 0.20, 0.16, 0.09, 0.03])
RAISED = ("УЗИ малого таза", "Биоревитализация", "Гигиена полости рта")
#: What each cause should be named as: (dimension, value, kind); a price may carry any value.
NAMES = {
    "doctor": ("doctor", "Котова Е. В.", "rate"),
    "doctor2": ("doctor", "Панина А. Л.", "rate"),
    "doctor_left": ("doctor", "Смирнов А. А.", "rate"),
    "service": ("service", "Чистка лица", "rate"),
    "price": ("price", None, "rate"),
    "channel_mix": ("channel", "Купоны", "mix"),
    "channel_rate": ("channel", "Сайт", "rate"),
    "branch": ("branch", "Центр", "rate"),
    "age": ("age", None, "rate"),
    "wait": ("wait", "больше двух недель", "mix"),
    "wait_branch": ("wait", "больше двух недель", "mix"),
    "corridor": ("corridor", "больше 20 минут", "rate"),
    "feedback": ("feedback", "есть вопрос", "rate"),
}  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Clinic:
    """An order for a clinic. `causes` are names of NAMES or: uniform, uniform_logit, season, gap, branch_gap, young,
    growth, tracking, inflation, recoding, told (waiting and answers are written down and harm nobody).
    Uniform and named ones start `days_ago` before the end.
    """

    causes: tuple[str, ...] = ()
    seed: int = 1
    patients: int = 8000
    months: int = 42
    strength: float = 1.0
    days_ago: int = 380
    as_of: date = AS_OF

    @property
    def history(self) -> int:
        """Days of the export."""
        return round(self.months * 30.44)


def visits_of(clinic: Clinic) -> pl.DataFrame:
    """The visits as intake would give them, future appointments included, in the order of days."""
    rng = np.random.default_rng([clinic.seed, 77])
    columns, people = _walk(clinic, rng)
    return _frame(clinic, columns, people, rng)


def _walk(clinic: Clinic, rng: np.random.Generator) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Days count from the first exported one. One pass of the loop is one visit of everybody still coming."""
    n, last = clinic.patients, clinic.history - 1
    has = set(clinic.causes).__contains__
    since = last - clinic.days_ago
    # Waiting and answers have a stream of their own, so that the rest of a clinic is the same with and without them.
    aside = np.random.default_rng([clinic.seed, 78])
    if has("young"):
        first = (last * np.sqrt(rng.random(n))).astype(np.int64)
    elif has("growth"):
        first = np.where(rng.random(n) < 0.65, rng.integers(-900, last, n), rng.integers(last - 720, last, n))
    else:
        first = rng.integers(-1100, last, n)
    channel = rng.choice(len(CHANNELS), n, p=CHANNEL_SHARES)
    if has("channel_mix"):
        grown = (first > since - 260) & (rng.random(n) < 0.42 * clinic.strength)
        channel = np.where(grown, 5, channel)
    doctor = rng.choice(len(DOCTORS), n, p=WEIGHTS / WEIGHTS.sum())
    spec_of = np.array([spec for spec, _ in DOCTORS.values()])
    branch_of = np.array([branch for _, branch in DOCTORS.values()])
    age = np.clip(rng.normal(42, 18, n), 2, 88)
    loyal = np.clip(rng.beta(5, 1.5, n), 0.05, 0.97)
    people = {"channel": channel, "age": age, "sex": (rng.random(n) < 0.62).astype(np.int64), "first": first}
    season = np.array([0.8, 1, 1.1, 1.1, 0.95, 0.9, 0.6, 0.65, 1.1, 1.15, 1.1, 0.95]) if has("season") else np.ones(12)
    who, day = np.arange(n), first.astype(np.float64)
    names = list(DOCTORS)
    parts: list[dict[str, np.ndarray]] = []
    service_names = [[name for name, _ in SERVICES[spec]] for spec in range(4)]
    while len(who):
        wander = rng.random(len(who)) < 0.12
        other = rng.integers(0, len(DOCTORS), len(who))
        same_house = branch_of[other] == branch_of[doctor[who]]
        seen_by = np.where(wander & same_house, other, doctor[who])
        if has("doctor_left"):
            gone = (seen_by == 0) & (day >= since)
            seen_by = np.where(gone, 2, seen_by)
        spec = spec_of[seen_by]
        service = (rng.random(len(who)) * np.array([len(each) for each in SERVICES])[spec]).astype(np.int64)
        wait = np.minimum(aside.exponential(3.0, len(who)).astype(np.int64), 13)
        where = (branch_of[seen_by] == 1) | (not has("wait_branch"))
        crowded = (has("wait") or has("wait_branch")) & where & (day >= since - 260) & (aside.random(len(who)) < 0.4)
        wait = np.where(crowded, 15 + aside.integers(0, 20, len(who)), wait)
        corridor = np.minimum(aside.exponential(9.0, len(who)), 90).astype(np.int64)
        feeling = np.where(aside.random(len(who)) < 0.5, aside.choice(3, len(who), p=[0.7, 0.22, 0.08]), -1)
        parts.append(
            {
                "person": who, "day": day, "doctor": seen_by, "spec": spec, "service": service, "wait": wait,
                "corridor": corridor, "feeling": feeling,
            }
        )  # fmt: skip
        gap = np.maximum(6, rng.lognormal(np.log(110), 0.6, len(who)))
        month = _months(clinic, day + gap)
        gap = gap / season[month]
        back = day + gap
        late = back >= since
        keep = loyal[who] * np.where(channel[who] == 5, 0.45, 1.0) * np.where(crowded, 1 - 0.6 * clinic.strength, 1.0)
        f = clinic.strength
        offers = [np.array([name in RAISED for name in each]) for each in service_names]
        raised = np.array([offers[s][v] for s, v in zip(spec, service, strict=True)]) if has("price") else None
        hit = {
            "doctor": (seen_by == names.index("Котова Е. В."), 0.55),
            "doctor2": (seen_by == names.index("Панина А. Л."), 0.55),
            "doctor_left": (seen_by == 0, 0.6),
            "service": ((spec == 2) & (service == 0), 0.6),
            "price": (raised, 0.5),
            "channel_rate": (channel[who] == 1, 0.4),
            "branch": (branch_of[seen_by] == 1, 0.25),
            "age": (age[who] >= 60, 0.45),
            "corridor": (corridor > 20, 0.6),
            "feedback": (feeling == 1, 0.6),
            "uniform": (np.ones(len(who), bool), 0.25),
        }
        for cause, (cell, force) in hit.items():
            if has(cause) and cell is not None:
                keep = np.where(late & cell, keep * (1 - min(1.0, force * f)), keep)
        if has("uniform_logit"):
            odds = np.log(keep / (1 - keep)) - 0.8 * f
            keep = np.where(late, 1 / (1 + np.exp(-odds)), keep)
        coming = (rng.random(len(who)) < keep) & (back < last + 60)
        who, day = who[coming], back[coming]
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    inside = columns["day"] >= 0
    return {name: values[inside] for name, values in columns.items()}, people


def _months(clinic: Clinic, day: np.ndarray) -> np.ndarray:
    start = np.datetime64(clinic.as_of - timedelta(days=clinic.history - 1), "D")
    return (start + day.astype(np.int64).astype("timedelta64[D]")).astype("datetime64[M]").astype(np.int64) % 12


def _frame(
    clinic: Clinic, columns: dict[str, np.ndarray], people: dict[str, np.ndarray], rng: np.random.Generator
) -> pl.DataFrame:
    has = set(clinic.causes).__contains__
    last = clinic.history - 1
    start = clinic.as_of - timedelta(days=last)
    day = columns["day"].astype(np.int64)
    branch = np.array([branch for _, branch in DOCTORS.values()])[columns["doctor"]]
    keep = np.ones(len(day), bool)
    if has("gap"):
        keep &= ~((last - day >= 140) & (last - day < 175))
    if has("branch_gap"):
        keep &= ~((last - day >= 100) & (last - day < 170) & (branch == 0))
    columns = {name: values[keep] for name, values in columns.items()}
    day, branch = day[keep], branch[keep]
    order = np.argsort(day, kind="stable")
    columns = {name: values[order] for name, values in columns.items()}
    day, branch = day[order], branch[order]
    size = len(day)
    width = max(map(len, SERVICES))
    names = np.array([[*(name for name, _ in each), *[""] * (width - len(each))] for each in SERVICES])
    prices = np.array([[*(price for _, price in each), *[0] * (width - len(each))] for each in SERVICES])
    service = names[columns["spec"], columns["service"]]
    price = prices[columns["spec"], columns["service"]].astype(np.float64)
    since = last - clinic.days_ago
    if has("price"):
        price = np.where(np.isin(service, RAISED) & (day >= since - 10), price * 1.3, price)
    price *= 1.0 + (0.12 if has("inflation") else 0.04) * (day >= last - 500)
    channel = np.array(CHANNELS, dtype=object)[people["channel"][columns["person"]]]
    unknown = people["first"] % 50 == 7
    if has("tracking"):
        unknown |= (people["first"] > since) & (rng.random(len(people["first"])) < 0.6)
    channel = np.where(unknown[columns["person"]], None, channel)
    status = np.where(day > last, "planned", np.where(rng.random(size) < 0.05, "no_show", "completed"))
    if has("recoding"):
        status = np.where((day < since) & (status == "no_show"), "completed", status)
    born = [start - timedelta(days=int(years * 365.25)) for years in people["age"]]
    days = [start + timedelta(days=each) for each in range(int(day.max()) + 1)]
    told = {"wait", "wait_branch", "corridor", "feedback", "told"} & set(clinic.causes)
    beside = {
        "wait_seconds": columns["wait"] * 86_400,
        "corridor_seconds": columns["corridor"] * 60,
        "feedback": pl.Series(["well", "so_so", "unwell", None])[columns["feeling"]],
    }
    return pl.DataFrame(
        {
            "row": np.arange(2, size + 2, dtype=np.int32),
            "visit": np.arange(size, dtype=np.int32),
            "person": columns["person"].astype(np.int32),
            "starts_at": pl.Series([datetime.combine(each, datetime.min.time()) for each in days])[day],
            "day": pl.Series(days, dtype=pl.Date)[day],
            "status": status,
            "doctor": np.array(list(DOCTORS))[columns["doctor"]],
            "speciality": np.array(SPECIALITIES)[columns["spec"]],
            "branch": np.array(BRANCHES)[branch],
            "service": service,
            "service_code": pl.Series([None] * size, dtype=pl.String),
            "price_kopecks": (price * 100).astype(np.int64),
            "paid_kopecks": pl.Series([None] * size, dtype=pl.Int64),
            "channel": pl.Series(channel.tolist(), dtype=pl.String),
            "is_first": pl.Series([None] * size, dtype=pl.Boolean),
            "born_on": pl.Series(born, dtype=pl.Date)[columns["person"]],
            "sex": np.array(["m", "f"])[people["sex"][columns["person"]]],
            **(beside if told else {}),
        }
    )

"""Where the demo clinic's patients live: a family at one address, most of them near, in a stream of its own."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

from zabota.ops.demo.spec import ClinicSpec

#: District or settlement as an address tells it, and its share of the families.
AREAS: Final = (
    ("г. Москва, р-н Хамовники", 0.17),
    ("г. Москва, р-н Раменки", 0.14),
    ("г. Москва, р-н Арбат", 0.11),
    ("г. Москва, р-н Ясенево", 0.10),
    ("г. Москва, р-н Чертаново Северное", 0.09),
    ("г. Москва, р-н Дорогомилово", 0.08),
    ("г. Москва, р-н Якиманка", 0.06),
    ("г. Москва, р-н Черёмушки", 0.06),
    ("Московская обл., г. Одинцово", 0.05),
    ("Московская обл., г. Видное", 0.03),
    ("Московская обл., пос. Развилка", 0.02),
    ("Московская обл., дер. Сапроново", 0.01),
)
STREETS: Final = (
    "Садовая", "Лесная", "Школьная", "Новая", "Парковая", "Центральная", "Озёрная", "Полевая", "Заречная", "Вишнёвая",
)  # fmt: skip
#: Part of the families whose address nobody wrote down.
UNKNOWN: Final = 0.08


def addresses(spec: ClinicSpec, people: pl.DataFrame) -> pl.Series:
    """The address of each person, empty where it is not known; the same for a household."""
    rng = spec.stream("addresses")
    size = len(people)
    shares = np.array([share for _, share in AREAS])
    area = rng.choice(len(AREAS), size, p=shares / shares.sum())
    street, house, flat = rng.integers(0, len(STREETS), size), rng.integers(1, 90, size), rng.integers(1, 220, size)
    unknown = rng.random(size) < UNKNOWN
    places = pl.Series([name for name, _ in AREAS])
    streets = pl.Series(STREETS)
    every = pl.select(
        pl.when(pl.Series(unknown))
        .then(pl.lit(""))
        .otherwise(
            pl.format(
                "{}, ул. {}, д. {}, кв. {}",
                places.gather(area),
                streets.gather(street),
                pl.Series(house),
                pl.Series(flat),
            )
        )
    ).to_series()
    return every.gather(people["household"].to_numpy().astype(np.int64)).alias("address")

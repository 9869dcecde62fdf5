"""Cards of the information system: mostly one per person, sometimes two that look like two people."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

from zabota.ops.demo import names
from zabota.ops.demo.schedule import COMPLETED, Appointments
from zabota.ops.demo.spec import ClinicSpec, Ints

MAIN, NO_PATRONYMIC, SAME, TYPO, MAIDEN, NO_BIRTH = range(6)
KINDS: Final = ("main", "no_patronymic", "same", "typo", "maiden_name", "no_birth_date")
SHARES: Final = (0.26, 0.24, 0.20, 0.18, 0.12)  # of the kinds after "main"
# A reader that matches by name and birth date finds these to be one person without help.
CERTAIN: Final = (NO_PATRONYMIC, SAME)
_SLIPS: Final = (("ов", "во"), ("ин", "ни"), ("е", "и"), ("о", "а"), ("л", "лл"), ("т", "д"), ("и", "е"), ("а", "о"))


def cards(spec: ClinicSpec, people: pl.DataFrame, rows: Appointments) -> tuple[pl.DataFrame, Ints]:
    """All cards, and for each appointment the row of the card it was written to."""
    rng = spec.stream("cards")
    size = len(people)
    kept = np.bincount(rows.person[rows.status == COMPLETED], minlength=size)
    several = np.flatnonzero(kept >= 2)
    want = min(len(several), round(size * spec.duplicates))
    twice = np.sort(rng.choice(several, want, replace=False)) if want else several[:0]
    kind = 1 + rng.choice(len(SHARES), want, p=SHARES)
    adult_woman = (people["woman"] & (people["parent"] < 0)).to_numpy()[twice]
    kind = np.where((kind == MAIDEN) & ~adult_woman, TYPO, kind)

    main = people.select(
        "person", "surname", "name", "patronymic", "birth_on", kind=pl.lit(MAIN, dtype=pl.Int8), since=pl.lit(0)
    )
    second, switch = _second(rng, people, rows, twice, kind)
    every = pl.concat([main, second.select(main.columns)]).with_row_index("card")
    number = rng.permutation(np.arange(len(every))) + 10_001
    every = every.with_columns(card_no=pl.Series(number).cast(pl.String))

    place = np.full(size, -1)
    place[twice] = size + np.arange(want)
    moves = np.full(size, np.iinfo(np.int64).max)
    moves[twice] = switch
    later = rows.day >= moves[rows.person]
    return every, np.where(later, place[rows.person], rows.person)


def _second(
    rng: np.random.Generator, people: pl.DataFrame, rows: Appointments, twice: Ints, kind: Ints
) -> tuple[pl.DataFrame, Ints]:
    """The second cards, and from which day each of them is in use: some visits fall on either card."""
    done = pl.DataFrame({"person": rows.person, "day": rows.day, "status": rows.status}).filter(
        pl.col("status") == COMPLETED, pl.col("person").is_in(twice)
    )
    days = done.sort("person", "day").group_by("person", maintain_order=True).agg("day")
    lists = days["day"].to_list()
    part = rng.random(len(lists))
    switch = np.array([seen[1 + int(p * (len(seen) - 1))] for seen, p in zip(lists, part, strict=True)], dtype=np.int64)
    of_twice = people[twice]
    maiden = names.surnames(
        names.surname_ranks(rng, len(twice)), np.ones(len(twice), dtype=np.bool_), np.full(len(twice), -1)
    )
    slips = rng.permuted(np.tile(np.arange(len(_SLIPS)), (len(twice), 1)), axis=1)
    surname = [
        _slip(text, order) if k == TYPO else (other if k == MAIDEN else text)
        for text, other, order, k in zip(of_twice["surname"], maiden, slips, kind, strict=True)
    ]
    second = of_twice.select(
        "person",
        pl.Series("surname", surname, dtype=pl.String),
        "name",
        pl.when(pl.Series(kind == NO_PATRONYMIC)).then(None).otherwise("patronymic").alias("patronymic"),
        pl.when(pl.Series(kind == NO_BIRTH)).then(None).otherwise("birth_on").alias("birth_on"),
        kind=pl.Series(kind.astype(np.int8)),
        since=pl.Series(switch.astype(np.int32)),
    )
    return second, switch


def _slip(text: str, order: Ints) -> str:
    """A surname with one slip of the finger."""
    for number in order:
        wrong, right = _SLIPS[int(number)]
        at = text.find(wrong, 1)
        if at > 0:
            return text[:at] + right + text[at + len(wrong) :]
    return text[:-1] + text[-1] * 2

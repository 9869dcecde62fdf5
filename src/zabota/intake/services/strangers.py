"""Different people under one number of the system: each has a card, as the audit counts them, in this load and the next."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import polars as pl

from zabota.intake.services.people import CHUNK, NAMELESS, PARTED, chunked
from zabota.kernel.names import fold
from zabota.patients.api import may_be_one
from zabota.patients.models import PatientExternalId

#: Beginning of the key of a row that names a number.
_NUMBERED = "i:"


@dataclass(frozen=True, slots=True)
class _Stranger:
    """One of the people who stand under a number."""

    key: str
    person: int
    surname: str
    name: str
    born_on: date | None

    @property
    def known_as(self) -> tuple[str, str, date | None]:
        return fold(self.surname), fold(self.name), self.born_on

    @property
    def own_id(self) -> str:
        """The same in every load that tells of this person under this number, however much of the name it tells."""
        surname, name, born_on = self.known_as
        text = "|".join((self.key, surname, name[:1], born_on.isoformat() if born_on else ""))
        return f"{_start_of(self.key)}{hashlib.sha256(text.encode()).hexdigest()[:32]}"


def _start_of(key: str) -> str:
    """How ids begin that are given under this number: by it the next load sees whom it must tell apart."""
    return f"{PARTED}{key.removeprefix(_NUMBERED)[:24]}~"


def part_strangers(frames: list[pl.DataFrame], *, clinic_id: int, system: str) -> tuple[list[pl.DataFrame], list[str]]:
    """Keyed frames in which a number means one person, and the numbers that meant several.

    The number stays with whom the clinic knows by it, else with the first in the export; to the others we give ids of
    our own. Whose rows also stand under a number that is theirs alone goes by that one.
    """
    parted = PatientExternalId.objects.filter(clinic_id=clinic_id, system=system, ext_id__startswith=PARTED)
    known = set(parted.values_list("ext_id", flat=True))
    people = _people(frames, told_apart={ext_id[: ext_id.rindex("~") + 1] for ext_id in known})
    by_key: dict[str, list[_Stranger]] = {}
    for each in people:
        by_key.setdefault(each.key, []).append(each)
    shared = {key: group for key, group in by_key.items() if len(group) > 1}
    moved = {
        each: each.own_id
        for key, group in by_key.items()
        if key not in shared
        for each in group
        if each.own_id in known
    }
    if shared:
        keepers = _keepers(shared, clinic_id=clinic_id, system=system)
        alone = _numbers_of_one(frames, {each.person for group in shared.values() for each in group}, set(shared))
        for key, group in shared.items():
            for each in group:
                if each is not keepers[key]:
                    moved[each] = alone.get(each.person) or each.own_id
    numbers = sorted(key.removeprefix(_NUMBERED).removeprefix("card:") for key in shared)
    return (_moved(frames, moved) if moved else frames), numbers


def _people(frames: Iterable[pl.DataFrame], *, told_apart: set[str]) -> list[_Stranger]:
    """Who stands under which number, of those that mean or have meant several people, in the order of the export."""
    parts = [
        frame.filter(pl.col("card_key").str.starts_with(_NUMBERED) & pl.col("person").is_not_null()).select(
            "card_key",
            pl.col("person").cast(pl.Int32),
            pl.col("surname").cast(pl.String),
            pl.col("name").cast(pl.String),
            pl.col("born_on").cast(pl.Date),
        )
        for frame in frames
        if frame.height and "person" in frame.columns
    ]
    if not parts:
        return []
    rows = pl.concat(parts)
    counted = rows.select("card_key", "person").unique().group_by("card_key").len()
    several = set(counted.filter(pl.col("len") > 1)["card_key"])
    if told_apart:
        several.update(key for key in counted["card_key"] if _start_of(key) in told_apart)
    rows = rows.filter(pl.col("card_key").is_in(list(several)))
    found = rows.group_by("card_key", "person", maintain_order=True).agg(
        *(pl.col(name).drop_nulls().first() for name in ("surname", "name", "born_on"))
    )
    return [
        _Stranger(key, person, surname or "", name or "", born_on)
        for key, person, surname, name, born_on in found.iter_rows()
    ]


def _keepers(shared: dict[str, list[_Stranger]], *, clinic_id: int, system: str) -> dict[str, _Stranger | None]:
    """Of the people under each number, whose it remains."""
    keepers: dict[str, _Stranger | None] = {key: group[0] for key, group in shared.items()}
    ids = {key.removeprefix(_NUMBERED)[:64]: key for key in shared}
    for part in chunked(list(ids), CHUNK):
        rows = PatientExternalId.objects.filter(clinic_id=clinic_id, system=system, ext_id__in=part)
        for ext_id, surname, name, born_on in rows.values_list(
            "ext_id", "patient__surname", "patient__name", "patient__born_on"
        ):
            holder = ("" if surname == NAMELESS else fold(surname), fold(name), born_on)
            group = shared[ids[ext_id]]
            keepers[ids[ext_id]] = next((each for each in group if may_be_one(holder, each.known_as)), None)
    return keepers


def _numbers_of_one(frames: Iterable[pl.DataFrame], people: set[int], shared: set[str]) -> dict[int, str]:
    """For these people, a number of the export that is theirs alone."""
    numbers: dict[int, str] = {}
    for frame in frames:
        if frame.height and "person" in frame.columns:
            own = frame.filter(
                pl.col("card_key").str.starts_with(_NUMBERED)
                & ~pl.col("card_key").is_in(list(shared))
                & pl.col("person").is_in(list(people))
            )
            for person, key in own.select("person", "card_key").unique().iter_rows():
                number = key.removeprefix(_NUMBERED)
                numbers[person] = min(numbers.get(person, number), number)
    return numbers


def _moved(frames: list[pl.DataFrame], moved: dict[_Stranger, str]) -> list[pl.DataFrame]:
    table = pl.DataFrame(
        [(each.key, each.person, ext_id) for each, ext_id in moved.items()],
        schema={"card_key": pl.String, "person": pl.Int32, "_own": pl.String},
        orient="row",
    )
    result = []
    for frame in frames:
        if not frame.height or "person" not in frame.columns:
            result.append(frame)
            continue
        joined = frame.with_columns(pl.col("person").cast(pl.Int32)).join(
            table, on=["card_key", "person"], how="left", maintain_order="left"
        )
        is_moved = pl.col("_own").is_not_null()
        result.append(
            joined.with_columns(
                pl.when(is_moved)
                .then(pl.lit(_NUMBERED) + pl.col("_own"))
                .otherwise(pl.col("card_key"))
                .alias("card_key"),
                pl.when(is_moved & pl.col("patient_ext_id").is_not_null())
                .then(pl.col("_own"))
                .otherwise(pl.col("patient_ext_id"))
                .alias("patient_ext_id"),
            ).drop("_own")
        )
    return result

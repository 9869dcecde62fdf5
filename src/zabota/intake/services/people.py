"""Which cards the rows of an export belong to: found by system id, then by name and birth date, else new."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

import polars as pl

from zabota.intake.rules.values import notes_of_phones
from zabota.kernel.names import fold, patronymics_agree
from zabota.patients.api import area_of
from zabota.patients.models import Patient, PatientExternalId

#: Ids in one query: below SQLite's limit of variables and quick on both databases.
CHUNK = 500

_PERSON: dict[str, Any] = {
    "patient_ext_id": pl.String,
    "surname": pl.String,
    "name": pl.String,
    "patronymic": pl.String,
    "born_on": pl.Date,
    "sex": pl.String,
    "phones": pl.List(pl.String),
    "phone_notes": pl.String,
    "email": pl.String,
    "card_no": pl.String,
    "branch": pl.String,
    "channel": pl.String,
    "address": pl.String,
    "area": pl.String,
    "place": pl.String,
    "no_call": pl.Boolean,
    "no_sms": pl.Boolean,
    "consent": pl.String,
    "consent_on": pl.Date,
    "consent_source": pl.String,
    "day": pl.Date,
}
#: Fields of a card that a load may fill when they are empty; it never overwrites what a person entered.
FILLED = ("surname", "patronymic", "name", "born_on", "sex", "card_no", "address", "area")
#: Surname of a card that is known by a number or a phone only, until an export or a person names it.
NAMELESS = "Без имени"
#: Beginning of the ids that we give to people who stand under the number of another.
PARTED = "~~"
#: Keys of rows without surname and number: of what they do tell.
_SHORT = "p:"
_NOBODY = f"{_SHORT}||"


@dataclasses.dataclass
class Card:
    """One person of an export and the card of the clinic that is theirs (None: to be made)."""

    key: str
    ext_id: str
    surname: str
    name: str
    patronymic: str
    name_key: str
    born_on: date | None
    sex: str
    card_no: str
    phones: list[str]
    email: str
    branch: str
    channel: str
    no_call: bool
    no_sms: bool
    consent: str
    consent_on: date | None
    consent_source: str
    first_day: date | None
    address: str = ""
    #: District or settlement, told or taken from the address.
    area: str = ""
    #: Extension and remark of a number, where the export tells one.
    phone_notes: dict[str, tuple[str, str]] = dataclasses.field(default_factory=dict)
    patient_id: int | None = None
    #: Empty fields of the found card that this export knows.
    fills: dict[str, Any] = dataclasses.field(default_factory=dict)
    #: The found card has no id of this system yet.
    attach_id: bool = False

    @property
    def pk(self) -> int:
        """The card's id; asking before it was found or made is a defect."""
        assert self.patient_id is not None
        return self.patient_id


def with_card_keys(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with `card_key`: the system's id, else folded full name and birth date, else all that the row tells."""
    frame = _complete(frame)
    # Many systems number people by the card only: then the card's number is their id in that system.
    card = pl.lit("card:") + pl.col("card_no").cast(pl.String)
    frame = frame.with_columns(
        pl.coalesce(
            pl.when(pl.col("patient_ext_id") != "").then(pl.col("patient_ext_id")),
            pl.when(pl.col("card_no").cast(pl.String) != "").then(card),
        ).alias("patient_ext_id")
    )
    full = pl.concat_str(
        [pl.col(part).fill_null("") for part in ("surname", "name", "patronymic")], separator=" "
    ).alias("full_name")
    frame = frame.with_columns(full)
    names = frame["full_name"].unique().to_list()
    folded = pl.DataFrame(
        {"full_name": names, "name_key": [" ".join(fold(each).split()) for each in names]},
        schema={"full_name": pl.String, "name_key": pl.String},
    )
    frame = frame.join(folded, on="full_name", how="left", maintain_order="left")
    # Without a birth date the first phone keeps namesakes apart.
    apart = pl.col("born_on").cast(pl.String).fill_null(pl.col("phones").cast(pl.List(pl.String)).list.first())
    by_name = pl.concat_str([pl.lit("n:"), pl.col("name_key"), pl.lit("|"), apart.fill_null("")])
    has_id = pl.col("patient_ext_id").is_not_null() & (pl.col("patient_ext_id") != "")
    has_surname = pl.col("surname").fill_null("") != ""
    # «Анна» of two phones is two people, as the audit counts them.
    by_little = pl.concat_str(
        pl.lit(_SHORT),
        pl.col("name_key"),
        pl.lit("|"),
        pl.col("born_on").cast(pl.String).fill_null(""),
        pl.lit("|"),
        pl.col("phones").cast(pl.List(pl.String)).list.sort().list.join(",").fill_null(""),
    )
    keyed = frame.with_columns(
        pl.when(has_id)
        .then(pl.lit("i:") + pl.col("patient_ext_id"))
        .when(~has_surname)
        .then(by_little)
        .otherwise(by_name)
        .alias("card_key"),
        by_name.alias("_by_name"),
    )
    # A row without the id is the person who has one in another row under the same name and birth date.
    known = (
        keyed.filter(has_id & pl.col("born_on").is_not_null() & has_surname)
        .group_by("_by_name")
        .agg(pl.col("card_key").min().alias("_id_key"))
    )
    keyed = keyed.join(known, on="_by_name", how="left", maintain_order="left")
    return keyed.with_columns(
        pl.when(~has_id & has_surname & pl.col("_id_key").is_not_null())
        .then(pl.col("_id_key"))
        .otherwise(pl.col("card_key"))
        .alias("card_key")
    ).drop("_by_name", "_id_key")


def unite_nameless(frames: list[pl.DataFrame], *, clinic_id: int, system: str) -> list[pl.DataFrame]:
    """Keyed frames in which rows without surname and number that reading counts as one person have one key.

    Of several keys it is the one under which the clinic has the person already.
    """
    little = [
        frame.filter(pl.col("card_key").str.starts_with(_SHORT) & (pl.col("card_key") != _NOBODY)).select(
            pl.col("person").cast(pl.Int32), "card_key"
        )
        for frame in frames
        if frame.height and "person" in frame.columns
    ]
    keys: dict[int, set[str]] = {}
    for person, key in pl.concat(little).unique().drop_nulls().iter_rows() if little else ():
        keys.setdefault(person, set()).add(key)
    several = [key for group in keys.values() if len(group) > 1 for key in group]
    if not several:
        return frames
    ids = {_derived_id(key): key for key in several}
    known: set[str] = set()
    for part in chunked(list(ids), CHUNK):
        rows = PatientExternalId.objects.filter(clinic_id=clinic_id, system=system, ext_id__in=part)
        known.update(ids[ext_id] for ext_id in rows.values_list("ext_id", flat=True))
    one = {
        key: min(group, key=lambda each: (each not in known, each))
        for group in keys.values()
        if len(group) > 1
        for key in group
    }
    return [frame.with_columns(pl.col("card_key").replace(one)) if frame.height else frame for frame in frames]


def _complete(frame: pl.DataFrame) -> pl.DataFrame:
    missing = [pl.lit(None, dtype=kind).alias(name) for name, kind in _PERSON.items() if name not in frame.columns]
    return frame.with_columns(missing) if missing else frame


def cards_of(frames: Iterable[pl.DataFrame]) -> list[Card]:
    """Distinct people of keyed frames; the first frame in the list that knows a thing is believed (patients first)."""
    parts = [
        frame.select("card_key", "name_key", *[pl.col(name).cast(kind) for name, kind in _PERSON.items()])
        for frame in frames
        if frame.height
    ]
    if not parts:
        return []
    rows = pl.concat(parts)
    named = pl.col("surname").fill_null("") != ""
    # Rows with a surname first: what they tell of the name goes together.
    rows = pl.concat([rows.filter(named), rows.filter(~named & (pl.col("card_key") != _NOBODY))])
    first = [
        pl.col(name).drop_nulls().first()
        for name in _PERSON
        if name not in {"phones", "phone_notes", "day", "no_call", "no_sms"}
    ]
    grouped = rows.group_by("card_key", maintain_order=True).agg(
        pl.col("name_key").first(),
        *first,
        pl.col("no_call").any(),
        pl.col("no_sms").any(),
        pl.col("day").min(),
        pl.col("phones").explode().drop_nulls().unique(maintain_order=True),
        pl.col("phone_notes").drop_nulls().unique(maintain_order=True),
    )
    return [
        Card(
            key=row["card_key"],
            ext_id=(row["patient_ext_id"] or _own_id(row["card_key"], row["born_on"]))[:64],
            surname=(row["surname"] or "")[:100],
            name=(row["name"] or "")[:100],
            patronymic=(row["patronymic"] or "")[:100],
            name_key=row["name_key"][:310],
            born_on=row["born_on"],
            sex=row["sex"] or "",
            card_no=(row["card_no"] or "")[:40],
            phones=[phone for phone in row["phones"] if phone],
            phone_notes=notes_of_phones(row["phone_notes"]),
            email=(row["email"] or "").strip().lower()[:254],
            branch=row["branch"] or "",
            channel=row["channel"] or "",
            no_call=bool(row["no_call"]),
            no_sms=bool(row["no_sms"]),
            consent=row["consent"] or "",
            consent_on=row["consent_on"],
            consent_source=row["consent_source"] or "",
            first_day=row["day"],
            address=" ".join((row["address"] or "").split())[:300],
            area=area_of(row["address"] or "", area=row["area"] or "", place=row["place"] or ""),
        )
        for row in grouped.iter_rows(named=True)
    ]


def _own_id(card_key: str, born_on: date | None) -> str:
    """People with surname and birth date are found again by them."""
    return "" if born_on and not card_key.startswith(_SHORT) else _derived_id(card_key)


def _derived_id(card_key: str) -> str:
    """An id for people whom the export neither numbers nor dates, so that the same file finds them again."""
    return "~" + hashlib.sha256(card_key.encode()).hexdigest()[:32]


def match_cards(cards: list[Card], *, clinic_id: int, system: str) -> None:
    """Fill `patient_id`, `fills` and `attach_id` of each card from the database."""
    by_ext: dict[str, int] = dict(
        PatientExternalId.objects.filter(clinic_id=clinic_id, system=system).values_list("ext_id", "patient_id")
    )
    followed = _kept_cards(by_ext.values())
    for card in cards:
        found = by_ext.get(card.ext_id) if card.ext_id else None
        if found is not None:
            card.patient_id = followed.get(found, found)
    owners = set(by_ext.values()) | set(followed.values())
    _match_by_name(cards, clinic_id=clinic_id, owners=owners)
    find_fills(cards)
    for card in cards:
        if card.patient_id is None and not card.surname and not card.name:
            card.surname, card.name_key = NAMELESS, fold(NAMELESS)


def _kept_cards(patient_ids: Iterable[int]) -> dict[int, int]:
    """For cards that were merged away: the card that was kept, to the end of the chain."""
    pairs = dict(Patient.objects.filter(merged_into__isnull=False).values_list("id", "merged_into_id"))
    kept: dict[int, int] = {}
    for patient_id in set(patient_ids):
        target, steps = patient_id, 0
        while target in pairs and steps < 20:
            target, steps = pairs[target], steps + 1
        if target != patient_id:
            kept[patient_id] = target
    return kept


def _match_by_name(cards: list[Card], *, clinic_id: int, owners: set[int]) -> None:
    """Surname, name and birth date equal, patronymics not contradicting. A phone alone never decides."""
    open_cards = [card for card in cards if card.patient_id is None and card.born_on and card.surname]
    wanted: dict[date, list[Card]] = {}
    for card in open_cards:
        assert card.born_on is not None
        wanted.setdefault(card.born_on, []).append(card)
    taken = {card.patient_id for card in cards if card.patient_id is not None}
    for days in chunked(list(wanted), CHUNK):
        rows = (
            Patient.objects.cards()
            .filter(clinic_id=clinic_id, born_on__in=days)
            .values_list("id", "surname", "name", "patronymic", "born_on")
        )
        for patient_id, surname, name, patronymic, born_on in rows:
            for card in wanted.get(born_on, []) if born_on else []:
                if card.patient_id is not None or patient_id in taken:
                    continue
                same = (
                    fold(card.surname) == fold(surname)
                    and fold(card.name) == fold(name)
                    and patronymics_agree(fold(card.patronymic), fold(patronymic))
                )
                # A card that already has another id of this system stays apart: the two are shown as a likely pair.
                # An id of our own says nothing against it: the person stood under a number that is not theirs.
                is_numbered = card.ext_id and not card.ext_id.startswith(PARTED)
                if same and not (is_numbered and patient_id in owners):
                    card.patient_id, card.attach_id = patient_id, bool(card.ext_id)
                    taken.add(patient_id)


def find_fills(cards: list[Card]) -> None:
    """Fill `fills` of found cards: what the clinic's card lacks and this export knows."""
    by_id = {card.patient_id: card for card in cards if card.patient_id is not None}
    for ids in chunked(list(by_id), CHUNK):
        for row in Patient.objects.filter(id__in=ids).values("id", *FILLED):
            card = by_id[row["id"]]
            for field in FILLED:
                value = getattr(card, field)
                if value and not row[field]:
                    card.fills[field] = value
            if row["surname"] == NAMELESS and (card.surname or card.name):
                card.fills["surname"] = card.surname
            if "surname" in card.fills:
                card.fills["name_key"] = card.name_key


def chunked(values: list[Any], size: int) -> Iterator[list[Any]]:
    """The list in parts of `size`."""
    for start in range(0, len(values), size):
        yield values[start : start + size]

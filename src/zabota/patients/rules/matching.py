"""Which rows speak of one person: by the system's number, then by name and birth date; a phone alone never decides."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from typing import Any, Final, Literal

import polars as pl
from rapidfuzz import fuzz

from zabota.kernel.names import fold, patronymics_agree
from zabota.patients.rules.identity import may_be_one

UnionReason = Literal["name_birth", "name_phone", "name_only", "card"]

IDENTITY: Final[dict[str, Any]] = {
    "patient_ext_id": pl.String, "card_no": pl.String, "surname": pl.String, "name": pl.String, "patronymic": pl.String, "born_on": pl.Date,
    "phones": pl.List(pl.String),
}  # fmt: skip
UNION_SCHEMA: Final[dict[str, Any]] = {"person": pl.Int32, "reason": pl.String, "one": pl.String, "other": pl.String}
CANDIDATE_SCHEMA: Final[dict[str, Any]] = {
    "one": pl.Int32,
    "other": pl.Int32,
    "score": pl.Float64,
    "reasons": pl.List(pl.String),
}
HOUSEHOLD_LIMIT: Final = 12  # a phone of more people is the clinic's own or a stub
#: A name that only resembles is never as sure as an equal one, whatever else agrees.
ALIKE_AT_MOST: Final = 95.0
BLOCK_LIMIT: Final = 400  # a block larger than this is no evidence


@dataclass(frozen=True, slots=True)
class Matched:
    """`people`: dense index of the person for each row, in row order. `unions`: cards counted as one, with the reason."""

    people: pl.Series
    unions: pl.DataFrame
    split_ids: int  # numbers of the system that stood on different people


@dataclass(slots=True)
class _Identity:
    index: int
    ext_id: str
    card_no: str
    surname: str
    name: str
    patronymic: str
    born_on: date | None
    phones: tuple[str, ...]

    @property
    def label(self) -> str:
        return self.ext_id or self.card_no or f"#{self.index}"


def match_people(frame: pl.DataFrame) -> Matched:
    """Index the people of a frame with the columns of `IDENTITY`; the order of rows does not change who is united."""
    prepared = frame.select(
        pl.col("patient_ext_id").fill_null(""),
        pl.col("card_no").fill_null(""),
        *(_folded(frame, name) for name in ("surname", "name", "patronymic")),
        pl.col("born_on"),
        pl.col("phones").list.sort().list.join(" ").fill_null(""),
    )
    columns = prepared.columns
    distinct = prepared.unique().sort(columns, nulls_last=True)
    identities = [
        _Identity(index, ext_id, card, surname, name, patronymic, born, tuple(phones.split()))
        for index, (ext_id, card, surname, name, patronymic, born, phones) in enumerate(distinct.iter_rows())
    ]
    groups = _Groups(len(identities))
    reasons: dict[tuple[int, int], UnionReason] = {}
    split = _by_system_number(identities, groups)
    _by_card(identities, groups, reasons)
    _by_name_and_birth(identities, groups, reasons)
    _by_name_and_phone(identities, groups, reasons)
    _by_name_only(identities, groups, reasons)
    dense = groups.dense()
    keyed = distinct.with_columns(pl.Series("_person", dense, dtype=pl.Int32))
    people = prepared.join(keyed, on=columns, how="left", nulls_equal=True, maintain_order="left")["_person"]
    unions = pl.DataFrame(
        [
            (dense[one], reason, identities[one].label, identities[other].label)
            for (one, other), reason in reasons.items()
        ],
        schema=UNION_SCHEMA,
        orient="row",
    )
    return Matched(people.alias("person"), unions, split)


def candidate_duplicates(people: pl.DataFrame, *, threshold: float = 80.0) -> pl.DataFrame:
    """Pairs of people (frame with `person` and the columns of `IDENTITY`) that may be one; a person decides."""
    rows = [
        (int(row["person"]), fold(row["surname"] or ""), fold(row["name"] or ""), fold(row["patronymic"] or ""), row["born_on"], tuple(row["phones"] or ()))
        for row in people.select("person", "surname", "name", "patronymic", "born_on", "phones").iter_rows(named=True)
    ]  # fmt: skip
    blocks: dict[object, list[int]] = defaultdict(list)
    for index, row in enumerate(rows):
        for phone in row[5]:
            blocks["phone", phone].append(index)
        if row[4] is not None:
            blocks["birth", row[4], row[1][:1]].append(index)
            blocks["birth", row[4], "name", row[2]].append(index)  # a surname changed by marriage
    pairs: set[tuple[int, int]] = set()
    for members in blocks.values():
        if 2 <= len(members) <= BLOCK_LIMIT:
            pairs.update(combinations(sorted(set(members)), 2))
    found: list[tuple[int, int, float, list[str]]] = []
    for one, other in sorted(pairs):
        score, why = _likeness(rows[one], rows[other])
        if score >= threshold and rows[one][0] != rows[other][0]:
            first, second = sorted((rows[one][0], rows[other][0]))
            found.append((first, second, round(score, 1), why))
    return pl.DataFrame(found, schema=CANDIDATE_SCHEMA, orient="row").sort(
        "score", "one", "other", descending=[True, False, False]
    )


def households(people: pl.DataFrame) -> pl.DataFrame:
    """People who share a phone: `person`, `household` (dense). One phone serves a family; it never makes one person of two."""
    shared: dict[str, list[int]] = defaultdict(list)
    for person, phones in people.select("person", "phones").iter_rows():
        # In the order of the card: which of two phones founds the household is the same in every run.
        for phone in dict.fromkeys(phones or ()):
            shared[phone].append(person)
    members = sorted(
        {person for people_ in shared.values() if 2 <= len(people_) <= HOUSEHOLD_LIMIT for person in people_}
    )
    place = {person: index for index, person in enumerate(members)}
    groups = _Groups(len(members))
    for people_ in shared.values():
        if 2 <= len(people_) <= HOUSEHOLD_LIMIT:
            for other in people_[1:]:
                groups.unite(place[people_[0]], place[other])
    return pl.DataFrame(
        {"person": pl.Series(members, dtype=pl.Int32), "household": pl.Series(groups.dense(), dtype=pl.Int32)}
    )


Row = tuple[int, str, str, str, date | None, tuple[str, ...]]


def _likeness(one: Row, other: Row) -> tuple[float, list[str]]:
    why: list[str] = []
    score = 0.0
    surname = fuzz.ratio(one[1], other[1]) if one[1] and other[1] else 50.0
    name = fuzz.ratio(one[2], other[2]) if one[2] and other[2] else 50.0
    patronymic = fuzz.ratio(one[3], other[3]) if one[3] and other[3] else 70.0
    if name < 70 and not (one[2][:1] == other[2][:1] and min(len(one[2]), len(other[2])) <= 2):
        return 0.0, why
    score = 0.35 * surname + 0.3 * name + 0.15 * patronymic
    same_birth = one[4] is not None and one[4] == other[4]
    other_birth = one[4] is not None and other[4] is not None and one[4] != other[4]
    if same_birth:
        score += 20
        why.append("birth")
    elif other_birth:
        score += 10 if _typo(one[4], other[4]) else -30
        if _typo(one[4], other[4]):
            why.append("birth_typo")
    if set(one[5]) & set(other[5]):
        score += 12
        why.append("phone")
    if surname >= 99 and name >= 99:
        why.append("name")
    elif surname < 60:
        why.append("surname_changed")
    else:
        why.append("name_alike")
        score = min(score, ALIKE_AT_MOST)
    return min(score, 100.0), why


def _typo(one: date | None, other: date | None) -> bool:
    """Birth dates that differ as typing errors do: one part, or day and month exchanged."""
    if one is None or other is None:
        return False
    if (one.day, one.month) == (other.month, other.day) and one.year == other.year:
        return True
    return (
        sum(a != b for a, b in zip((one.day, one.month, one.year), (other.day, other.month, other.year), strict=True))
        == 1
    )


def _folded(frame: pl.DataFrame, name: str) -> pl.Series:
    distinct = frame[name].drop_nulls().unique()
    table = pl.DataFrame(
        {name: distinct, "_f": pl.Series([fold(value) for value in distinct.to_list()], dtype=pl.String)}
    )
    return frame.select(name).join(table, on=name, how="left", maintain_order="left")["_f"].fill_null("").alias(name)


class _Groups:
    """Disjoint sets over 0…n-1."""

    def __init__(self, size: int) -> None:
        self.parent = list(range(size))

    def find(self, item: int) -> int:
        root = item
        while self.parent[root] != root:
            root = self.parent[root]
        while self.parent[item] != root:
            self.parent[item], item = root, self.parent[item]
        return root

    def unite(self, one: int, other: int) -> bool:
        first, second = self.find(one), self.find(other)
        if first == second:
            return False
        self.parent[max(first, second)] = min(first, second)
        return True

    def dense(self) -> list[int]:
        numbers: dict[int, int] = {}
        return [numbers.setdefault(self.find(item), len(numbers)) for item in range(len(self.parent))]


def _blocks(identities: Iterable[_Identity], key: Any) -> Iterable[list[_Identity]]:
    blocks: dict[Any, list[_Identity]] = defaultdict(list)
    for identity in identities:
        value = key(identity)
        if value is not None:
            blocks[value].append(identity)
    return (block for block in blocks.values() if len(block) > 1)


def _by_system_number(identities: Sequence[_Identity], groups: _Groups) -> int:
    split = 0
    for block in _blocks(identities, lambda i: i.ext_id or None):
        split += _unite_compatible(block, groups, None, None)
    return split


def _by_card(identities: Sequence[_Identity], groups: _Groups, reasons: dict[tuple[int, int], UnionReason]) -> None:
    """The number of the card serves when the system gives no number of its own."""
    block_of = _blocks(identities, lambda i: i.card_no if i.card_no and not i.ext_id else None)
    for block in block_of:
        _unite_compatible(block, groups, None, None)
    by_card: dict[str, _Identity] = {}
    for identity in identities:
        if identity.card_no and identity.ext_id:
            by_card.setdefault(identity.card_no, identity)
    for identity in identities:
        partner = by_card.get(identity.card_no) if identity.card_no and not identity.ext_id else None
        if partner is not None and _compatible(identity, partner):
            groups.unite(partner.index, identity.index)


def _unite_compatible(
    block: list[_Identity],
    groups: _Groups,
    reasons: dict[tuple[int, int], UnionReason] | None,
    reason: UnionReason | None,
) -> int:
    """One number is one person unless both name and birth date contradict: then two branches numbered apart."""
    if len(block) > BLOCK_LIMIT:
        return len(block)  # a number on hundreds of different people is a stub: it identifies nobody
    seeds: list[list[_Identity]] = []
    for identity in sorted(block, key=lambda i: (not i.surname, i.born_on is None, i.index)):
        for seed in seeds:
            if any(_compatible(identity, member) for member in seed):
                if groups.unite(seed[0].index, identity.index) and reasons is not None and reason is not None:
                    reasons[seed[0].index, identity.index] = reason
                seed.append(identity)
                break
        else:
            seeds.append([identity])
    return len(seeds) - 1


def _compatible(one: _Identity, other: _Identity) -> bool:
    return may_be_one((one.surname, one.name, one.born_on), (other.surname, other.name, other.born_on))


def _by_name_and_birth(
    identities: Sequence[_Identity], groups: _Groups, reasons: dict[tuple[int, int], UnionReason]
) -> None:
    for block in _blocks(
        identities, lambda i: (i.surname, i.name, i.born_on) if i.surname and i.name and i.born_on else None
    ):
        for cluster in _patronymic_clusters(block):
            first = cluster[0]
            for other in cluster[1:]:
                if first.ext_id and other.ext_id and first.ext_id != other.ext_id and not _enough(first, other):
                    continue
                _note(groups, reasons, first, other, "name_birth")
    for block in _blocks(identities, lambda i: (i.surname, i.born_on) if i.surname and i.name and i.born_on else None):
        for short in (i for i in block if len(i.name) == 1):
            full = [i for i in block if len(i.name) > 1 and i.name.startswith(short.name)]
            fits = [i for i in full if patronymics_agree(i.patronymic, short.patronymic)]
            if len({i.name for i in full}) == 1 and fits and not (short.ext_id and fits[0].ext_id):
                _note(groups, reasons, fits[0], short, "name_birth")


def _enough(one: _Identity, other: _Identity) -> bool:
    """Two numbers of the system become one person only on the whole name, or on a phone besides."""
    return (
        (len(one.patronymic) > 1 and one.patronymic == other.patronymic)
        or bool(set(one.phones) & set(other.phones))
        or (not one.patronymic and not other.patronymic)
    )


def _patronymic_clusters(block: list[_Identity]) -> list[list[_Identity]]:
    """Different patronymics are different people; a missing one joins only when there is no choice."""
    written = sorted({i.patronymic for i in block if i.patronymic}, key=lambda p: (-len(p), p))
    clusters: list[tuple[str, list[_Identity]]] = []
    for patronymic in written:
        homes = [cluster for cluster in clusters if patronymics_agree(cluster[0], patronymic)]
        members = [i for i in block if i.patronymic == patronymic]
        if len(homes) == 1:
            homes[0][1].extend(members)
        else:
            clusters.append((patronymic, members))
    bare = [i for i in block if not i.patronymic]
    if bare:
        if len(clusters) == 1:
            clusters[0][1].extend(bare)
        else:
            clusters.append(("", bare))
    return [members for _, members in clusters]


def _by_name_and_phone(
    identities: Sequence[_Identity], groups: _Groups, reasons: dict[tuple[int, int], UnionReason]
) -> None:
    """The same whole name with the same phone is one person when a side lacks the birth date and nobody else fits."""
    blocks: dict[tuple[str, str, str], list[_Identity]] = defaultdict(list)
    for identity in identities:
        if identity.name:
            for phone in identity.phones:
                blocks[identity.surname, identity.name, phone].append(identity)
    for block in blocks.values():
        if len(block) < 2 or len({i.born_on for i in block if i.born_on}) > 1:
            continue
        for cluster in _patronymic_clusters(block):
            first = next((i for i in cluster if i.born_on), cluster[0])
            for other in cluster:
                if other is first or (first.born_on and other.born_on):
                    continue
                if (
                    first.ext_id
                    and other.ext_id
                    and first.ext_id != other.ext_id
                    and not (first.surname and first.patronymic)
                ):
                    continue
                _note(groups, reasons, first, other, "name_phone")


def _by_name_only(
    identities: Sequence[_Identity], groups: _Groups, reasons: dict[tuple[int, int], UnionReason]
) -> None:
    """Rows that have nothing but a name belong to the only person of that whole name, or to each other."""
    bare = [i for i in identities if not (i.ext_id or i.card_no or i.born_on or i.phones)]
    if not bare:
        return
    owners: dict[tuple[str, str, str], set[int]] = defaultdict(set)
    for identity in identities:
        if identity.ext_id or identity.card_no or identity.born_on or identity.phones:
            owners[identity.surname, identity.name, identity.patronymic].add(groups.find(identity.index))
    for identity in bare:
        if not (identity.surname and identity.name and identity.patronymic):
            continue
        homes = owners.get((identity.surname, identity.name, identity.patronymic), set())
        if len(homes) == 1:
            _note(groups, reasons, identities[next(iter(homes))], identity, "name_only")


def _note(
    groups: _Groups, reasons: dict[tuple[int, int], UnionReason], one: _Identity, other: _Identity, reason: UnionReason
) -> None:
    if groups.unite(one.index, other.index):
        reasons[one.index, other.index] = reason

"""Search as one types: by any part of a name, by a phone in any spelling or its last digits, by the card number.

Four steps, each of which ends as soon as enough was found: the exact card; the beginning of the line (surname, then
name) along an ordered index; any part of it through the index of trigrams; and, when nothing was found, the same keys
on the Russian layout.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.db import connection

from zabota.patients.models import Contact, Patient
from zabota.patients.rules import search_text
from zabota.patients.rules.search_text import Query

#: Rows of the ordered index that are looked at before the trigrams are asked: a frequent part of a name is found among
#: the first two thousand cards, a rare one through the trigrams (on PostgreSQL a bitmap that must be built whole).
_ORDERED_LOOK = 2000
#: The same where trigrams cannot help.
_SHORT_LOOK = 30_000


@dataclass(frozen=True, slots=True)
class Found:
    """One line of the answer."""

    patient_id: int
    public_id: str
    full_name: str
    born_on: date | None
    card_no: str
    phone: str
    branch_id: int | None


def search(text: str, *, clinic_id: int, branch_ids: Sequence[int] | None = None, limit: int = 20) -> list[Found]:
    """Cards that fit, best first. `branch_ids` limits to these branches and to cards without one."""
    ids = search_ids(text, clinic_id=clinic_id, branch_ids=branch_ids, limit=limit)
    return _described(ids, read=search_text.read_query(text))


def search_ids(text: str, *, clinic_id: int, branch_ids: Sequence[int] | None = None, limit: int = 20) -> list[int]:
    """Ids of the cards that fit, best first."""
    found = _ids(search_text.read_query(text), clinic_id, branch_ids, limit)
    if not found:
        found = _ids(search_text.other_layout(text), clinic_id, branch_ids, limit)
    return found


def _ids(query: Query, clinic_id: int, branch_ids: Sequence[int] | None, limit: int) -> list[int]:
    if query.is_empty:
        return []
    where = _Where(clinic_id, branch_ids, limit)
    if query.digits:
        return _by_digits(query.digits, where)
    return _by_words(query.tokens, where)


@dataclass(frozen=True, slots=True)
class _Where:
    clinic_id: int
    branch_ids: Sequence[int] | None
    limit: int

    def sql(self) -> str:
        """Condition on the table `e` besides the clinic; ids are integers of our own, never text of a person."""
        if self.branch_ids is None:
            return ""
        allowed = ", ".join(str(int(each)) for each in self.branch_ids) or "NULL"
        return f" AND (e.branch_id IS NULL OR e.branch_id IN ({allowed}))"


def _by_digits(readings: Sequence[str], where: _Where) -> list[int]:
    """The card of this number first, then phones that end so, then cards that begin so, then the rest."""
    found: dict[int, None] = {}
    for reading in readings:
        found.update(dict.fromkeys(_with_card(reading, where)))
    tail = max(readings, key=len)
    if len(tail) >= 3:
        for reading in readings:
            found.update(dict.fromkeys(_phones_first(_containing((reading,), where, limit=200), reading)))
    return list(found)[: where.limit]


def _with_card(card_no: str, where: _Where) -> list[int]:
    cards = Patient.objects.filter(clinic_id=where.clinic_id, merged_into=None, erased_at=None)
    if where.branch_ids is not None:
        cards = cards.seen_in(list(where.branch_ids))
    exact = list(cards.filter(card_no=card_no).values_list("id", flat=True)[: where.limit])
    if len(exact) >= where.limit or len(card_no) < 2:
        return exact
    begins = cards.filter(card_no__gt=card_no, card_no__lt=search_text.after(card_no)).order_by("card_no", "id")
    return exact + list(begins.values_list("id", flat=True)[:5])


def _phones_first(ids: Sequence[int], digits: str) -> list[int]:
    ending = set(
        Contact.objects.filter(patient_id__in=ids, value__endswith=digits).values_list("patient_id", flat=True)
    )
    return [each for each in ids if each in ending] + [each for each in ids if each not in ending]


def _by_words(tokens: Sequence[str], where: _Where) -> list[int]:
    found: dict[int, None] = dict.fromkeys(_beginning(" ".join(tokens), (), where))
    long = [token for token in tokens if len(token) >= 3]
    if len(tokens) > 1 and len(found) < where.limit:
        # Nobody writes the surname further back than third; by one letter of it half the clinic would be read.
        for first in (long or tokens)[:3]:
            others = tuple(token for token in tokens if token != first)
            found.update(dict.fromkeys(_beginning(first, others, where)))
    if len(found) < where.limit and long:
        found.update(dict.fromkeys(_containing(tokens, where, limit=where.limit)))
    return list(found)[: where.limit]


def _beginning(prefix: str, others: Sequence[str], where: _Where) -> list[int]:
    """Lines that begin with `prefix` and hold a word beginning with each of `others`, in order of names."""
    collate = ' COLLATE "C"' if connection.vendor == "postgresql" else ""
    word = "strpos" if connection.vendor == "postgresql" else "instr"
    rows = "patients_searchentry"
    looked: list[str | int] = []
    if others:
        # A common surname with a rare name is left to the trigrams, which tokens of two letters do not have.
        look = _ORDERED_LOOK if any(len(token) >= 3 for token in (prefix, *others)) else _SHORT_LOOK
        rows = (
            f"(SELECT * FROM patients_searchentry WHERE clinic_id = %s AND text{collate} >= %s AND text{collate} < %s"  # noqa: S608
            f" ORDER BY text{collate} LIMIT {look})"
        )
        looked = [where.clinic_id, prefix, search_text.after(prefix)]
    holds = "".join(f" AND {word}(e.text, %s) > 0" for _ in others)
    return _run(
        f"SELECT e.patient_id FROM {rows} e WHERE e.clinic_id = %s"  # noqa: S608 -- no text of a person
        f" AND e.text{collate} >= %s AND e.text{collate} < %s{holds}{where.sql()}"
        f" ORDER BY e.text{collate} LIMIT %s",
        [
            *looked,
            where.clinic_id,
            prefix,
            search_text.after(prefix),
            *(f" {other}" for other in others),
            where.limit,
        ],
    )


def _containing(tokens: Sequence[str], where: _Where, *, limit: int) -> list[int]:
    """Lines that hold every token anywhere: long tokens through trigrams, short ones as the beginning of a word."""
    return (_containing_postgres if connection.vendor == "postgresql" else _containing_sqlite)(tokens, where, limit)


def _containing_sqlite(tokens: Sequence[str], where: _Where, limit: int) -> list[int]:
    grams = sorted({gram for token in tokens for gram in search_text.trigrams(token)})
    match = " AND ".join('"{}"'.format(gram.replace('"', '""')) for gram in grams)
    holds, values = _held(tokens, "instr")
    # CROSS JOIN fixes the order of the loops: the planner would else walk all cards and ask the index about each.
    return _run(
        "SELECT e.patient_id FROM patients_searchfts CROSS JOIN patients_searchentry e ON e.patient_id = patients_searchfts.rowid"  # noqa: S608
        f" WHERE patients_searchfts MATCH %s AND e.clinic_id = %s{holds}{where.sql()} LIMIT %s",
        [match, where.clinic_id, *values, limit],
    )


def _containing_postgres(tokens: Sequence[str], where: _Where, limit: int) -> list[int]:
    holds, values = _held(tokens, "strpos")
    ordered = _run(
        'SELECT e.patient_id FROM (SELECT * FROM patients_searchentry WHERE clinic_id = %s ORDER BY text COLLATE "C"'  # noqa: S608
        f" LIMIT {_ORDERED_LOOK}) e WHERE TRUE{holds}{where.sql()} LIMIT %s",
        [where.clinic_id, *values, limit],
    )
    if len(ordered) >= limit:
        return ordered
    long = [token for token in tokens if len(token) >= 3]
    grams = " AND ".join("zabota_trigrams(e.text) @> zabota_trigrams(%s)" for _ in long)
    return _run(
        f"SELECT e.patient_id FROM patients_searchentry e WHERE {grams} AND e.clinic_id = %s{holds}{where.sql()} LIMIT %s",  # noqa: S608
        [*long, where.clinic_id, *values, limit],
    )


def _held(tokens: Sequence[str], function: str) -> tuple[str, list[str]]:
    """A token of one or two letters must begin a word, else it would fit everywhere."""
    lines = ["e.text" if len(token) >= 3 else "' ' || e.text" for token in tokens]
    holds = "".join(f" AND {function}({line}, %s) > 0" for line in lines)
    return holds, [token if len(token) >= 3 else f" {token}" for token in tokens]


def _run(sql: str, values: Sequence[str | int]) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return [row[0] for row in cursor.fetchall()]


def _described(ids: Sequence[int], *, read: Query) -> list[Found]:
    """The lines of the answer in the order of `ids`; the phone that was looked for stands there, else the preferred."""
    cards = Patient.objects.filter(pk__in=ids).only(
        "public_id", "surname", "name", "patronymic", "born_on", "card_no", "branch_id"
    )
    patients = {patient.pk: patient for patient in cards}
    phones = _phones(ids, read.digits)
    return [
        Found(
            patient_id=pk,
            public_id=patients[pk].public_id,
            full_name=patients[pk].full_name,
            born_on=patients[pk].born_on,
            card_no=patients[pk].card_no,
            phone=phones.get(pk, ""),
            branch_id=patients[pk].branch_id,
        )
        for pk in ids
        if pk in patients
    ]


def _phones(ids: Iterable[int], digits: Sequence[str]) -> dict[int, str]:
    rows = (
        Contact.objects.filter(patient_id__in=list(ids), kind=Contact.Kind.PHONE)
        .order_by("-is_preferred", "id")
        .values_list("patient_id", "value")
    )
    chosen: dict[int, str] = {}
    for patient_id, value in rows:
        if patient_id not in chosen or any(part in value and part not in chosen[patient_id] for part in digits):
            chosen[patient_id] = value
    return chosen

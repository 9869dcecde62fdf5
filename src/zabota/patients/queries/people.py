"""Cards in use as the matching rules read them: all of a clinic in one frame."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

import polars as pl

from zabota.clinic.models import Clinic
from zabota.patients.models import Contact, Patient

_Row = TypeVar("_Row")


def batched(rows: Iterable[_Row], size: int) -> Iterator[list[_Row]]:
    """Lists of so many rows, in their order."""
    left = iter(rows)
    while portion := list(islice(left, size)):
        yield portion


def people_of(clinic: Clinic) -> tuple[pl.DataFrame, list[int]]:
    """The frame, and the id of each card by its place in it."""
    phones: dict[int, list[str]] = defaultdict(list)
    # A number cut off by Excel is the same text on the cards of strangers.
    unfit = (Contact.Reach.WRONG, Contact.Reach.INVALID)
    live = Contact.objects.filter(clinic=clinic, kind=Contact.Kind.PHONE).exclude(reach__in=unfit)
    for patient_id, value in live.order_by("id").values_list("patient_id", "value").iterator():
        phones[patient_id].append(value)
    cards = Patient.objects.cards().filter(clinic=clinic).order_by("id")
    rows = list(cards.values_list("id", "surname", "name", "patronymic", "born_on"))
    frame = pl.DataFrame(
        {
            "person": pl.Series(range(len(rows)), dtype=pl.Int32),
            "surname": pl.Series([row[1] for row in rows], dtype=pl.String),
            "name": pl.Series([row[2] for row in rows], dtype=pl.String),
            "patronymic": pl.Series([row[3] for row in rows], dtype=pl.String),
            "born_on": pl.Series([row[4] for row in rows], dtype=pl.Date),
            "phones": pl.Series([phones.get(row[0], []) for row in rows], dtype=pl.List(pl.String)),
        }
    )
    return frame, [row[0] for row in rows]

"""Families form by themselves: cards that share a phone belong to one household."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import polars as pl
from django.db import transaction

from zabota.clinic.models import Clinic
from zabota.kernel.jobs import assure_lease, give_way
from zabota.patients.models import Household, Patient
from zabota.patients.queries.people import batched, people_of
from zabota.patients.rules.matching import households

#: Cards of one transaction.
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class _Family:
    """Cards that belong together, the household that is to hold them (None: a new one) and the phone they share."""

    members: list[int]
    home: int | None
    phone: str


def group_households(*, clinic: Clinic) -> int:
    """Put cards that share a phone into one household each. Returns how many cards changed theirs.

    Families put together by hand (without a phone) are left alone; who no longer shares a phone leaves the family. Matching
    holds nobody up; what it found is written by portions, and a card that somebody moved meanwhile stays where they put it.
    """
    # Where the cards are is read before their phones: what changes in between is seen as changed.
    by_hand = set(
        Patient.objects.filter(clinic=clinic, household__phone="").exclude(household=None).values_list("id", flat=True)
    )
    now_in = dict(Patient.objects.filter(clinic=clinic).exclude(household=None).values_list("id", "household_id"))
    families, lonely = _plan(clinic, by_hand, now_in)
    changed = 0
    for portion in _portions(families):
        changed += _settle(clinic, portion, now_in)
        give_way()
    for leaving in batched(lonely, _CHUNK):
        changed += _leave(leaving, now_in)
        give_way()
    empty = Household.objects.filter(clinic=clinic, members=None).exclude(phone="")
    for left in batched(list(empty.values_list("pk", flat=True)), _CHUNK):
        with transaction.atomic():
            assure_lease()
            empty.filter(pk__in=left).delete()
        give_way()
    return changed


def _plan(clinic: Clinic, by_hand: set[int], now_in: Mapping[int, int | None]) -> tuple[list[_Family], list[int]]:
    """Families with a card that is not in their household yet, and cards that belong to none any more."""
    people, ids = people_of(clinic)
    groups: dict[int, list[int]] = defaultdict(list)
    for person, household in households(people).iter_rows():
        groups[household].append(ids[person])
    phones = _shared_phones(people, ids)
    lonely = dict.fromkeys(pk for pk in now_in if pk not in by_hand)
    taken: set[int] = set()
    families = []
    for members in groups.values():
        free = [pk for pk in members if pk not in by_hand]
        if len(free) < 2:
            continue
        for pk in free:
            lonely.pop(pk, None)
        home = next((at for pk in free if (at := now_in.get(pk)) is not None and at not in taken), None)
        if home is not None:
            taken.add(home)
        if home is None or any(now_in.get(pk) != home for pk in free):
            families.append(_Family(free, home, next((phones[pk] for pk in free if pk in phones), "")))
    return families, list(lonely)


def _portions(families: list[_Family]) -> Iterator[list[_Family]]:
    """Families of some hundreds of cards together."""
    portion: list[_Family] = []
    cards = 0
    for family in families:
        portion.append(family)
        cards += len(family.members)
        if cards >= _CHUNK:
            yield portion
            portion, cards = [], 0
    if portion:
        yield portion


def _settle(clinic: Clinic, families: list[_Family], was: Mapping[int, int | None]) -> int:
    with transaction.atomic():
        assure_lease()
        lives_in = _unmoved([pk for family in families for pk in family.members], was)
        homes = [family.home for family in families if family.home is not None]
        standing = set(Household.objects.filter(pk__in=homes).exclude(phone="").values_list("pk", flat=True))
        settled: list[tuple[int, list[int]]] = []
        homeless: list[tuple[_Family, list[int]]] = []
        for family in families:
            free = [pk for pk in family.members if pk in lives_in]
            if family.home in standing and family.home is not None:
                settled.append((family.home, free))
            elif len(free) > 1:
                homeless.append((family, free))
        made = Household.objects.bulk_create([Household(clinic=clinic, phone=family.phone) for family, _ in homeless])
        settled += [(home.pk, free) for home, (_, free) in zip(made, homeless, strict=True)]
        moved = [
            Patient(pk=pk, household_id=home) for home, free in settled for pk in free if lives_in[pk] != home
        ]  # fmt: skip
        # One statement for hundreds of cards: a clinic of a million has a hundred thousand families.
        Patient.objects.bulk_update(moved, ["household"], batch_size=_CHUNK)
    return len(moved)


def _leave(ids: list[int], was: Mapping[int, int | None]) -> int:
    with transaction.atomic():
        assure_lease()
        leaving = [pk for pk, home in _unmoved(ids, was, in_use=False).items() if home is not None]
        return Patient.objects.filter(pk__in=leaving).exclude(household__phone="").update(household=None)


def _unmoved(ids: list[int], was: Mapping[int, int | None], *, in_use: bool = True) -> dict[int, int | None]:
    """Of these cards, those that are in use and lie where they lay when they were matched."""
    cards = Patient.objects.cards() if in_use else Patient.objects.all()
    rows = cards.select_for_update(of=("self",)).filter(pk__in=ids).order_by("pk").values_list("pk", "household_id")
    return {pk: home for pk, home in rows if home == was.get(pk)}


def _shared_phones(people: pl.DataFrame, ids: list[int]) -> dict[int, str]:
    """For each card the first of its phones that another card has too."""
    owners: dict[str, int] = defaultdict(int)
    listed = people.select("person", "phones").iter_rows()
    rows = [(person, list(phones or ())) for person, phones in listed]
    for _, phones in rows:
        for phone in set(phones):
            owners[phone] += 1
    return {
        ids[person]: next(phone for phone in phones if owners[phone] > 1)
        for person, phones in rows
        if any(owners[phone] > 1 for phone in phones)
    }

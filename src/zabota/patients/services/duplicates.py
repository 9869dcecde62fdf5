"""Finds cards that may be one person and families that share a phone; people decide, families form by themselves."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

import polars as pl
from django.db import transaction

from zabota.clinic.models import Clinic
from zabota.kernel import audit
from zabota.kernel.audit import Actor
from zabota.kernel.errors import AlreadyDone
from zabota.patients.models import Contact, DuplicateCandidate, Household, Patient
from zabota.patients.rules.matching import candidate_duplicates, households

_CHUNK = 500


def find_duplicates(*, clinic: Clinic) -> int:
    """Compare all cards in use of a clinic and write down the likely pairs. Returns how many are new.

    What people decided stays decided; a pair that is no longer alike and nobody looked at goes away.
    """
    people, ids = _people(clinic)
    pairs: dict[tuple[int, int], tuple[int, list[str]]] = {}
    for one, other, score, reasons in candidate_duplicates(people).iter_rows():
        first, second = sorted((ids[one], ids[other]))
        if first != second:
            pairs[first, second] = (round(score), reasons)
    with transaction.atomic():
        known = {(pair.first_id, pair.second_id): pair for pair in DuplicateCandidate.objects.filter(clinic=clinic)}
        fresh = [
            DuplicateCandidate(clinic=clinic, first_id=key[0], second_id=key[1], score=score, reasons=reasons)
            for key, (score, reasons) in pairs.items()
            if key not in known
        ]
        DuplicateCandidate.objects.bulk_create(fresh, batch_size=_CHUNK, ignore_conflicts=True)
        changed = []
        for key, pair in known.items():
            if key in pairs and (pair.score, pair.reasons) != pairs[key]:
                pair.score, pair.reasons = pairs[key]
                changed.append(pair)
        DuplicateCandidate.objects.bulk_update(changed, ["score", "reasons"], batch_size=_CHUNK)
        _forget(clinic, [pair.pk for key, pair in known.items() if key not in pairs])
    return len(fresh)


@transaction.atomic
def decide_different(*, pair: DuplicateCandidate, actor: Actor, now: datetime) -> DuplicateCandidate:
    """Two people: the pair is not shown again."""
    _decide(pair, DuplicateCandidate.State.DIFFERENT, actor, now)
    audit.record("patients.duplicate.different", pair, actor=actor, now=now, patient_id=pair.first_id)
    return pair


@transaction.atomic
def reopen_pair(*, pair: DuplicateCandidate, actor: Actor, now: datetime) -> DuplicateCandidate:
    """Take «разные люди» back."""
    changed = DuplicateCandidate.objects.filter(pk=pair.pk, state=DuplicateCandidate.State.DIFFERENT).update(
        state=DuplicateCandidate.State.OPEN, decided_by=None, decided_at=None
    )
    if changed:
        audit.record("patients.duplicate.reopened", pair, actor=actor, now=now, patient_id=pair.first_id)
    pair.refresh_from_db()
    return pair


@transaction.atomic
def group_households(*, clinic: Clinic) -> int:
    """Put cards that share a phone into one household each. Returns how many cards changed theirs.

    Families put together by hand (without a phone) are left alone; who no longer shares a phone leaves the family.
    """
    people, ids = _people(clinic)
    groups: dict[int, list[int]] = defaultdict(list)
    for person, household in households(people).iter_rows():
        groups[household].append(ids[person])
    by_hand = set(
        Patient.objects.filter(clinic=clinic, household__phone="").exclude(household=None).values_list("id", flat=True)
    )
    now_in = dict(Patient.objects.filter(clinic=clinic).exclude(household=None).values_list("id", "household_id"))
    wanted: dict[int, int | None] = dict.fromkeys((pk for pk in now_in if pk not in by_hand), None)
    phones = _shared_phones(people, ids)
    taken: set[int] = set()
    homeless: list[list[int]] = []
    for members in groups.values():
        free = [pk for pk in members if pk not in by_hand]
        if len(free) < 2:
            continue
        home = next((now_in[pk] for pk in free if pk in now_in and now_in[pk] not in taken), None)
        if home is None:
            homeless.append(free)
            continue
        taken.add(home)
        wanted.update(dict.fromkeys(free, home))
    made = Household.objects.bulk_create(
        [Household(clinic=clinic, phone=next((phones[pk] for pk in free if pk in phones), "")) for free in homeless],
        batch_size=_CHUNK,
    )
    for household, free in zip(made, homeless, strict=True):
        wanted.update(dict.fromkeys(free, household.pk))
    changed = [
        Patient(pk=pk, household_id=household_id)
        for pk, household_id in wanted.items()
        if now_in.get(pk) != household_id
    ]
    # One statement for hundreds of cards: a clinic of a million has a hundred thousand families.
    Patient.objects.bulk_update(changed, ["household"], batch_size=_CHUNK)
    Household.objects.filter(clinic=clinic, members=None).exclude(phone="").delete()
    return len(changed)


def _people(clinic: Clinic) -> tuple[pl.DataFrame, list[int]]:
    """Cards in use as the matching rules read them, with their ids by place."""
    phones: dict[int, list[str]] = defaultdict(list)
    live = Contact.objects.filter(clinic=clinic, kind=Contact.Kind.PHONE).exclude(reach=Contact.Reach.WRONG)
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


def _decide(pair: DuplicateCandidate, state: str, actor: Actor, now: datetime) -> None:
    changed = DuplicateCandidate.objects.filter(pk=pair.pk, state=DuplicateCandidate.State.OPEN).update(
        state=state, decided_by=actor.user_id, decided_at=now
    )
    if not changed:
        raise AlreadyDone("По этой паре уже есть решение. Обновите страницу.")
    pair.refresh_from_db()


def _forget(clinic: Clinic, ids: list[int]) -> None:
    """Pairs nobody decided about and whose cards are both in use but no longer alike."""
    for start in range(0, len(ids), _CHUNK):
        DuplicateCandidate.objects.filter(
            pk__in=ids[start : start + _CHUNK],
            state=DuplicateCandidate.State.OPEN,
            first__merged_into=None,
            second__merged_into=None,
        ).delete()

"""Finds cards that may be one person; people decide."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from zabota.clinic.models import Clinic
from zabota.kernel import audit
from zabota.kernel.audit import Actor
from zabota.kernel.errors import AlreadyDone
from zabota.kernel.jobs import assure_lease, give_way
from zabota.patients.models import DuplicateCandidate, Patient
from zabota.patients.queries.people import batched, people_of
from zabota.patients.rules.matching import candidate_duplicates

_CHUNK = 500


def find_duplicates(*, clinic: Clinic) -> int:
    """Compare all cards in use of a clinic and write down the likely pairs. Returns how many are new.

    What people decided stays decided; a pair that is no longer alike and nobody looked at goes away. Comparing holds nobody up;
    what it found is written by portions, and a card that went out of use meanwhile makes no pair.
    """
    people, ids = people_of(clinic)
    pairs: dict[tuple[int, int], tuple[int, list[str]]] = {}
    for one, other, score, reasons in candidate_duplicates(people).iter_rows():
        first, second = sorted((ids[one], ids[other]))
        if first != second:
            pairs[first, second] = (round(score), reasons)
    known = {(pair.first_id, pair.second_id): pair for pair in DuplicateCandidate.objects.filter(clinic=clinic)}
    changed = []
    for key, pair in known.items():
        if key in pairs and (pair.score, pair.reasons) != pairs[key]:
            pair.score, pair.reasons = pairs[key]
            changed.append(pair)
    fresh = sum(
        _write(clinic, {key: pairs[key] for key in keys}) for keys in batched(pairs.keys() - known.keys(), _CHUNK)
    )
    for portion in batched(changed, _CHUNK):
        with transaction.atomic():
            assure_lease()
            DuplicateCandidate.objects.bulk_update(portion, ["score", "reasons"])
        give_way()
    _forget(clinic, [pair.pk for key, pair in known.items() if key not in pairs])
    return fresh


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


def _decide(pair: DuplicateCandidate, state: str, actor: Actor, now: datetime) -> None:
    changed = DuplicateCandidate.objects.filter(pk=pair.pk, state=DuplicateCandidate.State.OPEN).update(
        state=state, decided_by=actor.user_id, decided_at=now
    )
    if not changed:
        raise AlreadyDone("По этой паре уже есть решение. Обновите страницу.")
    pair.refresh_from_db()


def _write(clinic: Clinic, pairs: dict[tuple[int, int], tuple[int, list[str]]]) -> int:
    """New pairs of cards that both are still in use."""
    with transaction.atomic():
        assure_lease()
        cards = {pk for pair in pairs for pk in pair}
        live = set(Patient.objects.cards().filter(pk__in=cards).values_list("pk", flat=True))
        fresh = [
            DuplicateCandidate(clinic=clinic, first_id=first, second_id=second, score=score, reasons=reasons)
            for (first, second), (score, reasons) in sorted(pairs.items())
            if first in live and second in live
        ]
        DuplicateCandidate.objects.bulk_create(fresh, ignore_conflicts=True)
    give_way()
    return len(fresh)


def _forget(clinic: Clinic, ids: list[int]) -> None:
    """Pairs nobody decided about and whose cards are both in use but no longer alike."""
    for portion in batched(ids, _CHUNK):
        with transaction.atomic():
            assure_lease()
            DuplicateCandidate.objects.filter(
                pk__in=portion,
                state=DuplicateCandidate.State.OPEN,
                first__merged_into=None,
                second__merged_into=None,
            ).delete()
        give_way()

"""Two cards of one person become one, with everything needed to take them apart again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db import transaction
from django.db.models import Q

from zabota.kernel import audit, facts
from zabota.kernel.audit import Actor
from zabota.kernel.errors import AlreadyDone, BadInput
from zabota.patients.facts import MergeUndone, PatientsMerged
from zabota.patients.models import Consent, Contact, DuplicateCandidate, Merge, Note, Patient
from zabota.patients.queries.consents import consent_states
from zabota.patients.rules.consents import ConsentState, Standing
from zabota.patients.rules.search_text import name_key
from zabota.patients.services.holders import Moved, move_back, move_rows, put_back
from zabota.patients.services.indexing import reindex

#: Fields that a person chooses side by side; without a choice an empty one is filled from the other card.
CHOICES = (
    "surname",
    "name",
    "patronymic",
    "born_on",
    "sex",
    "card_no",
    "branch_id",
    "source_id",
    "time_zone",
    "address",
    "area",
)
_FILLED = (*CHOICES, "household_id")
_NO = {Standing.REFUSED, Standing.WITHDRAWN}


@transaction.atomic
def merge_cards(
    *, kept: Patient, absorbed: Patient, choose: Mapping[str, str] | None = None, actor: Actor, now: datetime
) -> Merge:
    """Move everything of `absorbed` to `kept`. `choose` maps a field to "kept" or "absorbed".

    Contacts, consents (the stricter answer wins), visits, payments, plans, tasks and notes move; the absorbed card stays,
    empty, and leads to the kept one. Raises BadInput when the cards cannot be one.
    """
    kept, absorbed = _locked(kept, absorbed)
    moved = Moved()
    answers = consent_states([kept.pk, absorbed.pk], clinic_id=kept.clinic_id)
    _newest_reach(kept, absorbed, moved)
    move_rows(from_id=absorbed.pk, to_id=kept.pk, moved=moved, now=now)
    before, after = _take_values(kept, absorbed, choose or {})
    _keep_alert(kept, absorbed, before, after, moved, actor, now)
    _keep_refusals(kept, answers[kept.pk], answers[absorbed.pk], moved, actor, now)
    Patient.objects.filter(pk=kept.pk).update(**after, updated_at=now)
    Patient.objects.filter(pk=absorbed.pk).update(merged_into=kept.pk, updated_at=now)
    for pair in _pair(kept, absorbed).filter(state=DuplicateCandidate.State.OPEN):
        moved.note_change(pair, state=pair.state, decided_by_id=pair.decided_by_id, decided_at=pair.decided_at)
        _pair(kept, absorbed).update(state="merged", decided_by=actor.user_id, decided_at=now)
    record = {**asdict(moved), "before": _json(before), "after": _json(after)}
    merge = Merge.objects.create(
        clinic_id=kept.clinic_id,
        kept=kept,
        absorbed=absorbed,
        moved=record,
        merged_by_id=actor.user_id,
        merged_at=now,
    )
    reindex([kept.pk, absorbed.pk])
    counts = {key: len(ids) for key, ids in moved.rows.items()}
    details = {"absorbed": absorbed.pk, "moved": counts}
    audit.record("patients.card.merged", merge, actor=actor, now=now, patient_id=kept.pk, details=details)
    facts.publish(
        PatientsMerged(clinic_id=kept.clinic_id, kept_id=kept.pk, absorbed_id=absorbed.pk, merge_id=merge.pk), now=now
    )
    return merge


@transaction.atomic
def undo_merge(*, merge: Merge, actor: Actor, now: datetime) -> Merge:
    """Take two cards apart as they were. What was added to the kept card since stays with it."""
    # The same order of locks as in merge_cards: cards first.
    kept, absorbed = _lock_cards(merge.kept_id, merge.absorbed_id)
    merge = Merge.objects.select_for_update(of=("self",)).get(pk=merge.pk)
    if merge.undone_at is not None:
        raise AlreadyDone("Это объединение уже отменено.")
    if kept.merged_into_id is not None:
        raise BadInput("Эта карта сама объединена с другой. Сначала отмените то объединение.")
    later = Q(merged_at__gt=merge.merged_at) | Q(merged_at=merge.merged_at, pk__gt=merge.pk)
    if Merge.objects.filter(later, kept=kept, undone_at=None).exists():
        raise BadInput("После этого с картой объединили ещё одну. Отменяйте объединения с последнего.")
    record = merge.moved
    for label, ids in record["created"].items():
        apps.get_model(label)._default_manager.filter(pk__in=ids).delete()
    # The absorbed card stands again before rows come back to it.
    Patient.objects.filter(pk=absorbed.pk).update(merged_into=None, updated_at=now)
    move_back(from_id=kept.pk, to_id=absorbed.pk, rows=record["rows"])
    put_back(record["changed"], record.get("written"))
    _values_back(kept, record, now)
    Merge.objects.filter(pk=merge.pk).update(undone_at=now)
    merge.undone_at = now
    reindex([kept.pk, absorbed.pk])
    audit.record("patients.card.unmerged", merge, actor=actor, now=now, patient_id=kept.pk)
    facts.publish(
        MergeUndone(clinic_id=kept.clinic_id, kept_id=kept.pk, absorbed_id=absorbed.pk, merge_id=merge.pk), now=now
    )
    return merge


def _locked(kept: Patient, absorbed: Patient) -> tuple[Patient, Patient]:
    if kept.pk == absorbed.pk:
        raise BadInput("Это одна и та же карта.")
    kept, absorbed = _lock_cards(kept.pk, absorbed.pk)
    if kept.clinic_id != absorbed.clinic_id:
        raise BadInput("Карты принадлежат разным клиникам.")
    for card in (kept, absorbed):
        if card.merged_into_id is not None:
            raise AlreadyDone("Одна из карт уже объединена с другой. Обновите страницу.")
        if card.erased_at is not None:
            raise BadInput("Данные одной из карт уничтожены по просьбе пациента.")
    return kept, absorbed


def _lock_cards(kept_id: int, absorbed_id: int) -> tuple[Patient, Patient]:
    """Both rows in the order of ids, so that two merges of one pair cannot wait for each other."""
    rows = Patient.objects.select_for_update(of=("self",)).filter(pk__in=(kept_id, absorbed_id)).order_by("pk")
    cards = {card.pk: card for card in rows}
    return cards[kept_id], cards[absorbed_id]


def _take_values(kept: Patient, absorbed: Patient, choose: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, Any]]:
    after: dict[str, Any] = {}
    for name in _FILLED:
        mine, other = getattr(kept, name), getattr(absorbed, name)
        take_other = choose.get(name) == "absorbed" if name in choose else mine in (None, "")
        if take_other and other not in (None, "") and other != mine:
            after[name] = other
    days = [day for day in (kept.registered_on, absorbed.registered_on) if day]
    if days and min(days) != kept.registered_on:
        after["registered_on"] = min(days)
    if {"surname", "name", "patronymic"} & set(after):
        parts = (after.get(part, getattr(kept, part)) for part in ("surname", "name", "patronymic"))
        after["name_key"] = name_key(*parts)
    return {name: getattr(kept, name) for name in after}, after


def _keep_alert(
    kept: Patient,
    absorbed: Patient,
    before: dict[str, Any],
    after: dict[str, Any],
    moved: Moved,
    actor: Actor,
    now: datetime,
) -> None:
    """An allergy written on either card stands on the kept one; what does not fit becomes a note."""
    if not absorbed.alert or absorbed.alert in kept.alert:
        return
    joined = "; ".join(part for part in (kept.alert, absorbed.alert) if part)
    if len(joined) <= 300:
        before["alert"], after["alert"] = kept.alert, joined
        return
    note = Note.objects.create(
        patient=kept,
        clinic_id=kept.clinic_id,
        text=f"Важно знать (из объединённой карты): {absorbed.alert}",
        author_id=actor.user_id,
        written_at=now,
    )
    moved.note_created(note)


def _newest_reach(kept: Patient, absorbed: Patient, moved: Moved) -> None:
    """A contact of both cards keeps what was learnt last; one of each kind stays preferred."""
    mine = {(each.kind, each.value): each for each in Contact.objects.filter(patient=kept)}
    preferred = {each.kind for each in mine.values() if each.is_preferred}
    for other in Contact.objects.filter(patient=absorbed):
        same = mine.get((other.kind, other.value))
        if same is not None and other.reach_at and (same.reach_at is None or other.reach_at > same.reach_at):
            moved.note_change(same, reach=same.reach, reach_at=same.reach_at)
            moved.note_written(same, reach=other.reach, reach_at=other.reach_at)
            Contact.objects.filter(pk=same.pk).update(reach=other.reach, reach_at=other.reach_at)
        if same is None and other.is_preferred and other.kind in preferred:
            moved.note_change(other, is_preferred=True)
            Contact.objects.filter(pk=other.pk).update(is_preferred=False)


def _keep_refusals(
    kept: Patient,
    mine: Mapping[tuple[str, str], ConsentState],
    other: Mapping[tuple[str, str], ConsentState],
    moved: Moved,
    actor: Actor,
    now: datetime,
) -> None:
    """When one card said no and the other yes, the answer of the person is no, whichever was later."""
    for key in sorted(mine, key=lambda each: each[1] != ""):
        refusal = next((state for state in (mine[key], other[key]) if state.standing in _NO), None)
        together = consent_states([kept.pk], clinic_id=kept.clinic_id)[kept.pk][key]
        if refusal is None or refusal.consent_id is None or not together.allowed:
            continue
        source = Consent.objects.get(pk=refusal.consent_id)
        consent = Consent.objects.create(
            patient=kept,
            clinic_id=kept.clinic_id,
            purpose=key[0],
            channel=key[1],
            state=Consent.State.WITHDRAWN,
            text_version=source.text_version,
            text_snapshot=source.text_snapshot,
            text_hash=source.text_hash,
            subject_name=source.subject_name,
            subject_contact=source.subject_contact,
            signature=source.signature,
            entry="merge",
            decided_at=now,
            actor_id=actor.user_id,
            actor_kind=actor.kind,
            proof=f"При объединении карт: отказ от {source.decided_at:%d.%m.%Y} сильнее согласия",
        )
        moved.note_created(consent)


def _pair(one: Patient, other: Patient) -> Any:
    first, second = sorted((one.pk, other.pk))
    return DuplicateCandidate.objects.filter(first_id=first, second_id=second)


def _values_back(kept: Patient, record: Mapping[str, Any], now: datetime) -> None:
    """Former values return where nobody changed them since."""
    back: dict[str, Any] = {}
    for name, value in record["before"].items():
        if _json({name: getattr(kept, name)})[name] == record["after"][name]:
            back[name] = next(f for f in Patient._meta.concrete_fields if f.attname == name).to_python(value)
    if {"surname", "name", "patronymic"} & set(back):
        back["name_key"] = name_key(*(back.get(p, getattr(kept, p)) for p in ("surname", "name", "patronymic")))
    Patient.objects.filter(pk=kept.pk).update(**back, updated_at=now)


def _json(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in values.items()}

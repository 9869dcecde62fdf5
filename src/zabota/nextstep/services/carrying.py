"""What people decided about recalls follows a merge of two cards, and goes back when the merge is undone."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db import transaction

from zabota.kernel import audit
from zabota.kernel.audit import SYSTEM
from zabota.nextstep.models import Recall
from zabota.nextstep.services.steps import hold_clinic
from zabota.patients.models import Merge, Patient

#: Decisions that a person takes as one; an override belongs to its cycle, so that the days of the cycle go with it.
_DECISIONS = (
    ("is_disabled", "disabled_reason"),
    ("snoozed_until",),
    ("any_visit_counts",),
    ("overridden_on", "override_reason", "previous_on", "calculated_on"),
)
_DAYS = {"snoozed_until", "overridden_on", "previous_on", "calculated_on"}
#: Key of Merge.moved: decisions of each recall before and after.
_KEPT = "decisions"


def carry_decisions(*, merge_id: int, now: datetime) -> None:
    """After a merge: what was decided about a recall of the absorbed card holds for the kept one, unless that has its own.

    Recalls of groups that only the absorbed card had moved with the card; these are the ones that both have. The merge keeps
    what stood there before. A merge that was undone meanwhile carries nothing.
    """
    with transaction.atomic():
        merge = _held(merge_id)
        if merge.undone_at is not None or _KEPT in merge.moved:
            return
        kept = {row.group_id: row for row in Recall.objects.filter(patient_id=merge.kept_id)}
        record: dict[str, Any] = {}
        changed = 0
        for other in Recall.objects.filter(patient_id=merge.absorbed_id):
            mine = kept.get(other.group_id)
            if mine is None:
                continue
            before = _decisions(mine)
            _join(mine, other)
            after = _decisions(mine)
            # An override of its own falls when a later visit of the other card begins a new cycle: it is kept for the undo.
            if after != before or mine.overridden_on is not None:
                record[str(mine.pk)] = {"before": before, "after": after}
            if after != before:
                changed += 1
                mine.save()
        if record:
            Merge.objects.filter(pk=merge.pk).update(moved=merge.moved | {_KEPT: record})
        if changed:
            details = {"recalls": changed}
            audit.record(
                "nextstep.recall.carried", merge, actor=SYSTEM, now=now, patient_id=merge.kept_id, details=details
            )


def carry_back(*, merge_id: int, now: datetime) -> None:
    """After the undo of a merge: decisions that came with the other card leave the kept one, unless somebody decided since."""
    with transaction.atomic():
        merge = _held(merge_id)
        record = merge.moved.get(_KEPT, {})
        if merge.undone_at is None or not record:
            return
        changed = 0
        for recall in Recall.objects.filter(pk__in=[int(pk) for pk in record], patient_id=merge.kept_id):
            before, after = record[str(recall.pk)]["before"], record[str(recall.pk)]["after"]
            was = _decisions(recall)
            for names in _DECISIONS:
                # The sweep forgets an override with its cycle; another one is of somebody who decided since.
                says = names[0]
                if was[says] == after[says] or (says == "overridden_on" and was[says] is None):
                    for name in names:
                        value = before[name]
                        setattr(recall, name, date.fromisoformat(value) if value and name in _DAYS else value)
            if _decisions(recall) != was:
                changed += 1
                recall.save()
        Merge.objects.filter(pk=merge.pk).update(moved={k: v for k, v in merge.moved.items() if k != _KEPT})
        if changed:
            details = {"recalls": changed}
            audit.record(
                "nextstep.recall.carried_back", merge, actor=SYSTEM, now=now, patient_id=merge.kept_id, details=details
            )


def _held(merge_id: int) -> Merge:
    """The merge, after the clinic and both cards: in this order everybody waits for them."""
    merge = Merge.objects.get(pk=merge_id)
    hold_clinic(merge.clinic_id)
    list(
        Patient.objects.select_for_update(of=("self",)).filter(pk__in=(merge.kept_id, merge.absorbed_id)).order_by("pk")
    )
    return Merge.objects.select_for_update(of=("self",)).get(pk=merge_id)


def _join(mine: Recall, other: Recall) -> None:
    if other.is_disabled:
        mine.is_disabled, mine.disabled_reason = other.is_disabled, other.disabled_reason
    mine.snoozed_until = max(filter(None, (mine.snoozed_until, other.snoozed_until)), default=None)
    mine.any_visit_counts = mine.any_visit_counts or other.any_visit_counts
    # An override belongs to its cycle: it is of use only when the later visit is the absorbed card's.
    if other.overridden_on and mine.overridden_on is None and other.previous_on >= mine.previous_on:
        mine.previous_on, mine.calculated_on = other.previous_on, other.calculated_on
        mine.overridden_on, mine.override_reason = other.overridden_on, other.override_reason


def _decisions(recall: Recall) -> dict[str, Any]:
    values = {name: getattr(recall, name) for names in _DECISIONS for name in names}
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in values.items()}

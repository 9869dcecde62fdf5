"""Whoever writes what a sweep writes, and sweeps then, holds the clinic before anything else: nobody waits crosswise."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from zabota.kernel import facts
from zabota.nextstep import api, handlers
from zabota.nextstep.models import Exemption, Recall, Thresholds
from zabota.patients import api as patients
from zabota.patients.facts import MergeUndone, PatientsMerged
from zabota.worklist import api as worklist
from zabota.worklist.facts import TaskClosed, TaskReopened
from zabota.worklist.models import Task

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_clinic")]
WRITES = ("INSERT", "UPDATE", "DELETE")


def holds_the_clinic_first(act: Callable[[], object]) -> bool:
    """Whether the row of thresholds is taken before any row is written or locked."""
    with CaptureQueriesContext(
        connection,
    ) as asked:
        act()
    first = next(
        sql
        for each in asked.captured_queries
        if (sql := each["sql"]).startswith(WRITES) or "FOR UPDATE" in sql or 'FROM "nextstep_thresholds"' in sql
    )
    return "nextstep_thresholds" in first


def test_exemptions_recalls_and_referrals_wait_for_the_sweep_before_they_lock_a_row(
    mila, smile, visit, cleaning, actor, now
) -> None:
    Thresholds.objects.get_or_create(clinic=smile)
    visit(mila, -200, cleaning)
    api.sweep_patients(patient_ids=[mila.pk], now=now)
    recall, day = Recall.objects.get(patient=mila), (now + dt.timedelta(days=30)).date()
    told = {"actor": actor, "now": now}
    assert holds_the_clinic_first(lambda: api.exempt_patient(patient=mila, reason="refused", **told))
    assert holds_the_clinic_first(lambda: api.end_exemption(exemption=Exemption.objects.get(ended_at=None), **told))
    assert holds_the_clinic_first(lambda: api.snooze_recall(recall=recall, until=day, **told))
    referred = api.record_referral(patient=mila, referred_on=now.date(), **told)
    assert holds_the_clinic_first(lambda: api.end_referral(referral=referred, **told))
    assert holds_the_clinic_first(lambda: api.record_referral(patient=mila, referred_on=now.date(), **told))


def test_what_follows_an_outcome_and_a_merge_waits_in_the_same_order(
    mila, pyotr, vera, smile, visit, cleaning, actor, now
) -> None:
    visit(mila, -400, cleaning)
    visit(pyotr, -300, cleaning)
    api.sweep_patients(patient_ids=[mila.pk, pyotr.pk], now=now)
    task = Task.objects.open().get(patient=mila)
    recorded = worklist.record_outcome(
        task=task, member=vera, outcome="refused", reason="expensive", actor=actor, now=now
    )
    said = {"clinic_id": smile.pk, "task_id": task.pk, "patient_id": mila.pk, "reason": task.reason}
    refused = {**said, "outcome": "refused", "outcome_reason": "expensive"}
    assert holds_the_clinic_first(lambda: handlers.follow_outcome(TaskClosed(**refused, appointment_id=None)))
    worklist.undo_outcome(event=recorded.event, member=vera, actor=actor, now=now)
    assert holds_the_clinic_first(lambda: handlers.take_back_outcome(TaskReopened(**refused)))
    merge = patients.merge_cards(kept=mila, absorbed=pyotr, actor=actor, now=now)
    cards = {"clinic_id": smile.pk, "kept_id": mila.pk, "absorbed_id": pyotr.pk, "merge_id": merge.pk}
    assert holds_the_clinic_first(lambda: handlers.sweep_merged(PatientsMerged(**cards)))
    patients.undo_merge(merge=merge, actor=actor, now=now)
    assert holds_the_clinic_first(lambda: handlers.sweep_unmerged(MergeUndone(**cards)))
    facts.deliver_all()

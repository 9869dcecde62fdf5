"""«Просит больше не звонить» takes the consents back with proof; an undo within its time restores them exactly."""

from __future__ import annotations

import datetime as dt

import pytest

from zabota.kernel.models import AuditEntry
from zabota.messaging.api import opt_out
from zabota.messaging.models import AddressBlock
from zabota.patients import api as patients
from zabota.patients.models import Consent
from zabota.worklist import api
from zabota.worklist.models import Outcome

MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def task(new_task, mila, vera):
    return new_task(mila, owner=vera)


@pytest.fixture
def agreed(mila, smile, actor, now):
    """Mila signed for advertising and for calls about quality a month ago."""
    month_ago = now - dt.timedelta(days=30)
    patients.ensure_consent_texts(clinic=smile, actor=actor, now=month_ago)
    patients.grant_consents(
        patient=mila,
        grants=[("advertising", ""), ("quality_calls", "")],
        proof=patients.Proof(signature="paper", document="№ 7"),
        actor=actor,
        now=month_ago,
    )


def refuse(task, vera, actor, now, *, reason="do_not_call", comment=""):
    return api.record_outcome(
        task=task, member=vera, outcome=Outcome.REFUSED, reason=reason, comment=comment, actor=actor, now=now
    )


def states(mila):
    return patients.consent_states([mila.pk], clinic_id=mila.clinic_id)[mila.pk]


def test_who_asks_not_to_be_called_has_taken_the_consents_back_with_proof(task, mila, vera, agreed, actor, now):
    refuse(task, vera, actor, now, comment="кричал")

    for key in ("advertising", ""), ("advertising", "call"), ("advertising", "sms"), ("quality_calls", ""):
        assert states(mila)[key].standing == "withdrawn"
    assert states(mila)["processing", ""].standing != "withdrawn"
    for row in Consent.objects.filter(state="withdrawn"):
        assert (row.entry, row.signature, row.actor_id) == ("call", "oral", vera.user_id)
        assert task.public_id in row.proof and "кричал" in row.proof
        assert row.subject_contact == "+79161234567" and row.text_snapshot
    assert AddressBlock.objects.get().scope == "marketing"


def test_it_is_written_even_when_nobody_ever_signed(task, mila, vera, actor, now):
    refuse(task, vera, actor, now)

    assert states(mila)["advertising", "call"].standing == "withdrawn"


def test_another_refusal_takes_nothing_back(task, mila, vera, agreed, actor, now):
    refuse(task, vera, actor, now, reason="expensive")

    assert states(mila)["advertising", "call"].allowed and not AddressBlock.objects.exists()


def test_undo_restores_the_consents_exactly(task, mila, vera, agreed, actor, now):
    before = states(mila)
    recorded = refuse(task, vera, actor, now)

    api.undo_outcome(event=recorded.event, member=vera, actor=actor, now=now + 4 * MINUTE)

    assert states(mila) == before
    assert not AddressBlock.objects.filter(ended_at=None).exists()
    assert Consent.objects.filter(state="withdrawn", undone_at=now + 4 * MINUTE).count() == 2
    assert AuditEntry.objects.filter(action="patients.consent.taken_back").count() == 2


def test_undo_leaves_a_stop_that_came_meanwhile(task, mila, vera, agreed, actor, now):
    recorded = refuse(task, vera, actor, now)
    opt_out(patient=mila, entry="sms", now=now + MINUTE)

    api.undo_outcome(event=recorded.event, member=vera, actor=actor, now=now + 2 * MINUTE)

    assert states(mila)["advertising", "sms"].standing == "withdrawn"
    assert states(mila)["quality_calls", ""].allowed
    assert AddressBlock.objects.get(ended_at=None).reason == "stopped"


def test_undo_leaves_a_block_that_was_there_before(task, mila, vera, actor, now):
    opt_out(patient=mila, entry="sms", now=now - MINUTE)
    recorded = refuse(task, vera, actor, now)

    api.undo_outcome(event=recorded.event, member=vera, actor=actor, now=now + MINUTE)

    assert AddressBlock.objects.filter(ended_at=None).count() == 1

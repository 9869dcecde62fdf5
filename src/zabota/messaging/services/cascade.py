"""The next channel: after a refusal or when nothing was heard; the last one is a person who calls."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from zabota.kernel import facts
from zabota.kernel.errors import BadInput
from zabota.messaging.facts import ChainFailed
from zabota.messaging.models import Decision, Message
from zabota.messaging.rules.states import RANKS, REACHED
from zabota.messaging.rules.transport import Channel
from zabota.messaging.rules.wanted import NewMessage, SubjectRef
from zabota.messaging.services.breaker import TextUnusable, text_failed
from zabota.messaging.services.enqueue import grounds_of, keep, step_from
from zabota.messaging.services.waking import wake


def go_on(message_ids: Sequence[int], *, now: datetime) -> int:
    """Try the next channel for each of these messages whose cascade has one. Returns how many steps were made.

    Safe to repeat: a step has its own key, and a cascade that reached the person goes no further.
    """
    return _go_on(message_ids, now) if message_ids else 0


@transaction.atomic
def _go_on(message_ids: Sequence[int], now: datetime) -> int:
    rows = Message.objects.filter(pk__in=list(message_ids)).select_related("template_version__template")
    by_clinic: dict[int, list[Message]] = defaultdict(list)
    for row in rows:
        by_clinic[row.clinic_id].append(row)
    return sum(_of_clinic(clinic_id, each, now) for clinic_id, each in by_clinic.items())


def void_others(chain_keys: Sequence[str], *, now: datetime) -> int:
    """A cascade has reached the person: what of it still waits is not sent."""
    waiting = Message.objects.filter(chain_key__in=list(chain_keys), state=Message.State.QUEUED)
    ids = list(waiting.values_list("pk", "clinic_id"))
    waiting.update(
        state=Message.State.VOID, rank=RANKS["void"], reason="delivered_before", ended_at=now, step_on_at=None
    )
    Message.objects.filter(chain_key__in=list(chain_keys)).exclude(step_on_at=None).update(step_on_at=None)
    Decision.objects.bulk_create(
        [
            Decision(message_id=pk, clinic_id=clinic_id, at=now, outcome="stop", reason="delivered_before")
            for pk, clinic_id in ids
        ]
    )
    return len(ids)


def _of_clinic(clinic_id: int, rows: list[Message], now: datetime) -> int:
    chains = {row.chain_key for row in rows}
    family = Message.objects.filter(chain_key__in=chains)
    reached = set(family.filter(state__in=REACHED).values_list("chain_key", flat=True))
    last_step: dict[str, int] = {}
    for chain, step in family.values_list("chain_key", "step"):
        last_step[chain] = max(step, last_step.get(chain, 0))
    Message.objects.filter(pk__in=[row.pk for row in rows]).update(step_on_at=None)
    todo = [
        row
        for row in rows
        if row.chain_key not in reached
        and row.step == last_step[row.chain_key]
        and not (row.expires_at is not None and row.expires_at <= now)
    ]
    planned = [row for row in todo if row.plan and row.template_version_id]
    made = _next_steps(clinic_id, planned, now) if planned else []
    went_on = {new.chain_key for new in made}
    for row in todo:
        if row.chain_key not in went_on:
            _tell_failed(row, now)
    return len(made)


def _next_steps(clinic_id: int, rows: list[Message], now: datetime) -> list[Message]:
    wanted = {row.pk: _wanted_again(row) for row in rows}
    grounds = grounds_of(clinic_id=clinic_id, wanted=wanted.values())
    steps: list[Message] = []
    unwritten: list[Decision] = []
    for row in rows:
        try:
            steps.append(step_from(wanted[row.pk], row.plan, row.step + 1, grounds, now))
        except BadInput as wrong:
            # A text of one clinic that cannot be written ends this cascade, not the sending of everybody.
            unwritten.append(_unwritten(row, wrong, now))
            if isinstance(wrong, TextUnusable):
                text_failed(wrong, now=now)
    Decision.objects.bulk_create(unwritten)
    # Where no channel is left that could carry it, the cascade ends with the message that failed.
    made = [step for step in steps if step.state == Message.State.QUEUED]
    keep(made, now=now)
    wake()
    return made


def _unwritten(row: Message, wrong: BadInput, now: datetime) -> Decision:
    return Decision(
        message=row,
        clinic_id=row.clinic_id,
        at=now,
        outcome=Decision.Outcome.STOP,
        reason="text_wrong",
        detail=wrong.text[:300],
        attempt=row.attempts,
    )


def _wanted_again(row: Message) -> NewMessage:
    own = row.context.get("_", {})
    version = row.template_version
    assert version is not None
    return NewMessage(
        template_key=version.template.key.removesuffix("_detailed"),
        idem_key=row.chain_key,
        not_before_at=row.not_before_at,
        patient_id=row.patient_id,
        context={name: value for name, value in row.context.items() if name != "_"},
        expires_at=row.expires_at,
        subject=SubjectRef(row.subject_kind, row.subject_id, row.subject_revision) if row.subject_id else None,
        addresses=own.get("addresses", {}),
        buttons=tuple((title, url) for title, url in own.get("buttons", ())),
        unsubscribe_url=own.get("unsubscribe", ""),
        household_key=row.household_key,
        branch_id=row.branch_id,
        step_minutes=own.get("minutes"),
    )


def _tell_failed(row: Message, now: datetime) -> None:
    if row.channel == Channel.CALL:
        return
    facts.publish(
        ChainFailed(
            clinic_id=row.clinic_id,
            message_id=row.pk,
            patient_id=row.patient_id,
            purpose=row.purpose,
            subject_kind=row.subject_kind,
            subject_id=row.subject_id,
        ),
        now=now,
    )

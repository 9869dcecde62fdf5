"""What a provider answered about a batch becomes states, in one transaction; nothing of it can stop the rest."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from zabota.messaging.models import Batch, ChannelAccount, Decision, Message
from zabota.messaging.queries.rows import Row
from zabota.messaging.rules.backoff import LAST_ATTEMPT, pause_of_message
from zabota.messaging.rules.states import RANKS
from zabota.messaging.rules.transport import Blame, SendResult, Traits, Verdict
from zabota.messaging.rules.words import MARKETING
from zabota.messaging.services.breaker import account_failed, account_works, texts_refused
from zabota.messaging.services.bulk import accept, note_number
from zabota.messaging.services.cascade import go_on
from zabota.messaging.services.refusals import note_refusal


@dataclass(slots=True)
class Tally:
    """What became of a batch."""

    accepted: int = 0
    refused: int = 0
    later: int = 0
    unknown: int = 0
    account: int = 0


@transaction.atomic
def acknowledge(
    rows: Sequence[Row],
    results: Mapping[str, SendResult],
    *,
    token: str,
    account: ChannelAccount,
    traits: Traits,
    now: datetime,
) -> Tally:
    """Write the answers of one batch. A message without an answer is one nobody knows of."""
    tally = Tally()
    taken: list[tuple[int, str, int]] = []
    decisions: list[Decision] = []
    elsewhere: list[int] = []
    blames: dict[int, Blame] = {}
    broken: SendResult | None = None
    silent: list[SendResult] = []
    for row in rows:
        result = results.get(row.idem_key) or SendResult(row.idem_key, Verdict.UNKNOWN)
        if result.verdict is Verdict.ACCEPTED:
            cost = result.cost_kopecks if result.cost_kopecks is not None else row.parts * account.price_kopecks
            taken.append((row.pk, result.provider_id[:120], cost))
            tally.accepted += 1
            continue
        if result.verdict is Verdict.ACCOUNT:
            broken = result
        elif result.blame is Blame.DOWN:
            silent.append(result)
        reason, further = _not_taken(row, result, token=token, traits=traits, now=now)
        setattr(tally, result.verdict.value, getattr(tally, result.verdict.value) + 1)
        if reason:
            decisions.append(_decision(row, reason, result, now))
        if further:
            elsewhere.append(row.pk)
        if result.verdict is Verdict.REFUSED:
            blames[row.pk] = result.blame
    if taken:
        accept(taken, account_id=account.pk, token=token, state="accepted" if traits.has_receipts else "sent", now=now)
        if not (traits.has_receipts and traits.confirms_delivery):
            # No delivery will be heard of: the cascade waits no longer; what comes back still goes on at once.
            Message.objects.filter(pk__among=[pk for pk, _, _ in taken]).exclude(step_on_at=None).update(
                step_on_at=None
            )
    Decision.objects.bulk_create(decisions)
    Batch.objects.filter(pk=token).delete()
    if rows and len(silent) == len(rows):
        broken = silent[0]  # nobody there: the rest of the outbox is not thrown after these
    if broken is not None:
        account_failed(account_id=account.pk, result=broken, now=now)
    elif taken:
        account_works(account_id=account.pk, now=now)
    texts_refused(blames, account=account, now=now)
    go_on(elsewhere, now=now)
    return tally


def _not_taken(row: Row, result: SendResult, *, token: str, traits: Traits, now: datetime) -> tuple[str, bool]:
    """Write the state of one message that was not accepted. Answers its reason and whether to try elsewhere."""
    ours = Message.objects.filter(pk=row.pk, claim=token, state=Message.State.SENDING)
    free = {"claim": ""}
    if result.verdict is Verdict.REFUSED:
        done = ours.update(
            state="failed", rank=RANKS["failed"], reason="refused", ended_at=now, step_on_at=None, **free
        )
        if done:
            note_refusal(row, result.blame, now=now)
        return ("refused", bool(done)) if done else ("", False)
    if result.verdict is Verdict.ACCOUNT:
        # The account rests, the message did nothing wrong: its attempt does not count.
        ours.update(state="queued", rank=0, reason="account", attempts=max(row.attempts - 1, 0), **free)
        return "", False
    again = result.verdict is Verdict.LATER or (result.verdict is Verdict.UNKNOWN and traits.drops_repeats)
    if again:
        pause = pause_of_message(row.attempts, retry_after=result.retry_after, jitter=random.random())
        if row.expires_at is not None and now + pause >= row.expires_at:
            done = ours.update(
                state="expired", rank=RANKS["expired"], reason="too_late", ended_at=now, step_on_at=None, **free
            )
            return ("too_late", False) if done else ("", False)
        if row.attempts >= LAST_ATTEMPT:
            done = ours.update(
                state="failed", rank=RANKS["failed"], reason="attempts", ended_at=now, step_on_at=None, **free
            )
            return ("attempts", bool(done)) if done else ("", False)
        ours.update(state="queued", rank=0, reason="later", not_before_at=now + pause, **free)
        return "", False
    # The number is known without an answer where it is ours to choose: a receipt then says what became of it.
    number = {"provider_id": result.provider_id[:120]} if result.provider_id else {}
    done = ours.update(state="unknown", rank=RANKS["unknown"], reason="unknown", **free, **number)
    if done and number and row.account_id is not None:
        note_number(message_id=row.pk, account_id=row.account_id, number=number["provider_id"])
    return ("unknown", done_elsewhere(row)) if done else ("", False)


def done_elsewhere(row: Row | Message) -> bool:
    """Whether a message of which nobody knows is said again through the next channel: advertising never is."""
    return row.message_class != MARKETING and bool(row.plan)


def _decision(row: Row, reason: str, result: SendResult, now: datetime) -> Decision:
    return Decision(
        message_id=row.pk,
        clinic_id=row.clinic_id,
        at=now,
        outcome=Decision.Outcome.STOP,
        reason=reason,
        detail=(result.detail or (result.blame if result.blame != Blame.NONE else ""))[:300],
        attempt=row.attempts,
    )

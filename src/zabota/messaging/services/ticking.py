"""What only the clock brings: batches of dead workers, steps of cascades, messages that grew too old, calls that are due."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet

from zabota.kernel import facts
from zabota.kernel.errors import all_of_them
from zabota.kernel.scope import every_clinic
from zabota.messaging.facts import CallNeeded
from zabota.messaging.models import Batch, ChannelAccount, Decision, Message, MessagingRules
from zabota.messaging.queries.known import ground_of
from zabota.messaging.queries.rows import Row, rows_of
from zabota.messaging.rules.gate import Fate, Ruling, rule
from zabota.messaging.rules.states import RANKS
from zabota.messaging.rules.transport import Channel, InboundEvent, Transport
from zabota.messaging.services.accounts import account_view, is_lost
from zabota.messaging.services.acking import done_elsewhere
from zabota.messaging.services.breaker import end_quiet_troubles
from zabota.messaging.services.cascade import go_on
from zabota.messaging.services.claiming import ask_guards, stop_or_wait
from zabota.messaging.services.receiving import keep_events
from zabota.messaging.services.registry import transport_of
from zabota.messaging.services.rules import ensure_rules, windows_of

#: Rows of one transaction.
PORTION = 500


@dataclass(slots=True)
class Ticked:
    """What one look at the clock did."""

    recovered: int = 0
    unknown: int = 0
    expired: int = 0
    stepped: int = 0
    called: int = 0


def tick(*, now: datetime) -> Ticked:
    """Everything that is due by the clock, of all clinics. Safe with any number of workers."""
    with every_clinic(reason="the clock of messages"):
        done = Ticked()
        all_of_them(
            lambda: recover(done, now=now),
            lambda: setattr(done, "expired", expire(now=now)),
            lambda: setattr(done, "stepped", step_on(now=now)),
            lambda: setattr(done, "called", call_due(now=now)),
            lambda: end_quiet_troubles(now=now),
        )
    return done


def recover(done: Ticked, *, now: datetime) -> None:
    """Batches whose worker is gone. A provider that drops repeats gets the same key again; else nobody knows."""
    silent = Batch.objects.filter(lease_until__lt=now).order_by().values_list("account_id", flat=True).distinct()
    for account in ChannelAccount.objects.filter(pk__in=list(silent)):
        transport = transport_of(account.provider)
        if transport is not None and transport.traits.drops_repeats:
            done.recovered += _again(account.pk, now)
        elif transport is not None:
            _ask_provider(account, transport, now)
            done.unknown += _unknown(account.pk, now)


def _lost(account_id: int, now: datetime) -> list[Message] | None:
    """The next batch whose worker is silent, with what nobody has answered for; it ends with this transaction."""
    silent = Batch.objects.filter(account_id=account_id, lease_until__lt=now)
    batch = silent.select_for_update(skip_locked=True, of=("self",)).order_by("lease_until").first()
    if batch is None:
        return None
    rows = list(_held(batch).select_for_update(of=("self",)).order_by("pk"))
    Batch.objects.filter(pk=batch.pk).delete()
    return rows


def _held(batch: Batch) -> QuerySet[Message]:
    return Message.objects.filter(pk__among=batch.message_ids, state=Message.State.SENDING, claim=batch.token)


def _again(account_id: int, now: datetime) -> int:
    total = 0
    while True:
        with transaction.atomic():
            lost = _lost(account_id, now)
            if lost is None:
                return total
            total += Message.objects.filter(pk__among=[row.pk for row in lost]).update(
                state=Message.State.QUEUED, rank=0, reason="later", claim=""
            )


def _unknown(account_id: int, now: datetime) -> int:
    total = 0
    while True:
        with transaction.atomic():
            rows = _lost(account_id, now)
            if rows is None:
                return total
            Message.objects.filter(pk__among=[row.pk for row in rows]).update(
                state=Message.State.UNKNOWN, rank=RANKS["unknown"], reason="unknown", claim=""
            )
            Decision.objects.bulk_create(
                [
                    Decision(message_id=row.pk, clinic_id=row.clinic_id, at=now, outcome="stop", reason="unknown")
                    for row in rows
                ]
            )
            go_on([row.pk for row in rows if done_elsewhere(row)], now=now)
        total += len(rows)


def _ask_provider(account: ChannelAccount, transport: Transport, now: datetime) -> None:
    """What became of them, where the provider can be asked: its answers are receipts like all others."""
    pairs: list[tuple[str, str]] = []
    for batch in Batch.objects.filter(account=account, lease_until__lt=now).order_by("lease_until"):
        pairs += _held(batch).values_list("idem_key", "provider_id")[: PORTION - len(pairs)]
        if len(pairs) >= PORTION:
            break
    if not pairs:
        return
    if is_lost(account):
        return
    view = account_view(account)

    async def ask() -> Sequence[InboundEvent]:
        try:
            return await transport.look_up(pairs, view)
        finally:
            await transport.release()

    keep_events(account=account, events=asyncio.run(ask()), now=now, apply=True)


def expire(*, now: datetime) -> int:
    """Messages that wait for an account which rests or is off do not become a burst when it comes back."""
    total = 0
    while True:
        with transaction.atomic():
            due = Message.objects.filter(due_at__isnull=False, expires_at__lte=now)
            rows = list(due.select_for_update(skip_locked=True, of=("self",)).order_by("pk")[:PORTION])
            stop_or_wait([(row, Ruling(Fate.EXPIRE, "too_late")) for row in rows], now=now)
        total += len(rows)
        if not rows:
            return total


def step_on(*, now: datetime) -> int:
    """Cascades that have waited long enough, and messages of channels that were switched off."""
    total = 0
    while True:
        with transaction.atomic():
            due = Message.objects.filter(step_on_at__lte=now).exclude(state=Message.State.SENDING)
            # A clinic that paused its sending does not go on through other channels either.
            due = due.exclude(clinic__in=MessagingRules.objects.exclude(paused_at=None).values("clinic_id"))
            rows = list(due.select_for_update(skip_locked=True, of=("self",)).order_by("pk")[:PORTION])
            _give_up_waiting(rows, now)
            total += go_on([row.pk for row in rows], now=now)
            Message.objects.filter(pk__in=[row.pk for row in rows]).update(step_on_at=None)
        if not rows:
            break
    off = Q(account__is_on=False) & Q(due_at__lte=now)
    while True:
        with transaction.atomic():
            due = Message.objects.filter(off)
            rows = list(due.select_for_update(skip_locked=True, of=("self",)).order_by("pk")[:PORTION])
            stop_or_wait([(row, Ruling(Fate.SUPPRESS, "channel_off", next_step=True)) for row in rows], now=now)
        total += len(rows)
        if not rows:
            return total


def _give_up_waiting(rows: Sequence[Message], now: datetime) -> None:
    """A message that could not even leave in time ends here: it must not follow its own replacement."""
    waiting = [row for row in rows if row.state == Message.State.QUEUED]
    Message.objects.filter(pk__in=[row.pk for row in waiting], state=Message.State.QUEUED).update(
        state=Message.State.FAILED, rank=RANKS["failed"], reason="channel_down", ended_at=now
    )
    Decision.objects.bulk_create(
        [
            Decision(
                message_id=row.pk,
                clinic_id=row.clinic_id,
                at=now,
                outcome="stop",
                reason="channel_down" if row.state == Message.State.QUEUED else "no_answer",
                attempt=row.attempts,
            )
            for row in rows
        ]
    )


def call_due(*, now: datetime) -> int:
    """The last channel of a cascade is a person: what is due is told to the app that keeps the calls."""
    due = Message.objects.filter(channel=Channel.CALL, due_at__lte=now)
    by_clinic: dict[int, list[int]] = defaultdict(list)
    for clinic_id, pk in due.order_by("pk").values_list("clinic_id", "pk")[:PORTION]:
        by_clinic[clinic_id].append(pk)
    return sum(_calls(clinic_id, ids, now) for clinic_id, ids in by_clinic.items())


@transaction.atomic
def _calls(clinic_id: int, ids: list[int], now: datetime) -> int:
    ensure_rules(clinic_id=clinic_id)
    rules = MessagingRules.objects.select_for_update(no_key=True).get(clinic_id=clinic_id)
    due = Message.objects.filter(pk__in=ids, state=Message.State.QUEUED)
    rows = rows_of(due.select_for_update(skip_locked=True).order_by("pk"))
    if rules.paused_at is not None or not rows:
        return 0
    ground = ground_of(
        rows,
        rules=rules,
        channel=Channel.CALL,
        channel_on=True,
        no_longer=ask_guards(rows, now=now),
        person_pause=timedelta(0),
        now=now,
    )
    others: list[tuple[Row, Ruling]] = []
    called = 0
    for row in rows:
        ruling = rule(ground.known(row), windows_of(rules), now)
        if ruling.fate is not Fate.GO:
            others.append((row, ruling))
            continue
        ground.count(row)
        called += _call(row, now)
    stop_or_wait(others, now=now)
    return called


def _call(row: Row, now: datetime) -> int:
    done = Message.objects.filter(pk=row.pk, state=Message.State.QUEUED).update(
        state=Message.State.SENT, rank=RANKS["sent"], reason="sent", claimed_at=now, sent_at=now, ended_at=now
    )
    if done and row.patient_id is not None:
        Decision.objects.create(message_id=row.pk, clinic_id=row.clinic_id, at=now, outcome="send", reason="sent")
        facts.publish(
            CallNeeded(
                clinic_id=row.clinic_id,
                message_id=row.pk,
                patient_id=row.patient_id,
                purpose=row.purpose,
                subject_kind=row.subject_kind,
                subject_id=row.subject_id,
            ),
            now=now,
        )
    return done

"""Takes due messages of one account, asks the gate about each and marks those that go: one transaction, no I/O."""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from zabota.messaging.models import Batch, ChannelAccount, Decision, Message, MessagingRules
from zabota.messaging.queries.known import ground_of
from zabota.messaging.queries.rows import Row, rows_of
from zabota.messaging.rules.gate import Fate, Ruling, rule
from zabota.messaging.rules.states import RANKS
from zabota.messaging.rules.transport import Traits
from zabota.messaging.services.bulk import decide_sent
from zabota.messaging.services.cascade import go_on
from zabota.messaging.services.registry import guard_of
from zabota.messaging.services.rules import ensure_rules, windows_of

#: How long a worker may be silent about a batch before another looks after it.
LEASE = timedelta(seconds=120)
#: Seconds of its speed that an account may save up.
BURST_SECONDS = 1.0
_PRIORITIES = (0, 1, 2)
_STATE_OF = {Fate.SUPPRESS: Message.State.SUPPRESSED, Fate.EXPIRE: Message.State.EXPIRED}


@dataclass(slots=True)
class Claim:
    """What one worker took: messages that go, and whether there was more to look at."""

    token: str
    going: list[Row] = field(default_factory=list)
    #: Rows looked at, whatever became of them.
    seen: int = 0
    #: The account has used up its speed or rests until then.
    wait_until: datetime | None = None


def claim(*, account_id: int, traits: Traits, now: datetime, limit: int) -> Claim:
    """Take up to `limit` due messages. The row of the clinic's rules is the lock under which caps are counted."""
    taken = Claim(token=secrets.token_hex(8))
    account = ChannelAccount.objects.get(pk=account_id)
    ensure_rules(clinic_id=account.clinic_id)
    with transaction.atomic():
        rules = MessagingRules.objects.select_for_update(no_key=True).get(clinic_id=account.clinic_id)
        account = ChannelAccount.objects.select_for_update(no_key=True).get(pk=account_id)
        if rules.paused_at is not None:
            taken.wait_until = now + timedelta(minutes=1)
            return taken
        if account.open_until_at is not None and account.open_until_at > now:
            taken.wait_until = account.open_until_at
            return taken
        tokens = _tokens(account, now)
        rows = _due(account, now, min(limit, int(tokens)))
        if rows:
            _rule_all(rows, taken, account, traits, rules, now)
        left = tokens - len(taken.going)
        if left < 1:
            taken.wait_until = now + timedelta(seconds=(1 - left) / max(account.per_second, 0.01))
        used = {"last_used_at": now} if taken.going else {}
        ChannelAccount.objects.filter(pk=account_id).update(bucket_tokens=left, bucket_at=now, **used)
    return taken


def heartbeat(*, token: str, now: datetime) -> int:
    """Keep a batch that is still being sent."""
    return Batch.objects.filter(pk=token).update(lease_until=now + LEASE)


def _tokens(account: ChannelAccount, now: datetime) -> float:
    most = max(1.0, account.per_second * BURST_SECONDS)
    if account.bucket_at is None:
        return most
    # A clock that was set back gives nothing and takes nothing.
    passed = max(0.0, (now - account.bucket_at).total_seconds())
    return min(most, account.bucket_tokens + passed * account.per_second)


def _due(account: ChannelAccount, now: datetime, limit: int) -> list[Row]:
    rows: list[Row] = []
    for priority in _PRIORITIES:
        if len(rows) >= limit:
            break
        due = (
            Message.objects.filter(account=account, priority=priority, due_at__lte=now)
            .order_by("due_at", "id")
            .select_for_update(skip_locked=True)
        )
        rows += rows_of(due[: limit - len(rows)])
    return rows


def _rule_all(
    rows: list[Row], taken: Claim, account: ChannelAccount, traits: Traits, rules: MessagingRules, now: datetime
) -> None:
    taken.seen = len(rows)
    ground = ground_of(
        rows,
        rules=rules,
        channel=account.channel,
        channel_on=account.is_on,
        no_longer=ask_guards(rows, now=now),
        person_pause=timedelta(seconds=traits.per_person_seconds),
        now=now,
    )
    windows = windows_of(rules)
    others: list[tuple[Row, Ruling]] = []
    for row in rows:
        ruling = rule(ground.known(row), windows, now)
        if ruling.fate is Fate.GO:
            ground.count(row)
            taken.going.append(row)
        else:
            others.append((row, ruling))
    if taken.going:
        _go(taken, account, now)
    stop_or_wait(others, now=now)


def ask_guards(rows: Sequence[Row], *, now: datetime) -> Mapping[tuple[str, int, int], str]:
    """What no longer holds, by (kind, id, revision); a kind without a guard always holds."""
    refs: dict[str, set[tuple[int, int]]] = defaultdict(set)
    for row in rows:
        if row.subject_kind and row.subject_id is not None:
            refs[row.subject_kind].add((row.subject_id, row.subject_revision))
    answers: dict[tuple[str, int, int], str] = {}
    for kind, pairs in refs.items():
        guard = guard_of(kind)
        if guard is not None:
            for (subject_id, revision), words in guard(sorted(pairs), now=now).items():
                if words:
                    answers[kind, subject_id, revision] = words
    return answers


def _go(taken: Claim, account: ChannelAccount, now: datetime) -> None:
    minutes: dict[timedelta | None, list[int]] = defaultdict(list)
    for row in taken.going:
        # The wait for a delivery begins now, not when the message was written.
        pause = row.step_on_at - row.not_before_at if row.step_on_at else None
        minutes[pause].append(row.pk)
        row.attempts += 1
    for pause, ids in minutes.items():
        Message.objects.filter(pk__among=ids, state=Message.State.QUEUED).update(
            state=Message.State.SENDING,
            rank=RANKS["sending"],
            reason="sent",
            claim=taken.token,
            attempts=F("attempts") + 1,
            claimed_at=now,
            step_on_at=now + pause if pause else None,
        )
    ids = [row.pk for row in taken.going]
    Batch.objects.create(token=taken.token, account=account, lease_until=now + LEASE, message_ids=ids)
    decide_sent(messages=[(row.pk, row.attempts) for row in taken.going], clinic_id=account.clinic_id, now=now)


def stop_or_wait(ruled: Sequence[tuple[Row | Message, Ruling]], *, now: datetime) -> None:
    """Write what the gate said of messages that do not go now, and go on through other channels where that may help."""
    if not ruled:
        return
    elsewhere: list[int] = []
    for row, ruling in ruled:
        mine = Message.objects.filter(pk=row.pk, state=Message.State.QUEUED)
        if ruling.fate is Fate.WAIT:
            until = ruling.until or now
            shift = row.step_on_at - row.not_before_at if row.step_on_at else None
            mine.update(not_before_at=until, reason=ruling.reason, step_on_at=until + shift if shift else None)
            continue
        state = _STATE_OF[ruling.fate]
        mine.update(state=state, rank=RANKS[state], reason=ruling.reason, ended_at=now, step_on_at=None)
        if ruling.next_step:
            elsewhere.append(row.pk)
    Decision.objects.bulk_create(
        [
            Decision(
                message_id=row.pk,
                clinic_id=row.clinic_id,
                at=now,
                outcome=Decision.Outcome.WAIT if ruling.fate is Fate.WAIT else Decision.Outcome.STOP,
                reason=ruling.reason,
                detail=ruling.detail[:300],
                attempt=row.attempts,
                until_at=ruling.until,
            )
            for row, ruling in ruled
            # A message that waits for the same reason again says nothing new.
            if ruling.fate is not Fate.WAIT or row.reason != ruling.reason
        ]
    )
    go_on(elsewhere, now=now)

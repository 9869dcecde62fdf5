"""Sends what is due through one account: claim, send outside any transaction, acknowledge; again until nothing is left."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from django.db import connection

from zabota.kernel import clock
from zabota.kernel.scope import clinic_scope
from zabota.messaging.models import ChannelAccount
from zabota.messaging.queries.rows import Row
from zabota.messaging.rules.transport import Account, Blame, Outgoing, SendResult, Transport, Verdict
from zabota.messaging.services.accounts import account_view, is_lost
from zabota.messaging.services.acking import Tally, acknowledge
from zabota.messaging.services.breaker import account_failed
from zabota.messaging.services.claiming import LEASE, claim, heartbeat
from zabota.messaging.services.journal import note_sent
from zabota.messaging.services.loops import new_loop
from zabota.messaging.services.registry import transport_of

log = structlog.get_logger(__name__)

#: Messages of one claim: what a worker that is killed leaves in doubt.
BATCH = 500
_MAY_HAVE_LEFT = frozenset({Verdict.ACCEPTED, Verdict.UNKNOWN})


@dataclass(slots=True)
class Drained:
    """What one drain did, and when the account may be looked at again."""

    seen: int = 0
    sent: int = 0
    wait_until: datetime | None = None


def drain(
    *,
    account_id: int,
    limit: int | None = None,
    batch: int = BATCH,
    now: Callable[[], datetime] = clock.now,
    stopped: Callable[[], bool] = bool,
) -> Drained:
    """Send what is due through one account until nothing is left, the speed is used up or `stopped` says so."""
    account = ChannelAccount.objects.filter(pk=account_id).first()
    transport = transport_of(account.provider) if account else None
    done = Drained()
    if account is None or transport is None:
        return done
    if is_lost(account):
        detail = "секретный ключ установки сменился: введите ключи канала заново"
        lost = SendResult(key="", verdict=Verdict.ACCOUNT, blame=Blame.KEY, detail=detail)
        account_failed(account_id=account_id, result=lost, now=now())
        return done
    view = account_view(account)
    # One loop for the whole drain: adapters keep their connections open between batches.
    with clinic_scope(account.clinic_id), asyncio.Runner(loop_factory=new_loop) as runner:
        try:
            while not stopped() and (limit is None or done.seen < limit):
                size = batch if limit is None else min(batch, limit - done.seen)
                taken = claim(account_id=account_id, traits=transport.traits, now=now(), limit=size)
                done.seen += taken.seen
                done.wait_until = taken.wait_until
                if taken.going:
                    _send(runner, transport, view, account, taken.going, taken.token, done, now)
                if taken.seen == 0 or (taken.wait_until is not None and not taken.going):
                    break
        finally:
            runner.run(transport.release())
    return done


def outgoing_of(row: Row) -> Outgoing:
    """A message as it leaves."""
    own = row.own
    return Outgoing(
        key=row.idem_key,
        address=row.address,
        text=row.text,
        subject=row.subject,
        buttons=tuple((title, url) for title, url in own.get("buttons", ())),
        unsubscribe_url=own.get("unsubscribe", ""),
        sender=own.get("sender", ""),
        sender_name=own.get("sender_name", ""),
        attempt=max(row.attempts - 1, 0),
    )


def _send(
    runner: asyncio.Runner,
    transport: Transport,
    view: Account,
    account: ChannelAccount,
    rows: Sequence[Row],
    token: str,
    done: Drained,
    now: Callable[[], datetime],
) -> Tally:
    batch = [outgoing_of(row) for row in rows]
    with _beating(token, now):
        try:
            results = runner.run(transport.send(batch, view))
        except Exception as error:  # an adapter must not raise; if it does, nobody knows what left
            log.error("transport_raised", provider=account.provider, error=type(error).__qualname__, exc_info=error)
            results = [SendResult(each.key, Verdict.UNKNOWN, detail=type(error).__qualname__) for each in batch]
    note_sent((each.key for each in results if each.verdict in _MAY_HAVE_LEFT), now=now())
    tally = acknowledge(
        rows,
        {result.key: result for result in results},
        token=token,
        account=account,
        traits=transport.traits,
        now=now(),
    )
    done.sent += tally.accepted
    return tally


class _beating:  # noqa: N801 -- reads as a word in `with`
    """Keeps the lease of a batch while it is being sent."""

    def __init__(self, token: str, now: Callable[[], datetime]) -> None:
        self._token, self._now = token, now
        self._stop = threading.Event()
        self._thread: threading.Timer | None = None

    def __enter__(self) -> None:
        self._arm()

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.cancel()

    def _arm(self) -> None:
        self._thread = threading.Timer(LEASE.total_seconds() / 3, self._beat)
        self._thread.daemon = True
        self._thread.start()

    def _beat(self) -> None:
        if self._stop.is_set():
            return
        try:
            from zabota.kernel.scope import every_clinic  # noqa: PLC0415 -- a thread has its own scope

            with every_clinic(reason="heartbeat of a batch"):
                heartbeat(token=self._token, now=self._now())
        except Exception as error:  # a locked database must not end the heartbeat
            log.warning("heartbeat_missed", error=type(error).__qualname__)
        finally:
            connection.close()
        if not self._stop.is_set():
            self._arm()

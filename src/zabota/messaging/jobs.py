"""Background work of messages: wakes the drains. The outbox says what is due; a lost wake-up costs a minute."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any

from django.db.models import Count
from django_tasks import task
from django_tasks.base import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from zabota.kernel import clock
from zabota.kernel.errors import all_of_them
from zabota.kernel.jobs import schedule
from zabota.kernel.scope import every_clinic
from zabota.messaging.models import Message
from zabota.messaging.services.accounts import name_recipients
from zabota.messaging.services.breaker import ready_accounts
from zabota.messaging.services.draining import BATCH, drain
from zabota.messaging.services.epoch import look
from zabota.messaging.services.receiving import apply_receipts
from zabota.messaging.services.ticking import tick
from zabota.messaging.services.tidying import tidy_messages
from zabota.messaging.services.waking import register_waker

#: Seconds after which a drain makes room for other jobs of its worker.
SHIFT = 20.0


@task()
def drain_account(account_id: int) -> dict[str, int]:
    """Send what is due through one account; asks for another shift when something is left."""
    end = time.monotonic() + SHIFT
    look(now=clock.now())
    done = drain(account_id=account_id, stopped=lambda: time.monotonic() > end)
    now = clock.now()
    if done.wait_until is None and done.seen:
        _ask_for_drain(account_id)
    elif done.wait_until is not None and (done.wait_until - now).total_seconds() < 60 and _due(account_id):
        drain_account.using(run_after=done.wait_until).enqueue(account_id)
    return {"seen": done.seen, "sent": done.sent}


@schedule(
    "messaging.drain", cron="* * * * *", says="отправляет сообщения, которым пора, и разбирает ответы провайдеров"
)
@task()
def drain_due() -> dict[str, int]:
    """Look at everything once: what providers said, what the clock brings, what is due in each account."""
    now = clock.now()
    look(now=now)
    told: dict[str, int] = {}

    def clock_of_messages() -> None:
        ticked = tick(now=now)
        told.update(stepped=ticked.stepped, unknown=ticked.unknown, expired=ticked.expired)

    all_of_them(
        lambda: told.update(received=apply_receipts(now=now)),
        clock_of_messages,
        lambda: _ask_for_drains(now),
    )
    return told


@schedule("messaging.tidy", cron="40 3 * * *", says="убирает тексты старше года и принятые события старше месяца")
@task()
def tidy_old_messages() -> dict[str, int]:
    """Keep nothing longer than its time; name in the consents whoever receives data and is not named yet."""
    now = clock.now()
    return {**tidy_messages(now=now), "recipients": name_recipients(now=now)}


def _due(account_id: int) -> int:
    with every_clinic(reason="accounts of all clinics"):
        due = Message.objects.filter(account_id=account_id, due_at__lte=clock.now())
        return due.order_by()[: 8 * BATCH].aggregate(n=Count("id"))["n"] or 0


def _ask_for_drains(now: datetime) -> None:
    with every_clinic(reason="accounts of all clinics"):
        for account_id in ready_accounts(now=now):
            # A long queue is worked off by two workers.
            for _ in range(min(2, 1 + _due(account_id) // (4 * BATCH)) if _due(account_id) else 0):
                _ask_for_drain(account_id)


def _ask_for_drain(account_id: int) -> None:
    if _waiting(drain_account.module_path, args=[account_id]) < 2:
        drain_account.enqueue(account_id)


def _ask_to_look() -> None:
    """Called in the transaction that put something into the outbox: one waiting look is enough."""
    if not _waiting(drain_due.module_path):
        drain_due.enqueue()


def _waiting(path: str, *, args: list[Any] | None = None) -> int:
    ready: Any = DBTaskResult.objects.filter(
        status=TaskResultStatus.READY, task_path=path, args_kwargs={"args": args or [], "kwargs": {}}
    )
    return int(ready.count())


register_waker(_ask_to_look)

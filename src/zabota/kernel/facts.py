"""Answers for facts: published in the transaction of the write, delivered by a worker to each handler at least once.

A delivery and what its handler writes are one transaction, so within this database a fact takes effect exactly once;
a handler that reaches outside must carry its own idempotency key (the delivery's id).
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import traceback
from collections.abc import Callable, Iterable
from typing import Any, ClassVar, TypeVar

import structlog
from django.conf import settings
from django.db import models, transaction

from zabota.kernel import clock
from zabota.kernel.models import Fact, FactDelivery
from zabota.kernel.scope import every_clinic

log = structlog.get_logger(__name__)

LEASE = dt.timedelta(seconds=60)
#: Pause before attempt n+1, seconds.
BACKOFF = (5, 30, 120, 600, 3600)


@dataclasses.dataclass(frozen=True, kw_only=True)
class FactBase:
    """What happened, as a frozen dataclass of ids, dates and codes: no names, no phones."""

    kind: ClassVar[str] = ""
    clinic_id: int


_F = TypeVar("_F", bound=FactBase)
_kinds: dict[str, type[FactBase]] = {}
_handlers: dict[str, dict[str, Callable[[Any], None]]] = {}


def fact(kind: str) -> Callable[[type[_F]], type[_F]]:
    """Class decorator that names a fact: `@fact("booking.visit_completed")`."""

    def register(cls: type[_F]) -> type[_F]:
        if _kinds.setdefault(kind, cls) is not cls:
            raise ValueError(f"two facts are called {kind}")
        cls.kind = kind
        return cls

    return register


def handles(*facts: type[FactBase]) -> Callable[[Callable[[Any], None]], Callable[[Any], None]]:
    """Register a handler `f(fact)`; its dotted name is its identity, so renaming it needs a migration of deliveries."""

    def register(function: Callable[[Any], None]) -> Callable[[Any], None]:
        name = f"{function.__module__}.{function.__qualname__}"
        for cls in facts:
            _handlers.setdefault(cls.kind, {})[name] = function
        return function

    return register


def known_facts() -> dict[str, type[FactBase]]:
    """All declared facts by kind (for documentation and its guard)."""
    return dict(_kinds)


def known_handlers() -> dict[str, list[str]]:
    """Handlers' names by kind of fact."""
    return {kind: sorted(names) for kind, names in _handlers.items()}


def publish(*facts: FactBase, now: dt.datetime) -> None:
    """Write facts and one waiting delivery per handler. Must be called inside the transaction of the write."""
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("publish() outside a transaction: the fact could be lost or untrue")
    rows = Fact.objects.bulk_create(
        [Fact(kind=item.kind, clinic_id=item.clinic_id, payload=_to_json(item), happened_at=now) for item in facts]
    )
    FactDelivery.objects.bulk_create(
        [FactDelivery(fact=row, handler=handler, try_at=now) for row in rows for handler in _handlers.get(row.kind, ())]
    )


def deliver_due(*, limit: int = 200) -> int:
    """Deliver waiting facts, oldest first. Returns how many were applied. Safe with any number of workers."""
    now = clock.now()
    free = models.Q(leased_until=None) | models.Q(leased_until__lt=now)
    due = (
        FactDelivery.objects.filter(free, state=FactDelivery.State.WAITING, try_at__lte=now)
        .order_by("try_at", "id")
        .select_related("fact")[:limit]
    )
    return sum(_deliver(delivery) for delivery in due)


def deliver_all(*, rounds: int = 50) -> int:
    """Deliver until nothing is due: for commands and tests, which want the consequences at once."""
    total = 0
    for _ in range(rounds):
        applied = deliver_due()
        total += applied
        if not applied:
            break
    return total


def _deliver(delivery: FactDelivery) -> int:
    now = clock.now()
    # The claim is a conditional UPDATE: whoever changes the row first has it, on both databases.
    claimed = FactDelivery.objects.filter(
        pk=delivery.pk, state=FactDelivery.State.WAITING, leased_until=delivery.leased_until
    ).update(leased_until=now + LEASE, attempts=models.F("attempts") + 1)
    if not claimed:
        return 0
    handler = _handlers.get(delivery.fact.kind, {}).get(delivery.handler)
    try:
        if handler is None:
            raise LookupError(f"handler {delivery.handler} is gone")
        with transaction.atomic(), every_clinic(reason="handlers serve all clinics"):
            mine = FactDelivery.objects.filter(
                pk=delivery.pk, state=FactDelivery.State.WAITING, leased_until=now + LEASE
            ).update(state=FactDelivery.State.DONE, done_at=now, leased_until=None, reason="")
            if not mine:
                return 0
            handler(_from_json(delivery.fact))
    except Exception as error:  # a poison fact is parked with its reason, the others go on
        _postpone(delivery, error, now)
        return 0
    return 1


def _postpone(delivery: FactDelivery, error: Exception, now: dt.datetime) -> None:
    attempts = delivery.attempts + 1
    parked = attempts >= settings.JOB_MAX_ATTEMPTS
    reason = "".join(traceback.format_exception_only(error)).strip()[:2000]
    FactDelivery.objects.filter(pk=delivery.pk).update(
        state=FactDelivery.State.PARKED if parked else FactDelivery.State.WAITING,
        leased_until=None,
        reason=reason,
        try_at=now + dt.timedelta(seconds=BACKOFF[min(attempts, len(BACKOFF)) - 1]),
    )
    log.warning("fact_not_delivered", delivery=delivery.pk, handler=delivery.handler, parked=parked, error=reason)


def retry_parked(delivery_ids: Iterable[int], *, now: dt.datetime) -> int:
    """Put parked deliveries back in the queue; returns how many."""
    return FactDelivery.objects.filter(pk__in=list(delivery_ids), state=FactDelivery.State.PARKED).update(
        state=FactDelivery.State.WAITING, attempts=0, try_at=now
    )


def _to_json(item: FactBase) -> dict[str, Any]:
    return {name: _plain(value) for name, value in dataclasses.asdict(item).items()}


def _plain(value: Any) -> Any:
    if isinstance(value, dt.datetime | dt.date):
        return value.isoformat()
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    return value


def _from_json(row: Fact) -> FactBase:
    cls = _kinds[row.kind]
    values: dict[str, Any] = {}
    for field in dataclasses.fields(cls):
        value = row.payload[field.name]
        hint = str(field.type)
        if value is not None and hint.startswith(("datetime", "dt.datetime")):
            value = dt.datetime.fromisoformat(value)
        elif value is not None and hint.startswith(("date", "dt.date")):
            value = dt.date.fromisoformat(value)
        elif isinstance(value, list):
            value = tuple(value)
        values[field.name] = value
    return cls(**values)

"""Answers for facts: published in the transaction of the write, delivered by a worker to each handler at least once.

A delivery and what its handler writes are one transaction, so within this database a fact takes effect exactly once;
a handler that reaches outside must carry its own idempotency key (the delivery's id).
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Iterable
from typing import Any, ClassVar, TypeVar, get_args, get_type_hints

import structlog
from django.conf import settings
from django.db import models, transaction

from zabota.kernel import clock
from zabota.kernel.errors import reason_of
from zabota.kernel.models import Fact, FactDelivery
from zabota.kernel.plain import plain
from zabota.kernel.scope import every_clinic

log = structlog.get_logger(__name__)

#: Pause after attempt n, seconds.
BACKOFF = (5, 30, 120, 600, 3600)
#: Reason of what ended its worker: the process was killed or the machine stopped.
STOPPED_MIDWAY = "исполнитель остановился на середине"


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


def deliver_due(*, limit: int = 200, stopped: Callable[[], bool] = bool) -> int:
    """Deliver waiting facts, oldest first. Returns how many were applied. Safe with any number of workers."""
    now = clock.now()
    free = models.Q(leased_until=None) | models.Q(leased_until__lt=now)
    due = (
        FactDelivery.objects.filter(free, state=FactDelivery.State.WAITING, try_at__lte=now)
        .order_by("try_at", "id")
        .select_related("fact")[:limit]
    )
    applied = 0
    for delivery in due:
        if stopped():
            break
        applied += _deliver(delivery)
    return applied


def deliver_all(*, rounds: int = 50) -> int:
    """Deliver until nothing is due: for commands and tests, which want the consequences at once."""
    total = 0
    for _ in range(rounds):
        applied = deliver_due()
        total += applied
        if not applied:
            break
    return total


def _claim(delivery: FactDelivery) -> models.QuerySet[FactDelivery] | None:
    """Take the delivery for one attempt. The query returned finds the row only as long as it is still ours."""
    now = clock.now()
    waiting = FactDelivery.objects.filter(pk=delivery.pk, state=FactDelivery.State.WAITING)
    with transaction.atomic():
        # A worker that hangs inside its handler holds the row: others skip it instead of waiting for ever (PostgreSQL).
        seen = waiting.filter(leased_until=delivery.leased_until)
        if seen.select_for_update(skip_locked=True).first() is None:
            return None
        if delivery.attempts >= settings.JOB_MAX_ATTEMPTS:
            # Its handler ended the worker each time: nobody was left to postpone it.
            seen.update(state=FactDelivery.State.PARKED, leased_until=None, reason=STOPPED_MIDWAY)
            log.warning("fact_parked", delivery=delivery.pk, handler=delivery.handler)
            return None
        until = now + dt.timedelta(seconds=settings.JOB_LEASE_SECONDS)
        # A conditional UPDATE: whoever changes the row first has it, on both databases.
        if not seen.update(leased_until=until, attempts=models.F("attempts") + 1):
            return None
    return waiting.filter(leased_until=until)


def _deliver(delivery: FactDelivery) -> int:
    ours = _claim(delivery)
    if ours is None:
        return 0
    handler = _handlers.get(delivery.fact.kind, {}).get(delivery.handler)
    try:
        if handler is None:
            raise LookupError(f"handler {delivery.handler} is gone")
        with transaction.atomic(), every_clinic(reason="handlers serve all clinics"):
            done = ours.update(state=FactDelivery.State.DONE, done_at=clock.now(), leased_until=None, reason="")
            if not done:
                return 0  # the lease ran out and another worker took it
            handler(_from_json(delivery.fact))
    except Exception as error:  # a poison fact is parked with its reason, the others go on
        _postpone(delivery, ours, error)
        return 0
    return 1


def _postpone(delivery: FactDelivery, ours: models.QuerySet[FactDelivery], error: Exception) -> None:
    """Another try later, or none: only while the delivery is ours, so that what another worker applied stays applied."""
    attempts = delivery.attempts + 1
    parked = attempts >= settings.JOB_MAX_ATTEMPTS
    ours.update(
        state=FactDelivery.State.PARKED if parked else FactDelivery.State.WAITING,
        leased_until=None,
        reason=reason_of(error),
        try_at=clock.now() + pause_after(attempts),
    )
    log.warning(
        "fact_not_delivered",
        delivery=delivery.pk,
        handler=delivery.handler,
        parked=parked,
        error=type(error).__qualname__,
        exc_info=error,
    )


def pause_after(attempts: int) -> dt.timedelta:
    """How long to wait after this many failed attempts."""
    return dt.timedelta(seconds=BACKOFF[min(max(attempts, 1), len(BACKOFF)) - 1])


def retry_parked(delivery_ids: Iterable[int], *, now: dt.datetime) -> int:
    """Put parked deliveries back in the queue; returns how many."""
    return FactDelivery.objects.filter(pk__in=list(delivery_ids), state=FactDelivery.State.PARKED).update(
        state=FactDelivery.State.WAITING, attempts=0, try_at=now, leased_until=None
    )


def _to_json(item: FactBase) -> dict[str, Any]:
    return {name: plain(value) for name, value in dataclasses.asdict(item).items()}


def _from_json(row: Fact) -> FactBase:
    """The fact again. A field added since it was written takes its default; one taken away is left out."""
    cls = _kinds[row.kind]
    hints = get_type_hints(cls)
    values = {
        field.name: _typed(row.payload[field.name], hints[field.name])
        for field in dataclasses.fields(cls)
        if field.name in row.payload
    }
    return cls(**values)


def _typed(value: Any, hint: Any) -> Any:
    kinds = (hint, *get_args(hint))
    if isinstance(value, str) and dt.datetime in kinds:
        return dt.datetime.fromisoformat(value)
    if isinstance(value, str) and dt.date in kinds:
        return dt.date.fromisoformat(value)
    return tuple(value) if isinstance(value, list) else value

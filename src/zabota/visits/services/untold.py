"""What a wrong text kept back: a call stands in for it, and the message goes as soon as the text is mended.

The open call is the mark of what is untold: whoever was called already is not written to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from functools import partial

from zabota.booking.models import Appointment, SlotOffer
from zabota.clinic.models import Clinic
from zabota.kernel.audit import SYSTEM
from zabota.kernel.jobs import assure_lease
from zabota.messaging.models import Message
from zabota.visits.services import notices, offering
from zabota.worklist.api import close_needless
from zabota.worklist.models import Task

#: Reasons of a closed call, as ENDINGS of the worklist names them.
TOLD, OVER = "told", "offer_over"
_PORTION = 500


def tell_untold(*, now: datetime) -> int:
    """Try again what still makes sense: offers that are open, cancelled visits still to come. Returns how many went."""
    told = 0
    for offer_id, task_id in _offers(now):
        send = partial(offering.send_offer, offer_id=offer_id, now=now)
        told += _again(task_id, offering.message_key(offer_id), send, now)
    for visit_id, revision, task_id in _cancelled(now):
        send = partial(notices.tell_cancelled, appointment_id=visit_id, now=now)
        told += _again(task_id, notices.message_key(visit_id, revision), send, now)
    return told


def forget_offer(*, offer_id: int, now: datetime) -> None:
    """The offer ended: nobody has to be called about it."""
    task = Task.objects.filter(dedupe_key=offering.call_key(offer_id), state=Task.State.OPEN).first()
    if task is not None:
        close_needless(task_id=task.pk, reason=OVER, actor=SYSTEM, now=now)


def _again(task_id: int, key: str, send: Callable[[], bool], now: datetime) -> int:
    """The call is given up for a message on its way; one that no channel can carry leaves the call to people."""
    written = Message.objects.filter(idem_key=key)
    if not written.exists() and not send():
        return 0
    if not written.exclude(state=Message.State.SUPPRESSED).exists():
        return 0
    close_needless(task_id=task_id, reason=TOLD, actor=SYSTEM, now=now)
    return 1


def _offers(now: datetime) -> list[tuple[int, int]]:
    """Open offers with an open call: (offer, task)."""
    ids = SlotOffer.objects.filter(state=SlotOffer.State.OPEN, expires_at__gt=now).values_list("pk", flat=True)
    keys = {offering.call_key(pk): pk for pk in ids}
    return [(keys[key], task_id) for key, task_id in _open_calls(keys)]


def _cancelled(now: datetime) -> Iterator[tuple[int, int, int]]:
    """Visits to come that the clinic cancelled, with an open call: (visit, revision, task)."""
    for clinic_id in Clinic.objects.order_by("pk").values_list("pk", flat=True):
        assure_lease()
        rows = Appointment.objects.filter(
            clinic_id=clinic_id,
            day__gte=(now - timedelta(days=1)).date(),
            status=Appointment.Status.CANCELLED_CLINIC,
            starts_at__gt=now,
        )
        keys = {notices.call_key(pk, n): (pk, n) for pk, n in rows.values_list("pk", "revision")}
        for key, task_id in _open_calls(keys):
            yield *keys[key], task_id


def _open_calls(keys: Iterable[str]) -> Iterator[tuple[str, int]]:
    every = list(keys)
    for start in range(0, len(every), _PORTION):
        rows = Task.objects.filter(dedupe_key__in=every[start : start + _PORTION], state=Task.State.OPEN)
        yield from list(rows.order_by("pk").values_list("dedupe_key", "pk"))

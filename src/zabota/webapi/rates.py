"""How often one caller may call: a bucket in the memory of each process, enough against a flood."""

from __future__ import annotations

import time
from collections import OrderedDict
from threading import Lock

#: Calls a second that a provider may make for long, and at once after a silence.
PER_SECOND, AT_ONCE = 200.0, 1000.0
#: Callers remembered; the longest silent are forgotten first.
MOST = 10_000

_buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
_lock = Lock()


def may_call(caller: str, *, per_second: float = PER_SECOND, at_once: float = AT_ONCE) -> bool:
    """Take one call from the caller's bucket; False when it is empty."""
    now = time.monotonic()
    with _lock:
        left, since = _buckets.pop(caller, (at_once, now))
        left = min(at_once, left + (now - since) * per_second)
        is_allowed = left >= 1.0
        _buckets[caller] = (left - 1.0 if is_allowed else left, now)
        if len(_buckets) > MOST:
            _buckets.popitem(last=False)
    return is_allowed

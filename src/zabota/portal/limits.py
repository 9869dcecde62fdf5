"""How often an address may ask; a page of the patient answers 429 and says when to come again."""

from __future__ import annotations

import time

from allauth.account.adapter import get_adapter
from django.core.cache import cache
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from zabota.kernel import clock
from zabota.visits.api import count_request


def address_of(request: HttpRequest) -> str:
    """The client's address, as far as the trusted proxies tell it; what a client writes itself counts for nothing."""
    return str(get_adapter(request).get_client_ip(request))


def client_key(request: HttpRequest) -> str:
    """A digest of the client's address (as trusted proxies tell it): counters and rows hold no address."""
    return salted_hmac("zabota.portal.client", address_of(request), algorithm="sha256").hexdigest()


def wait_before(name: str, who: str, *, limit: int, seconds: int, shut_when_unsure: bool = False) -> int:
    """Seconds to wait before another try of `name`; 0 when it may go on. Counts this try, for all workers together.

    What only reads goes on when counting fails; what sends messages stays shut.
    """
    count, wait = count_request(name, who, seconds=seconds, now=clock.now())
    if count is None:
        return wait if shut_when_unsure else 0
    return 0 if count <= limit else wait


def flood_before(who: str, *, limit: int, seconds: int) -> int:
    """The same for every page: each worker counts for itself, in memory, and no page costs a row."""
    now = int(time.time())
    slot = now // seconds
    key = f"portal:page:{who}:{slot}"
    try:
        cache.add(key, 0, timeout=seconds * 2)
        count = cache.incr(key)
    except Exception:
        return 0
    return 0 if count <= limit else (slot + 1) * seconds - now

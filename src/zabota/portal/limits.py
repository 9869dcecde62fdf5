"""How often an address may ask; a page of the patient answers 429 and says when to come again."""

from __future__ import annotations

from allauth.account.adapter import get_adapter
from django.core.cache import cache
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from zabota.kernel import clock
from zabota.visits.api import count_request

#: Pages of one address that a worker counts by itself before it tells the others.
STEP = 20


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
    """The same for every page: a worker counts in memory and tells the others at each twentieth page.

    A page costs no write of its own, and an address gets at most `STEP` pages over the limit for each worker.
    """
    now = int(clock.now().timestamp())
    slot = now // seconds
    key = f"portal:page:{who}:{slot}"
    wait = (slot + 1) * seconds - now
    try:
        cache.add(key, 0, timeout=seconds * 2)
        count = cache.incr(key)
        if count > limit or cache.get(f"{key}:shut"):
            return wait
        if count % STEP == 0:
            together, _ = count_request("page", who, seconds=seconds, now=clock.now(), by=STEP)
            if together is not None and together > limit:
                cache.set(f"{key}:shut", True, timeout=seconds * 2)
                return wait
    except Exception:
        return 0
    return 0

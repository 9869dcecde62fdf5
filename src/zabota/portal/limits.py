"""How often an address may ask: counted in the cache; a page of the patient answers 429 and says when to come again."""

from __future__ import annotations

import time

from allauth.account.adapter import get_adapter
from django.core.cache import cache
from django.http import HttpRequest
from django.utils.crypto import salted_hmac


def address_of(request: HttpRequest) -> str:
    """The client's address, as far as the trusted proxies tell it; what a client writes itself counts for nothing."""
    return str(get_adapter(request).get_client_ip(request))


def client_key(request: HttpRequest) -> str:
    """A digest of the client's address (as trusted proxies tell it): counters and rows hold no address."""
    return salted_hmac("zabota.portal.client", address_of(request), algorithm="sha256").hexdigest()


def wait_before(name: str, who: str, *, limit: int, seconds: int) -> int:
    """Seconds to wait before another try of `name`; 0 when it may go on. Counts this try.

    A cache that is away lets reading go on: limits of codes are counted in the database and stay closed.
    """
    now = int(time.time())
    slot = now // seconds
    key = f"portal:{name}:{who}:{slot}"
    try:
        cache.add(key, 0, timeout=seconds * 2)
        count = cache.incr(key)
    except Exception:
        return 0
    return 0 if count <= limit else (slot + 1) * seconds - now

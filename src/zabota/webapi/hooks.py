"""Calls of providers: the signature before anything is read, kept at once, worked off by the worker.

A repeated call keeps nothing twice; whoever cannot sign learns nothing, not even whether the body could be read.
"""

from __future__ import annotations

import structlog
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from zabota.kernel import clock
from zabota.kernel.typed import number_of
from zabota.messaging.api import SecretLost, SignatureWrong, account_by_hook, account_view, receive, transports
from zabota.webapi.rates import may_call

log = structlog.get_logger(__name__)

#: Largest body of a call, bytes.
LARGEST = 1024 * 1024
#: Providers that shake hands by GET.
SHAKES_HANDS = frozenset({"whatsapp"})
#: What reading a body of a wrong shape stumbles over.
_MISSHAPEN = (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError)


@csrf_exempt
def hook(request: HttpRequest, provider: str, token: str) -> HttpResponse:
    """One call of one provider for one account."""
    methods = ("POST", "GET") if provider in SHAKES_HANDS else ("POST",)
    method = request.method or ""
    if method not in methods:
        return _answer(405, allow=", ".join(methods))
    if not may_call(f"{provider}:{token}" if len(token) < 100 else "long"):
        return _answer(429, retry_after="1")
    transport, account = transports().get(provider), account_by_hook(provider, token)
    if transport is None or account is None:
        return _answer(404)
    body = _body(request)
    if body is None:
        return _answer(413)
    try:
        reply = transport.read_webhook(
            account=account_view(account),
            method=method,
            headers=dict(request.headers),
            query=request.GET.dict(),
            body=body,
        )
    except (SignatureWrong, SecretLost):  # without the secret nothing can be believed
        log.warning("hook_signature_wrong", provider=provider, account_id=account.pk)
        return _answer(403)
    except _MISSHAPEN as error:
        log.warning("hook_unreadable", provider=provider, account_id=account.pk, error=type(error).__name__)
        return _answer(400)
    receive(account=account, reply=reply, now=clock.now())
    return HttpResponse(reply.body, status=reply.status, content_type=reply.content_type)


def _body(request: HttpRequest) -> bytes | None:
    """The raw bytes, or None when there are too many; no more than that is ever read."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if number_of(length, most=LARGEST) is None:
        return None
    body: bytes = request.read(LARGEST + 1)
    return body if len(body) <= LARGEST else None


def _answer(status: int, *, allow: str = "", retry_after: str = "") -> HttpResponse:
    response = HttpResponse(status=status, content_type="text/plain")
    if allow:
        response["Allow"] = allow
    if retry_after:
        response["Retry-After"] = retry_after
    return response

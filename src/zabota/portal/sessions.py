"""Who has opened a link: a signed cookie for that one page instead of the secret in the address, and seals of forms."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from hmac import compare_digest

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import salted_hmac

from zabota.visits.models import ActionLink

_SALT = "zabota.portal.visit"
_PREFIX = "__Secure-zabota-link-" if settings.HTTPS else "zabota-link-"


@dataclass(frozen=True, slots=True)
class Guest:
    """The browser that opened a link; `known` after the end of the phone was typed right."""

    link_id: int
    known: bool
    seal: str


def let_in(response: HttpResponse, link: ActionLink, *, path: str, known: bool, now: datetime) -> None:
    """Remember on this browser, for this page only and no longer than the link lives, that the link was opened."""
    value = signing.dumps({"l": link.pk, "k": known}, salt=_SALT)
    response.set_cookie(
        _PREFIX + link.public_id,
        value,
        max_age=max(1, int((link.expires_at - now).total_seconds())),
        path=path,
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )


def guest_of(request: HttpRequest, public_id: str) -> Guest | None:
    """The browser's right to the page of this link, if it has one."""
    raw = request.COOKIES.get(_PREFIX + public_id, "")
    try:
        kept = signing.loads(raw, salt=_SALT)
        return Guest(link_id=int(kept["l"]), known=bool(kept["k"]), seal=_seal(raw))
    except (signing.BadSignature, KeyError, TypeError, ValueError):
        return None


def is_sealed(request: HttpRequest, guest: Guest) -> bool:
    """True when the form was drawn by us for this very browser."""
    return compare_digest(request.POST.get("seal", "").encode(errors="replace"), guest.seal.encode())


def _seal(raw: str) -> str:
    return salted_hmac("zabota.portal.form", raw, algorithm="sha256").hexdigest()[:32]

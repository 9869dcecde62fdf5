"""Logins of the demo clinic: shown on the login page and printed by `zabota run`."""

from __future__ import annotations

import base64
import hashlib
import hmac
from functools import lru_cache

from django.conf import settings
from django.contrib.auth.hashers import check_password

from zabota.clinic.models import Member
from zabota.clinic.rules.rights import ROLE_NAMES, Role


def demo_password() -> str:
    """The password of the demo's logins: one for this installation, so that no password is known to the world."""
    digest = hmac.new(settings.SECRET_KEY.encode(), b"demo logins", hashlib.sha256).digest()
    return "zabota-" + base64.b32encode(digest)[:8].decode().lower()


def demo_logins() -> list[tuple[str, str, str]]:
    """Who may enter the demo clinic with the demo password: role with name, login, password. Empty without a demo."""
    order = list(ROLE_NAMES)
    people = Member.objects.filter(clinic__is_demo=True, is_active=True, user__is_active=True).select_related("user")
    password = demo_password()
    return [
        (f"{ROLE_NAMES[Role(member.role)]}, {member.user.short_name}", member.user.email, password)
        for member in sorted(people, key=lambda each: (order.index(Role(each.role)), each.pk))
        if not member.user.must_change_password and _fits(member.user.password, password)
    ]


@lru_cache(maxsize=64)
def _fits(encoded: str, password: str) -> bool:
    """Hashing is slow on purpose; the login page asks for the same few each time."""
    return check_password(password, encoded)

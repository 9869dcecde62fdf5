"""Addresses in messages: on the clinic's own host, a long one where length costs nothing, a short one for SMS."""

from __future__ import annotations

from django.conf import settings

from zabota.visits.services.links import Secrets


def link_words(secrets: Secrets) -> dict[str, str]:
    """Values of {ссылка}: for every channel, and its short form for SMS."""
    return {"ссылка": f"{settings.PUBLIC_URL}/p/v/{secrets.long}", "ссылка_sms": short_address(secrets)}


def short_address(secrets: Secrets) -> str:
    """The address as it stands in an SMS: without a scheme a telephone still makes it a link."""
    return f"{settings.SHORT_URL.removeprefix('https://')}/p/{secrets.short}"

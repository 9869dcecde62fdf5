"""What the pages of the own account ask for: logins of the demo, whether a second factor is a must, names of devices."""

from __future__ import annotations

from django import template

from zabota.clinic import api
from zabota.clinic.models import Member
from zabota.desk.access import needs_second_factor

register = template.Library()

#: Part of the browser's own words, name for people; the first that fits (Chromium calls itself Safari too).
_BROWSERS = (
    ("YaBrowser/", "Яндекс Браузер"),
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


@register.simple_tag
def demo_logins() -> list[tuple[str, str, str]]:
    """Who, login, password; empty when there is no demo clinic."""
    return api.demo_logins()


@register.filter
def factor_is_must(member: Member | None) -> bool:
    """True when this person's role must have a second factor and has none."""
    return member is not None and needs_second_factor(member)


@register.filter
def device(user_agent: str) -> str:
    """«Chrome, Windows»."""
    browser = next((name for part, name in _BROWSERS if part in user_agent), "")
    system = next((name for part, name in _SYSTEMS if part in user_agent), "")
    return ", ".join(part for part in (browser, system) if part) or "неизвестное устройство"

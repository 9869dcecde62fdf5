"""Tags of the patient's pages: an icon of the page's own set, a day and a time in the zone of the place."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from zabota.ui import formats

register = template.Library()

_WEEKDAYS = ("понедельник", "вторник", "среда", "четверг", "пятница", "суббота", "воскресенье")


@register.simple_tag
def i(name: str) -> SafeString:
    """{% i "ok" %}: a mark beside words, never alone."""
    return format_html('<svg class="i" aria-hidden="true"><use href="#i-{}"/></svg>', name)


@register.filter
def long_day(value: date) -> str:
    """«четверг, 26 ноября»."""
    return f"{_WEEKDAYS[value.weekday()]}, {formats.day_month(value)}"


@register.filter
def local(value: datetime, zone: str) -> datetime:
    """The instant in the zone of the place."""
    return value.astimezone(ZoneInfo(zone))


@register.filter
def hour(value: datetime) -> str:
    """«9:30» as it stands, without another change of zone."""
    return f"{value.hour}:{value:%M}"

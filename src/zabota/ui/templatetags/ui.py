"""Tags and filters of the templates: thin doors to `zabota.ui.formats`, and what components need to draw themselves."""

from __future__ import annotations

import json
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from django import template
from django.core.paginator import Page
from django.forms import BoundField, CheckboxInput, CheckboxSelectMultiple, FileInput, RadioSelect, Select, Textarea
from django.http import HttpRequest, QueryDict
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from zabota.kernel import clock
from zabota.ui import formats

register = template.Library()


def _absent(value: object) -> bool:
    return value is None or value == ""


def _local(value: datetime) -> datetime:
    return timezone.localtime(value) if timezone.is_aware(value) else value


def _day(value: date) -> date:
    return _local(value).date() if isinstance(value, datetime) else value


@register.filter
def money(kopecks: int | None) -> str:
    """{{ price_kopecks|money }} → «48 000 ₽»."""
    return formats.DASH if _absent(kopecks) else formats.money(int(kopecks or 0))


@register.filter
def roubles(kopecks: int | None) -> str:
    """{{ paid_kopecks|roubles }} → «240 678 ₽», for a summary."""
    return formats.DASH if _absent(kopecks) else formats.roubles(int(kopecks or 0))


@register.filter
def money_short(kopecks: int | None) -> str:
    """{{ lost_kopecks|money_short }} → «14,4 млн ₽»."""
    return formats.DASH if _absent(kopecks) else formats.money_short(int(kopecks or 0))


@register.filter
def number(value: float | Decimal | None, digits: int = 0) -> str:
    """{{ rows|number }} → «26 553»; {{ days|number:1 }} → «2,5»."""
    return formats.DASH if value is None or value == "" else formats.number(value, int(digits))


@register.filter
def signed(value: float | Decimal | None, digits: int = 0) -> str:
    """{{ change|signed }} → «+12», «−3»."""
    return formats.DASH if value is None or value == "" else formats.signed(value, int(digits))


@register.filter
def percent(share: float | Decimal | None, digits: int = 0) -> str:
    """{{ 0.51|percent }} → «51 %»."""
    return formats.DASH if share is None or share == "" else formats.percent(share, int(digits))


@register.filter
def pp(share: float | Decimal | None, digits: int = 0) -> str:
    """{{ -0.08|pp }} → «−8 п. п.»."""
    return formats.DASH if share is None or share == "" else formats.pp(share, int(digits))


@register.filter
def factor(value: Decimal | None) -> str:
    """«1,5», «2», «1,25»: as many digits as there are, no zeros behind them."""
    if value is None:
        return formats.DASH
    exact = Decimal(value).normalize()
    return formats.number(exact, max(0, -int(exact.as_tuple().exponent)))


@register.filter
def plural(count: int | None, forms: str) -> str:
    """{{ visits|plural:"визит,визита,визитов" }} → «11 визитов»."""
    return formats.DASH if count is None else formats.plural(int(count), forms)


@register.filter
def plural_of(count: int | None, forms: str) -> str:
    """{{ visits|plural_of:"визит,визита,визитов" }} → «731 визита», «22 визитов»: how many stand after «из»."""
    if count is None:
        return formats.DASH
    _, one_of, many_of = forms.split(",")
    return formats.plural(int(count), f"{one_of},{many_of},{many_of}")


@register.filter
def plural_word(count: int | None, forms: str) -> str:
    """The word without the number."""
    return "" if count is None else formats.plural(int(count), forms, with_number=False)


@register.filter
def ru_date(value: datetime | date | None) -> str:
    """«вт, 25 ноября, 10:00» in the current time zone; a day without a time is «вт, 25 ноября»."""
    if not value:
        return formats.DASH
    return formats.ru_date(_local(value)) if isinstance(value, datetime) else formats.ru_day(value)


@register.filter
def ru_day(value: date | None) -> str:
    """«вт, 25 ноября»."""
    return formats.ru_day(_day(value)) if value else formats.DASH


@register.filter
def day(value: date | None) -> str:
    """«25 ноября 2026»."""
    return formats.day(_day(value)) if value else formats.DASH


@register.filter
def day_month(value: date | None) -> str:
    """«25 ноября»."""
    return formats.day_month(_day(value)) if value else formats.DASH


@register.filter
def day_short(value: date | None) -> str:
    """«25 ноя»."""
    return formats.day_short(_day(value)) if value else formats.DASH


@register.filter
def day_near(value: date | None) -> str:
    """«25 ноя»; far away in another year «4 сен 2027»."""
    return formats.day_near(_day(value), _local(clock.now()).date()) if value else formats.DASH


@register.filter
def dates_short(text: str | None) -> str:
    """{{ task.summary|dates_short }} → «срок 5 окт 2026»."""
    return formats.dates_short(text or "")


@register.filter
def month(value: date | None) -> str:
    """«ноябрь 2026»."""
    return formats.month(_day(value)) if value else formats.DASH


@register.filter
def clock_time(value: datetime | time | None) -> str:
    """«9:30»."""
    if value is None:
        return formats.DASH
    if isinstance(value, time):
        return f"{value.hour}:{value.minute:02d}"
    return formats.clock(_local(value))


@register.filter
def when(value: datetime | None) -> str:
    """«сегодня, 9:30», «вчера, 17:20», «18 ноя, 21:32»."""
    return formats.when(_local(value), _local(clock.now())) if value else formats.DASH


@register.filter
def days_left(value: date | None) -> str:
    """«осталось 3 дня», «просрочено на 2 дня»."""
    return formats.days_left(_day(value), _local(clock.now()).date()) if value else formats.DASH


@register.filter
def duration(minutes: int | None) -> str:
    """«1 ч 52 мин»."""
    return formats.DASH if minutes is None else formats.duration(int(minutes))


@register.filter
def phone(e164: str | None) -> str:
    """«+7 916 123-45-67»."""
    return formats.phone(e164) if e164 else formats.DASH


@register.filter
def phone_masked(e164: str | None) -> str:
    """«+7 916 ···-45-67»."""
    return formats.phone_masked(e164) if e164 else formats.DASH


@register.simple_tag
def interval(low: str, high: str) -> str:
    """{% interval low_text high_text %} → «50…52» that does not break."""
    return formats.interval(str(low), str(high))


@register.simple_tag
def period(first: date, last: date) -> str:
    """«1–20 ноября 2026»."""
    return formats.period(_day(first), _day(last))


@register.filter
def share_of(part: float | None, whole: float | None) -> str:
    """Part of a whole in per cent with a dot, 0…100, for widths: {{ done|share_of:total }}."""
    if not part or not whole:
        return "0"
    return f"{max(0.0, min(100.0, 100 * float(part) / float(whole))):.1f}"


@register.filter
def css(value: float | None) -> str:
    """A number for a style attribute: always with a dot, whatever the language of the page."""
    return f"{float(value or 0):.3f}".rstrip("0").rstrip(".")


@register.filter
def get(mapping: Any, key: Any) -> Any:
    """{{ row|get:column.key }}: a value by a key that is itself a variable."""
    if mapping is None:
        return None
    return mapping.get(key) if hasattr(mapping, "get") else getattr(mapping, str(key), None)


@register.filter
def as_json(value: Any) -> SafeString:
    """Data inside <script type="application/json">: nothing in it can end the script."""
    text = json.dumps(value, ensure_ascii=False, default=_plain)
    return mark_safe(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))  # noqa: S308


def _plain(value: object) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, date | datetime):
        return value.isoformat()
    return str(value)


@register.simple_tag(takes_context=True)
def theme_attribute(context: template.Context) -> SafeString:
    """data-theme of <html>, from the cookie the switch of themes writes: the page is right from its first paint."""
    request: HttpRequest | None = context.get("request")
    chosen = request.COOKIES.get("theme", "") if request is not None else ""
    return format_html(' data-theme="{}"', chosen) if chosen in {"light", "dark"} else mark_safe("")


@register.simple_tag
def hotkey_attributes(key: str) -> SafeString:
    """Attributes of an element that is pressed with a key."""
    if not key:
        return mark_safe("")
    shown = " ".join(part.upper() for part in str(key).split())
    return format_html(' data-hotkey="{}" aria-keyshortcuts="{}"', str(key).lower(), shown)


@register.simple_tag
def widget(field: BoundField) -> SafeString:
    """The control of a form field in our clothes."""
    control = field.field.widget
    if isinstance(control, RadioSelect | CheckboxSelectMultiple):
        rows = format_html_join("", '<label class="check">{}<span>{}</span></label>', _choices(field))
        return format_html('<div class="choices stack">{}</div>', rows)
    if isinstance(control, CheckboxInput):
        return format_html('<label class="check">{}<span>{}</span></label>', field.as_widget(), field.label)
    if isinstance(control, Select):
        inner = field.as_widget(attrs={"class": "select"})
        if getattr(control, "allow_multiple_selected", False):
            return inner
        return format_html('<span class="select-wrap">{}{}</span>', inner, _icon("down"))
    name = "textarea" if isinstance(control, Textarea) else "input"
    attrs: dict[str, Any] = {"class": name}
    if isinstance(control, Textarea):
        attrs["rows"] = control.attrs.get("rows", 3) if control.attrs.get("rows") != "10" else 3
    elif isinstance(control, FileInput):
        attrs["class"] = "input"
    return field.as_widget(attrs=attrs)


def _choices(field: BoundField) -> list[tuple[SafeString, str]]:
    return [(option.tag(), str(option.choice_label)) for option in field.subwidgets]


@register.filter
def widget_kind(field: BoundField) -> str:
    """«check», «group» or «one»: whether the label of a field stands before it, around it or over a group."""
    control = field.field.widget
    if isinstance(control, RadioSelect | CheckboxSelectMultiple):
        return "group"
    return "check" if isinstance(control, CheckboxInput) else "one"


def _icon(name: str) -> SafeString:
    return format_html('<svg class="i" aria-hidden="true"><use href="{}#{}"/></svg>', sprite(), name)


@register.simple_tag
def sprite() -> str:
    """Address of the one file with all icons."""
    return static("ui/icons.svg")


@register.simple_tag(takes_context=True)
def page_address(context: template.Context, param: str, value: object) -> str:
    """Address of this page with one parameter changed, the rest of the filter kept: {% page_address "page" 3 %}."""
    request: HttpRequest | None = context.get("request")
    query = request.GET.copy() if request is not None else QueryDict(mutable=True)
    if value in (None, ""):
        query.pop(param, None)
    else:
        query[param] = str(value)
    return f"?{query.urlencode()}"


@register.filter
def page_numbers(page: Page[Any]) -> list[int | str]:
    """Numbers of pages around this one, with «…» where some are left out."""
    return list(page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1))

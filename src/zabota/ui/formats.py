"""How numbers, money, dates and words are written in Russian. Pure functions: no clock, no settings, no Django."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

NBSP = "\u00a0"
MINUS = "\u2212"
WORD_JOINER = "\u2060"
DASH = "—"

WEEKDAYS = ("пн", "вт", "ср", "чт", "пт", "сб", "вс")
MONTHS_OF = (
    "января",
    "февраля",
    "марта",
    "апреля",
    "мая",
    "июня",
    "июля",
    "августа",
    "сентября",
    "октября",
    "ноября",
    "декабря",
)
MONTHS = (
    "январь",
    "февраль",
    "март",
    "апрель",
    "май",
    "июнь",
    "июль",
    "август",
    "сентябрь",
    "октябрь",
    "ноябрь",
    "декабрь",
)
MONTHS_SHORT = ("янв", "фев", "мар", "апр", "мая", "июн", "июл", "авг", "сен", "окт", "ноя", "дек")

_DOTTED = re.compile(r"\b(\d{2})\.(\d{2})\.(\d{4})\b")

Numeric = int | float | Decimal


def _rounded(value: Numeric, digits: int) -> Decimal:
    # Through str: 2.675 must round as it is written, not as it is kept in binary.
    return Decimal(str(value)).quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)


def number(value: Numeric, digits: int = 0) -> str:
    """«26 553», «1 234,50», «−7»: groups of three by a no-break space, decimal comma, a real minus."""
    rounded = _rounded(value, digits)
    text = f"{abs(rounded):,.{digits}f}".replace(",", NBSP).replace(".", ",")
    return f"{MINUS}{text}" if rounded < 0 else text


def signed(value: Numeric, digits: int = 0) -> str:
    """«+12», «−8», «0»: a change, always with its sign."""
    text = number(value, digits)
    return text if _rounded(value, digits) <= 0 else f"+{text}"


def money(kopecks: int) -> str:
    """«48 000 ₽»; kopecks are shown only where there are some: «1 234,50 ₽»."""
    digits = 0 if kopecks % 100 == 0 else 2
    return f"{number(Decimal(kopecks) / 100, digits)}{NBSP}₽"


def roubles(kopecks: int) -> str:
    """«240 678 ₽»: a sum in a summary, where kopecks would only be noise."""
    return f"{number(Decimal(kopecks) / 100)}{NBSP}₽"


def money_short(kopecks: int) -> str:
    """«14,4 млн ₽», «320 тыс. ₽», «850 ₽»: for a figure read at a glance."""
    roubles = Decimal(kopecks) / 100
    for unit, word, digits in ((1_000_000_000, "млрд", 1), (1_000_000, "млн", 1), (10_000, "тыс.", 0)):
        if abs(roubles) >= unit:
            part = roubles / (1000 if word == "тыс." else unit)
            if word == "тыс." and abs(_rounded(part, 0)) >= 1000:
                return f"{number(part / 1000, 1)}{NBSP}млн{NBSP}₽"
            return f"{number(part, digits)}{NBSP}{word}{NBSP}₽"
    return f"{number(roubles)}{NBSP}₽"


def percent(share: Numeric, digits: int = 0) -> str:
    """«51 %» from the share 0.51."""
    return f"{number(Decimal(str(share)) * 100, digits)}{NBSP}%"


def pp(share: Numeric, digits: int = 0) -> str:
    """«−8 п. п.» from the difference of two shares −0.08."""
    return f"{signed(Decimal(str(share)) * 100, digits)}{NBSP}п.{NBSP}п."


def interval(low: str, high: str) -> str:
    """«50…52»: two written ends that never part at the end of a line."""
    return f"{low}{WORD_JOINER}…{WORD_JOINER}{high}"


def plural(count: int, forms: str, *, with_number: bool = True) -> str:
    """«1 визит», «3 визита», «11 визитов» from forms «визит,визита,визитов»."""
    one, few, many = (form.strip() for form in forms.split(","))
    tail, tens = abs(count) % 10, abs(count) % 100
    if tail == 1 and tens != 11:
        word = one
    elif 2 <= tail <= 4 and not 12 <= tens <= 14:
        word = few
    else:
        word = many
    return f"{number(count)}{NBSP}{word}" if with_number else word


def weekday(value: date) -> str:
    """«вт»."""
    return WEEKDAYS[value.weekday()]


def clock(value: datetime) -> str:
    """«9:30»."""
    return f"{value.hour}:{value.minute:02d}"


def day_month(value: date) -> str:
    """«25 ноября»."""
    return f"{value.day}{NBSP}{MONTHS_OF[value.month - 1]}"


def day(value: date) -> str:
    """«25 ноября 2026»."""
    return f"{day_month(value)}{NBSP}{value.year}"


def day_short(value: date) -> str:
    """«25 ноя»."""
    return f"{value.day}{NBSP}{MONTHS_SHORT[value.month - 1]}"


def day_near(value: date, today: date) -> str:
    """«25 ноя»; a day of another year that is not near tells it: «4 сен 2027»."""
    if value.year == today.year or abs((value - today).days) < 60:
        return day_short(value)
    return f"{day_short(value)}{NBSP}{value.year}"


def dates_short(text: str) -> str:
    """«Последний визит 05.10.2026» as it stands beside other days on a screen: «Последний визит 5 окт 2026»."""
    return _DOTTED.sub(_undotted, text)


def _undotted(found: re.Match[str]) -> str:
    day_, month_, year = (int(each) for each in found.groups())
    try:
        return f"{day_short(date(year, month_, day_))}{NBSP}{year}"
    except ValueError:
        return found.group()


def month(value: date) -> str:
    """«ноябрь 2026»."""
    return f"{MONTHS[value.month - 1]}{NBSP}{value.year}"


def ru_date(value: datetime) -> str:
    """«вт, 25 ноября, 10:00»."""
    return f"{weekday(value)}, {day_month(value)}, {clock(value)}"


def ru_day(value: date) -> str:
    """«вт, 25 ноября»."""
    return f"{weekday(value)}, {day_month(value)}"


def period(first: date, last: date) -> str:
    """«1–20 ноября 2026», «21 сентября – 20 октября 2026», «май 2025 – ноябрь 2026» stays with the two days."""
    if first == last:
        return day(first)
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}–{day(last)}"
    if first.year == last.year:
        return f"{day_month(first)} – {day(last)}"
    return f"{day(first)} – {day(last)}"


def when(value: datetime, now: datetime) -> str:
    """When it was or will be, as one says at the desk: «сегодня, 9:30», «вчера, 17:20», «18 ноя, 21:32», «18 ноя 2025»."""
    days = (value.date() - now.date()).days
    near = {0: "сегодня", -1: "вчера", 1: "завтра"}.get(days)
    if near:
        return f"{near}, {clock(value)}"
    if value.year == now.year or abs(days) < 60:
        return f"{day_short(value)}, {clock(value)}"
    return f"{day_short(value)}{NBSP}{value.year}"


def days_left(due: date, today: date) -> str:
    """«сегодня», «завтра», «осталось 3 дня», «просрочено на 2 дня»."""
    days = (due - today).days
    if days == 0:
        return "сегодня"
    if days == 1:
        return "завтра"
    if days > 0:
        return f"{plural(days, 'остался,осталось,осталось', with_number=False)} {plural(days, 'день,дня,дней')}"
    return f"просрочено на {plural(-days, 'день,дня,дней')}"


def duration(minutes: int) -> str:
    """«40 мин», «1 ч 52 мин», «2 ч», «3 дня»."""
    if minutes < 60:
        return f"{minutes}{NBSP}мин"
    hours, rest = divmod(minutes, 60)
    if hours >= 48:
        return plural(hours // 24, "день,дня,дней")
    return f"{hours}{NBSP}ч" + (f"{NBSP}{rest}{NBSP}мин" if rest else "")


def phone(e164: str) -> str:
    """«+7 916 123-45-67»; a foreign number keeps its digits in groups of three from the left of the code."""
    digits = "".join(char for char in e164 if char.isdigit())
    if digits and not e164.removeprefix("+").isdigit():
        return e164  # could not be understood as a number: it stands as it was entered
    if len(digits) == 11 and digits[0] == "7":
        return f"+7{NBSP}{digits[1:4]}{NBSP}{digits[4:7]}-{digits[7:9]}-{digits[9:]}"
    if not digits:
        return DASH
    groups = [digits[:3]] + [digits[at : at + 3] for at in range(3, len(digits), 3)]
    if len(groups) > 1 and len(groups[-1]) == 1:
        groups[-2:] = [groups[-2] + groups[-1]]
    return "+" + NBSP.join(groups)


def phone_masked(e164: str) -> str:
    """«+7 916 ···-45-67»: enough to know it by, not enough to copy it."""
    digits = "".join(char for char in e164 if char.isdigit())
    if digits and not e164.removeprefix("+").isdigit():
        return e164
    if len(digits) == 11 and digits[0] == "7":
        return f"+7{NBSP}{digits[1:4]}{NBSP}···-{digits[7:9]}-{digits[9:]}"
    return f"···{NBSP}{digits[-4:]}" if digits else DASH

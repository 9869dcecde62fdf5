"""Time that has passed, as one says it: «прошло полгода», «прошёл год», «прошло 10 месяцев»."""

from __future__ import annotations

from datetime import date


def elapsed(since: date, today: date) -> str:
    """With the verb that agrees: «прошла неделя», «прошло 3 дня», «прошёл 21 день»."""
    days = max(0, (today - since).days)
    if days <= 1:
        return "прошёл день"
    if days < 7:
        return _count(days, "прошёл", "прошло", ("день", "дня", "дней"))
    if days < 11:
        return "прошла неделя"
    if days < 28:
        return _count(round(days / 7), "прошла", "прошло", ("неделя", "недели", "недель"))
    months = _months(since, today)
    if months <= 1:
        return "прошёл месяц"
    if months == 6:
        return "прошло полгода"
    if months < 12:
        return _count(months, "прошёл", "прошло", ("месяц", "месяца", "месяцев"))
    if months < 16:
        return "прошёл год"
    if months < 21:
        return "прошло полтора года"
    years = round(months / 12)
    return _count(years, "прошёл", "прошло", ("год", "года", "лет"))


def plural(count: int, forms: tuple[str, str, str]) -> str:
    """The form of a noun after a number: 1 день, 3 дня, 11 дней."""
    if count % 10 == 1 and count % 100 != 11:
        return forms[0]
    if count % 10 in (2, 3, 4) and count % 100 not in (12, 13, 14):
        return forms[1]
    return forms[2]


def _count(number: int, one: str, many: str, forms: tuple[str, str, str]) -> str:
    form = plural(number, forms)
    verb = one if form == forms[0] else many
    return f"{verb} {number}\u00a0{form}"


def _months(since: date, today: date) -> int:
    """Months to the nearest whole one."""
    whole = (today.year - since.year) * 12 + today.month - since.month
    return whole + (1 if today.day - since.day > 15 else 0) - (1 if today.day - since.day < -15 else 0)

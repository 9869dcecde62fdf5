"""Single values of an export, read one by one: names, births, lengths, flags. Each result is a plain tuple for a column."""

import re
from collections.abc import Iterable
from datetime import date, time
from typing import Final

from zabota.intake.rules.dates import DateForm, Moment, read_moment, read_time
from zabota.intake.rules.guessing import SEXES
from zabota.intake.rules.money import read_money
from zabota.intake.rules.statuses import read_flag
from zabota.kernel.names import PersonName, fold, name_problem, spell, split_full_name
from zabota.kernel.phones import Phone, read_phones

OLDEST_YEARS: Final = 110
_EMAIL = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+\.[a-zа-я]{2,}", re.I)
_BIRTH_INSIDE = re.compile(r"\b\d{1,2}\.\d{1,2}\.(?:19|20)\d{2}\b")
_NAME_TAIL = re.compile(r"[,;]?\s*(?:\(.*?\)|\[.*?\]|№?\s*\d[\d\s()+\-./]*(?:г\.?\s?р\.?)?)")
_FORMULA = re.compile(r"\s*=\s*[\w(+\-\"'\[@]")
_NOT_SAID = {
    "", "-", "--", "нет", "не указан", "не указана", "не указано", "неизвестно", "неизвестен", "не известно", "не задан", "не задано", "не определен", "не определено",
    "нет данных", "none", "null", "n/a", "na", "nan", "unknown", "пусто", "прочее не указано", "?", "0", "не выбрано", "не заполнено", "без источника", "нет источника", "undefined",
}  # fmt: skip

MomentRow = tuple[date | None, int | None, int | None, str | None]  # day, seconds of start, seconds of end, problem
NameRow = tuple[
    str | None, str | None, str | None, date | None, str | None
]  # surname, name, patronymic, birth beside it, problem


def moment_row(text: str, form: DateForm) -> MomentRow:
    """A day with seconds since midnight when a time was written."""
    if text.startswith("="):
        return None, None, None, "date_formula"
    moment = read_moment(text, form)
    if moment is None:
        return None, None, None, None
    if not isinstance(moment, Moment):
        return None, None, None, moment
    return moment.day, _seconds(moment.at), _seconds(moment.until), None


def time_row(text: str) -> tuple[int | None, int | None, str | None]:
    """Seconds since midnight of a start and an end."""
    times = read_time(text)
    if times is None:
        return None, None, "time_unreadable"
    return _seconds(times[0]), _seconds(times[1]), None


def minute_row(text: str) -> tuple[int | None, str | None]:
    """The minutes of a start whose hour stands in another column."""
    value = text.strip()
    return (int(value), None) if value.isdigit() and int(value) < 60 else (None, "time_unreadable")


def birth_row(text: str, form: DateForm, today: date) -> tuple[date | None, str | None]:
    """A birth date that a living person may have."""
    if text.startswith("="):
        return None, "formula"
    if re.fullmatch(r"(?:19|20)\d{2}(?:\s*г\.?(?:\s?р\.?)?)?", text.strip()):
        return None, "birth_unreadable"  # only the year is known: a day is not invented
    moment = read_moment(text, form)
    if moment is None:
        return None, None
    if not isinstance(moment, Moment):
        return None, moment.replace("date_", "birth_")
    day = moment.day
    if day > today:
        return day, "birth_future"
    if day.year < today.year - OLDEST_YEARS:
        return None, None if (day.month, day.day) == (1, 1) else "birth_too_old"
    return day, None


def name_row(text: str, *, name_first: bool) -> NameRow:
    """A whole name in one cell, with the remarks that clinics put beside it cut off."""
    problem = name_problem(text)
    if _FORMULA.match(text):
        return None, None, None, None, "name_unreadable"
    if problem in ("name_too_long", "name_test", "name_company", "name_service_note"):
        return None, None, None, None, problem
    inside = _BIRTH_INSIDE.search(text)
    born: date | None = None
    if inside:
        moment = read_moment(inside.group(), DateForm())
        born = moment.day if isinstance(moment, Moment) else None
    cleaned = _NAME_TAIL.sub(" ", text)
    if name_problem(cleaned) is not None or not re.search(r"[^\W\d_]", cleaned):
        return None, None, None, born, "name_unreadable"
    person: PersonName = split_full_name(cleaned, name_first=name_first)
    return person.surname or None, person.name or None, person.patronymic or None, born, None


def without_remarks(text: str) -> str:
    """A name without what clinics write after it: a birth, a number of a card, words in brackets."""
    return _NAME_TAIL.sub(" ", text).strip(" ,;")


def part_row(text: str) -> tuple[str | None, str | None]:
    """One part of a name in its own column."""
    problem = "name_unreadable" if _FORMULA.match(text) else name_problem(text)
    if problem:
        return None, problem
    shown = spell(_NAME_TAIL.sub(" ", text))
    return (shown, None) if shown else (None, "name_unreadable")


def phones_row(text: str, *, area_code: str) -> tuple[list[str], str | None, str | None]:
    """Numbers in E.164, what stands beside them as `note_of_phones` writes it, and the first defect."""
    if text.startswith("="):
        return [], None, "formula"
    found = read_phones(text, area_code=area_code)
    return [phone.e164 for phone in found.phones], note_of_phones(found.phones), found.problem


def note_of_phones(phones: Iterable[Phone]) -> str | None:
    """Extensions and remarks of numbers as one text, a line a number; None when nothing stands beside them."""
    lines = [f"{each.e164}\t{each.extension}\t{each.comment}" for each in phones if each.extension or each.comment]
    return "\n".join(lines) or None


def notes_of_phones(texts: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Number → extension and remark, from texts of `note_of_phones`; of several the first that tells is believed."""
    found: dict[str, tuple[str, str]] = {}
    for line in (line for text in texts for line in text.split("\n")):
        e164, extension, comment = line.split("\t")
        known = found.get(e164, ("", ""))
        found[e164] = (known[0] or extension, known[1] or comment)
    return found


def email_row(text: str) -> tuple[str | None, str | None]:
    """The first address in the cell, in small letters."""
    match = _EMAIL.search(text)
    if match:
        return match.group().lower().strip("."), None
    return None, None if fold(text) in _NOT_SAID else "email_unreadable"


def money_row(text: str) -> tuple[int | None, str | None]:
    """Kopecks and what is wrong."""
    if text.startswith("="):
        return None, "formula"
    value = read_money(text)
    return (value, None) if value is None or isinstance(value, int) else (None, value)


def discount_row(text: str) -> tuple[int | None, str | None]:
    """Discounts in per cent say nothing of money: only sums are read."""
    return (None, None) if "%" in text else (money_row(text)[0], None)


def minutes_row(text: str) -> tuple[int | None, str | None]:
    """«30», «30 мин», «1 ч 30 мин», «0:30», «01:30:00»."""
    value = text.strip().lower().replace(",", ".")
    clock = re.fullmatch(r"(\d{1,2}):(\d{2})(?::\d{2})?", value)
    if clock:
        minutes = int(clock.group(1)) * 60 + int(clock.group(2))
    else:
        match = re.fullmatch(
            r"(?:(\d+(?:\.\d+)?)\s*(?:ч(?:ас(?:а|ов)?)?|h)\.?)?\s*(?:(\d+)(?:\.0+)?\s*(?:м(?:ин(?:ут[аы]?)?)?|m(?:in)?)?\.?)?",
            value,
        )
        if not match or not value or not any(match.groups()):
            return None, None if fold(text) in _NOT_SAID else "duration_unreadable"
        minutes = round(float(match.group(1) or 0) * 60) + int(match.group(2) or 0)
    if minutes >= 1800 and minutes % 60 == 0:
        minutes //= 60  # written in seconds, as seance_length of some systems
    return (minutes, None) if 0 < minutes <= 24 * 60 else (None, None)


def said(text: str) -> str | None:
    """A word of a list (source, branch, doctor), or None when the cell says that nothing is known."""
    shown = " ".join(text.split()).strip(" ;,")
    return None if fold(shown) in _NOT_SAID else shown


def words_row(text: str) -> tuple[str | None, str | None]:
    """As `said`; a formula that nobody reckoned is no word."""
    return (None, "formula") if _FORMULA.match(text) else (said(text), None)


def code_row(text: str) -> tuple[str | None, str | None]:
    """As `code_of`; a formula that nobody reckoned is no number."""
    return (None, "formula") if text.startswith("=") else (code_of(text), None)


def sex_of(text: str) -> str | None:
    """m, f or unknown."""
    return SEXES.get(fold(text))


def flag_of(text: str) -> bool | None:
    """Yes, no or unknown."""
    return read_flag(text)


def code_of(text: str) -> str | None:
    """A number of another system: the same whether Excel made it 1024.0 or people wrote № 1024; zeros and dashes are none."""
    if text.isascii() and text.isalnum() and text.strip("0") and text.lower() not in _NOT_SAID:
        return text  # nearly all of them; the rest is slower by far
    value = re.sub(r"^(?:№|#|n°)\s*", "", " ".join(text.split()), flags=re.I)
    value = re.sub(r"^(\d+)[.,]0+$", r"\1", value)
    value = value.replace("\u00a0", "")
    if re.fullmatch(r"\d{1,3}(?:[ \u202f]\d{3})+", value):
        value = re.sub(r"\s", "", value)  # 1 024: thousands parted by a program
    if fold(value) in _NOT_SAID or re.fullmatch(r"0+|0{8}-0{4}-0{4}-0{4}-0{12}", value):
        return None
    return value


def _seconds(at: time | None) -> int | None:
    return None if at is None else at.hour * 3600 + at.minute * 60 + at.second

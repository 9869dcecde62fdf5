"""Dates and times as clinics' systems write them, read into a day and, when it is written, the time on the branch's wall."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal

DateProblem = Literal["date_unreadable", "date_impossible"]
Order = Literal["dmy", "mdy"]

MONTHS = {
    "янв": 1, "фев": 2, "мар": 3, "апр": 4, "май": 5, "мая": 5, "июн": 6, "июл": 7, "авг": 8, "сен": 9, "окт": 10, "ноя": 11, "дек": 12,
    "jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11, "dec": 12,
}  # fmt: skip

SERIAL_FIRST, SERIAL_LAST = 1.0, 73050.0  # 1900 … 2099
_SHIFT_1904 = 1462  # days between the two calendars of Excel
_EMPTY_YEARS = {1, 100, 101}  # 01.01.0001 is how 1C writes "no date"

_WEEKDAY = re.compile(
    r"\(?\b(?:пн|вт|ср|чт|пт|сб|вс|понедельник|вторник|среда|четверг|пятница|суббота|воскресенье|mon|tue|wed|thu|fri|sat|sun)\b\.?\)?,?",
    re.I,
)
_TIME = re.compile(
    r"(?<![\d.])(\d{1,2})(?:[:ч\-]|\.(?=\d\d(?!\d)(?!\.\d)))\s?(\d{2})(?:[:.](\d{2})(?:[.,]\d+)?)?\s*(?:мин\.?|м\.)?\s*([ap]\.?m\.?)?(?![\d])",
    re.I,
)
_NUMERIC = re.compile(r"(\d{1,2})\s?[./\-\\]\s?(\d{1,2})\s?[./\-\\]\s?(\d{4}|\d{2})(?!\d)")
_ISO = re.compile(r"(\d{4})\s?[./\-]\s?(\d{1,2})\s?[./\-]\s?(\d{1,2})(?!\d)")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})(?:T?(\d{2})(\d{2})(\d{2})?)?")
_WORDY = re.compile(
    r"(\d{1,2})(?:-?(?:го|е|st|nd|rd|th))?[\s.\-]*([а-яa-z]{3,9})\.?,?[\s.\-]*(\d{4}|\d{2})(?!\d)\s*(?:г(?:ода?)?\b\.?)?",
    re.I,
)
_WORDY_US = re.compile(r"([a-z]{3,9})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})(?!\d)", re.I)
_SERIAL = re.compile(r"(\d{1,5})(?:[.,](\d+))?")
_OFFSET = re.compile(r"(?<=\d)\s?(?:Z|[+\-]\d{2}:?\d{2}|\+\d{2})$", re.I)


@dataclass(frozen=True, slots=True)
class Moment:
    """A day, the time if it was written, and the end when a span was written."""

    day: date
    at: time | None = None
    until: time | None = None

    @property
    def minutes(self) -> int | None:
        """Length of a span written as «10:30-11:00»."""
        if self.at is None or self.until is None:
            return None
        length = (self.until.hour - self.at.hour) * 60 + self.until.minute - self.at.minute
        return length if 0 < length <= 24 * 60 else None


@dataclass(frozen=True, slots=True)
class DateForm:
    """How one column writes its dates: decided once for the column, so that 03/04 is read alike in all rows."""

    order: Order = "dmy"
    pivot_year: int = 2030  # two-digit years after it belong to the last century
    epoch_1904: bool = False


def read_moment(text: str, form: DateForm) -> Moment | DateProblem | None:
    """A moment; None for an empty value in any of its disguises; otherwise what is wrong."""
    value = _clean(text)
    if not value or value.lower() in _EMPTY_WORDS:
        return None
    if value[0].isdigit():
        if "T" in value or value.endswith(("Z", "z")) or "+" in value:
            value = _OFFSET.sub("", value).replace("T", " ")
        compact = _COMPACT.fullmatch(value.replace(" ", ""))
        if compact and 1 <= int(compact.group(2)) <= 12:
            year, month, day, hour, minute, second = compact.groups()
            at = _time(hour, minute, second, None) if hour else None
            return _moment(int(year), int(month), int(day), at, None)
        serial = _SERIAL.fullmatch(value)
        if serial:
            return _from_serial(value, form)
    stripped = _WEEKDAY.sub(" ", value).strip(" ,")
    parsed = _day_part(stripped, form)
    if parsed is None:
        return "date_unreadable"
    year, month, day, rest = parsed
    if year == 0:
        return None
    times = _times(rest)
    if times is None:
        return "date_unreadable"
    return _moment(year, month, day, *times)


def read_time(text: str) -> tuple[time, time | None] | None:
    """A column that holds only the time: «9:30», «09-30», «0.4375» of Excel, «10:30-11:00»."""
    value = _clean(text)
    if not value:
        return None
    fraction = re.fullmatch(r"0[.,](\d+)", value)
    if fraction and len(fraction.group(1)) > 2:
        seconds = round(float("0." + fraction.group(1)) * 86400)
        return _clock(min(seconds, 86399)), None
    if re.fullmatch(r"[01]?\d|2[0-3]", value):  # systems that keep hours and minutes apart tell the hour alone
        return time(int(value)), None
    numeric_day = _NUMERIC.match(value) or _ISO.match(value)
    if numeric_day:  # Excel and 1C put the time beside an empty day: 30.12.1899 10:30
        value = value[numeric_day.end() :]
    times = _times(value.replace("T", " "))
    if times is None or times[0] is None:
        return None
    return times[0], times[1]


def decide_form(values: Iterable[str], *, today: date, birth: bool = False, epoch_1904: bool = False) -> DateForm:
    """Day before month unless the column itself proves the contrary."""
    day_first = month_first = 0
    for value in values:
        match = _NUMERIC.match(_clean(value))
        if match:
            day_first += int(match.group(1)) > 12
            month_first += int(match.group(2)) > 12
    order: Order = "mdy" if month_first > 0 and day_first == 0 else "dmy"
    return DateForm(order, today.year if birth else today.year + 20, epoch_1904)


def form_name(values: Iterable[str], order: Order) -> str:
    """For people: how dates of a column are written."""
    counts: dict[str, int] = {}
    for value in values:
        cleaned = _clean(value)
        if re.match(r"\d{4}[./\-]", cleaned):
            name = "гггг-мм-дд"
        elif _NUMERIC.match(cleaned):
            separator = re.sub(r"[\d\s]", "", cleaned)[:1] or "."
            name = separator.join(("дд", "мм", "гггг") if order == "dmy" else ("мм", "дд", "гггг"))
        elif _SERIAL.fullmatch(cleaned):
            name = "число Excel"
        elif _COMPACT.fullmatch(cleaned):
            name = "ггггммдд"
        else:
            name = "словами"
        counts[name] = counts.get(name, 0) + 1
    return max(counts, key=lambda key: counts[key]) if counts else ""


_EMPTY_WORDS = {
    "-",
    "–",
    "—",
    "нет",
    "null",
    "none",
    "nan",
    "nat",
    "n/a",
    "не указано",
    "не указана",
    "0",
    ".  .",
    ". .",
    "..",
    "//",
    "__.__.____",
}


def _clean(text: str) -> str:
    value = text.replace("\u00a0", " ").replace("\u202f", " ").replace("\u2009", " ").strip().lstrip("'")
    return re.sub(r"[‐‑‒–—]", "-", re.sub(r"\s+", " ", value))


def _day_part(value: str, form: DateForm) -> tuple[int, int, int, str] | None:
    match = _ISO.search(value)
    if match:
        year, month, day = (int(part) for part in match.groups())
        return (_known_empty(year, month, day), month, day, _around(value, match))
    match = _NUMERIC.search(value)
    if match:
        first, second, year = int(match.group(1)), int(match.group(2)), _year(match.group(3), form)
        day, month = (first, second) if form.order == "dmy" else (second, first)
        return (_known_empty(year, month, day), month, day, _around(value, match))
    match = _WORDY.search(value)
    if match and match.group(2).lower()[:3] in MONTHS:
        return (
            _year(match.group(3), form),
            MONTHS[match.group(2).lower()[:3]],
            int(match.group(1)),
            _around(value, match),
        )
    match = _WORDY_US.search(value)
    if match and match.group(1).lower()[:3] in MONTHS:
        return (int(match.group(3)), MONTHS[match.group(1).lower()[:3]], int(match.group(2)), _around(value, match))
    return None


def _around(value: str, match: "re.Match[str]") -> str:
    return f"{value[: match.start()]} {value[match.end() :]}".strip(" ,")


def _known_empty(year: int, month: int, day: int) -> int:
    """Zero when systems write "no date" this way: year 1 of 1C, day zero of Excel and Delphi, zeros of MySQL."""
    if (
        year in _EMPTY_YEARS
        or (year, month, day) in ((1899, 12, 30), (1899, 12, 31), (1900, 1, 0))
        or year == month == day == 0
    ):
        return 0
    return year


def _year(text: str, form: DateForm) -> int:
    year = int(text)
    if len(text) == 4:
        return year
    return 2000 + year if 2000 + year <= form.pivot_year else 1900 + year


def _times(rest: str) -> tuple[time | None, time | None] | None:
    """Times in what is left after the day; None when something else stands there that looks like a number."""
    rest = re.sub(r"\b(?:в|с|г|года|начало)\b\.?", " ", rest, flags=re.I)
    found: list[time] = []
    spans = re.sub(r"(\d{1,2})[-](\d{2})\s*-\s*(\d{1,2})[-](\d{2})", r"\1:\2 - \3:\4", rest)
    spans = re.sub(r"(:\d{2})\s*(?:-|до|по)\s*(\d{1,2}:\d{2})", r"\1 \2", spans)
    position = 0
    for match in _TIME.finditer(spans):
        at = _time(match.group(1), match.group(2), match.group(3), match.group(4))
        if at is None:
            return None
        found.append(at)
        position = match.end()
    if not found:
        lone = re.fullmatch(r"\s*(\d{1,2})\s*(?:ч(?:ас(?:ов|а)?)?\.?)?\s*", spans)
        if lone and "ч" in spans and int(lone.group(1)) < 24:
            return time(int(lone.group(1))), None
        return None if re.search(r"\d", spans) else (None, None)
    if re.search(r"\d", spans[position:]):
        return None
    return found[0], found[1] if len(found) > 1 else None


def _time(hour: str, minute: str, second: str | None, half: str | None) -> time | None:
    hours = int(hour)
    if half:
        hours = hours % 12 + (12 if half.lower().startswith("p") else 0)
    if hours == 24 and int(minute) == 0:
        hours = 0
    if hours > 23 or int(minute) > 59 or int(second or 0) > 59:
        return None
    return time(hours, int(minute), int(second or 0))


def _clock(seconds: int) -> time:
    return time(seconds // 3600, seconds // 60 % 60, seconds % 60)


def _moment(year: int, month: int, day: int, at: time | None, until: time | None) -> Moment | DateProblem | None:
    if _known_empty(year, month, day) == 0:
        return None
    try:
        return Moment(date(year, month, day), at, until)
    except ValueError:
        return "date_impossible"


def _from_serial(value: str, form: DateForm) -> Moment | DateProblem | None:
    number = float(value.replace(",", "."))
    if number == 0:
        return None
    if form.epoch_1904:
        number += _SHIFT_1904
    if not SERIAL_FIRST <= number <= SERIAL_LAST:
        return "date_unreadable"
    whole = int(number)
    # Excel believes in 29.02.1900 (serial 60): earlier serials are a day off
    day = (
        date(1899, 12, 30) + timedelta(days=whole)
        if whole > 60
        else date(1899, 12, 31) + timedelta(days=min(whole, 59))
    )
    seconds = round((number - whole) * 86400)
    if seconds >= 86400:
        day, seconds = day + timedelta(days=1), 0
    at = _clock(seconds) if "." in value or "," in value else None
    if at is not None and at.second:  # binary fractions of a day: 10:29:59 was 10:30
        rounded = datetime.combine(day, at) + timedelta(seconds=30)
        nearest = rounded.replace(second=0)
        if abs((nearest - datetime.combine(day, at)).total_seconds()) <= 2:
            day, at = nearest.date(), nearest.time()
    return Moment(day, at)

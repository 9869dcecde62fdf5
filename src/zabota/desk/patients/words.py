"""Words of the card that are made of figures: ages, spans, reasons of likeness, colours of types."""

from __future__ import annotations

from datetime import date

from zabota.nextstep.models import PatientType
from zabota.ui.formats import plural

TONES: dict[str, str] = {
    PatientType.DISSATISFIED: "bad",
    PatientType.LOST: "warn",
    PatientType.SLEEPING: "warn",
    PatientType.REFUSED: "warn",
    PatientType.NOT_STARTED: "warn",
    PatientType.ON_TREATMENT: "info",
    PatientType.PREVENTION: "good",
    PatientType.ACTIVE: "good",
    PatientType.TREATED: "good",
}

#: Reasons of patients.rules.matching in words.
LIKENESS: dict[str, str] = {
    "birth": "дата рождения совпадает",
    "birth_typo": "дата рождения похожа на опечатку",
    "phone": "общий телефон",
    "name": "имя совпадает",
    "name_alike": "имя похоже",
    "surname_changed": "другая фамилия",
}


def age_on(born_on: date | None, today: date) -> int | None:
    """Full years."""
    if born_on is None or born_on > today:
        return None
    return today.year - born_on.year - ((today.month, today.day) < (born_on.month, born_on.day))


def span(first: date, last: date) -> str:
    """«2 года 10 мес», «5 мес», «12 дней»."""
    months = (last.year - first.year) * 12 + last.month - first.month - (last.day < first.day)
    if months < 1:
        return plural(max((last - first).days, 0), "день,дня,дней")
    years, rest = divmod(months, 12)
    words = [plural(years, "год,года,лет")] if years else []
    if rest:
        words.append(f"{rest}\u00a0мес")
    return " ".join(words)


def whole_roubles(kopecks: int) -> int:
    """An expectation is not known to the kopeck."""
    return round(kopecks / 100) * 100

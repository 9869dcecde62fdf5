"""The details of a row of the trail in words: names of details, fields of rows, sums and shares."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist

from zabota.desk.navigation import FOOT, MENU
from zabota.desk.patients.listing import COLUMNS
from zabota.desk.settings.trail_words import DETAILS, UNTOLD, value_of
from zabota.ui import formats

#: Fields that have no words of their own where their table is described.
FIELDS = {
    "areas": "районы",
    "branch": "филиал",
    "branches": "филиалы",
    "group": "группа",
    "is_active": "действует",
    "late_factor": "опаздывает после, интервалов",
    "lost_factor": "потерян после, интервалов",
    "phone_area": "код города",
    "recall_interval_days": "интервал, дней",
    "recall_interval_months": "интервал, месяцев",
    "sleeping_factor": "спит после, интервалов",
    "source": "источник",
    "time_zone": "часовой пояс",
    "triggers_group": "чей срок начинает",
}
_SHARES = frozenset({"baseline", "target"})
_RUSSIAN = re.compile(r"[а-яё]", re.IGNORECASE)


def details_told(details: Mapping[str, Any], object_type: str) -> str:
    """What is kept beside an action, for people."""
    return "; ".join(f"{name}: {value}" for name, value in _told(details, object_type))[:300]


def word_of(name: str, object_type: str) -> str:
    """A field of a row as its form calls it; else the name of a detail, else as it is kept."""
    return _of_model(name, object_type) or FIELDS.get(name) or DETAILS.get(name, name)


def _told(details: Mapping[str, Any], object_type: str) -> Iterator[tuple[str, str]]:
    for name, value in details.items():
        if name in UNTOLD or (value is not False and value in (None, "", [], {}, 0)):
            continue
        if name in ("fields", "columns") and isinstance(value, list):
            yield DETAILS[name], ", ".join(f"«{_field(str(each), name, object_type)}»" for each in value)
        elif name in _SHARES and isinstance(value, float):
            yield DETAILS[name], formats.percent(value, 1)
        elif name.endswith("_kopecks") and isinstance(value, int | str) and str(value).isdecimal():
            yield word_of(name, object_type), formats.money(int(value))
        elif name == "door":
            yield DETAILS[name], _door(str(value))
        elif isinstance(value, dict):
            yield DETAILS.get(name, name), str(sum(each for each in value.values() if isinstance(each, int)))
        else:
            yield DETAILS.get(name) or word_of(name, object_type), value_of(value)


def _door(name: str) -> str:
    """The section of the menu a page belongs to, and the page itself as the program names it."""
    sections = [(page, label) for label, page, _ in (*MENU, *FOOT) if name == page or name.startswith(f"{page}-")]
    label = max(sections)[1].replace("«", "„").replace("»", "“") if sections else ""
    return f"«{label}»" if name in dict(sections) else f"«{label}», {name}" if label else name


def _field(each: str, kind: str, object_type: str) -> str:
    if kind == "columns" and each in COLUMNS:
        return COLUMNS[each][0].lower()
    return word_of(each, object_type)


def _of_model(name: str, object_type: str) -> str:
    try:
        found = str(getattr(apps.get_model(object_type)._meta.get_field(name), "verbose_name", ""))
    except (LookupError, ValueError, FieldDoesNotExist):
        return ""
    return found if _RUSSIAN.search(found) else ""

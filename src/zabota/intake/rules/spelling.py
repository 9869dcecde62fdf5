"""One spelling for values that differ only in case, spaces, ё, look-alike letters, or in initials of the same doctor."""

import re
from collections import defaultdict
from collections.abc import Mapping

from zabota.kernel.names import fold, split_full_name


def one_spelling(counts: Mapping[str, int]) -> dict[str, str]:
    """Each value with the spelling used most often among those that read the same."""
    groups: dict[str, list[str]] = defaultdict(list)
    for value in counts:
        groups[re.sub(r"\s*([/,;+])\s*", r"\1", fold(value))].append(value)
    chosen: dict[str, str] = {}
    for values in groups.values():
        best = max(values, key=lambda value: (not value.isupper(), counts[value], value))
        chosen.update(dict.fromkeys(values, best))
    return chosen


def unite_doctors(counts: Mapping[str, int]) -> dict[str, str]:
    """As `one_spelling`; «Соколова М.В.» joins «Соколова Мария Викторовна» when nobody else fits."""
    chosen = one_spelling(counts)
    totals: dict[str, int] = defaultdict(int)
    for value, shown in chosen.items():
        totals[shown] += counts[value]
    parts = {shown: tuple(fold(part) for part in _parts(shown)) for shown in totals}
    full: dict[str, list[str]] = defaultdict(list)
    for shown, (surname, name, _) in parts.items():
        if surname and name:
            full[surname].append(shown)
    target: dict[str, str] = {}
    for shown, (surname, name, patronymic) in parts.items():
        if not surname or len(name) > 1:
            continue
        fits = [
            other
            for other in full.get(surname, ())
            if len(parts[other][1]) > len(name)
            and parts[other][1].startswith(name)
            and (not patronymic or not parts[other][2] or parts[other][2][:1] == patronymic[:1])
        ]
        if len(fits) == 1:
            target[shown] = fits[0]
        elif not fits:
            initials = [
                other
                for other in parts
                if parts[other][0] == surname
                and len(parts[other][1]) == 1
                and name == parts[other][1]
                and patronymic == parts[other][2]
            ]  # «Соколова М.В.» and «Соколова М. В.»
            target[shown] = max(initials, key=lambda other: (totals[other], other), default=shown)
    return {value: target.get(shown, shown) for value, shown in chosen.items()}


def _parts(shown: str) -> tuple[str, str, str]:
    plain = re.sub(r"\(.*?\)|\b(?:врач|доктор|д-р|dr)\b\.?", " ", shown, flags=re.I)
    person = split_full_name(plain)
    return person.surname, person.name.rstrip("."), person.patronymic.rstrip(".")

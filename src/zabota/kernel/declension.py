"""Names of people in the cases of Russian: «позвонить Анне Сергеевне». What cannot be declined is left as it is."""

from __future__ import annotations

import warnings
from functools import lru_cache
from typing import Any, Literal

NameCase = Literal["genitive", "dative", "accusative", "instrumental", "prepositional"]
Sex = Literal["f", "m", ""]


def decline_name(*, surname: str = "", name: str = "", patronymic: str = "", sex: str = "", case: NameCase) -> str:
    """The given parts in a case, in the order surname, name, patronymic.

    Without a known sex it is guessed by the patronymic; when that says nothing the name stays in the nominative,
    because a wrong ending offends more than a missing one.
    """
    sex = sex or _sex_by_patronymic(patronymic)
    parts = (("lastname", surname), ("firstname", name), ("middlename", patronymic))
    return " ".join(_declined(kind, text, sex, case) if sex else text for kind, text in parts if text)


def _sex_by_patronymic(patronymic: str) -> str:
    folded = patronymic.lower()
    if folded.endswith(("вна", "чна", "кызы", "гызы")):
        return "f"
    return "m" if folded.endswith(("ич", "оглы", "улы")) else ""


@lru_cache(maxsize=16384)
def _declined(kind: str, text: str, sex: str, case: str) -> str:
    if "." in text or not text[0].isalpha() or text.isascii():
        return text  # an initial or a name that is not written in Cyrillic
    declension, cases, genders = _library()
    gender = genders.FEMALE if sex == "f" else genders.MALE
    return str(getattr(declension, kind)(text, getattr(cases, case.upper()), gender))


@lru_cache(maxsize=1)
def _library() -> tuple[Any, Any, Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from petrovich.enums import Case, Gender  # noqa: PLC0415 -- loads its rules from disk
        from petrovich.main import Petrovich  # noqa: PLC0415

        return Petrovich(), Case, Gender

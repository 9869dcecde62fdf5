"""Whether two who stand under one number of the clinic's system may be one person."""

from datetime import date

from rapidfuzz import fuzz

#: Folded surname and name, birth date.
KnownAs = tuple[str, str, date | None]


def may_be_one(one: KnownAs, other: KnownAs) -> bool:
    """Whether two who stand under one number may be one person: not when both name and birth date contradict."""
    (surname, name, born_on), (other_surname, other_name, other_born_on) = one, other
    if born_on is not None and born_on == other_born_on:
        return True
    if not surname or not other_surname:
        return not (name and other_name) or _same_given(name, other_name)
    alike = fuzz.ratio(surname, other_surname) >= 75
    if born_on is None or other_born_on is None:
        return alike or _same_given(name, other_name)  # a surname changes, a given name seldom does
    return alike and _same_given(name, other_name)  # the birth date was corrected


def _same_given(one: str, other: str) -> bool:
    return (
        not one
        or not other
        or (one[:1] == other[:1] and (len(one) <= 2 or len(other) <= 2 or fuzz.ratio(one, other) >= 75))
    )

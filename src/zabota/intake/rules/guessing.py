"""Which column is which canonical field: by its header and by what stands in it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Final

from rapidfuzz import fuzz

from zabota.intake.rules.dates import DateForm, Moment, read_moment, read_time
from zabota.intake.rules.fields import FIELDS, Kind
from zabota.intake.rules.money import read_money
from zabota.intake.rules.statuses import COMMON, read_flag, status_key
from zabota.intake.rules.synonyms import (
    FOREIGN_WORDS,
    NOT_NEEDED,
    OTHER_MEANING,
    OWNER_WORDS,
    PATIENT_FIELDS,
    SYNONYMS,
    header_words,
)
from zabota.kernel.names import GIVEN_NAMES, fold, name_problem
from zabota.kernel.phones import read_phones

ACCEPTED = 0.45  # below it a column stays without a field
NOT_NEEDED_MARK = "-"

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[a-zа-я]{2,}", re.I)
_INITIALS = re.compile(r"[А-ЯЁ][а-яё-]+\s+[А-ЯЁ]\.\s?[А-ЯЁ]?\.?|[А-ЯЁ]\.\s?[А-ЯЁ]?\.?\s*[А-ЯЁ][а-яё-]+")
_CODE = re.compile(r"(?:№\s*)?[\w/\-]*\d[\w/\-]*")
_WORD_NAME = re.compile(r"[а-яёa-z]+(?:[- ][а-яёa-z]+){0,3}", re.I)


@dataclass(frozen=True, slots=True)
class ColumnProfile:
    """What stands in the first rows of a column, as shares of its filled cells."""

    filled: int = 0
    rows: int = 0
    distinct: int = 0
    date: float = 0.0
    clock: float = 0.0  # dates with a time
    time_only: float = 0.0
    birth: float = 0.0  # days plausible for a birth and spread over decades
    phone: float = 0.0
    email: float = 0.0
    money: float = 0.0
    integer: float = 0.0
    full_name: float = 0.0
    given_name: float = 0.0
    patronymic: float = 0.0
    initials: float = 0.0
    words: float = 0.0
    status: float = 0.0
    flag: float = 0.0
    sex: float = 0.0
    code: float = 0.0  # numbers of another system: «20418», «1204/2», «P-0017»
    sequence: bool = False

    @property
    def fill_share(self) -> float:
        """Filled cells among all looked at."""
        return self.filled / self.rows if self.rows else 0.0


def profile_column(values: Sequence[str], *, last_year: int) -> ColumnProfile:
    """Look at the first values of a column; `last_year` is the latest year a visit may stand in."""
    filled = [value.strip() for value in values if value and value.strip()]
    if not filled:
        return ColumnProfile(rows=len(values))
    total = len(filled)
    counts: dict[str, int] = {}
    for value in filled:
        counts[value] = counts.get(value, 0) + 1
    tally = dict.fromkeys(
        ("date", "clock", "time_only", "phone", "email", "money", "integer", "full_name", "given_name", "patronymic", "initials", "words", "status", "flag", "sex", "code"), 0
    )  # fmt: skip
    years: list[int] = []
    for value, count in counts.items():
        for trait in _traits(value, years):
            tally[trait] += count
    old = sum(year <= last_year - 18 for year in years) / len(years) if years else 0.0
    integers = [int(value) for value in filled[:200] if value.isdigit() and len(value) < 10]
    sequence = len(integers) == min(total, 200) > 2 and all(b - a == 1 for a, b in pairwise(integers))
    shares = {name: count / total for name, count in tally.items()}
    return ColumnProfile(
        filled=total,
        rows=len(values),
        distinct=len(counts),
        birth=shares["date"] * min(1.0, old * 2),
        sequence=sequence,
        **shares,
    )


def _traits(value: str, years: list[int]) -> list[str]:
    traits: list[str] = []
    if len(value) > 120:
        return ["words"]
    has_digit = any(character.isdigit() for character in value)
    if has_digit:
        moment = read_moment(value, _PLAIN_FORM)
        serial = (
            value.replace(",", ".").replace(".", "", 1).isdigit()
            and len(value) < 20
            and not re.fullmatch(r"(?:19|20)\d{6}(?:\d{4}|\d{6})?", value)
        )
        if isinstance(moment, Moment) and (not serial or 20000 <= float(value.replace(",", ".")) <= 60000):
            traits.append("date")
            years.append(moment.day.year)
            if moment.at is not None and (moment.at.hour or moment.at.minute):
                traits.append("clock")
        elif ":" in value and read_time(value) is not None:
            traits.append("time_only")
        digits = sum(character.isdigit() for character in value)
        if digits >= 10 and "date" not in traits and read_phones(value).phones:
            traits.append("phone")
        if digits <= 9 and isinstance(read_money(value), int):
            traits.append("money")
        if value.isdigit():
            traits.append("integer")
        if _CODE.fullmatch(value):
            traits.append("code")
    else:
        folded = fold(value)
        words = folded.split(" ")
        if _INITIALS.fullmatch(value):
            traits.append("initials")
        elif 2 <= len(words) <= 4 and _WORD_NAME.fullmatch(folded) and name_problem(value) is None:
            if any(word in GIVEN_NAMES for word in words) or words[-1].endswith(("вич", "вна", "оглы", "кызы")):
                traits.append("full_name")
        elif folded in GIVEN_NAMES:
            traits.append("given_name")
        elif len(words) == 1 and folded.endswith(("вич", "вна", "ична")):
            traits.append("patronymic")
        traits.append("words")
    if _EMAIL.fullmatch(value):
        traits.append("email")
    if status_key(value) in COMMON:
        traits.append("status")
    if read_flag(value) is not None:
        traits.append("flag")
    if fold(value) in SEXES:
        traits.append("sex")
    return traits


SEXES: Final[dict[str, str]] = {
    "м": "m", "муж": "m", "мужской": "m", "мужчина": "m", "m": "m", "male": "m", "man": "m",
    "ж": "f", "жен": "f", "женский": "f", "женщина": "f", "f": "f", "female": "f", "woman": "f", "w": "f",
}  # fmt: skip

_PLAIN_FORM = DateForm()
_HEADER_INDEX: Final[dict[tuple[str, ...], list[tuple[str, float]]]] = {}
for _field, _synonyms in SYNONYMS.items():
    for _rank, _synonym in enumerate(_synonyms):
        _entry = _HEADER_INDEX.setdefault(header_words(_synonym), [])
        if all(known != _field for known, _ in _entry):
            _entry.append((_field, 0.99 if _rank < 8 else 0.96))
_SKIPPED: Final[frozenset[tuple[str, ...]]] = frozenset(header_words(text) for text in NOT_NEEDED)


@lru_cache(maxsize=8192)
def header_scores(header: str) -> Mapping[str, float]:
    """How well a header alone fits each field; `-` stands for "known and not needed"."""
    words = header_words(header)
    if not words:
        return {}
    if words in _SKIPPED:
        return {NOT_NEEDED_MARK: 0.97}
    scores: dict[str, float] = dict(_HEADER_INDEX.get(words, ()))
    if scores:
        return scores
    present = set(words)
    foreign = any(word.startswith(tuple(FOREIGN_WORDS)) for word in words)
    joined = " ".join(words)
    for synonym, fields in _HEADER_INDEX.items():
        wanted = set(synonym)
        score = 0.0
        if wanted <= present and len(present) <= 5 and len(" ".join(synonym)) > 2:
            score = 0.55 + 0.35 * len(wanted) / len(present)
            if wanted <= OWNER_WORDS and len(present) > len(wanted):
                score *= 0.9
            if any(word.startswith(OTHER_MEANING) for word in present - wanted):
                score *= 0.6
        elif len(words) == len(synonym) and all(
            _shortens(word, full) for word, full in zip(words, synonym, strict=True)
        ):
            score = 0.85  # «Длит.», «Наимен. услуги», «Тел. пац.»
        elif len(joined) > 4:
            ratio = fuzz.ratio(joined, " ".join(synonym))
            if ratio >= 86:
                score = ratio / 100 * 0.85
        if not score:
            continue
        for field, weight in fields:
            if foreign and field in PATIENT_FIELDS:
                continue
            scores[field] = max(scores.get(field, 0.0), score * weight)
    for skipped in _SKIPPED:
        if len(joined) > 4 and (fuzz.ratio(joined, " ".join(skipped)) >= 90):
            scores[NOT_NEEDED_MARK] = 0.8
    return scores


def content_fit(field: str, profile: ColumnProfile) -> float:
    """From 0 to 1: how well the contents agree with a field; an empty column disproves nothing."""
    if profile.filled == 0:
        return 0.8
    kind = FIELDS[field]
    fit: float
    if kind == "moment":
        fit = profile.date
    elif kind == "birth":
        fit = min(1.0, profile.date * (0.55 + 0.45 * min(1.0, profile.birth * 2)))
    elif kind == "time":
        fit = max(profile.time_only, profile.clock * 0.7)
    elif kind == "phone":
        fit = max(profile.phone, 0.5 if profile.integer > 0.5 and profile.money < 0.5 else 0.0)
    elif kind == "email":
        fit = profile.email
    elif kind == "money":
        fit = profile.money
    elif kind == "number":
        fit = max(profile.money, profile.time_only)
    elif kind == "sex":
        fit = profile.sex
    elif kind == "flag":
        fit = max(profile.flag, 0.3)
    elif kind == "status":
        fit = max(
            profile.status,
            0.75 * (profile.words if profile.distinct <= 40 else 0.0),
            0.6 if profile.distinct <= 10 else 0.0,
        )
    elif field == "full_name":
        fit = max(profile.full_name, profile.initials * 0.9, 0.7 * profile.words, 0.2 if not profile.integer else 0.0)
    elif kind == "person":
        fit = max(profile.words, 0.2)
    elif kind == "words":
        # «Реклама: да, нет» may be a consent: the person decides, and a consent is never guessed
        doubtful = field == "channel" and profile.flag > 0.5
        # FNAME is a branch in one export of a system and the given name in another: the cells tell
        person = max(profile.given_name, profile.patronymic) if field == "branch" else 0.0
        foreign = max(profile.date, profile.phone, profile.email, person) > 0.5
        fit = 0.3 if doubtful or foreign else (0.6 if profile.money > 0.8 else 1.0)
    elif kind == "code":
        fit = (
            0.4
            if profile.date > 0.5 and profile.integer < 0.5
            else (0.5 if profile.full_name > 0.5 or profile.clock > 0.5 else 1.0)
        )
    else:
        fit = 1.0
    return 0.25 + 0.75 * fit if fit > 0.0 else 0.2


def content_guess(profile: ColumnProfile) -> Mapping[str, float]:
    """Fields a column may be by its contents alone; never as sure as a header."""
    guesses: dict[str, float] = {}
    if profile.filled < 2:
        return guesses
    if profile.phone >= 0.7:
        guesses["phone"] = 0.62
        guesses["phone2"] = 0.5
    if profile.email >= 0.7:
        guesses["email"] = 0.7
    if profile.full_name >= 0.7 and profile.distinct > min(30, profile.filled * 0.2):
        guesses["full_name"] = 0.58
    if (profile.initials >= 0.7 or profile.full_name >= 0.7) and profile.distinct <= max(
        3, min(60, profile.filled * 0.2)
    ):
        guesses["doctor"] = 0.5
    if profile.status >= 0.8 and profile.flag < 0.5 and profile.distinct <= 20:
        guesses["status"] = 0.6
    if profile.sex >= 0.9 and profile.distinct <= 4:
        guesses["sex"] = 0.5
    if profile.date >= 0.8:
        if profile.birth >= 0.5 and profile.clock < 0.1:
            guesses["born_on"] = 0.55
        elif profile.birth < 0.2:
            guesses["starts_at"] = 0.58 if profile.clock >= 0.5 else 0.5
    return guesses


@dataclass(frozen=True, slots=True)
class Guess:
    """The field of one column and how sure it is; `needed` is False for a column known to be of no use."""

    field: str | None
    confidence: float
    needed: bool = True


def assign(
    headers: Sequence[str],
    profiles: Sequence[ColumnProfile],
    *,
    preset_fields: Mapping[tuple[str, ...], str],
    chosen: Sequence[str | None],
    kind_hint: Kind | None = None,
) -> list[Guess]:
    """One field per column and one column per field, the surest pairs first.

    `chosen` is what a person said of each column ("" to leave it out, None nothing); it is not argued with.
    """
    result: list[Guess | None] = [None] * len(headers)
    taken: set[str] = set()
    pairs: list[tuple[float, int, str]] = []
    for index, (header, profile) in enumerate(zip(headers, profiles, strict=True)):
        words = header_words(header)
        named_by_person = chosen[index]
        if named_by_person is not None:
            field = named_by_person
            if field and field in FIELDS and field not in taken:
                result[index] = Guess(field, 1.0)
                taken.add(field)
            else:
                result[index] = Guess(None, 1.0, needed=False)
            continue
        if words in preset_fields:
            named = preset_fields[words]
            if not named:
                result[index] = Guess(None, 0.9, needed=False)
                continue
            pairs.append((1.02 * content_fit(named, profile), index, named))
        scores = header_scores(header)
        skip = scores.get(NOT_NEEDED_MARK, 0.0)
        if skip >= 0.9 or (profile.sequence and len(words) <= 1 and words[:1] in ((), ("номер",), ("n",))):
            result[index] = Guess(None, skip or 0.9, needed=False)
            continue
        for field, score in scores.items():
            if field != NOT_NEEDED_MARK:
                fit = content_fit(field, profile)
                if len(scores) == 1 and score >= 0.95 and field != "channel":
                    fit = 0.5 + 0.5 * fit  # an unmistakable header is believed even when the cells are poor
                pairs.append((score * fit * _leaning(field, words, profile, kind_hint), index, field))
        if not scores or max(scores.values()) < 0.7:
            for field, score in content_guess(profile).items():
                pairs.append(
                    (score * (0.6 if _speaks_of_others(words) and field in PATIENT_FIELDS else 1.0), index, field)
                )
    for score, index, field in sorted(pairs, key=lambda pair: (-pair[0], pair[1])):
        if score < ACCEPTED or result[index] is not None or field in taken:
            continue
        result[index] = Guess(field, round(min(score, 0.99), 2))
        taken.add(field)
    return [guess or Guess(None, 0.0) for guess in result]


def _shortens(word: str, full: str) -> bool:
    return word == full or (len(word) >= 3 and full.startswith(word))


def _speaks_of_others(words: tuple[str, ...]) -> bool:
    return any(word.startswith(tuple(FOREIGN_WORDS)) for word in words)


def _leaning(field: str, words: tuple[str, ...], profile: ColumnProfile, kind: Kind | None) -> float:
    """Small weights that settle ties between readings of one general word."""
    if field == "patient_ext_id" and words in (("id",), ("код",), ("ид",), ("идентификатор",)):
        return 0.9 if profile.distinct < profile.filled or kind == "patients" else 0.8
    if field == "starts_at" and words in (("дат",), ("date",), ("data",)):
        return 0.9  # a fuller header («Дата приёма») wins over the bare word
    if words == ("дат", "запис"):
        return 0.9 if field == "starts_at" else 0.85  # the day of the call only where the day of the visit is named too
    return 1.0

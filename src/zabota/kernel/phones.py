"""Phone numbers as people write them in Russia, read into E.164; what cannot be read is named, never guessed."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import phonenumbers

PhoneProblem = Literal["phone_scientific", "phone_short", "phone_placeholder", "phone_unreadable"]

_SCIENTIFIC = re.compile(r"^\s*'?\d(?:[.,]\d+)?\s*[eEеЕ]\s*\+?\s*\d{1,2}\s*$")
_FLOAT_TAIL = re.compile(r"(\d{7,})[.,]0+(?!\d)")
_EXTENSION = re.compile(
    r"[\s,;(]*(?:доб(?:ав(?:очный)?)?|вн(?:утр(?:енний)?)?|ext|x|#)\s*\.?\s*:?\s*(\d{1,6})\)?", re.IGNORECASE
)
_SEPARATORS = re.compile(r"[,;/|\n\r\t]+|\s+(?:и|или|and)\s+", re.IGNORECASE)
_NUMBER = re.compile(r"\+?\d[\d\s\-‐-―().~*_]*\d")
_NOTHING = re.compile(
    r"^[\s\-–—.+()_]*(?:нет|нету|нет\s*(?:тел\w*|номера|данных)|не\s*указан\w*|отсутствует|б/н|no|none|null|n/?a)?[\s\-–—.+()_]*$",
    re.I,
)
_WORD_OR_HOUR = re.compile(r"[^\W\d_]+|\d{1,2}(?:[:.]\d\d)?")
#: What is shorter is an hour or a flat in a remark.
_FEWEST_DIGITS = 5


@dataclass(frozen=True, slots=True)
class Phone:
    """One number: `e164` for machines, what stood beside it for people."""

    e164: str
    region: str = "RU"
    extension: str = ""
    comment: str = ""


@dataclass(frozen=True, slots=True)
class PhonesRead:
    """All numbers of one cell in the order written, and the first defect if something was left unread."""

    phones: tuple[Phone, ...] = ()
    problem: PhoneProblem | None = None


def read_phones(text: str, *, area_code: str = "") -> PhonesRead:
    """Numbers in a cell that a person filled: several, with extensions and remarks among them.

    `area_code` (three to five digits of the branch's town) completes numbers written without one.
    """
    if not text or _NOTHING.match(text):
        return PhonesRead()
    if _SCIENTIFIC.match(text):
        return PhonesRead(problem="phone_scientific")
    cleaned = _FLOAT_TAIL.sub(r"\1", text.replace("\u00a0", " ").replace("\u202f", " "))
    found: list[Phone] = []
    problem: PhoneProblem | None = None
    for chunk, extension in _chunks(cleaned):
        numbers = _NUMBER.findall(chunk)
        if not numbers:
            continue
        comment = _comment(chunk, numbers)
        for number in numbers:
            for piece in _pieces(number):
                if sum(character.isdigit() for character in piece) < _FEWEST_DIGITS:
                    continue  # «после 18», «кв. 12»: part of a remark
                outcome = _one(piece, area_code)
                if isinstance(outcome, Phone):
                    phone = Phone(outcome.e164, outcome.region, extension, comment)
                    if all(phone.e164 != earlier.e164 for earlier in found):
                        found.append(phone)
                else:
                    problem = problem or outcome
    if not found and problem is None:
        problem = "phone_unreadable"
    if not found and problem in ("phone_unreadable", "phone_short"):
        whole = _one(re.sub(r"\D", "", cleaned), area_code)  # separators stood inside one number: 8/916/123/45/67
        if isinstance(whole, Phone):
            return PhonesRead((whole,))
    return PhonesRead(tuple(found), problem)


def normalise_phone(text: str, *, area_code: str = "") -> str | None:
    """The first readable number of a text in E.164, or None."""
    phones = read_phones(text, area_code=area_code).phones
    return phones[0].e164 if phones else None


def show_phone(e164: str) -> str:
    """`+79161234567` as people read it: `+7 916 123-45-67`."""
    match = re.fullmatch(r"\+7(\d{3})(\d{3})(\d{2})(\d{2})", e164)
    if match:
        return "+7 {} {}-{}-{}".format(*match.groups())
    try:
        return phonenumbers.format_number(phonenumbers.parse(e164, None), phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    except phonenumbers.NumberParseException:
        return e164


def mask_phone(e164: str) -> str:
    """For logs and lists where the number itself must not stand: `+7916***4567`."""
    return f"{e164[:5]}***{e164[-4:]}" if len(e164) > 9 else "***"


_NOISE = frozenset({"тел", "телефон", "моб", "мобильный", "сот", "сотовый", "tel", "phone", "mob", "т", "м", "ф"})


def _chunks(text: str) -> list[tuple[str, str]]:
    """Parts of a cell with the extension that belongs to each; an extension is cut before the cell is split at commas."""
    chunks: list[tuple[str, str]] = []
    position = 0
    for match in _EXTENSION.finditer(text):
        if not re.search(r"\d", text[position : match.start()]):
            continue
        parts = [part for part in _SEPARATORS.split(text[position : match.start()]) if part.strip()]
        chunks.extend((part, "") for part in parts[:-1])
        if parts:
            chunks.append((parts[-1], match.group(1)))
        position = match.end()
    chunks.extend((part, "") for part in _SEPARATORS.split(text[position:]) if part.strip())
    return chunks


def _comment(chunk: str, numbers: Sequence[str]) -> str:
    """What stands beside a number: whose it is, when to call («звонить с 9 до 18:00»)."""
    for number in numbers:
        if sum(character.isdigit() for character in number) >= _FEWEST_DIGITS:
            chunk = chunk.replace(number, " ", 1)
    words = [word for word in _WORD_OR_HOUR.findall(chunk) if word.lower() not in _NOISE]
    return " ".join(words) if any(word[0].isalpha() for word in words) else ""


def _pieces(number: str) -> list[str]:
    """Two numbers written with only a space between them are cut apart; one number stays whole."""
    digits = re.sub(r"\D", "", number)
    if len(digits) <= 15:
        return [number]
    pieces: list[str] = []
    rest = digits
    while rest:
        size = 11 if rest[0] in "78" and len(rest) >= 11 else 10
        pieces.append(rest[:size])
        rest = rest[size:]
    return pieces if all(len(piece) >= 10 for piece in pieces) else [number]


def _one(number: str, area_code: str) -> Phone | PhoneProblem:
    digits = re.sub(r"\D", "", number)
    if len(set(digits[-9:])) == 1 or (len(digits) >= 10 and digits[-10:] in ("1234567890", "0123456789")):
        return "phone_placeholder"
    if len(digits) <= 7:
        if area_code and len(area_code) + len(digits) == 10:
            digits = area_code + digits
        else:
            return "phone_short"
    for candidate in _candidates(number, digits):
        try:
            parsed = phonenumbers.parse(candidate, "RU")
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(parsed):
            e164 = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
            return Phone(e164, phonenumbers.region_code_for_number(parsed) or "RU")
    return "phone_unreadable"


def _candidates(number: str, digits: str) -> list[str]:
    """Readings in the order of trust. A plus before 8 or 9 is a habit of the hand, not a country."""
    national = "+7" + digits[-10:]
    if len(digits) == 10:
        return ["+" + digits, national] if number.lstrip().startswith("+") and digits[0] not in "89" else [national]
    if len(digits) == 11 and digits[0] in "78":
        return [national]
    if digits.startswith("810"):
        return ["+" + digits[3:]]
    if len(digits) == 12 and digits[:2] in ("77", "78", "87", "88"):
        return ["+" + digits, national]  # the country code typed twice: 7 8916…
    return ["+" + digits]

"""In which encoding a text was written: decided on bytes, with how sure that is."""

import codecs
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

# Share of a letter in Russian text, per mille: enough to tell the one-byte encodings apart.
_FREQUENT: Final[dict[str, float]] = {
    "о": 110, "е": 85, "а": 80, "и": 74, "н": 67, "т": 63, "с": 55, "р": 47, "в": 45, "л": 44, "к": 35, "м": 32, "д": 30, "п": 28,
    "у": 26, "я": 20, "ы": 19, "ь": 17, "г": 17, "з": 16, "б": 16, "ч": 14, "й": 12, "х": 10, "ж": 9, "ш": 7, "ю": 6, "ц": 5,
    "щ": 4, "э": 3, "ф": 3, "ъ": 1, "ё": 1,
}  # fmt: skip
#: The commonest first: of two that read a text alike it is believed.
ONE_BYTE: Final = ("cp1251", "cp866", "koi8-r", "mac-cyrillic")
_MOJIBAKE_LATIN = re.compile(r"(?:[ÐÑ][\u0080-\u00bf\u2018-\u203a€™šœžŸ]){3,}")
_MOJIBAKE_CYRILLIC = re.compile(
    r"(?:[РС][\u0400-\u040f\u0450-\u045f\u00a0-\u00bf\u2010-\u203a€™°µ]){2,}|(?:[РС][°±ІіґµёєѕЃѓ‚„…†‡€‰‹‘’“”•–—™›]){2,}"
)
_LOST = "пїЅ"


@dataclass(frozen=True, slots=True)
class EncodingFound:
    """`repair` undoes a text that was read in a wrong encoding and saved so; `lost` means letters are gone for good."""

    encoding: str
    confidence: float
    bom: bool = False
    repair: str = ""  # "cp1252" or "cp1251": encode with it and read as UTF-8
    lost: bool = False


def recognise_encoding(head: bytes, *, utf8_whole: bool, candidates: Sequence[str] = ONE_BYTE) -> EncodingFound:
    """`head` is the beginning of the file (cut at a line), `utf8_whole` whether the whole file is strict UTF-8."""
    if head.startswith(codecs.BOM_UTF8):
        return _look_for_mojibake(head[3:].decode("utf-8", "replace"), EncodingFound("utf-8-sig", 1.0, bom=True))
    if head.startswith(codecs.BOM_UTF16_LE):
        return EncodingFound("utf-16", 1.0, bom=True)
    if head.startswith(codecs.BOM_UTF16_BE):
        return EncodingFound("utf-16", 1.0, bom=True)
    wide = utf16_without_bom(head)
    if wide:
        return EncodingFound(wide, 0.9)
    if utf8_whole:
        text = head.decode("utf-8", "replace")
        sure = 1.0 if any(ord(character) > 127 for character in text) else 0.95
        return _look_for_mojibake(text, EncodingFound("utf-8", sure))
    broken = head.decode("utf-8", "replace")
    letters = len(re.findall(r"[А-Яа-яЁё]", broken))
    if letters > 20 and broken.count("\ufffd") * 50 < letters:
        return EncodingFound("utf-8", 0.7)  # UTF-8 with a few torn letters
    scored = [(russian_score(head.decode(name, "replace")), name) for name in candidates]
    (best, name), (second, _) = sorted(scored, key=lambda each: -each[0])[:2]
    confidence = 0.99 if best - second > 1.5 else max(0.5, min(0.95, 0.5 + (best - second) / 3))
    return EncodingFound(name, round(confidence, 2))


def russian_score(text: str) -> float:
    """How much a text looks Russian: frequent letters, capitals only where words begin, no box drawing."""
    foreign = [character for character in text if ord(character) > 127]
    if not foreign:
        return 0.0
    score = 0.0
    for character in foreign:
        low = character.lower()
        if low in _FREQUENT:
            score += _FREQUENT[low] / 40
        elif character in "№«»—–… ₽°":
            score += 0.5
        else:
            score -= 3.0  # pseudo-graphics, rare letters of neighbours, control codes
    score -= 4.0 * len(re.findall(r"[а-яё][А-ЯЁ]", text))
    return score / len(foreign)


def undo_mojibake(text: str, repair: str) -> str:
    """Undo one wrong reading; a line that does not yield is left as it is."""
    try:
        return text.encode(repair).decode("utf-8")
    except UnicodeError:
        return text.encode(repair, "replace").decode("utf-8", "replace") if repair == "latin-1" else text


def _look_for_mojibake(text: str, found: EncodingFound) -> EncodingFound:
    sample = text[:20000]
    if sample.count(_LOST) >= 3 or sample.count("\ufffd") >= 3:
        return EncodingFound(found.encoding, 0.2, found.bom, lost=True)
    for repair, pattern in (("latin-1", _MOJIBAKE_LATIN), ("cp1252", _MOJIBAKE_LATIN), ("cp1251", _MOJIBAKE_CYRILLIC)):
        if not pattern.search(sample):
            continue
        lines = [
            line for line in sample.splitlines()[:-1] or [sample] if any(ord(character) > 127 for character in line)
        ]
        repaired = [undo_mojibake(line, repair) for line in lines]
        changed = sum(one != other for one, other in zip(lines, repaired, strict=True))
        if lines and changed >= 0.8 * len(lines) and russian_score("".join(repaired)) > 0.5:
            return EncodingFound(found.encoding, 0.8, found.bom, repair=repair)
    return found


def utf16_without_bom(head: bytes) -> str:
    """The byte order of two-byte text that does not say it itself; empty for anything else."""
    sample = head[:2000]
    if len(sample) < 8:
        return ""
    even, odd = sample[0::2], sample[1::2]
    # In Russian text one byte of each pair is 0x00 (Latin, digits) or 0x04 (Cyrillic)
    high_odd = sum(byte in (0, 4) for byte in odd) / len(odd)
    high_even = sum(byte in (0, 4) for byte in even) / len(even)
    if high_odd > 0.9 and high_even < 0.5:
        return "utf-16-le"
    if high_even > 0.9 and high_odd < 0.5:
        return "utf-16-be"
    return ""

"""Sums as people and systems write them, read into kopecks; a text that holds more than one number is refused."""

import re
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

MoneyProblem = Literal["money_unreadable"]

LIMIT_KOPECKS = 10**13  # a hundred billion roubles: above it a phone or a card number stood in the column
_MOST_DIGITS = 15

_SPACES = re.compile(r"[\s\u00a0\u2000-\u200a\u202f\u205f'’`]")
_CURRENCY = re.compile(
    r"(?:российских\s*)?(?:руб(?:л(?:ь|я|ей))?\.?|р\.?(?![а-я])|rub\.?|rur\.?|₽|\bр\b\.?)", re.IGNORECASE
)
_KOPECKS = re.compile(r"(\d+)\s*(?:коп(?:еек|ейки|ейка|\.)?|к\.)\s*$", re.IGNORECASE)
_REMARKS = re.compile(
    r"\(?\b(?:итого|сумма|к\s*оплате|оплата|оплачено|нал(?:ичн(?:ые|ыми|ая))?|безнал(?:ичн(?:ые|ыми|ый))?|б/н|карт(?:а|ой)|эквайринг|дмс|омс|скидка|возврат|сбп)\b\.?:?\)?",
    re.IGNORECASE,
)
_FREE = {
    "бесплатно",
    "беспл",
    "даром",
    "free",
    "без оплаты",
    "не оплачивается",
    "гарантия",
    "по гарантии",
    "подарок",
    "-",
    "–",
    "—",
    "нет",
    "дмс",
    "омс",
}
_NUMBER = re.compile(r"[+\-−]?\d[\d.,]*")


def read_money(text: str) -> int | MoneyProblem | None:
    """Kopecks; None for an empty cell."""
    value = text.strip().lstrip("'").strip()
    if not value:
        return None
    plain = value.lower().strip(" .")
    if plain in _FREE:
        return 0
    negative = bool(re.search(r"\bвозврат\b", plain))
    value = _REMARKS.sub(" ", value).strip()
    if re.fullmatch(r"\(.*\)", value):
        value, negative = value[1:-1], True
    kopecks = Decimal(0)
    match = _KOPECKS.search(value)
    if match and _CURRENCY.search(value):
        kopecks = Decimal(int(match.group(1))) / 100
        value = value[: match.start()]
    value = _CURRENCY.sub("", value)
    value = _SPACES.sub("", value).rstrip("=").rstrip(".,")
    if re.fullmatch(r"\d+[.,]?\d*[-−]", value):  # the minus behind, as accountants' programs print it
        value, negative = value[:-1], True
    dashed = re.fullmatch(r"(\d+)[-=](\d{2})", value)
    if dashed:  # 4500-00, the way a receipt is written by hand
        value = f"{dashed.group(1)}.{dashed.group(2)}"
    if re.fullmatch(r"[+\-−]?\d+(?:\.\d+)?[eE][+\-]?\d{1,3}", value):
        number = Decimal(value.replace("−", "-"))
    elif _NUMBER.fullmatch(value):
        parsed = _decimal(value)
        if parsed is None:
            return "money_unreadable"
        number = parsed
    else:
        return "money_unreadable"
    if number.adjusted() > _MOST_DIGITS:  # more than arithmetic of this precision holds
        return "money_unreadable"
    number = abs(number) + kopecks if number >= 0 and not value.startswith(("-", "−")) else number - kopecks
    if negative:
        number = -abs(number)
    result = int((number * 100).quantize(Decimal(1), rounding=ROUND_HALF_UP))
    return result if abs(result) < LIMIT_KOPECKS else "money_unreadable"


def read_quantity(text: str) -> float | None:
    """«2», «1,5», «3 шт.»; None when nothing sensible is written."""
    value = _SPACES.sub("", text.strip().lstrip("'")).lower()
    match = re.fullmatch(r"(\d+(?:[.,]\d+)?)(?:шт|ед|усл|раз|раза)?\.?", value)
    return float(match.group(1).replace(",", ".")) if match else None


def _decimal(value: str) -> Decimal | None:
    sign = -1 if value[0] in "-−" else 1
    digits = value.lstrip("+-−")
    comma, dot = digits.rfind(","), digits.rfind(".")
    if comma >= 0 and dot >= 0:
        decimal_mark = "," if comma > dot else "."
        thousands = "." if decimal_mark == "," else ","
        digits = digits.replace(thousands, "")
        if digits.count(decimal_mark) > 1:
            return None
        digits = digits.replace(decimal_mark, ".")
    else:
        mark = "," if comma >= 0 else "."
        parts = digits.split(mark)
        if len(parts) > 2:  # 1,234,567
            if any(len(part) != 3 for part in parts[1:]):
                return None
            digits = "".join(parts)
        elif len(parts) == 2:
            # three digits after the only mark are thousands, unless nothing but a zero stands before it
            digits = (
                "".join(parts)
                if len(parts[1]) == 3 and len(parts[0]) <= 3 and parts[0] not in ("0", "")
                else ".".join(parts)
            )
    try:
        return sign * Decimal(digits)
    except ArithmeticError:
        return None

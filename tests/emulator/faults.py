"""The switches: which address brings which trouble."""

from __future__ import annotations

import re
from enum import Enum


class Fault(Enum):
    """The last two digits of an address that ends with 000NN."""

    OK = 0
    SLOW = 1
    HANG = 2
    ANSWER_LOST = 3
    BAD_RECIPIENT = 4
    KEY = 5
    NO_MONEY = 6
    LIMIT_WITH_WAIT = 7
    LIMIT = 8
    ERROR_500 = 9
    ERROR_502 = 10
    ERROR_503 = 11
    ERROR_504 = 12
    ERROR_IN_200 = 13
    CAPTIVE_PORTAL = 14
    REDIRECT = 15
    TRUNCATED = 16
    WRONG_TYPE = 17
    BLOCKED = 18
    OPERATOR_BLOCKED = 19
    ENDLESS = 20
    RECEIPT_FIRST = 30
    RECEIPT_TWICE = 31
    RECEIPT_BACKWARDS = 32
    RECEIPT_OF_NOBODY = 33
    RECEIPT_LATE = 34
    RECEIPT_FORGED = 35
    RECEIPT_REPLAYED = 36
    RECEIPT_FROM_THE_FUTURE = 37
    RECEIPT_FROM_THE_PAST = 38
    RECEIPT_FAILED = 39
    STOP_CAPITALS = 40
    STOP_SMALL = 41
    STOP_LATIN = 42
    STOP_UNSUBSCRIBE = 43
    STOP_DO_NOT_WRITE = 44
    SHUT_OUT = 45


#: What a person writes back to say «stop».
STOPS = {
    Fault.STOP_CAPITALS: "СТОП",
    Fault.STOP_SMALL: "стоп.",
    Fault.STOP_LATIN: "Stop",
    Fault.STOP_UNSUBSCRIBE: "отписаться",
    Fault.STOP_DO_NOT_WRITE: "«не пишите»",
}

_TAIL = re.compile(r"000(\d\d)$")


def fault_of(address: str) -> Fault:
    """The trouble that this address brings."""
    found = _TAIL.search(re.sub(r"\D", "", address))
    try:
        return Fault(int(found[1])) if found else Fault.OK
    except ValueError:
        return Fault.OK


def address_with(fault: Fault, person: int = 1) -> str:
    """A phone (or the id of a chat) that brings this trouble."""
    return f"79{person % 10_000:04d}000{fault.value:02d}"

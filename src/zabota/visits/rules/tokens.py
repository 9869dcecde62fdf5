"""Secrets in addresses: 22 characters where length costs nothing, 6 in an SMS; how many tries a person has."""

from __future__ import annotations

import secrets
import string

ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
#: 131 bits.
LONG = 22
#: 36 bits: shows no more than date, time and address. «Приду», «перезвоните» and «не подходит» take nothing from anybody;
#: before a time is given up, moved or taken, or a place in the list is left, the end of the phone is asked.
SHORT = 6
#: Tries at the last four digits of the phone, for one link.
TRIES = 5


def new_token(length: int) -> str:
    """Random characters that survive every messenger and keyboard."""
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def is_token(text: str) -> bool:
    """Whether the text could be one of ours at all."""
    return len(text) in (LONG, SHORT) and all(each in ALPHABET for each in text)


def four_digits(text: str) -> str:
    """The four digits a person typed, however; empty when there are not exactly four."""
    digits = "".join(each for each in text if each in string.digits)
    return digits if len(digits) == 4 else ""

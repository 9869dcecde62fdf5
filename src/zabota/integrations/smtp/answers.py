"""What a mail server's codes mean, by the stage at which they come."""

from __future__ import annotations

import re

from zabota.integrations.calls import Outcome
from zabota.messaging.api import Blame, Verdict

_NOBODY = (Verdict.REFUSED, Blame.BAD_ADDRESS)
_FULL = (Verdict.LATER, Blame.LIMIT)
_LATER = (Verdict.LATER, Blame.DOWN)

#: Enhanced codes (RFC 3463) about the recipient: the longest beginning that fits.
OF_RECIPIENT: dict[str, Outcome] = {
    "5.1": _NOBODY,
    "5.1.8": (Verdict.ACCOUNT, Blame.OTHER),
    "5.2.1": _NOBODY,
    "5.2.2": (Verdict.REFUSED, Blame.LIMIT),
    "5.2.3": (Verdict.REFUSED, Blame.TOO_LONG),
    "5.3.4": (Verdict.REFUSED, Blame.TOO_LONG),
    "5.4": _NOBODY,
    "5.7": (Verdict.REFUSED, Blame.CONTENT),
    "5.7.8": (Verdict.ACCOUNT, Blame.KEY),
    "4.2.2": _FULL,
    "4.7": _FULL,
}

#: Codes without an enhanced one.
OF_CODE: dict[int, Outcome] = {
    421: _LATER,
    # One letter is asked to come again (a grey list, a busy mailbox): the server is there.
    450: _FULL,
    451: _FULL,
    452: _FULL,
    530: (Verdict.ACCOUNT, Blame.KEY),
    535: (Verdict.ACCOUNT, Blame.KEY),
    552: (Verdict.REFUSED, Blame.TOO_LONG),
    554: (Verdict.REFUSED, Blame.CONTENT),
}
#: Said of a person, of us and of letters alike: only their words tell which.
_BARE = (550, 551, 553, 555)
_OF_US = re.compile(r"relay|authenti|authori[sz]|log ?in|sender", re.IGNORECASE)
_OF_LETTERS = re.compile(r"spam|polic|block|black ?list|listed|reputation|dnsbl|rbl|spf|dkim|dmarc", re.IGNORECASE)
_OF_ADDRESS = re.compile(
    r"(?:user|recipient|mailbox|address|account)\W.*(?:unknown|not found|not exist|invalid|no longer|disabled)"
    r"|(?:unknown|invalid|no such|non-?existent)\W.*(?:user|recipient|mailbox|address|account|person|here)",
    re.IGNORECASE,
)

_ENHANCED = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")


def enhanced(text: str) -> str:
    """The enhanced code in a line, or nothing."""
    found = _ENHANCED.search(text)
    return found[1] if found else ""


def of_recipient(code: int, text: str) -> Outcome:
    """After RCPT: the words are about this address."""
    status = enhanced(text)
    for length in (len(status), status.rfind(".")):
        if status and status[:length] in OF_RECIPIENT:
            return OF_RECIPIENT[status[:length]]
    if code in _BARE:
        return _of_words(text)
    if code in OF_CODE:
        return OF_CODE[code]
    return _FULL if code < 500 else (Verdict.REFUSED, Blame.OTHER)


def _of_words(text: str) -> Outcome:
    """A server that forgot our key answers every recipient so: an address is shut at once only by words about it."""
    if _OF_US.search(text):
        return Verdict.ACCOUNT, Blame.OTHER
    if _OF_LETTERS.search(text):
        return Verdict.REFUSED, Blame.CONTENT
    # Without words it is counted like a full mailbox and believed at the third time.
    return _NOBODY if _OF_ADDRESS.search(text) else (Verdict.REFUSED, Blame.LIMIT)


def of_sender(code: int) -> Outcome:
    """After MAIL: the words are about us, so no letter of the account would go."""
    if code < 500:
        return _LATER
    return (Verdict.ACCOUNT, Blame.KEY) if code in (530, 535) else (Verdict.ACCOUNT, Blame.OTHER)


def of_letter(code: int, text: str) -> Outcome:
    """After the letter itself."""
    if code < 500:
        return _FULL if code == 452 or enhanced(text).startswith("4.7") else _LATER
    if code == 552 or enhanced(text) in ("5.2.3", "5.3.4"):
        return Verdict.REFUSED, Blame.TOO_LONG
    return Verdict.REFUSED, Blame.CONTENT

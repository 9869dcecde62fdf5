"""What VK's numbers mean."""

from __future__ import annotations

import re

from zabota.integrations.calls import Outcome
from zabota.messaging.api import Blame, Verdict

_SLOWER = (Verdict.LATER, Blame.LIMIT)
_SHUT = (Verdict.REFUSED, Blame.BLOCKED_BY_PERSON)

#: error_code. The provider drops a repeated random_id, so an unknown fate may be offered again.
ERRORS: dict[int, Outcome] = {
    1: (Verdict.UNKNOWN, Blame.DOWN),
    5: (Verdict.ACCOUNT, Blame.KEY),
    6: _SLOWER,
    7: (Verdict.ACCOUNT, Blame.KEY),
    9: _SLOWER,
    10: (Verdict.UNKNOWN, Blame.DOWN),
    14: (Verdict.ACCOUNT, Blame.LIMIT),
    15: (Verdict.ACCOUNT, Blame.KEY),
    27: (Verdict.ACCOUNT, Blame.KEY),
    29: _SLOWER,
    100: (Verdict.REFUSED, Blame.CONTENT),
    113: (Verdict.REFUSED, Blame.BAD_ADDRESS),
    900: _SHUT,
    901: _SHUT,
    902: _SHUT,
    911: (Verdict.REFUSED, Blame.CONTENT),
    914: (Verdict.REFUSED, Blame.TOO_LONG),
    936: (Verdict.REFUSED, Blame.BAD_ADDRESS),
    950: (Verdict.REFUSED, Blame.OTHER),
}

#: «One of the parameters specified was missing or invalid»: which one is said in words.
_WRONG_PARAMETER = 100
_OF_PERSON = re.compile(r"\b(?:peer|user)_ids?\b")


def outcome_of(code: int, words: str) -> Outcome:
    """What an error means. A wrong parameter is ours, unless it is the person's number that VK does not take."""
    if code == _WRONG_PARAMETER and _OF_PERSON.search(words):
        return Verdict.REFUSED, Blame.BAD_ADDRESS
    return ERRORS.get(code, (Verdict.REFUSED, Blame.OTHER))


#: Seconds to wait where VK says only «slower».
PAUSE = 1.0

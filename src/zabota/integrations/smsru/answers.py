"""What SMS.ru's numbers mean."""

from __future__ import annotations

from zabota.integrations.calls import Outcome
from zabota.messaging.api import Blame, EventKind, Verdict

_OWN = (Verdict.ACCOUNT, Blame.OTHER)

#: status_code of a call or of one phone in it. 100 is taken.
ERRORS: dict[int, Outcome] = {
    200: (Verdict.ACCOUNT, Blame.KEY),
    201: (Verdict.ACCOUNT, Blame.NO_MONEY),
    202: (Verdict.REFUSED, Blame.BAD_ADDRESS),
    203: (Verdict.REFUSED, Blame.CONTENT),
    204: _OWN,
    205: (Verdict.REFUSED, Blame.TOO_LONG),
    206: (Verdict.LATER, Blame.LIMIT),
    207: (Verdict.REFUSED, Blame.BAD_ADDRESS),
    208: (Verdict.REFUSED, Blame.CONTENT),
    209: (Verdict.REFUSED, Blame.BLOCKED_BY_PERSON),
    210: _OWN,
    211: _OWN,
    212: (Verdict.REFUSED, Blame.CONTENT),
    213: _OWN,
    220: (Verdict.LATER, Blame.DOWN),
    230: (Verdict.REFUSED, Blame.LIMIT),
    231: (Verdict.REFUSED, Blame.LIMIT),
    232: (Verdict.REFUSED, Blame.LIMIT),
    300: (Verdict.ACCOUNT, Blame.KEY),
    301: (Verdict.ACCOUNT, Blame.KEY),
    302: (Verdict.ACCOUNT, Blame.KEY),
    500: (Verdict.UNKNOWN, Blame.DOWN),
    501: (Verdict.LATER, Blame.LIMIT),
}

#: Code of a message: kind and why. 100 in the queue and 101 on the way to the operator change nothing.
STATES: dict[int, tuple[EventKind, Blame]] = {
    102: (EventKind.SENT, Blame.NONE),
    103: (EventKind.DELIVERED, Blame.NONE),
    104: (EventKind.FAILED, Blame.OTHER),
    105: (EventKind.FAILED, Blame.OTHER),
    106: (EventKind.FAILED, Blame.OTHER),
    107: (EventKind.FAILED, Blame.OTHER),
    108: (EventKind.FAILED, Blame.OPERATOR_BLOCKED),
    110: (EventKind.READ, Blame.NONE),
    150: (EventKind.FAILED, Blame.BAD_ADDRESS),
}

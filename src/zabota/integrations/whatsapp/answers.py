"""What the numbers of WhatsApp Cloud mean."""

from __future__ import annotations

from zabota.integrations.calls import Outcome
from zabota.messaging.api import Blame, EventKind, Verdict

_SLOWER = (Verdict.LATER, Blame.LIMIT)

#: error.code of an answer or of a failed status.
ERRORS: dict[int, Outcome] = {
    4: _SLOWER,
    10: (Verdict.ACCOUNT, Blame.KEY),
    100: (Verdict.REFUSED, Blame.CONTENT),
    190: (Verdict.ACCOUNT, Blame.KEY),
    200: (Verdict.ACCOUNT, Blame.KEY),
    368: (Verdict.ACCOUNT, Blame.OTHER),
    80007: _SLOWER,
    130429: _SLOWER,
    131000: (Verdict.UNKNOWN, Blame.DOWN),
    131005: (Verdict.ACCOUNT, Blame.KEY),
    131008: (Verdict.REFUSED, Blame.CONTENT),
    131009: (Verdict.REFUSED, Blame.CONTENT),
    131016: (Verdict.LATER, Blame.DOWN),
    131021: (Verdict.REFUSED, Blame.BAD_ADDRESS),
    131026: (Verdict.REFUSED, Blame.BAD_ADDRESS),
    131031: (Verdict.ACCOUNT, Blame.OTHER),
    131042: (Verdict.ACCOUNT, Blame.NO_MONEY),
    131047: (Verdict.REFUSED, Blame.CONTENT),
    131048: _SLOWER,
    131049: (Verdict.REFUSED, Blame.LIMIT),
    131050: (Verdict.REFUSED, Blame.BLOCKED_BY_PERSON),
    131051: (Verdict.REFUSED, Blame.CONTENT),
    131056: _SLOWER,
    132000: (Verdict.REFUSED, Blame.CONTENT),
    132001: (Verdict.ACCOUNT, Blame.OTHER),
    132005: (Verdict.REFUSED, Blame.TOO_LONG),
    132007: (Verdict.REFUSED, Blame.CONTENT),
    133010: (Verdict.ACCOUNT, Blame.OTHER),
}

#: Pleas that concern one person, not the account.
OF_ONE_PERSON = frozenset({131056})

STATES: dict[str, EventKind] = {
    "sent": EventKind.SENT,
    "delivered": EventKind.DELIVERED,
    "read": EventKind.READ,
    "failed": EventKind.FAILED,
}

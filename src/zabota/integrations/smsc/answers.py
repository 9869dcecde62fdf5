"""What SMSC.ru's numbers mean."""

from __future__ import annotations

from zabota.integrations.calls import Outcome
from zabota.messaging.api import Blame, EventKind, Verdict

#: error_code of the answer to a sending.
ERRORS: dict[int, Outcome] = {
    1: (Verdict.REFUSED, Blame.CONTENT),
    2: (Verdict.ACCOUNT, Blame.KEY),
    3: (Verdict.ACCOUNT, Blame.NO_MONEY),
    4: (Verdict.ACCOUNT, Blame.KEY),
    5: (Verdict.REFUSED, Blame.CONTENT),
    6: (Verdict.REFUSED, Blame.CONTENT),
    7: (Verdict.REFUSED, Blame.BAD_ADDRESS),
    8: (Verdict.REFUSED, Blame.OPERATOR_BLOCKED),
    9: (Verdict.LATER, Blame.LIMIT),
}

#: status of a message: kind and, when it failed, why. What is not here changes nothing.
STATES: dict[int, tuple[EventKind, Blame]] = {
    -2: (EventKind.FAILED, Blame.OTHER),
    0: (EventKind.SENT, Blame.NONE),
    1: (EventKind.DELIVERED, Blame.NONE),
    2: (EventKind.READ, Blame.NONE),
    3: (EventKind.FAILED, Blame.OTHER),
    4: (EventKind.READ, Blame.NONE),
    20: (EventKind.FAILED, Blame.OTHER),
    22: (EventKind.FAILED, Blame.BAD_ADDRESS),
    23: (EventKind.FAILED, Blame.OPERATOR_BLOCKED),
    24: (EventKind.FAILED, Blame.NO_MONEY),
    25: (EventKind.FAILED, Blame.OTHER),
}

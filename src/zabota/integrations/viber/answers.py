"""What Viber's numbers mean."""

from __future__ import annotations

from zabota.integrations.calls import Outcome
from zabota.messaging.api import Blame, EventKind, Verdict

#: status of an answer; 0 is taken.
ERRORS: dict[int, Outcome] = {
    1: (Verdict.ACCOUNT, Blame.OTHER),
    2: (Verdict.ACCOUNT, Blame.KEY),
    3: (Verdict.REFUSED, Blame.CONTENT),
    4: (Verdict.REFUSED, Blame.CONTENT),
    5: (Verdict.REFUSED, Blame.BAD_ADDRESS),
    6: (Verdict.REFUSED, Blame.BLOCKED_BY_PERSON),
    7: (Verdict.ACCOUNT, Blame.OTHER),
    8: (Verdict.ACCOUNT, Blame.OTHER),
    9: (Verdict.ACCOUNT, Blame.OTHER),
    10: (Verdict.ACCOUNT, Blame.OTHER),
    11: (Verdict.REFUSED, Blame.BAD_ADDRESS),
    12: (Verdict.LATER, Blame.LIMIT),
    13: (Verdict.REFUSED, Blame.CONTENT),
    14: (Verdict.ACCOUNT, Blame.NO_MONEY),
}

EVENTS: dict[str, EventKind] = {
    "delivered": EventKind.DELIVERED,
    "seen": EventKind.READ,
    "failed": EventKind.FAILED,
    "subscribed": EventKind.ALLOWED,
    "unsubscribed": EventKind.STOPPED,
    "conversation_started": EventKind.STARTED,
    "message": EventKind.INBOUND,
}

"""What SMS Aero's numbers and words mean."""

from __future__ import annotations

from zabota.integrations.calls import Outcome
from zabota.messaging.api import Blame, EventKind, Verdict

#: A part of the refusal's words, in lower case: outcome. The first that fits.
REFUSALS: tuple[tuple[str, Outcome], ...] = (
    ("not enough money", (Verdict.ACCOUNT, Blame.NO_MONEY)),
    ("no money", (Verdict.ACCOUNT, Blame.NO_MONEY)),
    ("недостаточно средств", (Verdict.ACCOUNT, Blame.NO_MONEY)),
    ("blacklist", (Verdict.REFUSED, Blame.BLOCKED_BY_PERSON)),
    ("черн", (Verdict.REFUSED, Blame.BLOCKED_BY_PERSON)),
    ("operator", (Verdict.REFUSED, Blame.OPERATOR_BLOCKED)),
    ("too long", (Verdict.REFUSED, Blame.TOO_LONG)),
    ("number", (Verdict.REFUSED, Blame.BAD_ADDRESS)),
    ("sign", (Verdict.ACCOUNT, Blame.OTHER)),
    ("text", (Verdict.REFUSED, Blame.CONTENT)),
)

#: status of a message: kind and why. 0 in the queue, 4 waiting and 8 being looked at change nothing.
STATES: dict[int, tuple[EventKind, Blame]] = {
    1: (EventKind.DELIVERED, Blame.NONE),
    2: (EventKind.FAILED, Blame.OTHER),
    3: (EventKind.SENT, Blame.NONE),
    6: (EventKind.FAILED, Blame.OTHER),
}

"""What MTS Exolve's words mean."""

from __future__ import annotations

from zabota.integrations.calls import Outcome
from zabota.messaging.api import Blame, EventKind, Verdict

#: A part of the refusal's words, in lower case: outcome. The first that fits.
REFUSALS: tuple[tuple[str, Outcome], ...] = (
    ("balance", (Verdict.ACCOUNT, Blame.NO_MONEY)),
    ("money", (Verdict.ACCOUNT, Blame.NO_MONEY)),
    ("funds", (Verdict.ACCOUNT, Blame.NO_MONEY)),
    ("blocked", (Verdict.REFUSED, Blame.OPERATOR_BLOCKED)),
    ("forbidden destination", (Verdict.REFUSED, Blame.OPERATOR_BLOCKED)),
    ("destination", (Verdict.REFUSED, Blame.BAD_ADDRESS)),
    ("too long", (Verdict.REFUSED, Blame.TOO_LONG)),
    ("text", (Verdict.REFUSED, Blame.CONTENT)),
    ("number", (Verdict.ACCOUNT, Blame.OTHER)),
)

#: Word of a receipt, in capitals: kind and why.
STATES: dict[str, tuple[EventKind, Blame]] = {
    "SENT": (EventKind.SENT, Blame.NONE),
    "ACCEPTD": (EventKind.SENT, Blame.NONE),
    "DELIVERED": (EventKind.DELIVERED, Blame.NONE),
    "DELIVRD": (EventKind.DELIVERED, Blame.NONE),
    "EXPIRED": (EventKind.FAILED, Blame.OTHER),
    "UNDELIV": (EventKind.FAILED, Blame.OTHER),
    "UNDELIVERED": (EventKind.FAILED, Blame.OTHER),
    "REJECTED": (EventKind.FAILED, Blame.OPERATOR_BLOCKED),
    "REJECTD": (EventKind.FAILED, Blame.OPERATOR_BLOCKED),
    "FAILED": (EventKind.FAILED, Blame.OTHER),
}

"""States of a message: a rank that only grows, so that late, repeated and disordered receipts are harmless."""

from __future__ import annotations

from zabota.messaging.rules.transport import EventKind

#: Delivered beats failed: when a provider says both, the person has the message.
RANKS: dict[str, int] = {
    "queued": 0,
    "sending": 10,
    "unknown": 15,
    "accepted": 20,
    "sent": 30,
    "failed": 40,
    "expired": 40,
    "suppressed": 40,
    "void": 45,
    "delivered": 50,
    "read": 60,
}
#: Nothing more is tried for these.
ENDED = frozenset({"failed", "expired", "suppressed", "void"})
#: The person has it.
REACHED = frozenset({"delivered", "read"})
#: It left the house, as far as anybody knows: counts towards caps.
LEFT = ("sending", "accepted", "sent", "delivered", "read", "unknown")

_BY_EVENT: dict[str, str] = {
    EventKind.ACCEPTED: "accepted",
    EventKind.SENT: "sent",
    EventKind.DELIVERED: "delivered",
    EventKind.READ: "read",
    EventKind.FAILED: "failed",
}


def state_of_event(kind: str) -> str:
    """The state that a receipt tells of; empty for an event that is none."""
    return _BY_EVENT.get(kind, "")

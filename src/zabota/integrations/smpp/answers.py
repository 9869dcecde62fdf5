"""What the numbers and words of SMPP mean."""

from __future__ import annotations

from zabota.integrations.calls import Outcome
from zabota.messaging.api import Blame, EventKind, Verdict

_OURS = (Verdict.ACCOUNT, Blame.OTHER)
_KEY = (Verdict.ACCOUNT, Blame.KEY)
_SLOWER = (Verdict.LATER, Blame.LIMIT)
_NOBODY = (Verdict.REFUSED, Blame.BAD_ADDRESS)

THROTTLED, QUEUE_FULL, SYSTEM_ERROR = 0x58, 0x14, 0x08

#: command_status of an answer; 0 is taken.
ERRORS: dict[int, Outcome] = {
    0x01: (Verdict.REFUSED, Blame.TOO_LONG),
    0x04: _OURS,
    0x05: _SLOWER,
    SYSTEM_ERROR: (Verdict.LATER, Blame.DOWN),
    0x0A: _OURS,
    0x0B: _NOBODY,
    0x0D: _KEY,
    0x0E: _KEY,
    0x0F: _KEY,
    QUEUE_FULL: _SLOWER,
    0x33: _NOBODY,
    0x34: _NOBODY,
    0x40: _NOBODY,
    0x45: (Verdict.REFUSED, Blame.OTHER),
    0x48: _OURS,
    0x49: _OURS,
    0x50: _NOBODY,
    0x51: _NOBODY,
    THROTTLED: _SLOWER,
    0x65: (Verdict.REFUSED, Blame.OPERATOR_BLOCKED),
    0x66: (Verdict.REFUSED, Blame.OPERATOR_BLOCKED),
}

#: After these the same part may be offered again at once: it was not taken.
SLOW_DOWN = frozenset({THROTTLED, QUEUE_FULL})

#: `stat` of a receipt. ENROUTE and UNKNOWN change nothing.
STATES: dict[str, tuple[EventKind, Blame]] = {
    "ACCEPTD": (EventKind.SENT, Blame.NONE),
    "DELIVRD": (EventKind.DELIVERED, Blame.NONE),
    "EXPIRED": (EventKind.FAILED, Blame.OTHER),
    "DELETED": (EventKind.FAILED, Blame.OTHER),
    "UNDELIV": (EventKind.FAILED, Blame.OTHER),
    "REJECTD": (EventKind.FAILED, Blame.OPERATOR_BLOCKED),
}

#: message_state of a receipt as its word.
STATE_WORDS = {2: "DELIVRD", 3: "EXPIRED", 4: "DELETED", 5: "UNDELIV", 6: "ACCEPTD", 8: "REJECTD"}

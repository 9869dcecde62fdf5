"""What MAX's words mean."""

from __future__ import annotations

from zabota.integrations.calls import Outcome
from zabota.messaging.api import Blame, EventKind, Verdict

_NOBODY = (Verdict.REFUSED, Blame.BAD_ADDRESS)
_SHUT = (Verdict.REFUSED, Blame.BLOCKED_BY_PERSON)

#: `code` of an error.
ERRORS: dict[str, Outcome] = {
    "verify.token": (Verdict.ACCOUNT, Blame.KEY),
    "chat.denied": _SHUT,
    "dialog.suspended": _SHUT,
    "user.blocked": _SHUT,
    "chat.not.found": _NOBODY,
    "user.not.found": _NOBODY,
    "not.found": _NOBODY,
    "dialog.not.found": _NOBODY,
    "proto.payload": (Verdict.REFUSED, Blame.CONTENT),
    "attachment.not.ready": (Verdict.LATER, Blame.DOWN),
    "too.many.requests": (Verdict.LATER, Blame.LIMIT),
    "service.unavailable": (Verdict.LATER, Blame.DOWN),
}

#: Statuses of a sending whose words are not in the table: the key is refused by 401 alone.
BY_STATUS: dict[int, Outcome] = {
    400: (Verdict.REFUSED, Blame.CONTENT),
    403: _SHUT,
    404: _NOBODY,
}

#: update_type of what a person did.
EVENTS: dict[str, EventKind] = {
    "bot_started": EventKind.STARTED,
    "bot_stopped": EventKind.STOPPED,
    "dialog_removed": EventKind.STOPPED,
    "message_created": EventKind.INBOUND,
    "message_callback": EventKind.PRESSED,
}

"""What Telegram's words mean."""

from __future__ import annotations

from zabota.integrations.calls import Outcome
from zabota.messaging.api import Blame, Verdict

_SHUT = (Verdict.REFUSED, Blame.BLOCKED_BY_PERSON)
_NOBODY = (Verdict.REFUSED, Blame.BAD_ADDRESS)

#: A part of `description`, in lower case: outcome. The first that fits.
REFUSALS: tuple[tuple[str, Outcome], ...] = (
    ("bot was blocked", _SHUT),
    ("bot was kicked", _SHUT),
    ("user is deactivated", _SHUT),
    ("can't initiate conversation", _SHUT),
    ("chat not found", _NOBODY),
    ("chat_id is empty", _NOBODY),
    ("user not found", _NOBODY),
    ("message is too long", (Verdict.REFUSED, Blame.TOO_LONG)),
    ("can't parse", (Verdict.REFUSED, Blame.CONTENT)),
)

#: error_code when the words are not in the table.
ERRORS: dict[int, Outcome] = {
    400: (Verdict.REFUSED, Blame.CONTENT),
    401: (Verdict.ACCOUNT, Blame.KEY),
    403: _SHUT,
    404: (Verdict.ACCOUNT, Blame.KEY),
    429: (Verdict.LATER, Blame.LIMIT),
}

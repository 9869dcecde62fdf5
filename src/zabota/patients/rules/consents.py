"""What a patient's decisions mean today: the newest one wins, a doubt never allows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Standing(StrEnum):
    """What may be done for a purpose."""

    ALLOWED = "allowed"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    UNPROVEN = "unproven"
    NOT_ASKED = "not_asked"


@dataclass(frozen=True, slots=True)
class Decision:
    """One row of the history, as the rule needs it."""

    consent_id: int
    purpose: str
    channel: str
    state: str
    decided_at: datetime
    #: Fingerprint of what was agreed to (data, actions, processors), without the wording.
    scope_hash: str = ""


@dataclass(frozen=True, slots=True)
class ConsentState:
    """`allowed` is the whole answer for a machine; `why` the one for a person."""

    standing: Standing
    why: str
    decided_at: datetime | None = None
    consent_id: int | None = None
    #: The text has since been widened: the old grant holds for the old text only, ask again.
    ask_again: bool = False

    @property
    def allowed(self) -> bool:
        """True only for a proven grant that nothing newer took back."""
        return self.standing is Standing.ALLOWED


NOT_ASKED = ConsentState(Standing.NOT_ASKED, "Пациента ещё не спрашивали")

#: Restrictive decisions, when two were written in the same instant.
_RANK = {"withdrawn": 2, "refused": 1, "granted": 0}
#: Who may sign how: advertising must be provable, data on health needs a signature (152-ФЗ art. 10).
SIGNED = frozenset({"paper", "simple", "qualified"})
ORAL_IS_ENOUGH = frozenset({"quality_calls"})


def decide(decisions: Iterable[Decision], *, channel: str = "", current_scope: str = "") -> ConsentState:
    """The state of one purpose for one channel from all decisions about this purpose.

    A decision without a channel speaks of all of them. A withdrawal or a refusal stands until a newer grant;
    a "yes" of an export without a document stands for nothing.
    """
    relevant = [each for each in decisions if each.channel in ("", channel)]
    proven = [each for each in relevant if each.state != "unproven"]
    if not proven:
        if not relevant:
            return NOT_ASKED
        doubt = max(relevant, key=lambda each: each.decided_at)
        why = "В выгрузке стоит «да» без документа: для разрешения нужна подпись"
        return ConsentState(Standing.UNPROVEN, why, doubt.decided_at, doubt.consent_id)
    last = max(proven, key=lambda each: (each.decided_at, _RANK[each.state], each.consent_id))
    return _standing(last, channel, current_scope)


def _standing(last: Decision, channel: str, current_scope: str) -> ConsentState:
    everywhere = ", действует для всех каналов" if channel and not last.channel else ""
    if last.state == "granted":
        widened = bool(current_scope and last.scope_hash and last.scope_hash != current_scope)
        why = "Дано на прежний текст: данные или получатели с тех пор изменились" if widened else "Дано, есть документ"
        return ConsentState(Standing.ALLOWED, why + everywhere, last.decided_at, last.consent_id, widened)
    if last.state == "refused":
        return ConsentState(Standing.REFUSED, "Отказ" + everywhere, last.decided_at, last.consent_id)
    return ConsentState(Standing.WITHDRAWN, "Отозвано" + everywhere, last.decided_at, last.consent_id)


def may_sign(purpose: str, signature: str) -> bool:
    """True when a grant of this purpose is valid with this signature."""
    return signature in SIGNED or (signature == "oral" and purpose in ORAL_IS_ENOUGH)

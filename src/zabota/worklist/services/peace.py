"""«Просит больше не звонить»: the words of a call take back consents at once, with proof, and may be undone with it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from zabota.kernel.audit import Actor
from zabota.messaging import api as messaging
from zabota.patients import api as patients
from zabota.patients.models import ConsentPurpose, Contact
from zabota.worklist.models import Outcome, Task

#: What a refusal with this reason takes back. Advertising ends in every channel, as after «стоп».
DO_NOT_CALL = "do_not_call"
_PURPOSES = (ConsentPurpose.ADVERTISING, ConsentPurpose.QUALITY_CALLS)


def leave_in_peace(
    task: Task, *, outcome: str, reason: str, comment: str, called: Contact | None, actor: Actor, now: datetime
) -> dict[str, Any]:
    """Withdraw what the patient took back on the phone. Returns what `disturb_again` needs to restore it exactly."""
    if outcome != Outcome.REFUSED or reason != DO_NOT_CALL:
        return {}
    words = f": {comment}" if comment else ""
    proof = patients.Proof(
        signature="oral",
        entry="call",
        document=f"Разговор по задаче {task.public_id}, исход «Просит больше не звонить»{words}",
        contact=called.value if called else "",
    )
    withdrawn = [
        patients.withdraw_consent(patient=task.patient, purpose=purpose, proof=proof, actor=actor, now=now)
        for purpose in _PURPOSES
    ]
    return {
        "consent_ids": [each.pk for each in withdrawn],
        "block_ids": messaging.shut_advertising(patient=task.patient, now=now),
    }


def disturb_again(before: dict[str, Any], *, actor: Actor, now: datetime) -> None:
    """The outcome was a mistake: consents are as they were before it."""
    if before.get("consent_ids"):
        patients.take_back_decisions(consent_ids=before["consent_ids"], actor=actor, now=now)
    if before.get("block_ids"):
        messaging.reopen_advertising(block_ids=before["block_ids"], now=now)

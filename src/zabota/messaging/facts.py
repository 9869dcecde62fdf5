"""What happens to messages: a call is needed, a person wrote, pressed, unsubscribed; a message reached or failed."""

from __future__ import annotations

from dataclasses import dataclass

from zabota.kernel.facts import FactBase, fact


@fact("messaging.call_needed")
@dataclass(frozen=True, kw_only=True)
class CallNeeded(FactBase):
    """No channel reached the patient: a person should call. `purpose` says what about."""

    message_id: int
    patient_id: int
    purpose: str
    subject_kind: str = ""
    subject_id: int | None = None


@fact("messaging.chain_failed")
@dataclass(frozen=True, kw_only=True)
class ChainFailed(FactBase):
    """The last channel of a cascade failed and no call was asked for."""

    message_id: int
    patient_id: int | None
    purpose: str
    subject_kind: str = ""
    subject_id: int | None = None


@fact("messaging.person_wrote")
@dataclass(frozen=True, kw_only=True)
class PersonWrote(FactBase):
    """Somebody wrote to the clinic; `patient_id` is empty for a stranger."""

    conversation_id: int
    turn_id: int
    patient_id: int | None = None
    has_attachments: bool = False


@fact("messaging.button_pressed")
@dataclass(frozen=True, kw_only=True)
class ButtonPressed(FactBase):
    """A button of ours was pressed in a bot."""

    channel: str
    payload: str
    patient_id: int | None = None
    message_id: int | None = None


@fact("messaging.opted_out")
@dataclass(frozen=True, kw_only=True)
class OptedOut(FactBase):
    """A patient wants no advertising any more, in any channel; `entry` says where they said so."""

    patient_id: int
    entry: str


@fact("messaging.account_broken")
@dataclass(frozen=True, kw_only=True)
class AccountBroken(FactBase):
    """An account stopped working; told once until it works again."""

    account_id: int
    blame: str

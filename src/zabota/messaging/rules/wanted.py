"""What an upper app asks for: a message to a patient, said once in values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, Protocol


class SubjectRef(NamedTuple):
    """What a message is about, with the revision it was made of."""

    kind: str
    id: int
    revision: int = 0


class Guard(Protocol):
    """Asked in batches at the moment of sending whether (id, revision) pairs still hold.

    Answers only for what no longer does, with a sentence in Russian: «Визит перенесён».
    """

    def __call__(self, refs: Sequence[tuple[int, int]], *, now: datetime) -> Mapping[tuple[int, int], str]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMessage:
    """One message through the first channel that reaches the patient."""

    template_key: str
    #: Equal keys are the same message for ever; at most 90 characters.
    idem_key: str
    not_before_at: datetime
    patient_id: int | None = None
    context: Mapping[str, str] = field(default_factory=dict)
    expires_at: datetime | None = None
    subject: SubjectRef | None = None
    #: Channels in order; empty is what the patient reads and the clinic's order.
    channels: tuple[str, ...] = ()
    #: Addresses that are not on the card: the phone that a code is sent to.
    addresses: Mapping[str, str] = field(default_factory=dict)
    buttons: tuple[tuple[str, str], ...] = ()
    unsubscribe_url: str = ""
    household_key: str = ""
    branch_id: int | None = None
    #: Minutes without a delivery after which the next channel is tried; None is the clinic's setting, 0 never.
    step_minutes: int | None = None

"""What happens to patients: registered, changed, merged, consents decided."""

from __future__ import annotations

from dataclasses import dataclass

from zabota.kernel.facts import FactBase, fact


@fact("patients.registered")
@dataclass(frozen=True, kw_only=True)
class PatientRegistered(FactBase):
    """A new card."""

    patient_id: int


@fact("patients.changed")
@dataclass(frozen=True, kw_only=True)
class PatientChanged(FactBase):
    """Fields of a card were changed; `fields` are their names."""

    patient_id: int
    fields: tuple[str, ...]


@fact("patients.contact_changed")
@dataclass(frozen=True, kw_only=True)
class ContactChanged(FactBase):
    """A phone or an address was added, marked as reached or not, preferred or removed."""

    patient_id: int
    contact_id: int
    reach: str


@fact("patients.note_added")
@dataclass(frozen=True, kw_only=True)
class NoteAdded(FactBase):
    """Somebody wrote a note on the card."""

    patient_id: int
    note_id: int


@fact("patients.merged")
@dataclass(frozen=True, kw_only=True)
class PatientsMerged(FactBase):
    """The card `absorbed_id` went into `kept_id` with everything it had."""

    kept_id: int
    absorbed_id: int
    merge_id: int


@fact("patients.merge_undone")
@dataclass(frozen=True, kw_only=True)
class MergeUndone(FactBase):
    """Both cards stand on their own again."""

    kept_id: int
    absorbed_id: int
    merge_id: int


@fact("patients.consent_granted")
@dataclass(frozen=True, kw_only=True)
class ConsentGranted(FactBase):
    """A patient allowed a purpose; `channel` is empty for all channels."""

    patient_id: int
    consent_id: int
    purpose: str
    channel: str


@fact("patients.consent_refused")
@dataclass(frozen=True, kw_only=True)
class ConsentRefused(FactBase):
    """A patient was asked and said no."""

    patient_id: int
    consent_id: int
    purpose: str
    channel: str


@fact("patients.consent_withdrawn")
@dataclass(frozen=True, kw_only=True)
class ConsentWithdrawn(FactBase):
    """A patient took a consent back: takes effect at once everywhere."""

    patient_id: int
    consent_id: int
    purpose: str
    channel: str


@fact("patients.decision_taken_back")
@dataclass(frozen=True, kw_only=True)
class DecisionTakenBack(FactBase):
    """A withdrawal or refusal was written by mistake: what was decided before it holds again."""

    patient_id: int
    consent_id: int
    purpose: str
    channel: str

"""Tables of patients."""

from zabota.patients.models.consent import Consent, ConsentPurpose, ConsentText
from zabota.patients.models.merge import DuplicateCandidate, Merge, Suppression
from zabota.patients.models.person import (
    Contact,
    Household,
    Note,
    Patient,
    PatientExternalId,
    PatientQuerySet,
    Source,
    Tag,
)
from zabota.patients.models.search import SearchEntry

__all__ = [
    "Consent",
    "ConsentPurpose",
    "ConsentText",
    "Contact",
    "DuplicateCandidate",
    "Household",
    "Merge",
    "Note",
    "Patient",
    "PatientExternalId",
    "PatientQuerySet",
    "SearchEntry",
    "Source",
    "Suppression",
    "Tag",
]

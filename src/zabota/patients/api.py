"""Front door of patients."""

from zabota.patients.queries.cards import (
    best_phones,
    card_in_use,
    contacts_of,
    family_of,
    merges_of,
    same_person_hints,
)
from zabota.patients.queries.consents import (
    CHANNELS,
    consent_state,
    consent_states,
    current_texts,
    document_of,
    latest_decisions,
    signed_before,
)
from zabota.patients.queries.search import Found, search, search_ids
from zabota.patients.rules.areas import area_of
from zabota.patients.rules.consent_texts import DEFAULTS, TextParts
from zabota.patients.rules.consents import ConsentState, Standing, may_sign
from zabota.patients.rules.identity import may_be_one
from zabota.patients.rules.search_text import name_key
from zabota.patients.services.cards import (
    EDITABLE,
    add_note,
    add_tag,
    edit_patient,
    register_patient,
    remove_tag,
    source_named,
)
from zabota.patients.services.consents import (
    Proof,
    add_recipient,
    ensure_consent_texts,
    grant_consent,
    grant_consents,
    publish_consent_text,
    refuse_consent,
    take_back_decisions,
    withdraw_consent,
)
from zabota.patients.services.contacts import (
    add_contacts,
    mark_reach,
    prefer_contact,
    remove_contact,
    take_back_mark,
)
from zabota.patients.services.duplicates import decide_different, find_duplicates, reopen_pair
from zabota.patients.services.holders import Holder, known_holders, register_holder
from zabota.patients.services.households import group_households
from zabota.patients.services.indexing import reindex
from zabota.patients.services.merging import CHOICES, merge_cards, undo_merge
from zabota.patients.services.sources import set_source_costs

__all__ = [
    "CHANNELS",
    "CHOICES",
    "DEFAULTS",
    "EDITABLE",
    "ConsentState",
    "Found",
    "Holder",
    "Proof",
    "Standing",
    "TextParts",
    "add_contacts",
    "add_note",
    "add_recipient",
    "add_tag",
    "area_of",
    "best_phones",
    "card_in_use",
    "consent_state",
    "consent_states",
    "contacts_of",
    "current_texts",
    "decide_different",
    "document_of",
    "edit_patient",
    "ensure_consent_texts",
    "family_of",
    "find_duplicates",
    "grant_consent",
    "grant_consents",
    "group_households",
    "known_holders",
    "latest_decisions",
    "mark_reach",
    "may_be_one",
    "may_sign",
    "merge_cards",
    "merges_of",
    "name_key",
    "prefer_contact",
    "publish_consent_text",
    "refuse_consent",
    "register_holder",
    "register_patient",
    "reindex",
    "remove_contact",
    "remove_tag",
    "reopen_pair",
    "same_person_hints",
    "search",
    "search_ids",
    "set_source_costs",
    "signed_before",
    "source_named",
    "take_back_decisions",
    "take_back_mark",
    "undo_merge",
    "withdraw_consent",
]

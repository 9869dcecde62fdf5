"""Keeps the searched lines equal to the cards: a few at once after an edit, all of them after a bulk load."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db import connection, transaction

from zabota.kernel.scope import every_clinic
from zabota.patients.models import Contact, Patient, SearchEntry
from zabota.patients.rules import search_text

_CHUNK = 500


def reindex(patient_ids: Iterable[int] | None = None) -> None:
    """Make the search know these cards, or all cards of all clinics when none are named. For bulk loads and commands."""
    if patient_ids is None:
        _statements("", [])
        _with_letters(None)
        return
    ids = sorted(set(patient_ids))
    for start in range(0, len(ids), _CHUNK):
        chunk = ids[start : start + _CHUNK]
        marks = ", ".join(["%s"] * len(chunk))
        _statements(f" AND p.id IN ({marks})", chunk)
        _with_letters(chunk)


def _statements(condition: str, values: Sequence[int]) -> None:
    gather = (
        "(SELECT string_agg(' ' || ltrim(lower(c.value), '+'), '' ORDER BY c.id) FROM patients_contact c"
        " WHERE c.patient_id = p.id)"
        if connection.vendor == "postgresql"
        else "(SELECT group_concat(' ' || ltrim(lower(c.value), '+'), '') FROM patients_contact c"
        " WHERE c.patient_id = p.id)"
    )
    dead = condition.replace("p.id", "patient_id")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM patients_searchentry WHERE patient_id IN (SELECT id FROM patients_patient"  # noqa: S608
            f" WHERE merged_into_id IS NOT NULL OR erased_at IS NOT NULL){dead}",
            values,
        )
        cursor.execute(
            "INSERT INTO patients_searchentry (patient_id, clinic_id, branch_id, text)"  # noqa: S608
            " SELECT p.id, p.clinic_id, p.branch_id, p.name_key"
            " || CASE WHEN p.card_no = '' THEN '' ELSE ' #' || lower(p.card_no) END"
            f" || coalesce({gather}, '')"
            f" FROM patients_patient p WHERE p.merged_into_id IS NULL AND p.erased_at IS NULL{condition}"
            " ON CONFLICT (patient_id) DO UPDATE SET branch_id = excluded.branch_id, text = excluded.text"
            " WHERE patients_searchentry.text <> excluded.text"
            " OR patients_searchentry.branch_id IS DISTINCT FROM excluded.branch_id",
            values,
        )


def _with_letters(ids: Sequence[int] | None) -> None:
    """Card numbers with letters are folded as queries are, which SQL cannot do."""
    pattern = r"card_no ~ '[^0-9]'" if connection.vendor == "postgresql" else "card_no GLOB '*[^0-9]*'"
    with every_clinic(reason="the index holds all clinics"):
        cards = Patient.objects.cards().extra(where=[pattern])  # noqa: S610 -- a constant
        if ids is not None:
            cards = cards.filter(pk__in=ids)
        found = list(cards.values_list("id", "name_key", "card_no"))
        for start in range(0, len(found), _CHUNK):
            chunk = found[start : start + _CHUNK]
            contacts: dict[int, list[str]] = {}
            rows = Contact.objects.filter(patient_id__in=[row[0] for row in chunk]).order_by("id")
            for patient_id, value in rows.values_list("patient_id", "value"):
                contacts.setdefault(patient_id, []).append(value)
            lines = {pk: search_text.line_of(key, card, contacts.get(pk, ())) for pk, key, card in chunk}
            changed = [entry for entry in SearchEntry.objects.filter(pk__in=lines) if entry.text != lines[entry.pk]]
            for entry in changed:
                entry.text = lines[entry.pk]
            SearchEntry.objects.bulk_update(changed, ["text"])

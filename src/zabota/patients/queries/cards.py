"""Cards and what belongs to them: contacts, family, who else may be the same person."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.db.models import Q

from zabota.patients.models import Contact, Merge, Patient
from zabota.patients.rules.search_text import name_key

_DEAD = (Contact.Reach.WRONG, Contact.Reach.INVALID)


def card_in_use(patient: Patient) -> Patient:
    """The card itself, or the one it was merged into, through any number of merges."""
    seen = {patient.pk}
    while patient.merged_into_id is not None and patient.merged_into_id not in seen:
        patient = Patient.objects.get(pk=patient.merged_into_id)
        seen.add(patient.pk)
    return patient


def contacts_of(patient_ids: Sequence[int]) -> dict[int, list[Contact]]:
    """Contacts of each patient: preferred first, wrong ones last."""
    rows = Contact.objects.filter(patient_id__in=list(patient_ids)).order_by("-is_preferred", "id")
    found: dict[int, list[Contact]] = {patient_id: [] for patient_id in patient_ids}
    for contact in rows:
        found[contact.patient_id].append(contact)
    for contacts in found.values():
        contacts.sort(key=lambda each: each.reach in _DEAD)
    return found


def best_phones(patient_ids: Sequence[int]) -> dict[int, str]:
    """The number to dial for each patient who has one that is not known to be wrong."""
    return {
        patient_id: phone.value
        for patient_id, contacts in contacts_of(patient_ids).items()
        for phone in [next((c for c in contacts if c.kind == Contact.Kind.PHONE and c.reach not in _DEAD), None)]
        if phone is not None
    }


def family_of(patients: Sequence[Patient]) -> dict[int, list[Patient]]:
    """Other cards in use of each patient's household, the eldest first."""
    homes = {patient.household_id for patient in patients if patient.household_id}
    members = Patient.objects.cards().filter(household_id__in=homes).order_by("born_on", "id") if homes else ()
    by_home: dict[int, list[Patient]] = {}
    for member in members:
        by_home.setdefault(member.household_id or 0, []).append(member)
    return {
        patient.pk: [each for each in by_home.get(patient.household_id or 0, ()) if each.pk != patient.pk]
        for patient in patients
    }


def same_person_hints(
    *, clinic_id: int, surname: str, name: str, patronymic: str, born_on: date | None, phones: Sequence[str]
) -> list[Patient]:
    """Cards that a new one would repeat: the same name and birth date, or the same name and phone."""
    key = name_key(surname, name, patronymic)
    short = name_key(surname, name)
    same_name = Q(name_key=key) | Q(name_key=short) | Q(name_key__startswith=f"{short} ")
    # By phone and by day of birth, each through its index: both in one condition, or the name alone, would read every
    # card of the clinic.
    narrow = []
    if phones:
        owners = Contact.objects.filter(clinic_id=clinic_id, value__in=list(phones)).values_list(
            "patient_id", flat=True
        )
        narrow.append(Q(pk__in=list(owners)))
    if born_on is not None:
        narrow.append(Q(born_on=born_on))
    if not narrow:
        narrow.append(Q(name_key=key))
    found: dict[int, Patient] = {}
    for each in narrow:
        rows = Patient.objects.cards().filter(same_name, each, clinic_id=clinic_id).order_by("id")[:5]
        found |= {card.pk: card for card in rows}
    return [found[pk] for pk in sorted(found)][:5]


def merges_of(patient_ids: Sequence[int]) -> dict[int, list[Merge]]:
    """Merges into each card, the latest first, the undone ones among them."""
    rows = Merge.objects.filter(kept_id__in=list(patient_ids)).select_related("absorbed", "merged_by")
    found: dict[int, list[Merge]] = {patient_id: [] for patient_id in patient_ids}
    for merge in rows.order_by("-merged_at", "-id"):
        found[merge.kept_id].append(merge)
    return found

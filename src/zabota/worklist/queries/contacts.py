"""Phones of a patient in the order in which to try them."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When

from zabota.patients.models import Contact

#: Numbers that reach somebody else or nobody.
DEAD = (Contact.Reach.WRONG, Contact.Reach.INVALID)


def callable_phones(patient_id: int) -> QuerySet[Contact]:
    """Phones worth dialling: the preferred first, then those that answered before, then the rest."""
    rank = Case(
        When(reach=Contact.Reach.REACHED, then=Value(0)),
        When(reach=Contact.Reach.UNKNOWN, then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )
    return (
        Contact.objects.filter(Q(patient_id=patient_id), kind=Contact.Kind.PHONE)
        .exclude(reach__in=DEAD)
        .order_by("-is_preferred", rank, "id")
    )


def reachable(patient_ids: Collection[int]) -> set[int]:
    """Of these patients, whoever has a phone worth dialling."""
    phones = Contact.objects.filter(patient_id__in=patient_ids, kind=Contact.Kind.PHONE).exclude(reach__in=DEAD)
    return set(phones.values_list("patient_id", flat=True))

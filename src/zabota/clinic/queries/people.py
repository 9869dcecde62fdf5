"""People of a clinic as the page «Сотрудники» shows them."""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from django.db.models import Exists, OuterRef, QuerySet

from zabota.clinic.models import Member


def members(clinic_id: int) -> QuerySet[Member]:
    """Everybody of the clinic, those at work first, with `has_second_factor`; three queries however many they are."""
    rows: QuerySet[Member] = (
        Member.objects.filter(clinic_id=clinic_id)
        .select_related("user", "doctor")
        .prefetch_related("branches")
        .annotate(has_second_factor=Exists(second_factors()))
        .order_by("-is_active", "user__surname", "user__name", "id")
    )
    return rows


def second_factors() -> QuerySet[Authenticator]:
    """Second factors of the member of the outer query."""
    factors: QuerySet[Authenticator] = Authenticator.objects.filter(
        user_id=OuterRef("user_id"), type=Authenticator.Type.TOTP
    )
    return factors

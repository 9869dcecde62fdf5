"""What a patient's page says of the clinic: its name, its phone, the branch, the line at the foot. No word of the visit's reason."""

from __future__ import annotations

from dataclasses import dataclass

from zabota.clinic.api import face_of
from zabota.clinic.models import Branch, Clinic
from zabota.kernel.phones import normalise_phone, show_phone
from zabota.visits.api import settings_of


@dataclass(frozen=True, slots=True)
class Place:
    """The clinic as a patient sees it."""

    brand: str
    phone: str
    shown_phone: str
    branch: str
    address: str
    zone: str
    legal: str

    @property
    def letter(self) -> str:
        """The letter of the mark."""
        return next((each for each in self.brand if each.isalpha()), "З").upper()


def place_of(clinic: Clinic, branch: Branch | None = None) -> Place:
    """The clinic, with the branch of the visit where there is one; the phone is the branch's, else any of the clinic."""
    phone = branch.phone if branch else ""
    if not phone:
        numbers = Branch.objects.filter(clinic=clinic, is_active=True).exclude(phone="").values_list("phone", flat=True)
        phone = numbers.first() or ""
    number = normalise_phone(phone) or ""
    face = face_of(clinic, branch)
    return Place(
        brand=face.brand,
        phone=number,
        shown_phone=show_phone(number) if number else "",
        branch=face.branch,
        address=branch.address if branch else "",
        zone=branch.time_zone if branch else clinic.time_zone,
        # The line with the licence names the clinic; where it must not be named the page of the site shows it.
        legal="" if face.is_neutral else settings_of(clinic.pk).legal_line,
    )

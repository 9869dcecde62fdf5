"""The name under which a clinic shows itself to whoever looks over a patient's shoulder."""

from __future__ import annotations

import re
from dataclasses import dataclass

from zabota.clinic.models import Branch, Clinic


@dataclass(frozen=True, slots=True)
class Face:
    """Names for texts, senders, calendars and pages. A sensitive branch has a neutral alias for all of them."""

    brand: str
    branch: str
    is_neutral: bool = False
    sms_sender: str = ""
    email_sender: str = ""
    #: What must not be read where the alias stands.
    hidden: tuple[str, ...] = ()

    def cleaned(self, text: str) -> str:
        """A text in which the true names, written out by somebody's hand, give way to the alias."""
        for name in self.hidden:
            text = re.sub(re.escape(name), lambda _: self.brand, text, flags=re.IGNORECASE)
        return text


def face_of(clinic: Clinic, branch: Branch | None = None) -> Face:
    """How this branch of the clinic is named outside."""
    if branch is None or not branch.is_sensitive:
        return Face(brand=clinic.name, branch=branch.name if branch else "")
    alias = branch.neutral_name
    names = {name for name in (clinic.name, branch.name) if name and name.casefold() not in alias.casefold()}
    return Face(
        brand=alias,
        branch=alias,
        is_neutral=True,
        sms_sender=branch.neutral_sms,
        email_sender=branch.neutral_email,
        # The longer first: a name may stand within another.
        hidden=tuple(sorted(names, key=len, reverse=True)),
    )


def hidden_names(clinic: Clinic) -> tuple[str, ...]:
    """Names that texts for everybody must not spell out, because a sensitive branch sends them too."""
    branches = Branch.objects.filter(clinic=clinic, is_sensitive=True).order_by("id")
    names = {name for branch in branches for name in face_of(clinic, branch).hidden}
    return tuple(sorted(names, key=len, reverse=True))

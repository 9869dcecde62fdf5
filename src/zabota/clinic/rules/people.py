"""Which changes of people are allowed: nobody changes their own role, a clinic keeps an owner."""

from __future__ import annotations

from typing import Literal

from zabota.clinic.rules.rights import Role

PeopleProblem = Literal["own_role", "own_account", "last_owner"]


def problem_of_role(*, is_self: bool, before: Role, after: Role, other_owners: int) -> PeopleProblem | None:
    """Why this person's role may not become `after`; None when it may."""
    if before == after:
        return None
    if is_self:
        return "own_role"
    return "last_owner" if before == Role.OWNER and other_owners == 0 else None


def problem_of_leaving(*, is_self: bool, role: Role, other_owners: int) -> PeopleProblem | None:
    """Why this person's account may not be closed; None when it may."""
    if role == Role.OWNER and other_owners == 0:
        return "last_owner"
    return "own_account" if is_self else None

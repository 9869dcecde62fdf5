"""Accounts of the staff: nobody signs up by themselves; the owner invites."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class StaffAccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Closes self-registration."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Accounts are made by the owner under «Сотрудники»."""
        return False

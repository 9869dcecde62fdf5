"""What happened in the clinic itself: people who came and left, intervals that changed."""

from __future__ import annotations

import dataclasses

from zabota.kernel.facts import FactBase, fact


@fact("clinic.member_joined")
@dataclasses.dataclass(frozen=True, kw_only=True)
class MemberJoined(FactBase):
    """A person was invited, or came back."""

    member_id: int


@fact("clinic.member_left")
@dataclasses.dataclass(frozen=True, kw_only=True)
class MemberLeft(FactBase):
    """A person no longer works here: what was theirs must find another owner."""

    member_id: int


@fact("clinic.member_changed")
@dataclasses.dataclass(frozen=True, kw_only=True)
class MemberChanged(FactBase):
    """A person has another role or other branches: what is no longer their business must find another owner."""

    member_id: int
    role_before: str


@fact("clinic.recall_interval_changed")
@dataclasses.dataclass(frozen=True, kw_only=True)
class RecallIntervalChanged(FactBase):
    """The interval or the thresholds of a group of services changed, or a service moved between groups."""

    group_ids: tuple[int, ...]

"""Reactions of the worklist to facts of the clinic: the tasks of a person who left go back to the common queue."""

from __future__ import annotations

from zabota.clinic.facts import MemberLeft
from zabota.clinic.models import Member
from zabota.kernel import clock
from zabota.kernel.audit import SYSTEM
from zabota.kernel.facts import handles
from zabota.worklist.services.ownership import reassign_all


@handles(MemberLeft)
def give_back_tasks(left: MemberLeft) -> None:
    """The next distribution gives them to colleagues. A second run finds nothing to give back."""
    member = Member.objects.get(pk=left.member_id)
    reassign_all(from_member=member, to_member=None, member=None, actor=SYSTEM, now=clock.now())

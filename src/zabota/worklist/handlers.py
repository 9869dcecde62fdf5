"""Reactions of the worklist to facts of the clinic: tasks of a person who left, or works elsewhere, go to the common queue."""

from __future__ import annotations

from zabota.clinic.facts import MemberChanged, MemberLeft
from zabota.clinic.models import Member
from zabota.kernel import clock
from zabota.kernel.audit import SYSTEM
from zabota.kernel.facts import handles
from zabota.worklist.queries.team import WORKING
from zabota.worklist.services.ownership import reassign_all, release_unfit


@handles(MemberLeft)
def give_back_tasks(left: MemberLeft) -> None:
    """The next distribution gives them to colleagues. A second run finds nothing to give back."""
    member = Member.objects.get(pk=left.member_id)
    reassign_all(from_member=member, to_member=None, member=None, actor=SYSTEM, now=clock.now())


@handles(MemberChanged)
def give_back_what_is_not_theirs(changed: MemberChanged) -> None:
    """Of a role without the queue, all tasks; of other branches, those of the branches left."""
    member = Member.objects.select_related("user").get(pk=changed.member_id)
    # A doctor who stays a doctor keeps the patients who feel bad: they were never tasks of the queue.
    if member.role in WORKING or member.role != changed.role_before:
        release_unfit(member=member, actor=SYSTEM, now=clock.now())

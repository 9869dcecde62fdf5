"""A refusal after a consultation goes to the person who answers for quality, as a task of their own."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from zabota.booking.models import Appointment
from zabota.clinic.api import Role
from zabota.clinic.models import Member
from zabota.kernel import audit, facts
from zabota.kernel.audit import Actor
from zabota.worklist.facts import RefusalEscalated
from zabota.worklist.models import Reason, Task, TaskEvent
from zabota.worklist.queries.team import may_work_at
from zabota.worklist.rules.reasons import ALWAYS_ESCALATED, NEVER_ESCALATED, reason_label
from zabota.worklist.services.changes import note_event
from zabota.worklist.services.closing import close_untouched
from zabota.worklist.services.tasks import create_task

#: The quality controller looks into a refusal within a working day.
DUE = timedelta(days=1)
#: Why a task for quality is over, and what stands in one that goes on.
TAKEN_BACK = "taken_back"
_REFUSAL_UNDONE = "Отказ отменён: его записали по ошибке"


def escalate_refusal(
    *, task: Task, reason: str, comment: str, member: Member, actor: Actor, now: datetime
) -> Task | None:
    """Make the task for quality, or None when this refusal needs nobody."""
    if reason in NEVER_ESCALATED or task.reason == Reason.REFUSAL_REVIEW:
        return None
    if reason not in ALWAYS_ESCALATED and not _after_consultation(task, now):
        return None
    owner = quality_member(task)
    words = reason_label(reason) + (f": {comment}" if comment else "")
    review = create_task(
        patient=task.patient,
        reason=Reason.REFUSAL_REVIEW,
        summary=f"Отказ от лечения. {words}",
        due_at=now + DUE,
        actor=actor,
        now=now,
        owner=owner,
        member=member,
        is_urgent=reason in ALWAYS_ESCALATED,
        escalated_from=task,
        dedupe_key=f"refusal:{task.pk}:{task.version}",
    )
    facts.publish(
        RefusalEscalated(
            clinic_id=task.clinic_id,
            task_id=review.pk,
            patient_id=task.patient_id,
            from_task_id=task.pk,
            to_member_id=owner.pk if owner else None,
        ),
        now=now,
    )
    return review


def quality_member(task: Task) -> Member | None:
    """The quality controller of the task's branch, else one of the whole clinic, else the owner."""
    members = list(
        Member.objects.filter(
            clinic_id=task.clinic_id, is_active=True, user__is_active=True, role__in=[Role.QUALITY, Role.OWNER]
        )
        .prefetch_related("branches")
        .order_by("id")
    )
    # A controller of other branches may not so much as see the patient.
    fitting = [member for member in members if may_work_at(member, task.branch_id)]

    def fitness(member: Member) -> tuple[bool, bool]:
        return member.role != Role.QUALITY, not member.branches.all()

    return min(fitting, key=fitness, default=None)


def take_back_review(*, review_id: int, member: Member, actor: Actor, now: datetime) -> None:
    """The refusal was a mistake: close its review nobody has worked on; whoever has begun one reads it there and decides."""
    with transaction.atomic():
        review = Task.objects.select_for_update().filter(pk=review_id, state=Task.State.OPEN).first()
        if review is None:
            return
        if review.version:
            # Beside what happened, so that a page still open on it learns of this before its outcome is written.
            Task.objects.filter(pk=review.pk).update(
                summary=f"{review.summary}. {_REFUSAL_UNDONE}"[:300], version=F("version") + 1
            )
            note_event(review, TaskEvent.Kind.NOTED, now=now, member=member, comment=_REFUSAL_UNDONE)
            audit.record("worklist.task.refusal_undone", review, actor=actor, now=now)
            return
        close_untouched(review, reason=TAKEN_BACK, member=member, actor=actor, now=now)


def _after_consultation(task: Task, now: datetime) -> bool:
    """Whether the last visit was a consultation, or the task itself is about one."""
    if task.reason == Reason.NOT_STARTED:
        return True
    last = (
        Appointment.objects.visits()
        .filter(patient_id=task.patient_id, starts_at__lte=now)
        .order_by("-starts_at")
        .values_list("pk", flat=True)
        .first()
    )
    if last is None:
        return False
    return Appointment.objects.filter(pk=last, lines__service__group__is_consultation=True).exists()

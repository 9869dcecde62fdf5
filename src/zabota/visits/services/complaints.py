"""A patient is unwell after a visit: an urgent task of the treating doctor, of the desk when the doctor is silent."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from zabota.booking.models import Appointment
from zabota.clinic.models import Member
from zabota.kernel import audit
from zabota.kernel.audit import SYSTEM, Actor
from zabota.kernel.errors import AlreadyDone, BadInput
from zabota.patients.models import Patient
from zabota.visits.models import WellbeingCheck
from zabota.visits.services.links import PATIENT
from zabota.visits.services.settings import settings_of
from zabota.worklist.api import (
    absent_ids,
    add_note,
    create_task,
    desk_member,
    hand_over_by_rule,
    may_work_at,
    record_outcome,
    take_task,
)
from zabota.worklist.models import Outcome, Reason, Task

#: The doctor has this share of the promised time; then somebody at the desk still has the rest to keep the promise.
_DOCTORS_SHARE = 0.5
_PORTION = 200
#: Begins the keys of tasks about patients who were never seen here.
_UNSEEN = "unwell:"


def tell_of_answer(row: WellbeingCheck, *, now: datetime, remark: str = "") -> Task:
    """The task that an answer makes: at once to the doctor for «болит», within a day to the desk for a question.

    Who is unwell already has one task for it, whatever else they press or write.
    """
    visit = Appointment.objects.select_related("patient__clinic", "doctor", "branch", "clinic").get(
        pk=row.appointment_id
    )
    if row.answer != WellbeingCheck.Answer.UNWELL:
        summary, minutes, owner = "После приёма есть вопрос", 24 * 60, None
    else:
        there = open_complaint(visit.patient_id)
        if there is not None:
            add_words(there, row.words or "Болит, нужна помощь", now=now)
            return there
        owner = treating_member(visit, now=now)
        summary = _summary(visit, owner, words=row.words if row.said_in is not None else "", remark=remark)
        owner = owner or desk_member(visit.clinic, visit.branch_id, now=now)
        minutes = settings_of(row.clinic_id).answer_minutes
    return create_task(
        patient=visit.patient,
        reason=Reason.CALL_BACK,
        summary=summary,
        due_at=now + timedelta(minutes=minutes),
        owner=owner,
        is_urgent=row.answer == WellbeingCheck.Answer.UNWELL,
        dedupe_key=f"wellbeing:{row.pk}:{row.answer}",
        actor=PATIENT,
        now=now,
    )


def tell_the_desk(patient: Patient, *, words: str, key: str, remark: str, now: datetime) -> Task:
    """Who was never seen here has no doctor: the desk finds one."""
    said = _summary(None, None, words=words, remark=remark)
    return create_task(
        patient=patient,
        reason=Reason.CALL_BACK,
        summary=said,
        due_at=now + timedelta(minutes=settings_of(patient.clinic_id).answer_minutes),
        owner=desk_member(patient.clinic, patient.branch_id, now=now),
        is_urgent=True,
        dedupe_key=f"{_UNSEEN}{key}",
        actor=PATIENT,
        now=now,
    )


def open_complaint(patient_id: int) -> Task | None:
    """The task about a patient who is unwell and whom nobody has helped yet."""
    rows = Task.objects.filter(patient_id=patient_id, state=Task.State.OPEN, is_urgent=True)
    keys = Q(dedupe_key__startswith=_UNSEEN) | Q(pk__in=WellbeingCheck.objects.filter(
        patient_id=patient_id, answer=WellbeingCheck.Answer.UNWELL, task__isnull=False).values("task_id"))  # fmt: skip
    return rows.filter(keys).select_related("owner__user").order_by("-created_at", "-id").first()


def add_words(task: Task, words: str, *, now: datetime) -> None:
    """What the patient adds stands with what they said first, and in the history of the task."""
    said = quoted(words, 500)
    row = WellbeingCheck.objects.filter(task=task, answer=WellbeingCheck.Answer.UNWELL).order_by("-id").first()
    if row is not None and said in row.words:
        return
    if row is not None:
        both = f"{row.words} / {said}" if row.words else said
        WellbeingCheck.objects.filter(pk=row.pk).update(words=quoted(both, 500))
    add_note(task=task, comment=said, actor=PATIENT, now=now)


def quoted(words: str, most: int) -> str:
    """Words of a patient in one line, cut where it gets long."""
    line = " ".join(words.split())
    return line if len(line) <= most else f"{line[: most - 1].rstrip()}…"


def _summary(visit: Appointment | None, owner: Member | None, *, words: str, remark: str) -> str:
    said = f"Пишет: «{quoted(words, 150)}»." if words else "После приёма болит,"
    need = "Нужна помощь" if words else "нужна помощь"
    doctor = f": {visit.doctor.name}" if visit is not None and visit.doctor is not None else ""
    help_ = f"{need} врача{doctor}" if owner else f"{need}: соедините с врачом{doctor}"
    return f"{said} {help_}{f' ({remark})' if remark else ''}"


def treating_member(visit: Appointment, *, now: datetime) -> Member | None:
    """The account of the doctor of this visit, unless the doctor has none or is away today."""
    if visit.doctor_id is None:
        return None
    away = absent_ids(visit.clinic, now)
    rows = Member.objects.filter(clinic_id=visit.clinic_id, doctor_id=visit.doctor_id)
    return rows.filter(is_active=True, user__is_active=True).exclude(pk__in=away).order_by("id").first()


@transaction.atomic
def take_complaint(*, check: WellbeingCheck, member: Member, actor: Actor, now: datetime) -> WellbeingCheck:
    """Somebody saw that a patient is unwell and answers: the time it took is kept, the task is theirs."""
    row = WellbeingCheck.objects.select_for_update(of=("self",)).select_related("task").get(pk=check.pk)
    if row.answer != WellbeingCheck.Answer.UNWELL:
        raise BadInput("Пациент не просил о помощи.")
    if row.taken_at is not None:
        raise AlreadyDone("Пациенту уже отвечают.")
    row.taken_at, row.taken_by = now, member
    row.save(update_fields=["taken_at", "taken_by"])
    if row.task_id is not None:
        # Told of the same trouble twice, the patient is answered once.
        note_contact(task_id=row.task_id, member_id=member.pk, now=now)
    task = row.task
    if task and task.state == Task.State.OPEN and task.owner_id != member.pk and may_work_at(member, task.branch_id):
        take_task(task=task, member=member, actor=actor, now=now)
    audit.record("visits.wellbeing.taken", row, actor=actor, now=now, details={"minutes": row.minutes_to_doctor})
    return row


@transaction.atomic
def settle_complaint(
    *, check: WellbeingCheck, member: Member, comment: str, actor: Actor, now: datetime
) -> WellbeingCheck:
    """The patient was helped: the task is over, with two words on what was done."""
    if len(" ".join(comment.split())) < 3:
        raise BadInput("Напишите в двух словах, что посоветовали: это увидят в карте.")
    row = WellbeingCheck.objects.select_for_update(of=("self",)).select_related("task__clinic").get(pk=check.pk)
    if row.taken_at is None:
        row = take_complaint(check=row, member=member, actor=actor, now=now)
    task = Task.objects.select_related("clinic", "patient").filter(pk=row.task_id or 0).first()
    if task is None:
        raise AlreadyDone("Задачи по этой жалобе больше нет.")
    record_outcome(
        task=task, member=member, outcome=Outcome.RESOLVED, reason="answered", comment=comment, actor=actor, now=now
    )
    return row


def pass_to_desk(*, check: WellbeingCheck, member: Member, actor: Actor, now: datetime) -> Member | None:
    """The doctor cannot answer now: the desk does. Returns who has it; nobody means the common queue."""
    with transaction.atomic():
        row = WellbeingCheck.objects.select_for_update(of=("self",)).get(pk=check.pk)
        if row.taken_at is not None:
            raise AlreadyDone("Пациенту уже отвечают.")
        if row.escalated_at is not None:
            raise AlreadyDone("Жалоба уже у администратора.")
        return _to_desk(row, "Врач просит ответить за него", besides=member, actor=actor, now=now)


def escalate_waiting(*, now: datetime) -> int:
    """Complaints that no doctor has taken in their share of the promised time go to the desk. Returns how many."""
    waiting = WellbeingCheck.objects.filter(
        answer=WellbeingCheck.Answer.UNWELL, taken_at=None, escalated_at=None, task__state=Task.State.OPEN
    ).order_by("answered_at", "id")
    passed = 0
    for pk, clinic_id, answered_at in list(waiting.values_list("pk", "clinic_id", "answered_at")[:_PORTION]):
        share = timedelta(minutes=settings_of(clinic_id).answer_minutes) * _DOCTORS_SHARE
        if answered_at is not None and now >= answered_at + share:
            passed += _escalate(pk, round(share.total_seconds() / 60), now)
    return passed


@transaction.atomic
def _escalate(check_id: int, minutes: int, now: datetime) -> int:
    row = (
        WellbeingCheck.objects.select_for_update(of=("self",), skip_locked=True)
        .filter(pk=check_id, taken_at=None, escalated_at=None)
        .first()
    )
    if row is None:
        return 0
    _to_desk(row, f"За {minutes} мин никто не ответил", besides=None, actor=SYSTEM, now=now)
    return 1


def _to_desk(row: WellbeingCheck, why: str, *, besides: Member | None, actor: Actor, now: datetime) -> Member | None:
    row.escalated_at = now
    row.save(update_fields=["escalated_at"])
    if row.task_id is not None:
        WellbeingCheck.objects.filter(task_id=row.task_id, escalated_at=None).update(escalated_at=now)
    task = Task.objects.select_related("clinic", "owner").filter(pk=row.task_id or 0, state=Task.State.OPEN).first()
    if task is None:
        return None
    silent = {each for each in (task.owner_id, besides.pk if besides else None) if each}
    to_member = desk_member(task.clinic, task.branch_id, now=now, besides=silent)
    hand_over_by_rule(task=task, to_member=to_member, comment=why, actor=actor, now=now)
    audit.record("visits.wellbeing.escalated", row, actor=actor, now=now, details={"task": task.pk})
    return to_member


def note_contact(*, task_id: int, member_id: int | None, now: datetime) -> None:
    """The first who tried to reach the patient through the task has taken it."""
    WellbeingCheck.objects.filter(task_id=task_id, taken_at=None).update(taken_at=now, taken_by_id=member_id)

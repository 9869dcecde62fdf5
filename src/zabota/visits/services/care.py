"""After a visit: advice, care calls, «Как вы себя чувствуете?»; a patient who is unwell reaches the doctor at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import structlog
from django.db import transaction

from zabota.booking.models import Appointment
from zabota.kernel import audit, facts
from zabota.kernel.audit import SYSTEM
from zabota.kernel.errors import BadInput
from zabota.messaging.api import NewMessage, SubjectRef, TextUnusable, enqueue, text_failed
from zabota.visits.facts import PatientUnwell
from zabota.visits.models import ActionLink, WellbeingCheck
from zabota.visits.queries.texts import texts_of
from zabota.visits.services.addresses import link_words
from zabota.visits.services.complaints import tell_of_answer
from zabota.visits.services.links import PATIENT, LinkGone, make_links
from zabota.visits.services.settings import settings_of
from zabota.worklist.api import create_task
from zabota.worklist.models import Reason

log = structlog.get_logger(__name__)

SUBJECT = "wellbeing"
_ADVICE_AFTER = timedelta(hours=2)
#: How long the page stays open, and words of pain count as an answer to the question.
ANSWERED_WITHIN = timedelta(days=14)
#: An answer that nobody asked for any more.
_TOO_LATE = timedelta(days=2)
#: A text that cannot be written is looked at again so often.
_AGAIN = timedelta(minutes=15)
_CALLS_AT = time(10)
_PORTION = 300


@transaction.atomic
def follow_up(*, appointment_id: int, now: datetime) -> None:
    """Plan what comes after a visit that was held. A second time changes nothing."""
    visit = (
        Appointment.objects.select_related("branch", "clinic", "patient", "doctor").filter(pk=appointment_id).first()
    )
    if visit is None or visit.status != Appointment.Status.COMPLETED or visit.starts_at < now - _TOO_LATE:
        return
    texts = texts_of(visit)
    if texts.care_call_days is not None:
        _care_call(visit, texts.care_call_days, now)
    choice = settings_of(visit.clinic_id)
    hours = texts.wellbeing_hours if choice.wellbeing_on else None
    if hours is None and not texts.after:
        return
    due_at = (visit.ended_at or now) + _after(hours)
    WellbeingCheck.objects.get_or_create(
        appointment=visit,
        said_in=None,
        defaults={"clinic_id": visit.clinic_id, "patient_id": visit.patient_id, "due_at": due_at},
    )


def _after(hours: int | None) -> timedelta:
    """When the question is asked after a visit; advice without a question goes out when the patient is at home."""
    return timedelta(hours=hours) if hours is not None else _ADVICE_AFTER


def _care_call(visit: Appointment, days: int, now: datetime) -> None:
    zone = ZoneInfo(visit.branch.time_zone if visit.branch else visit.clinic.time_zone)
    day = now.astimezone(zone).date() + timedelta(days=days)
    call_at = max(datetime.combine(day, _CALLS_AT, zone), now)
    create_task(
        patient=visit.patient,
        reason=Reason.MANUAL,
        summary="Позвонить после приёма: как самочувствие, всё ли понятно из рекомендаций",
        due_at=call_at + timedelta(hours=8),
        hidden_until=call_at,
        dedupe_key=f"care-call:{visit.pk}",
        actor=SYSTEM,
        now=now,
    )


def ask_due(*, now: datetime) -> int:
    """Send what is due: the question, or advice. Returns how many messages were made."""
    due = WellbeingCheck.objects.filter(asked_at=None, due_at__lte=now).order_by("due_at", "id")
    return sum(_ask(pk, now) for pk in list(due.values_list("pk", flat=True)[:_PORTION]))


@transaction.atomic
def _ask(check_id: int, now: datetime) -> int:
    check = (
        WellbeingCheck.objects.select_for_update(of=("self",), skip_locked=True)
        .filter(pk=check_id, asked_at=None)
        .select_related("appointment")
        .first()
    )
    if check is None:
        return 0
    WellbeingCheck.objects.filter(pk=check.pk).update(asked_at=now)
    if check.answered_at is not None:
        return 0  # the patient wrote before being asked
    visit = check.appointment
    texts = texts_of(visit)
    # Put off again and again by a wrong text, it is late all the same.
    planned = min(check.due_at, (visit.ended_at or check.due_at) + _after(texts.wellbeing_hours))
    if visit.status != Appointment.Status.COMPLETED or planned < now - _TOO_LATE:
        return 0
    try:
        with transaction.atomic():
            _send(check, visit, "after_visit" if texts.wellbeing_hours is None else "care_check", now)
    except TextUnusable as wrong:
        # Asked again soon: somebody mends the text, or what it lacked.
        WellbeingCheck.objects.filter(pk=check.pk).update(asked_at=None, due_at=now + _AGAIN)
        text_failed(wrong, now=now)
        return 0
    except BadInput as wrong:
        log.warning("question_not_worded", check=check.pk, why=wrong.text)
        return 0
    return 1


def _send(check: WellbeingCheck, visit: Appointment, template_key: str, now: datetime) -> None:
    """Raises TextUnusable, BadInput."""
    secrets, _ = make_links(
        purpose=ActionLink.Purpose.WELLBEING,
        clinic_id=check.clinic_id,
        patient_id=check.patient_id,
        appointment=visit,
        expires_at=now + ANSWERED_WITHIN,
        now=now,
    )
    message = NewMessage(
        template_key=template_key,
        idem_key=f"wellbeing:{visit.pk}",
        not_before_at=now,
        expires_at=now + _TOO_LATE,
        patient_id=check.patient_id,
        branch_id=visit.branch_id,
        context=link_words(secrets),
        subject=SubjectRef(SUBJECT, check.pk),
    )
    enqueue(clinic_id=check.clinic_id, message=message, now=now)


def still_asked(refs: Sequence[tuple[int, int]], *, now: datetime) -> Mapping[tuple[int, int], str]:
    """The guard of messages: a visit whose mark was taken back is not asked about."""
    held = WellbeingCheck.objects.filter(
        pk__in=[each[0] for each in refs], appointment__status=Appointment.Status.COMPLETED, answered_at=None
    )
    known = set(held.values_list("pk", flat=True))
    return {each: "Приём не состоялся или пациент уже ответил" for each in refs if each[0] not in known}


def check_of(link: ActionLink) -> WellbeingCheck:
    """What is asked behind this link."""
    if link.appointment_id is None:
        raise LinkGone
    return WellbeingCheck.objects.select_related("appointment__doctor", "patient").get(
        appointment_id=link.appointment_id, said_in=None
    )


@transaction.atomic
def answer_wellbeing(*, check: WellbeingCheck, answer: str, words: str = "", now: datetime) -> WellbeingCheck:
    """What the patient said. «Болит» makes an urgent task at once; it may be said after «хорошо», not taken back."""
    if answer not in WellbeingCheck.Answer.values:
        raise BadInput("Выберите ответ.")
    row = WellbeingCheck.objects.select_for_update(of=("self",)).get(pk=check.pk)
    words = " ".join(words.split())[:500]
    if row.answer == answer or row.answer == WellbeingCheck.Answer.UNWELL:
        if words and words not in row.words:
            row.words = f"{row.words} {words}".strip()[:500]
            row.save(update_fields=["words"])
        return row
    row.answer, row.answered_at, row.words = answer, now, words or row.words
    if answer != WellbeingCheck.Answer.WELL:
        row.task = tell_of_answer(row, now=now)
    row.save(update_fields=["answer", "answered_at", "words", "task"])
    audit.record("visits.wellbeing.answered", row, actor=PATIENT, now=now, details={"answer": answer})
    if answer == WellbeingCheck.Answer.UNWELL:
        publish_unwell(row, now=now)
    return row


def publish_unwell(row: WellbeingCheck, *, now: datetime) -> None:
    """Tell whom it concerns that a patient is unwell. Callers hold the transaction."""
    facts.publish(
        PatientUnwell(
            clinic_id=row.clinic_id,
            patient_id=row.patient_id,
            appointment_id=row.appointment_id,
            check_id=row.pk,
            task_id=row.task.pk if row.task else None,
        ),
        now=now,
    )

"""A visit that the clinic cancelled: the patient is told once, with a way to another time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from zabota.booking.models import Appointment
from zabota.kernel.audit import SYSTEM
from zabota.messaging.api import NewMessage, SubjectRef, TextUnusable, enqueue, text_failed
from zabota.visits.rules import wording
from zabota.visits.services.settings import settings_of
from zabota.worklist.api import create_task
from zabota.worklist.models import Reason

SUBJECT = "cancelled_visit"


@transaction.atomic
def tell_cancelled(*, appointment_id: int, now: datetime) -> bool:
    """Tell the patient, wherever the visit came from; one that is over is left to people. A load publishes nothing."""
    visit = Appointment.objects.select_related("branch", "clinic", "patient").filter(pk=appointment_id).first()
    if visit is None or visit.status != Appointment.Status.CANCELLED_CLINIC or visit.starts_at <= now:
        return False
    if visit.vanished_at is not None or not settings_of(visit.clinic_id).reminders_on:
        return False
    zone = ZoneInfo(visit.branch.time_zone if visit.branch else visit.clinic.time_zone)
    page = f"/p/book/{visit.clinic.public_id}"
    words = wording.words_of_visit(visit.starts_at.astimezone(zone))
    message = NewMessage(
        template_key="visit_cancelled",
        idem_key=message_key(visit.pk, visit.revision),
        not_before_at=now,
        expires_at=visit.starts_at,
        patient_id=visit.patient_id,
        branch_id=visit.branch_id,
        context={
            **words,
            "ссылка": f"{settings.PUBLIC_URL}{page}",
            "ссылка_sms": f"{settings.SHORT_URL.removeprefix('https://')}{page}",
        },
        subject=SubjectRef(SUBJECT, visit.pk, visit.revision),
    )
    try:
        with transaction.atomic():
            enqueue(clinic_id=visit.clinic_id, message=message, now=now)
    except TextUnusable as wrong:
        text_failed(wrong, now=now)
        _call_instead(visit, now)
        return False
    return True


def message_key(visit_id: int, revision: int) -> str:
    """One message for each time that was cancelled."""
    return f"visit:{visit_id}:cancelled:{revision}"


def call_key(visit_id: int, revision: int) -> str:
    """The call that stands in for it while its text is wrong."""
    return f"cancelled-untold:{visit_id}:{revision}"


def _call_instead(visit: Appointment, now: datetime) -> None:
    """Nobody stands before a closed door because a text of the clinic is wrong."""
    create_task(
        patient=visit.patient,
        reason=Reason.MANUAL,
        summary="Визит отменён клиникой, а сообщение не составить: позвонить и предложить другое время",
        due_at=now + timedelta(hours=2),
        is_urgent=visit.starts_at - now < timedelta(hours=24),
        dedupe_key=call_key(visit.pk, visit.revision),
        actor=SYSTEM,
        now=now,
    )


def still_cancelled(refs: Sequence[tuple[int, int]], *, now: datetime) -> Mapping[tuple[int, int], str]:
    """The guard of messages: a visit that is on again is not told to be off."""
    ids = [each[0] for each in refs]
    known = set(
        Appointment.objects.filter(pk__in=ids, status=Appointment.Status.CANCELLED_CLINIC).values_list("pk", flat=True)
    )
    return {each: "Визит снова в силе" for each in refs if each[0] not in known}

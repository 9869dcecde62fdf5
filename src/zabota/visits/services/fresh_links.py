"""«Прислать новую ссылку»: whoever holds an old link, the new one goes to the patient it was made for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction

from zabota.booking.models import Appointment
from zabota.kernel import audit
from zabota.kernel.errors import BadInput
from zabota.messaging.api import NewMessage, SubjectRef, TextUnusable, enqueue, ensure_templates, text_failed
from zabota.messaging.models import Message
from zabota.visits.models import ActionLink
from zabota.visits.rules import wording
from zabota.visits.services.acts import link_expiry
from zabota.visits.services.addresses import link_words
from zabota.visits.services.links import PATIENT, make_links
from zabota.visits.services.planning import LIVE

SUBJECT = "fresh_link"
#: For one visit: a message an hour, three a day.
PER_DAY = 3


@transaction.atomic
def send_fresh_link(*, link: ActionLink, now: datetime) -> bool:
    """Write to the patient of the link about their visit, the same or the next. False when there is nothing to send.

    The caller shows the same page either way: who presses learns neither whose link it was nor whether a visit is ahead.
    """
    visit = _visit(link, now)
    if visit is None or visit.patient.erased_at is not None:
        return False
    Appointment.objects.select_for_update(of=("self",)).get(pk=visit.pk)
    prefix = f"link:{visit.pk}:"
    key = f"{prefix}{visit.revision}:{now:%Y%m%d%H}"
    sent = Message.objects.filter(clinic_id=visit.clinic_id, idem_key__startswith=prefix)
    today = list(sent.filter(created_at__gt=now - timedelta(days=1)).values_list("idem_key", flat=True))
    if key in today or len(today) >= PER_DAY:
        return False
    secrets, _ = make_links(
        purpose=ActionLink.Purpose.VISIT,
        clinic_id=visit.clinic_id,
        patient_id=visit.patient_id,
        appointment=visit,
        expires_at=link_expiry(visit),
        now=now,
    )
    zone = ZoneInfo(visit.branch.time_zone if visit.branch else visit.clinic.time_zone)
    is_online = visit.kind == Appointment.Kind.ONLINE
    if is_online:
        ensure_templates(clinic=visit.clinic, now=now)
    message = NewMessage(
        template_key=wording.ONLINE_BOOKED if is_online else "visit_booked",
        idem_key=key,
        not_before_at=now,
        expires_at=visit.starts_at,
        patient_id=visit.patient_id,
        branch_id=visit.branch_id,
        context={
            **wording.words_of_visit(visit.starts_at.astimezone(zone)),
            **link_words(secrets),
            **(wording.BY_VIDEO if is_online else {}),
        },
        subject=SubjectRef(SUBJECT, visit.pk, visit.revision),
    )
    try:
        with transaction.atomic():
            enqueue(clinic_id=visit.clinic_id, message=message, now=now)
    except BadInput as wrong:
        if isinstance(wrong, TextUnusable):
            text_failed(wrong, now=now)  # whoever presses is no one to tell it to
        return False
    audit.record("visits.link.asked_anew", visit, actor=PATIENT, now=now)
    return True


def still_to_come(refs: Sequence[tuple[int, int]], *, now: datetime) -> Mapping[tuple[int, int], str]:
    """The guard of messages: the visit stands as it stood when the link was made."""
    rows = Appointment.objects.filter(
        pk__in=[each[0] for each in refs], status__in=LIVE, vanished_at=None, starts_at__gt=now
    )
    known = set(rows.values_list("pk", "revision"))
    return {each: "Визит с тех пор изменился" for each in refs if each not in known}


def _visit(link: ActionLink, now: datetime) -> Appointment | None:
    """The visit of the link while it is ahead, else the patient's next one."""
    ahead = Appointment.objects.filter(
        clinic_id=link.clinic_id, patient_id=link.patient_id, status__in=LIVE, vanished_at=None, starts_at__gt=now
    ).select_related("branch", "clinic", "patient")
    same = ahead.filter(pk=link.appointment_id).first() if link.appointment_id else None
    return same or ahead.order_by("starts_at", "id").first()

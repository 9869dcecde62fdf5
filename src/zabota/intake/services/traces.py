"""What people have done with visits, plans and cards that came with a load: such rows outlive its undoing."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from django.db.models import Q, QuerySet

from zabota.booking.models import Appointment, Payment, SlotOffer, WaitlistEntry
from zabota.care.models import Plan
from zabota.kernel.models import AuditEntry
from zabota.messaging.models import BotLink, ChannelChoice, Conversation, Message
from zabota.nextstep.models import Referral
from zabota.patients.models import Consent, Contact, Merge, Note
from zabota.visits.models import AnswerSheet, VideoSeat, WellbeingCheck
from zabota.worklist.models import Task

#: Messages that never left: with the card they go too.
_UNSENT = (Message.State.QUEUED, Message.State.SUPPRESSED, Message.State.VOID)
_MOMENTS = ("confirmed_at", "arrived_at", "begun_at", "ended_at", "cancelled_at")


def used_visits(patient_of: dict[int, int], *, batch_id: int) -> set[int]:
    """Of visits (with their patients) those that somebody marked, moved, answered about or was paid for."""
    ids = list(patient_of)
    # Whoever moves a visit leaves a row in the trail; its revision also grows when a later load moves it.
    marked = Q()
    for moment in _MOMENTS:
        marked |= Q(**{f"{moment}__isnull": False})
    used = set(Appointment.objects.filter(marked, id__in=ids).values_list("id", flat=True))
    told = _deeds(set(patient_of.values())).filter(object_type=Appointment._meta.label)
    used.update({int(pk) for pk in told.values_list("object_id", flat=True)} & set(ids))
    rows: Iterable[QuerySet[Any]] = (
        AnswerSheet.objects.filter(appointment_id__in=ids),
        WellbeingCheck.objects.filter(appointment_id__in=ids).exclude(answer=""),
        VideoSeat.objects.filter(appointment_id__in=ids),
        SlotOffer.objects.filter(appointment_id__in=ids),
        WaitlistEntry.objects.filter(appointment_id__in=ids),
        Payment.objects.filter(appointment_id__in=ids).exclude(import_batch_id=batch_id),
    )
    for found in rows:
        used.update(found.values_list("appointment_id", flat=True))
    used.update(WaitlistEntry.objects.filter(booked_id__in=ids).values_list("booked_id", flat=True))
    return used


def used_plans(patient_of: dict[int, int]) -> set[int]:
    """Plans of patients of whose plans somebody has agreed, done or changed anything."""
    used: set[int] = set()
    patients = sorted(set(patient_of.values()))
    for start in range(0, len(patients), 500):
        told = _deeds(patients[start : start + 500]).filter(action__startswith="care.")
        used.update(pk for pk in told.values_list("patient_id", flat=True) if pk is not None)
    return {pk for pk, patient_id in patient_of.items() if patient_id in used}


def used_patients(ids: list[int]) -> set[int]:
    """Patients who have something that did not come with the load."""
    used = {pk for pk in _deeds(ids).values_list("patient_id", flat=True) if pk is not None}
    worked = Task.objects.filter(patient_id__in=ids).exclude(attempts=0, state=Task.State.OPEN, closed_by=None)
    used.update(worked.values_list("patient_id", flat=True))
    sent = Message.objects.filter(patient_id__in=ids).exclude(state__in=_UNSENT)
    used.update(sent.values_list("patient_id", flat=True))
    for model in (
        Appointment, Payment, Plan, Note, Consent, Contact, WaitlistEntry, Conversation, ChannelChoice, BotLink,
        AnswerSheet, Referral,
    ):  # fmt: skip
        used.update(model.objects.filter(patient_id__in=ids).values_list("patient_id", flat=True))
    for pair in Merge.objects.filter(Q(kept_id__in=ids) | Q(absorbed_id__in=ids)).values_list("kept_id", "absorbed_id"):
        used.update(pair)
    return used & set(ids)


def _deeds(patient_ids: Collection[int]) -> QuerySet[AuditEntry]:
    """What somebody did, not merely saw, about these patients; what the program did by itself is not among it."""
    return (
        AuditEntry.objects.filter(patient_id__in=patient_ids)
        .exclude(actor_kind__in=["system", "import"])
        .exclude(action__endswith=".viewed")
        .order_by()
    )

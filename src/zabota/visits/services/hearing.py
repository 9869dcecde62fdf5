"""Pain that a patient tells in their own words is always heard: by the treating doctor, by the desk, once for one trouble."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from zabota.booking.models import Appointment
from zabota.kernel import audit
from zabota.messaging.api import cards_at
from zabota.messaging.models import Turn
from zabota.patients.api import card_in_use
from zabota.patients.models import Patient
from zabota.visits.models import WellbeingCheck
from zabota.visits.rules.unwell import says_unwell
from zabota.visits.services.care import ANSWERED_WITHIN, answer_wellbeing, publish_unwell
from zabota.visits.services.complaints import add_words, open_complaint, quoted, tell_of_answer, tell_the_desk
from zabota.visits.services.links import PATIENT
from zabota.worklist.models import Task

#: Who wrote from a phone of several cards.
_WHOSE = "номер у нескольких пациентов, уточните, кому плохо"


@transaction.atomic
def hear_complaint(*, turn_id: int, patient_id: int | None, now: datetime) -> Task | None:
    """The urgent task that words of pain make, or the one that is there already. Safe to repeat.

    Soon after a visit they count like a press of «Болит, нужна помощь»; otherwise the doctor of the last visit is asked,
    and the desk when nobody treats the patient or the doctor is away or gone.
    """
    turn = Turn.objects.select_related("conversation__account").filter(pk=turn_id).first()
    if turn is None or not says_unwell(turn.text):
        return None
    patient, is_family = _who(turn, patient_id)
    if patient is None:
        return None
    fresh = _fresh_check(patient.pk, turn.at)
    if fresh is None and not says_unwell(turn.text, asked=False):
        return None
    # Of two messages one after the other, told by two workers, the second joins the task of the first.
    Patient.objects.select_for_update(of=("self",)).get(pk=patient.pk)
    known = WellbeingCheck.objects.filter(said_in=turn.pk).first()
    if known is not None:
        return known.task
    if fresh is not None:
        fresh.refresh_from_db()
    task = open_complaint(patient.pk)
    if task is not None:
        add_words(task, turn.text, now=now)
        return task
    if fresh is not None and fresh.answer != WellbeingCheck.Answer.UNWELL:
        answer = WellbeingCheck.Answer.UNWELL
        return answer_wellbeing(check=fresh, answer=answer, words=turn.text, now=now).task
    if fresh is not None and fresh.answered_at is not None and fresh.answered_at >= turn.at:
        return fresh.task  # told of these very words before
    return _complain(patient, turn, fresh, whose=_WHOSE if is_family else "", now=now)


def _complain(patient: Patient, turn: Turn, fresh: WellbeingCheck | None, *, whose: str, now: datetime) -> Task:
    """A complaint of its own, about the last visit there was; without any visit there is nobody but the desk."""
    visit = fresh.appointment if fresh is not None else _last_visit([patient.pk], turn.at)
    if visit is None:
        return tell_the_desk(patient, words=turn.text, key=f"{turn.pk}", remark=whose, now=now)
    row = WellbeingCheck.objects.create(
        clinic_id=patient.clinic_id,
        patient=patient,
        appointment=visit,
        said_in=turn.pk,
        due_at=turn.at,
        asked_at=turn.at,
        answer=WellbeingCheck.Answer.UNWELL,
        words=quoted(turn.text, 500),
        answered_at=now,
    )
    row.task = tell_of_answer(row, now=now, remark=whose)
    row.save(update_fields=["task"])
    audit.record("visits.wellbeing.answered", row, actor=PATIENT, now=now, details={"answer": row.answer})
    publish_unwell(row, now=now)
    return row.task


def _who(turn: Turn, patient_id: int | None) -> tuple[Patient | None, bool]:
    """Whose words these are. Of a phone of several cards: who was last seen here, and that it may be another of them."""
    if patient_id is not None:
        found = Patient.objects.filter(pk=patient_id).first()
        card = card_in_use(found) if found is not None else None
        return (card, False) if card is not None and card.erased_at is None else (None, False)
    cards = cards_at(turn.conversation.account, turn.conversation.address)
    if not cards:
        return None, False
    visit = _last_visit(cards, turn.at)
    return Patient.objects.get(pk=visit.patient_id if visit else min(cards)), True


def _last_visit(patient_ids: Iterable[int], at: datetime) -> Appointment | None:
    rows = Appointment.objects.visits().filter(patient_id__in=list(patient_ids), starts_at__lte=at, vanished_at=None)
    return rows.order_by("-starts_at", "-id").first()


def _fresh_check(patient_id: int, at: datetime) -> WellbeingCheck | None:
    """The question about the latest visit, asked or about to be asked."""
    since: datetime = at - ANSWERED_WITHIN
    asked = Q(asked_at__lte=at, asked_at__gte=since)
    not_yet = Q(
        asked_at=None,
        appointment__status=Appointment.Status.COMPLETED,
        appointment__starts_at__lte=at,
        appointment__starts_at__gte=since,
    )
    rows = WellbeingCheck.objects.filter(asked | not_yet, patient_id=patient_id, said_in=None)
    return max(
        rows.select_related("appointment"),
        key=lambda each: (each.asked_at or each.appointment.starts_at, each.pk),
        default=None,
    )

"""Reactions to facts of booking and of messages: reminders planned and given up, offers sent, calls asked for."""

from __future__ import annotations

from datetime import timedelta

from zabota.booking.facts import (
    AppointmentBooked,
    AppointmentCancelled,
    AppointmentMissed,
    AppointmentMoved,
    OfferAccepted,
    OfferClosed,
    OfferOpened,
    VisitCompleted,
)
from zabota.booking.models import Appointment
from zabota.kernel import clock
from zabota.kernel.audit import SYSTEM
from zabota.kernel.facts import handles
from zabota.messaging.facts import CallNeeded, PersonWrote
from zabota.patients.models import Patient
from zabota.visits.services.care import follow_up
from zabota.visits.services.complaints import note_contact
from zabota.visits.services.hearing import hear_complaint as hear_words
from zabota.visits.services.notices import tell_cancelled
from zabota.visits.services.offering import send_offer
from zabota.visits.services.planning import give_up, has_told, plan_visit, why_over
from zabota.visits.services.untold import forget_offer
from zabota.visits.services.video_consent import ensure_video_text
from zabota.worklist.api import create_task
from zabota.worklist.facts import ContactAttempted
from zabota.worklist.models import Reason

#: What a call is about when no message reached the patient, by the purpose of the message.
_CALL_ABOUT = {
    "visit": "Сообщение о записи не дошло: позвонить и сказать время",
    "reminder": "Напоминание не дошло: позвонить и спросить, придёт ли",
    "before": "Сообщение накануне визита не дошло: позвонить и напомнить",
    "waitlist": "Освободилось время для ожидающего, сообщение не дошло: позвонить",
    "after": "Сообщение после приёма не дошло: позвонить, спросить о самочувствии",
}


@handles(AppointmentBooked, AppointmentMoved)
def plan_reminders(told: AppointmentBooked | AppointmentMoved) -> None:
    """What was planned stays; a visit that moved is reminded of anew."""
    undone_at = told.was_at if isinstance(told, AppointmentMoved) and told.is_undo else None
    plan_visit(appointment_id=told.appointment_id, now=clock.now(), undone_at=undone_at)


@handles(AppointmentBooked, AppointmentMoved)
def have_the_document(told: AppointmentBooked | AppointmentMoved) -> None:
    """Whoever is received by video can read what they agree to."""
    visit = Appointment.objects.select_related("clinic").filter(pk=told.appointment_id).first()
    if visit is not None and visit.kind == Appointment.Kind.ONLINE:
        ensure_video_text(clinic=visit.clinic, now=clock.now())


@handles(AppointmentCancelled, AppointmentMissed)
def drop_reminders(told: AppointmentCancelled | AppointmentMissed) -> None:
    """A visit that is not to be is not reminded of."""
    visit = Appointment.objects.filter(pk=told.appointment_id).first()
    over = why_over(visit) if visit is not None else ""
    if visit is not None and over:  # it may be on again meanwhile
        give_up(visit, why=over, now=clock.now())


@handles(AppointmentCancelled)
def tell_of_cancellation(told: AppointmentCancelled) -> None:
    """Who cancelled themselves knows it; of a booking that was a mistake nobody hears who was not told of it."""
    if not told.by_patient and (not told.is_undo or has_told(told.appointment_id)):
        tell_cancelled(appointment_id=told.appointment_id, now=clock.now())


@handles(VisitCompleted)
def care_afterwards(told: VisitCompleted) -> None:
    """Advice, a question, a call; a second run finds them there."""
    follow_up(appointment_id=told.appointment_id, now=clock.now())


@handles(OfferOpened)
def offer_by_message(told: OfferOpened) -> None:
    """One message for an offer, however often this runs."""
    send_offer(offer_id=told.offer_id, now=clock.now())


@handles(OfferClosed, OfferAccepted)
def give_up_call(told: OfferClosed | OfferAccepted) -> None:
    """Nobody calls about a time that is not offered any more."""
    forget_offer(offer_id=told.offer_id, now=clock.now())


@handles(ContactAttempted)
def note_answered_complaint(told: ContactAttempted) -> None:
    """Somebody called a patient who is unwell."""
    note_contact(task_id=told.task_id, member_id=told.member_id, now=clock.now())


@handles(PersonWrote)
def hear_complaint(told: PersonWrote) -> None:
    """«Болит» is heard whenever it is written; in reply to the question it counts like a press."""
    hear_words(turn_id=told.turn_id, patient_id=told.patient_id, now=clock.now())


@handles(CallNeeded)
def ask_for_a_call(told: CallNeeded) -> None:
    """The last step of a cascade: a person calls, before the visit where there is one."""
    now = clock.now()
    patient = Patient.objects.filter(pk=told.patient_id).first()
    if patient is None:
        return
    create_task(
        patient=patient,
        reason=Reason.MANUAL,
        summary=_CALL_ABOUT.get(told.purpose, "Сообщение не дошло ни одним путём: позвонить"),
        due_at=now + timedelta(hours=2),
        is_urgent=told.purpose == "waitlist",
        dedupe_key=f"call-needed:{told.message_id}",
        actor=SYSTEM,
        now=now,
    )

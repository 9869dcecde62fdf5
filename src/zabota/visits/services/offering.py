"""A freed time offered to one who waits: the message with its link, the answer, a kind word for who came late."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import transaction

from zabota.booking import api as booking
from zabota.booking.models import Appointment, SlotOffer, WaitlistEntry
from zabota.kernel.audit import SYSTEM
from zabota.messaging.api import NewMessage, SubjectRef, TextUnusable, enqueue, text_failed, ways_of, zones_of
from zabota.patients.api import Standing, consent_states
from zabota.patients.models import ConsentPurpose
from zabota.visits.models import ActionLink
from zabota.visits.rules import wording
from zabota.visits.rules.reminders import is_allowed
from zabota.visits.services.addresses import link_words
from zabota.visits.services.links import PATIENT, LinkGone, make_links
from zabota.visits.services.planning import terms_for
from zabota.worklist.api import create_task
from zabota.worklist.models import Reason

SUBJECT = "offer"
_NO = (Standing.REFUSED, Standing.WITHDRAWN)


@transaction.atomic
def send_offer(*, offer_id: int, now: datetime) -> bool:
    """Tell the patient. False when the offer was closed before anybody could be told."""
    offer = (
        SlotOffer.objects.select_related("freed__branch", "freed__doctor", "entry__patient")
        .filter(pk=offer_id, state=SlotOffer.State.OPEN, expires_at__gt=now)
        .first()
    )
    if offer is None:
        return False
    try:
        with transaction.atomic():
            _tell(offer, now)
    except TextUnusable as wrong:
        text_failed(wrong, now=now)
        _call_instead(offer, now)
        return False
    return True


def _tell(offer: SlotOffer, now: datetime) -> None:
    """The message with its link. Raises TextUnusable."""
    zone = ZoneInfo(offer.freed.branch.time_zone)
    secrets, _ = make_links(
        purpose=ActionLink.Purpose.OFFER,
        clinic_id=offer.clinic_id,
        patient_id=offer.entry.patient_id,
        offer=offer,
        # Who is late gets an answer too.
        expires_at=offer.starts_at,
        now=now,
    )
    message = NewMessage(
        template_key="waitlist_offer",
        idem_key=message_key(offer.pk),
        not_before_at=now,
        expires_at=offer.expires_at,
        patient_id=offer.entry.patient_id,
        branch_id=offer.freed.branch_id,
        context={
            **wording.words_of_visit(offer.starts_at.astimezone(zone)),
            **link_words(secrets),
            "до": wording.clock_words(offer.expires_at.astimezone(zone)),
            # Said only to whoever asked for detailed messages: the name of a doctor tells what somebody is treated for.
            "врач": wording.doctor_words(offer.freed.doctor.name),
            **(wording.BY_VIDEO if offer.entry.kind == Appointment.Kind.ONLINE else {}),
        },
        subject=SubjectRef(SUBJECT, offer.pk),
    )
    enqueue(clinic_id=offer.clinic_id, message=message, now=now)


def message_key(offer_id: int) -> str:
    """One message for an offer."""
    return f"offer:{offer_id}"


def call_key(offer_id: int) -> str:
    """The call that stands in for it while its text is wrong."""
    return f"offer-untold:{offer_id}"


def _call_instead(offer: SlotOffer, now: datetime) -> None:
    """Who waits hears of the time though a text of the clinic is wrong."""
    zone = ZoneInfo(offer.freed.branch.time_zone)
    time = wording.words_of_visit(offer.starts_at.astimezone(zone))
    until = wording.clock_words(offer.expires_at.astimezone(zone))
    create_task(
        patient=offer.entry.patient,
        reason=Reason.MANUAL,
        summary=(
            f"Освободилось время {time['дата']} в {time['время']} для ожидающего, а сообщение не составить:"
            f" позвонить до {until}"
        ),
        due_at=offer.expires_at,
        is_urgent=True,
        dedupe_key=call_key(offer.pk),
        actor=SYSTEM,
        now=now,
    )


def still_open(refs: Sequence[tuple[int, int]], *, now: datetime) -> Mapping[tuple[int, int], str]:
    """The guard of messages: a time that is no longer offered is not told of."""
    ids = [each[0] for each in refs]
    known = set(
        SlotOffer.objects.filter(pk__in=ids, state=SlotOffer.State.OPEN, expires_at__gt=now).values_list(
            "pk", flat=True
        )
    )
    return {each: "Это время уже не предлагается" for each in refs if each[0] not in known}


def who_may_be_told(entries: Sequence[WaitlistEntry], now: datetime) -> Sequence[WaitlistEntry]:
    """Those who can be written to now: an offer lives for minutes and holds back everybody behind it.

    Not at night of the patient's own zone, not to whom nothing can be sent, not to whoever took their data back.
    """
    able: set[int] = set()
    for clinic_id in {each.clinic_id for each in entries}:
        ids = [each.patient_id for each in entries if each.clinic_id == clinic_id]
        window, zones, ways = terms_for(clinic_id).window, zones_of(ids, clinic_id=clinic_id), ways_of(ids)
        consents = consent_states(ids, clinic_id=clinic_id)
        able |= {
            pk
            for pk in ids
            if is_allowed(now, zones[pk], window)
            and ways[pk].addresses
            and consents[pk][ConsentPurpose.PROCESSING, ""].standing not in _NO
        }
    return [each for each in entries if each.patient_id in able]


def offer_of(link: ActionLink) -> SlotOffer:
    """The offer behind a link."""
    if link.offer_id is None:
        raise LinkGone
    return SlotOffer.objects.select_related("freed__branch", "entry", "appointment").get(pk=link.offer_id)


def take_offer(*, link: ActionLink, now: datetime) -> Appointment:
    """«Беру»: the first has it. Raises OfferGone for everybody else."""
    return booking.accept_offer(offer=offer_of(link), actor=PATIENT, now=now)


def refuse_offer(*, link: ActionLink, leave: bool, now: datetime) -> SlotOffer:
    """«Не подходит»: waits on, or leaves the list."""
    return booking.decline_offer(offer=offer_of(link), leave=leave, actor=PATIENT, now=now)

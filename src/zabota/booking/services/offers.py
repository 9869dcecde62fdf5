"""A freed time goes round in waves; the first who says yes has it, the rest keep waiting."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from django.db import models, transaction

from zabota.booking.facts import OfferAccepted, OfferClosed, OfferOpened
from zabota.booking.models import Appointment, FreedSlot, Hold, SlotOffer, WaitlistEntry
from zabota.booking.queries.matching import matches, suiting
from zabota.booking.rules.matching import LAST_OFFER, wave_of
from zabota.booking.services.appointments import book, move_appointment
from zabota.booking.services.freed import note_freed
from zabota.booking.services.kept_rooms import keep_rooms, lock_all
from zabota.booking.services.waitlist import close_entry
from zabota.kernel import audit, facts
from zabota.kernel.audit import Actor
from zabota.kernel.errors import AlreadyDone, BadInput, Trouble

OfferFilter = Callable[[Sequence[WaitlistEntry], datetime], Sequence[WaitlistEntry]]
#: Who may be told right now (consents, quiet hours, caps): said by the app that sends messages.
_filters: list[OfferFilter] = []
#: Everybody whom the time suits may not be told now: ask again later.
_AGAIN = timedelta(minutes=15)


class OfferGone(Trouble):
    """The offered time is not to be had any more."""

    code = "offer_gone"
    text = "Это время уже взял другой человек. Вы остаётесь в листе ожидания."


def register_offer_filter(keep: OfferFilter) -> None:
    """Say whom of those whom a time suits may be told at an instant. Called when an app starts."""
    if keep not in _filters:
        _filters.append(keep)


def tick(*, now: datetime) -> int:
    """Every freed time whose moment came makes its next step. Safe to run again and by any number of workers."""
    due = FreedSlot.objects.filter(state__in=FreedSlot.OPEN, next_wave_at__lte=now).order_by("starts_at", "id")
    return sum(_step(pk, now=now) for pk in list(due.values_list("pk", flat=True)[:500]))


def start_wave(*, freed: FreedSlot, actor: Actor, now: datetime) -> int:
    """The desk does not want to wait: ask the next people now. Returns how many are asked."""
    with transaction.atomic():
        FreedSlot.objects.filter(pk=freed.pk, state__in=FreedSlot.OPEN).update(next_wave_at=now)
        audit.record("booking.freed.hastened", freed, actor=actor, now=now)
    return _step(freed.pk, now=now, early=True)


@transaction.atomic
def withdraw_freed(*, freed: FreedSlot, actor: Actor, now: datetime) -> FreedSlot:
    """Do not offer this time (any more): it is free for everybody again."""
    row = FreedSlot.objects.select_for_update(of=("self",)).get(pk=freed.pk)
    if row.state not in FreedSlot.OPEN:
        raise AlreadyDone("Это время уже не предлагается.")
    _end_offers(row, SlotOffer.State.WITHDRAWN, now=now)
    _finish(row, FreedSlot.State.WITHDRAWN, now=now)
    audit.record("booking.freed.withdrawn", row, actor=actor, now=now)
    return row


@transaction.atomic
def accept_offer(*, offer: SlotOffer, actor: Actor, now: datetime) -> Appointment:
    """Yes: the patient has the time, and gives up the later one they had. A second yes gives the same answer.

    A late yes counts as long as nobody else said it and the time is still offered. Raises OfferGone.
    """
    lock_all(offer.freed_id, offer.entry_id)
    freed = FreedSlot.objects.select_for_update(of=("self",)).select_related("doctor", "branch").get(pk=offer.freed_id)
    row = SlotOffer.objects.select_for_update(of=("self",)).get(pk=offer.pk)
    if row.state == SlotOffer.State.ACCEPTED and row.appointment is not None:
        return row.appointment
    entry = WaitlistEntry.objects.select_for_update(of=("self",)).get(pk=row.entry_id)
    if row.state in (SlotOffer.State.WITHDRAWN, SlotOffer.State.DECLINED):
        raise OfferGone("Это предложение закрыто. Напишите или позвоните нам, и мы подберём время.")
    if freed.state != FreedSlot.State.OFFERING or row.state == SlotOffer.State.LOST:
        raise OfferGone
    if entry.state not in WaitlistEntry.OPEN:
        raise OfferGone("Вы уже не в листе ожидания.")
    if row.starts_at <= now:
        raise OfferGone("Это время уже прошло.")
    return _give(freed, row, entry, actor=actor, now=now)


@transaction.atomic
def hand_over(*, freed: FreedSlot, entry: WaitlistEntry, actor: Actor, now: datetime) -> Appointment:
    """The desk agreed with one who waits by phone: they have the time, the others' offers close.

    Raises OfferGone when the time or the wish is gone, BadInput when the time does not suit.
    """
    lock_all(freed.pk, entry.pk)
    slot = FreedSlot.objects.select_for_update(of=("self",)).select_related("doctor", "branch").get(pk=freed.pk)
    row = SlotOffer.objects.select_for_update(of=("self",)).filter(freed=slot, entry=entry).first()
    if row is not None and row.state == SlotOffer.State.ACCEPTED and row.appointment is not None:
        return row.appointment
    if slot.state not in FreedSlot.OPEN or slot.starts_at <= now:
        raise OfferGone("Это время уже занято или больше не предлагается.")
    who = WaitlistEntry.objects.select_for_update(of=("self",)).get(pk=entry.pk)
    if who.state not in WaitlistEntry.OPEN:
        raise OfferGone("Пациент уже не в листе ожидания.")
    if row is None:
        refusal = next((why for each, why in matches(slot, now=now) if each.pk == who.pk), "уже получил другое")
        if refusal is not None:
            raise BadInput(f"Этому пациенту время не подходит: {refusal}.")
        _end_elsewhere(who, None, now=now)
        row = SlotOffer.objects.create(
            clinic_id=slot.clinic_id,
            freed=slot,
            entry=who,
            wave=max(slot.wave, 1),
            starts_at=slot.starts_at,
            duration_minutes=who.minutes,
            sent_at=now,
            expires_at=slot.starts_at - LAST_OFFER,
        )
    slot.wave = max(slot.wave, 1)
    return _give(slot, row, who, actor=actor, now=now)


def _give(freed: FreedSlot, row: SlotOffer, entry: WaitlistEntry, *, actor: Actor, now: datetime) -> Appointment:
    """The time becomes the visit of this one; callers hold the locks and have checked that it may."""
    by_patient = actor.kind == "patient"
    had = entry.appointment
    if had is not None and had.status in (Appointment.Status.PLANNED, Appointment.Status.CONFIRMED):
        appointment = move_appointment(
            appointment=had,
            starts_at=row.starts_at,
            doctor=freed.doctor,
            branch=freed.branch,
            duration_minutes=row.duration_minutes,
            expected_revision=None,
            hold=freed.hold,
            by_patient=by_patient,
            cause=FreedSlot.Cause.ADVANCED,
            actor=actor,
            now=now,
        )
    else:
        appointment = book(
            patient=entry.patient,
            doctor=freed.doctor,
            branch=freed.branch,
            starts_at=row.starts_at,
            duration_minutes=row.duration_minutes,
            services=list(entry.services.all()),
            kind=entry.kind,
            origin=Appointment.Origin.WAITLIST,
            hold=freed.hold,
            actor=actor,
            now=now,
        )
    row.state, row.answered_at, row.appointment = SlotOffer.State.ACCEPTED, now, appointment
    row.save(update_fields=["state", "answered_at", "appointment"])
    entry.state, entry.booked, entry.closed_at, entry.reason = (
        WaitlistEntry.State.BOOKED,
        appointment,
        now,
        "взял время",
    )
    entry.save(update_fields=["state", "booked", "closed_at", "reason"])
    _end_elsewhere(entry, row, now=now)
    _end_offers(freed, SlotOffer.State.LOST, now=now, also_expired=True)
    _finish(freed, FreedSlot.State.FILLED, now=now, filled_by=appointment)
    _offer_rest(freed, row, now=now)
    audit.record("booking.offer.answered", row, actor=actor, now=now, patient_id=entry.patient_id)
    facts.publish(
        OfferAccepted(
            clinic_id=row.clinic_id, patient_id=entry.patient_id, entry_id=entry.pk, offer_id=row.pk,
            appointment_id=appointment.pk,
        ),
        now=now,
    )  # fmt: skip
    return appointment


@transaction.atomic
def decline_offer(*, offer: SlotOffer, leave: bool = False, actor: Actor, now: datetime) -> SlotOffer:
    """No: the patient keeps waiting, or leaves the list. The next are asked at once when nobody is left to answer."""
    freed = FreedSlot.objects.select_for_update(of=("self",)).get(pk=offer.freed_id)
    row = SlotOffer.objects.select_for_update(of=("self",)).get(pk=offer.pk)
    if row.state == SlotOffer.State.ACCEPTED:
        raise AlreadyDone("Вы уже взяли это время.")
    if row.state == SlotOffer.State.OPEN:
        _end(row, SlotOffer.State.DECLINED, now=now)
        audit.record("booking.offer.answered", row, actor=actor, now=now, patient_id=row.entry.patient_id)
        if freed.state == FreedSlot.State.OFFERING and not _open(freed).exists():
            FreedSlot.objects.filter(pk=freed.pk).update(next_wave_at=now)
    entry = WaitlistEntry.objects.get(pk=row.entry_id)
    if leave and entry.state in WaitlistEntry.OPEN:
        close_entry(entry=entry, reason="больше не ждёт", actor=actor, now=now)
    return SlotOffer.objects.get(pk=row.pk)


def note_offer_seen(*, offer: SlotOffer, now: datetime) -> None:
    """The message with the offer was read."""
    SlotOffer.objects.filter(pk=offer.pk, seen_at=None).update(seen_at=now)


@transaction.atomic
def _step(pk: int, *, now: datetime, early: bool = False) -> int:
    lock_all(pk)
    freed = (
        FreedSlot.objects.select_for_update(of=("self",))
        .select_related("branch", "appointment", "hold")
        .filter(pk=pk, state__in=FreedSlot.OPEN, next_wave_at__lte=now)
        .first()
    )
    if freed is None:
        return 0
    if freed.hold_id is None or freed.starts_at <= now + LAST_OFFER:
        _end_offers(freed, SlotOffer.State.EXPIRED, now=now)
        _finish(freed, FreedSlot.State.LAPSED if freed.wave else FreedSlot.State.UNWANTED, now=now)
        return 0
    for offer in _open(freed).filter(expires_at__lte=now):
        _end(offer, SlotOffer.State.EXPIRED, now=now)
    waiting = _open(freed).order_by("expires_at").first()
    if waiting is not None and not early:
        FreedSlot.objects.filter(pk=pk).update(next_wave_at=waiting.expires_at)
        return 0
    people, patience = wave_of(freed.starts_at - now)
    suited = suiting(freed, now=now)
    told: Sequence[WaitlistEntry] = suited
    for keep in _filters:
        told = keep(told, now)
    if not suited and waiting is None:
        _finish(freed, FreedSlot.State.LAPSED if freed.wave else FreedSlot.State.UNWANTED, now=now)
        return 0
    if not told:
        FreedSlot.objects.filter(pk=pk).update(next_wave_at=waiting.expires_at if waiting else now + _AGAIN)
        return 0
    expires_at = min(now + patience, freed.starts_at - LAST_OFFER)
    asked = _still_waiting(told[:people])
    for entry in asked:
        offer = SlotOffer.objects.create(
            clinic_id=freed.clinic_id,
            freed=freed,
            entry=entry,
            wave=freed.wave + 1,
            starts_at=freed.starts_at,
            duration_minutes=entry.minutes,
            sent_at=now,
            expires_at=expires_at,
        )
        WaitlistEntry.objects.filter(pk=entry.pk).update(state=WaitlistEntry.State.OFFERED)
        facts.publish(
            OfferOpened(clinic_id=freed.clinic_id, patient_id=entry.patient_id, entry_id=entry.pk, offer_id=offer.pk),
            now=now,
        )
    if not asked:
        FreedSlot.objects.filter(pk=pk).update(next_wave_at=waiting.expires_at if waiting else now)
        return 0
    keep_rooms(freed, [each.entry for each in _open(freed)], now=now)
    FreedSlot.objects.filter(pk=pk).update(state=FreedSlot.State.OFFERING, wave=freed.wave + 1, next_wave_at=expires_at)
    return len(asked)


def _still_waiting(entries: Sequence[WaitlistEntry]) -> list[WaitlistEntry]:
    """Those whom nobody closed, and no other freed time took, since they were read; locked until the offer is made."""
    rows = WaitlistEntry.objects.select_for_update(of=("self",)).filter(
        pk__in=[each.pk for each in entries], state=WaitlistEntry.State.WAITING
    )
    still = set(rows.order_by("pk").values_list("pk", flat=True))
    return [each for each in entries if each.pk in still]


def _end_elsewhere(entry: WaitlistEntry, but: SlotOffer | None, *, now: datetime) -> None:
    """Other times offered to who has one now; where nobody else is left to answer, the next are asked at once."""
    others = SlotOffer.objects.filter(entry=entry, state=SlotOffer.State.OPEN).select_related("entry", "freed")
    for each in others.exclude(pk=but.pk) if but is not None else others:
        _end(each, SlotOffer.State.WITHDRAWN, now=now)
        if not _open(each.freed).exists():
            FreedSlot.objects.filter(pk=each.freed_id, state=FreedSlot.State.OFFERING).update(next_wave_at=now)


def _offer_rest(freed: FreedSlot, row: SlotOffer, *, now: datetime) -> None:
    """What is left of a longer time after a shorter visit goes round too, when it suits somebody."""
    taken = (row.starts_at - freed.starts_at) + timedelta(minutes=row.duration_minutes)
    left = freed.duration_minutes - int(taken.total_seconds()) // 60
    if left > 0:
        rest = Appointment(
            pk=freed.appointment_id, clinic_id=freed.clinic_id, doctor=freed.doctor, branch=freed.branch,
            starts_at=freed.starts_at + taken, duration_minutes=left,
        )  # fmt: skip
        note_freed(rest, cause=freed.cause, only_wanted=True, now=now)


def _open(freed: FreedSlot) -> models.QuerySet[SlotOffer]:
    return SlotOffer.objects.filter(freed=freed, state=SlotOffer.State.OPEN).select_related("entry")


def _end(offer: SlotOffer, state: str, *, now: datetime) -> None:
    """Close one offer; its patient waits on."""
    SlotOffer.objects.filter(pk=offer.pk).update(state=state, answered_at=now)
    WaitlistEntry.objects.filter(pk=offer.entry_id, state=WaitlistEntry.State.OFFERED).update(
        state=WaitlistEntry.State.WAITING
    )
    facts.publish(
        OfferClosed(
            clinic_id=offer.clinic_id, patient_id=offer.entry.patient_id, entry_id=offer.entry_id, offer_id=offer.pk,
            state=state,
        ),
        now=now,
    )  # fmt: skip


def _end_offers(freed: FreedSlot, state: str, *, now: datetime, also_expired: bool = False) -> None:
    for offer in _open(freed):
        _end(offer, state, now=now)
    if also_expired:
        # Who answers late learns that somebody else has it.
        SlotOffer.objects.filter(freed=freed, state=SlotOffer.State.EXPIRED).update(state=SlotOffer.State.LOST)


def _finish(freed: FreedSlot, state: str, *, now: datetime, filled_by: Appointment | None = None) -> None:
    hold_id = freed.hold_id
    freed.state, freed.closed_at, freed.next_wave_at, freed.hold = state, now, None, None
    freed.filled_by = filled_by
    freed.save(update_fields=["state", "closed_at", "next_wave_at", "hold", "filled_by"])
    if hold_id is not None:
        Hold.objects.filter(pk=hold_id).delete()

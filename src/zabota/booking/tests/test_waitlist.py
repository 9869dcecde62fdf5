"""A freed time: held at once, offered in waves, one yes wins, entries close themselves, holes are counted."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db.models import Q

from zabota.booking import api
from zabota.booking.models import FreedSlot, Hold, ServiceNeed, SlotOffer, WaitlistEntry
from zabota.booking.rules.matching import Opening, Wish, wave_of, why_not
from zabota.booking.services import offers
from zabota.booking.services.waitlist import close_satisfied, expire_entries
from zabota.kernel.errors import AlreadyDone, BadInput
from zabota.kernel.models import Fact

MINUTE = dt.timedelta(minutes=1)


def states(slot):
    return sorted(SlotOffer.objects.filter(freed=slot).values_list("state", flat=True))


def test_freed_time_is_held_at_once_but_nobody_is_told_before_the_delay(freed, waits, people, now, book, pyotr):
    waits(people[0])
    slot = freed()
    assert slot.state == "delayed"
    assert (
        api.find_slots(clinic_id=slot.clinic_id, now=now, start_day=dt.date(2026, 11, 25), days=1, minutes=30)[
            dt.date(2026, 11, 25)
        ][0].local.strftime("%H:%M")
        == "09:00"
    )
    with pytest.raises(api.SlotTaken):
        book(patient=pyotr, origin="widget")
    assert offers.tick(now=now + 2 * MINUTE) == 0
    assert offers.tick(now=now + 3 * MINUTE) == 1
    assert Fact.objects.filter(kind="booking.offer_opened").count() == 1


def test_move_within_the_delay_is_no_offer(freed, waits, people, book, pyotr, now):
    waits(people[0])
    slot = freed()
    book(patient=pyotr)
    slot.refresh_from_db()
    assert (slot.state, Hold.objects.count()) == ("taken", 0)
    assert offers.tick(now=now + 10 * MINUTE) == 0


def test_time_that_nobody_waits_for_stays_free_and_is_counted(freed, book, pyotr, now):
    slot = freed()
    assert slot.state == "unwanted"
    assert api.unwanted_freed(slot.clinic_id, now=now) == [slot]
    assert api.unwanted_freed(slot.clinic_id, now=slot.starts_at) == [], "what is over helps nobody"
    assert book(patient=pyotr, origin="widget").pk


def test_first_yes_wins_and_the_others_keep_waiting(freed, waits, people, actor, now):
    entries = [waits(each) for each in people[:3]]
    slot = freed()
    later = now + 3 * MINUTE
    offers.tick(now=later)
    opened = list(SlotOffer.objects.filter(freed=slot))
    assert len(opened) == 3
    won = api.accept_offer(offer=opened[1], actor=actor, now=later + MINUTE)
    assert won.patient == people[1]
    assert won.origin == "waitlist"
    assert api.accept_offer(offer=opened[1], actor=actor, now=later + 2 * MINUTE) == won
    with pytest.raises(api.OfferGone, match="взял другой"):
        api.accept_offer(offer=opened[0], actor=actor, now=later + 2 * MINUTE)
    assert states(slot) == ["accepted", "lost", "lost"]
    slot.refresh_from_db()
    assert (slot.state, slot.filled_by) == ("filled", won)
    found = [WaitlistEntry.objects.get(pk=each.pk).state for each in entries]
    assert found == ["waiting", "booked", "waiting"]


def test_wave_that_nobody_takes_is_followed_by_the_next(freed, waits, people, now):
    for each in people:
        waits(each)
    slot = freed()
    at = now + 3 * MINUTE
    offers.tick(now=at)
    assert states(slot) == ["open"] * 3
    slot.refresh_from_db()
    offers.tick(now=slot.next_wave_at)
    assert states(slot) == ["expired"] * 3 + ["open"] * 3
    assert set(SlotOffer.objects.filter(state="open").values_list("wave", flat=True)) == {2}
    slot.refresh_from_db()
    offers.tick(now=slot.next_wave_at)
    slot.refresh_from_db()
    assert (slot.state, Hold.objects.count()) == ("lapsed", 0)
    assert set(WaitlistEntry.objects.values_list("state", flat=True)) == {"waiting"}


def test_late_yes_counts_while_the_time_is_still_offered(freed, waits, people, actor, now):
    for each in people[:4]:
        waits(each)
    slot = freed()
    offers.tick(now=now + 3 * MINUTE)
    first = SlotOffer.objects.filter(freed=slot).first()
    slot.refresh_from_db()
    offers.tick(now=slot.next_wave_at)
    assert (
        api.accept_offer(offer=first, actor=actor, now=slot.next_wave_at + MINUTE).patient_id == first.entry.patient_id
    )


def test_no_of_everybody_brings_the_next_wave_at_once(freed, waits, people, actor, now):
    for each in people[:4]:
        waits(each)
    slot = freed()
    at = now + 3 * MINUTE
    offers.tick(now=at)
    for offer in SlotOffer.objects.filter(freed=slot):
        api.decline_offer(offer=offer, actor=actor, now=at + MINUTE)
    assert offers.tick(now=at + MINUTE) == 1


def test_no_and_leave_takes_off_the_list(freed, waits, people, actor, now):
    entry = waits(people[0])
    slot = freed()
    offers.tick(now=now + 3 * MINUTE)
    api.decline_offer(offer=slot.offers.get(), leave=True, actor=actor, now=now + 4 * MINUTE)
    entry.refresh_from_db()
    assert entry.state == "closed"
    assert Fact.objects.filter(kind="booking.waitlist_left").count() == 1


def test_who_takes_an_earlier_time_gives_up_the_later_one_and_the_hole_is_offered_on(
    freed, waits, people, book, actor, now, at
):
    had = book(patient=people[0], starts_at=at(27, 15))
    waits(people[0], appointment=had)
    waits(people[1], earliest_on=dt.date(2026, 11, 26))
    slot = freed()
    offers.tick(now=now + 3 * MINUTE)
    assert [row.entry.patient for row in slot.offers.all()] == [people[0]]
    moved = api.accept_offer(offer=slot.offers.get(), actor=actor, now=now + 4 * MINUTE)
    assert (moved.pk, moved.starts_at, moved.revision) == (had.pk, at(25, 10), 1)
    hole = FreedSlot.objects.get(cause="advanced")
    assert (hole.starts_at, hole.state) == (at(27, 15), "delayed")
    offers.tick(now=now + 10 * MINUTE)
    api.accept_offer(offer=hole.offers.get(), actor=actor, now=now + 11 * MINUTE)
    report = api.waitlist_report(slot.clinic_id, first_at=now, last_at=now + dt.timedelta(days=1))
    assert (report.freed, report.filled, report.holes, report.holes_filled) == (2, 2, 1, 1)
    assert (report.filled_share, report.net_minutes, report.published_share) == (1.0, 60, 0.3)


def test_empty_hole_is_taken_off_what_was_won(freed, waits, people, book, actor, now, at):
    had = book(patient=people[0], starts_at=at(27, 15))
    waits(people[0], appointment=had)
    slot = freed()
    offers.tick(now=now + 3 * MINUTE)
    api.accept_offer(offer=slot.offers.get(), actor=actor, now=now + 4 * MINUTE)
    report = api.waitlist_report(slot.clinic_id, first_at=now, last_at=now + dt.timedelta(days=1))
    assert (report.filled_minutes, report.net_minutes, report.filled_share) == (30, 0, 0.5)


def test_nobody_is_asked_half_an_hour_before_or_less(freed, waits, people, now, at):
    waits(people[0])
    slot = freed(starts_at=at(24, 12, 40))
    assert slot.state == "delayed"
    offers.tick(now=now + 11 * MINUTE)
    slot.refresh_from_db()
    assert (slot.state, slot.offers.count(), Hold.objects.count()) == ("unwanted", 0, 0)


def test_who_may_not_be_told_now_is_asked_later(freed, waits, people, now, monkeypatch):
    waits(people[0])
    slot = freed()
    monkeypatch.setattr(offers, "_filters", [lambda entries, at: entries if at > now + 60 * MINUTE else []])
    assert offers.tick(now=now + 3 * MINUTE) == 0
    slot.refresh_from_db()
    assert slot.state == "delayed"
    assert slot.next_wave_at == now + 18 * MINUTE
    assert offers.tick(now=now + 61 * MINUTE) == 1


def test_desk_may_start_the_wave_or_offer_nobody(freed, waits, people, actor, now, pyotr, book):
    waits(people[0])
    slot = freed()
    assert api.start_wave(freed=slot, actor=actor, now=now + MINUTE) == 1
    api.withdraw_freed(freed=slot, actor=actor, now=now + 2 * MINUTE)
    assert states(slot) == ["withdrawn"]
    assert book(patient=pyotr).pk
    with pytest.raises(AlreadyDone):
        api.withdraw_freed(freed=slot, actor=actor, now=now + 3 * MINUTE)


def test_one_person_has_one_open_offer_at_a_time(freed, waits, people, now, at, pyotr):
    waits(people[0])
    first = freed()
    second = freed(starts_at=at(26, 10), patient=pyotr)
    offers.tick(now=now + 3 * MINUTE)
    assert SlotOffer.objects.filter(state="open").count() == 1
    assert first.offers.count() + second.offers.count() == 1


def test_entry_closes_itself_when_the_patient_is_booked(waits, people, book, run_jobs, freeze_now):
    entry = waits(people[0])
    book(patient=people[0])
    run_jobs()
    entry.refresh_from_db()
    assert (entry.state, entry.reason) == ("booked", "записан")


def test_booking_that_names_no_service_ends_the_wait_when_its_doctor_performs_what_was_waited_for(
    waits, people, book, cleaning, new_doctor, run_jobs, freeze_now
):
    entry = waits(people[0], services=[cleaning])
    ServiceNeed.objects.create(service=cleaning).doctors.set([new_doctor("Иванова И. И.", "гигиенист")])
    row = book(patient=people[0], services=[])
    run_jobs()
    entry.refresh_from_db()
    assert entry.state == "waiting"
    cleaning.need.doctors.add(row.doctor)
    assert close_satisfied(appointment=row, since_at=row.booked_at, now=row.booked_at) == 1


def test_who_joins_the_list_with_a_time_in_hand_waits_on_when_the_booking_is_told_of_late(
    waits, people, book, run_jobs, freeze_now, now
):
    book(patient=people[0])
    entry = waits(people[0], now=now + dt.timedelta(minutes=1))
    run_jobs()
    entry.refresh_from_db()
    assert entry.state == "waiting"


@pytest.fixture
def freeze_now(now):
    import time_machine

    with time_machine.travel(now, tick=False):
        yield


def test_entry_whose_last_day_is_over_closes_itself(waits, people, now):
    entry = waits(people[0], latest_on=dt.date(2026, 11, 25))
    assert expire_entries(now=dt.datetime(2026, 11, 25, 20, 59, tzinfo=dt.UTC)) == 0
    assert expire_entries(now=dt.datetime(2026, 11, 26, 0, 1, tzinfo=dt.UTC)) == 1
    entry.refresh_from_db()
    assert entry.state == "expired"


def test_closing_an_entry_withdraws_what_was_offered(freed, waits, people, actor, now):
    entry = waits(people[0])
    slot = freed()
    offers.tick(now=now + 3 * MINUTE)
    api.close_entry(entry=entry, reason="позвонил сам", actor=actor, now=now + 4 * MINUTE)
    assert states(slot) == ["withdrawn"]
    with pytest.raises(api.OfferGone):
        api.accept_offer(offer=slot.offers.get(), actor=actor, now=now + 5 * MINUTE)


@pytest.mark.parametrize(
    ("wishes", "says"),
    [
        ({"earliest_on": dt.date(2026, 12, 2), "latest_on": dt.date(2026, 12, 1)}, "раньше"),
        ({"latest_on": dt.date(2026, 11, 1)}, "прошёл"),
        ({"day_parts": ["ночь"]}, "неверно"),
        ({"weekdays": [7]}, "неверно"),
        ({"notice_minutes": -1}, "Предупредить"),
        ({"minutes": 3}, "Длительность"),
    ],
)
def test_wish_that_cannot_come_true_is_refused_with_a_sentence(waits, people, wishes, says):
    with pytest.raises(BadInput, match=says):
        waits(people[0], **wishes)
    assert not WaitlistEntry.objects.exists()


def test_nobody_waits_twice_for_the_same(waits, people, cleaning):
    waits(people[0], services=[cleaning])
    waits(people[0])
    with pytest.raises(AlreadyDone):
        waits(people[0], services=[cleaning])


NOON = dt.datetime(2026, 11, 25, 12, 0, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("wish", "refusal"),
    [
        (Wish(minutes=30), None),
        (Wish(minutes=60), "не хватает времени"),
        (Wish(minutes=30, doctor_ids={2}), "ждёт другого врача"),
        (Wish(minutes=30, service_doctor_ids={2}), "врач не делает эту услугу"),
        (Wish(minutes=30, branch_id=9), "другой филиал"),
        (Wish(minutes=30, weekdays={5, 6}), "другой день недели"),
        (Wish(minutes=30, day_parts={"morning"}), "другое время дня"),
        (Wish(minutes=30, day_parts={"morning", "day"}), None),
        (Wish(minutes=30, earliest_on=dt.date(2026, 11, 26)), "раньше, чем удобно"),
        (Wish(minutes=30, latest_on=dt.date(2026, 11, 24)), "позже, чем нужно"),
        (Wish(minutes=30, notice=dt.timedelta(hours=3)), "не успеет собраться"),
        (Wish(minutes=30, has_at=NOON - dt.timedelta(days=1)), "уже записан раньше"),
    ],
)
def test_why_a_time_does_not_suit_is_said(wish, refusal):
    opening = Opening(doctor_id=1, branch_id=7, starts_at=NOON, local=NOON, minutes=45)
    assert why_not(wish, opening, NOON - dt.timedelta(hours=2)) == refusal


def test_waves_are_wider_and_shorter_the_nearer_the_time():
    ahead = [dt.timedelta(hours=hours) for hours in (1, 5, 24, 100)]
    people = [wave_of(each)[0] for each in ahead]
    waits = [wave_of(each)[1] for each in ahead]
    assert people == sorted(people, reverse=True)
    assert waits == sorted(waits)


def test_other_clinic_sees_none_of_it(waits, people, other_clinic):
    from zabota.kernel.scope import clinic_scope

    waits(people[0])
    with clinic_scope(other_clinic.pk):
        assert api.open_entries(other_clinic.pk) == []
        assert not WaitlistEntry.objects.filter(Q()).exists()


def test_desk_gives_the_time_to_one_by_phone_and_the_others_are_told_it_is_gone(freed, waits, people, actor, now):
    entries = [waits(each) for each in people[:3]]
    slot = freed()
    offers.tick(now=now + 3 * MINUTE)
    late = SlotOffer.objects.get(freed=slot, entry=entries[1])
    row = api.hand_over(freed=slot, entry=entries[0], actor=actor, now=now + 4 * MINUTE)
    assert (row.patient, row.starts_at, row.origin) == (people[0], slot.starts_at, "waitlist")
    assert states(slot) == ["accepted", "lost", "lost"]
    with pytest.raises(api.OfferGone, match="взял другой человек"):
        api.accept_offer(offer=late, actor=actor, now=now + 5 * MINUTE)
    assert api.hand_over(freed=slot, entry=entries[0], actor=actor, now=now + 6 * MINUTE) == row
    with pytest.raises(api.OfferGone):
        api.hand_over(freed=slot, entry=entries[2], actor=actor, now=now + 6 * MINUTE)


def test_desk_gives_a_time_that_nobody_was_told_of_yet(freed, waits, people, actor, now):
    waits(people[0])
    second = waits(people[1])
    slot = freed()
    row = api.hand_over(freed=slot, entry=second, actor=actor, now=now + MINUTE)
    slot.refresh_from_db()
    assert (slot.state, slot.filled_by, Hold.objects.count()) == ("filled", row, 0)
    assert states(slot) == ["accepted"]
    report = api.waitlist_report(slot.clinic_id, first_at=now - MINUTE, last_at=now + 5 * MINUTE)
    assert (report.accepted, report.median_answer_minutes) == (1, None)


def test_desk_gives_no_time_that_does_not_suit_and_says_why(freed, waits, people, actor, now):
    waits(people[0])
    evening = waits(people[1], day_parts=["evening"])
    slot = freed()
    with pytest.raises(BadInput, match="другое время дня"):
        api.hand_over(freed=slot, entry=evening, actor=actor, now=now + MINUTE)
    slot.refresh_from_db()
    assert slot.state == "delayed"


def test_who_said_no_may_still_take_it_by_phone(freed, waits, people, actor, now):
    entry, _ = waits(people[0]), waits(people[1])
    slot = freed()
    offers.tick(now=now + 3 * MINUTE)
    api.decline_offer(offer=SlotOffer.objects.get(entry=entry), actor=actor, now=now + 4 * MINUTE)
    assert api.hand_over(freed=slot, entry=entry, actor=actor, now=now + 5 * MINUTE).patient == people[0]


def test_rest_of_a_longer_time_goes_round_to_who_it_suits(freed, waits, people, actor, now):
    first, second = waits(people[0]), waits(people[1])
    slot = freed(duration_minutes=60)
    api.hand_over(freed=slot, entry=first, actor=actor, now=now + MINUTE)
    rest = FreedSlot.objects.exclude(pk=slot.pk).get()
    assert (rest.starts_at, rest.duration_minutes, rest.state) == (slot.starts_at + 30 * MINUTE, 30, "delayed")
    assert offers.tick(now=now + 5 * MINUTE) == 1
    assert SlotOffer.objects.get(freed=rest).entry == second


def test_rest_that_suits_nobody_is_not_counted_as_a_hole(freed, waits, people, actor, now):
    entry = waits(people[0])
    slot = freed(duration_minutes=60)
    api.hand_over(freed=slot, entry=entry, actor=actor, now=now + MINUTE)
    assert FreedSlot.objects.count() == 1
    assert Hold.objects.count() == 0


def test_who_takes_one_time_is_asked_for_no_other(freed, waits, people, actor, now, at, pyotr):
    entry = waits(people[0])
    slot = freed()
    offers.tick(now=now + 3 * MINUTE)
    api.decline_offer(offer=SlotOffer.objects.get(freed=slot), actor=actor, now=now + 4 * MINUTE)
    other = freed(patient=pyotr, starts_at=at(25, 15))
    offers.tick(now=now + 8 * MINUTE)
    assert states(other) == ["open"]
    FreedSlot.objects.filter(pk=slot.pk).update(state="offering", hold=None)
    api.hand_over(freed=slot, entry=entry, actor=actor, now=now + 9 * MINUTE)
    assert states(other) == ["withdrawn"]


def test_branch_of_an_entry_follows_the_doctors_who_are_waited_for(
    in_clinic, mila, centre, north, new_doctor, actor, now
):
    there = new_doctor("Рябов Илья Андреевич", branch=north)
    anywhere = new_doctor("Зуева Анна Ильинична", branch=north)
    anywhere.branches.add(centre)
    homeless = new_doctor("Котов Пётр Ильич", branch=north)
    homeless.branches.clear()
    assert api.branch_for([there], centre) == north
    assert (
        api.branch_for([anywhere], centre) == api.branch_for([homeless], centre) == api.branch_for([], centre) == centre
    )
    assert api.branch_for([there], None) is None
    entry = api.join_waitlist(patient=mila, doctors=[there], branch=centre, actor=actor, now=now)
    assert entry.branch == north
    north.is_active = False
    north.save(update_fields=["is_active"])
    assert api.branch_for([there, anywhere], centre) == centre

"""Reminders follow the visit: planned, sent once, together for one day, void when it moves or is off."""

from __future__ import annotations

import datetime as dt

import pytest

from zabota.booking.models import Appointment
from zabota.booking.services.appointments import cancel
from zabota.booking.services.marks import mark_arrived, mark_confirmed, undo_mark
from zabota.clinic.models import Branch, Clinic
from zabota.kernel.scope import clinic_scope, every_clinic
from zabota.messaging.models import ChannelChoice, Message, Template
from zabota.messaging.rules.parts import count_parts
from zabota.patients.models import Household, Patient
from zabota.visits.models import ActionLink, Reminder, VisitSettings
from zabota.visits.services import planning
from zabota.visits.services.planning import plan_unplanned, replan
from zabota.visits.services.reminding import send_due, still_valid
from zabota.visits.services.texts import save_text
from zabota.visits.tests.conftest import WEDNESDAY
from zabota.visits.tests.reminding_support import MOSCOW, at, plan_at, planned, texts

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_clinic")]


def test_a_booked_visit_is_confirmed_and_reminded_of_three_times(mila, book_for) -> None:
    visit = book_for(mila, "2026-11-26 15:00")
    plan_at(visit, WEDNESDAY)

    assert planned(visit) == ["booked 18.11 12:00", "long 24.11 15:00", "evening 25.11 19:00", "short 26.11 13:00"]
    for moment in WEDNESDAY, at("2026-11-24 15:00"), at("2026-11-25 19:00"), at("2026-11-26 13:00"):
        assert send_due(now=moment) == 1
        assert send_due(now=moment) == 0
    keys = Message.objects.order_by("id").values_list("idem_key", flat=True)
    assert [key.split(":")[2] for key in keys] == ["booked", "long", "evening", "short"]


def test_a_visit_by_video_is_told_without_the_address_and_the_way(mila, centre, book_for, settings) -> None:
    settings.SHORT_URL = "https://k.ru"
    Branch.objects.filter(pk=centre.pk).update(address="Ленина 5")
    centre.refresh_from_db()
    here, there = book_for(mila, "2026-11-26 15:00"), book_for(mila, "2026-11-27 15:00", kind="online")
    for visit in here, there:
        plan_at(visit, WEDNESDAY)
    for moment in WEDNESDAY, at("2026-11-25 19:00"), at("2026-11-26 19:00"):
        send_due(now=moment)

    told = {pk: " / ".join(of_visit(pk)) for pk in (here.pk, there.pk)}
    assert "Ленина" in told[here.pk] and "доехать" in told[here.pk]
    assert "Ленина" not in told[there.pk] and "доехать" not in told[there.pk] and "Видеовизит" in told[there.pk]


def test_a_booking_by_video_says_that_it_is_and_how_to_enter_in_one_part_of_an_sms(mila, book_for, settings) -> None:
    """A clinic of before, which has no such text, gets it with the first message."""
    settings.SHORT_URL = "https://klinika-ulybka.ru"
    Template.objects.filter(key="telemedicine_booked").delete()
    visit = book_for(mila, "2026-11-27 15:00", kind="online")
    plan_at(visit, WEDNESDAY)

    send_due(now=WEDNESDAY)

    text = of_visit(visit.pk)[0]
    assert text.startswith("Видеовизит 27.11 в 15:00. Вход и перенос: klinika-ulybka.ru/p/")
    assert count_parts(text).parts == 1


def of_visit(pk: int) -> list[str]:
    """Texts that were sent of one visit."""
    return list(
        Message.objects.filter(idem_key__startswith=f"visit:{pk}:").order_by("id").values_list("text", flat=True)
    )


def test_a_reminder_is_timed_by_the_zone_in_which_the_gate_will_judge_it(mila, centre, book_for) -> None:
    """A card of Moscow, a visit in Novosibirsk at noon: two hours before it is six in the morning at home."""
    mila.branch = centre
    mila.save(update_fields=["branch"])
    far = Branch.objects.create(clinic=centre.clinic, name="Новосибирск", time_zone="Asia/Novosibirsk")
    visit = book_for(mila, "2026-11-26 15:00")
    Appointment.objects.filter(pk=visit.pk).update(branch=far, starts_at=at("2026-11-26 08:00"))

    plan_at(visit, WEDNESDAY)

    hours = [row.due_at.astimezone(MOSCOW).hour for row in Reminder.objects.filter(appointment=visit, state="planned")]
    assert len(hours) >= 3 and all(8 <= hour < 21 for hour in hours)


def test_a_visit_without_reminders_does_not_hold_up_those_of_another_clinic(mila, book_for, monkeypatch) -> None:
    monkeypatch.setattr(planning, "_PORTION", 1)
    soon = book_for(mila, "2026-11-26 15:00")
    Appointment.objects.filter(pk=soon.pk).update(origin="import", starts_at=WEDNESDAY + dt.timedelta(minutes=30))
    other = Clinic.objects.create(name="Другая")
    with clinic_scope(other.pk):
        stranger = Patient.objects.create(clinic=other, surname="Чужой", name_key="чужой")
        later = Appointment.objects.create(
            clinic=other, patient=stranger, starts_at=at("2026-11-26 15:00"), day=dt.date(2026, 11, 26), origin="import"
        )

    with every_clinic(reason="the sweep"):
        plan_unplanned(now=WEDNESDAY)

        assert Reminder.objects.filter(appointment=later).exists()


def test_planning_twice_makes_nothing_twice(mila, book_for) -> None:
    visit = book_for(mila, "2026-11-26 15:00")
    plan_at(visit, WEDNESDAY)
    plan_at(visit, WEDNESDAY)

    assert Reminder.objects.count() == 4


def test_a_reminder_in_an_sms_is_one_part_with_a_short_link_and_says_date_and_place_only(
    mila, book_for, settings
) -> None:
    settings.SHORT_URL = "https://ulybka.ru"
    visit = book_for(mila, "2026-11-26 15:00")
    plan_at(visit, WEDNESDAY)
    send_due(now=at("2026-11-24 15:00"))

    for message in Message.objects.all():
        assert message.parts == 1, message.text
        assert "/p/v/" not in message.text
        for word in ("Мила", "Кузнецова", "Соколова", "терапевт"):
            assert word not in message.text


def test_quiet_hours_push_the_reminder_to_the_evening_and_the_text_says_so(mila, book_for) -> None:
    visit = book_for(mila, "2026-11-26 08:30")
    plan_at(visit, WEDNESDAY)
    Reminder.objects.exclude(kind="evening").delete()

    send_due(now=at("2026-11-25 19:00"))

    assert "Завтра 26.11 в 8:30" in texts()[0]
    assert "утром не напомним" in texts()[0]


def test_whoever_asked_for_detailed_messages_reads_the_evening_before_who_receives_and_how_to_prepare(
    mila, book_for, cleaning, smile, actor
) -> None:
    ChannelChoice.objects.create(clinic=smile, patient=mila, channel="sms", detailed_at=WEDNESDAY)
    save_text(clinic=smile, values={"prepare": "Не ешьте два часа."}, actor=actor, now=WEDNESDAY)
    visit = book_for(mila, "2026-11-20 15:00", services=[cleaning])
    plan_at(visit, WEDNESDAY)
    send_due(now=at("2026-11-19 19:00"))
    told = Message.objects.get(template_version__template__key="before_visit_detailed")
    assert "вас ждёт Соколова" in told.text
    assert (told.context["услуга"], told.context["подготовка"]) == (cleaning.name, "Не ешьте два часа.")


def test_a_visit_booked_less_than_48_hours_ahead_has_no_48_hour_reminder(mila, book_for) -> None:
    visit = book_for(mila, "2026-11-20 11:00")
    plan_at(visit, WEDNESDAY)

    assert [line.split()[0] for line in planned(visit)] == ["booked", "evening", "short"]


def test_a_cancelled_visit_is_never_reminded_of(mila, book_for, actor, run_jobs) -> None:
    visit = book_for(mila, "2026-11-26 15:00")
    plan_at(visit, WEDNESDAY)
    cancel(appointment=visit, by_patient=True, actor=actor, now=WEDNESDAY)
    plan_at(visit, WEDNESDAY)

    assert planned(visit) == []
    for day in range(10):
        assert send_due(now=WEDNESDAY + dt.timedelta(days=day)) == 0


def test_the_guard_stops_a_message_of_a_visit_that_changed_after_it_was_queued(mila, book_for, actor) -> None:
    visit = book_for(mila, "2026-11-26 15:00")
    plan_at(visit, WEDNESDAY)
    send_due(now=WEDNESDAY)
    message = Message.objects.get()
    refs = [(message.subject_id, message.subject_revision)]
    assert still_valid(refs, now=WEDNESDAY) == {}

    cancel(appointment=visit, by_patient=False, actor=actor, now=WEDNESDAY)

    assert still_valid(refs, now=WEDNESDAY) == {refs[0]: "Визит отменён"}


def test_several_visits_of_a_day_are_one_message_whose_link_opens_each(mila, book_for) -> None:
    first = book_for(mila, "2026-11-26 15:00")
    second = book_for(mila, "2026-11-26 17:20")
    for visit in first, second:
        plan_at(visit, WEDNESDAY)
    Reminder.objects.exclude(kind="long").delete()

    assert send_due(now=at("2026-11-24 15:00")) == 1
    assert send_due(now=at("2026-11-24 17:20")) == 0

    assert "15:00 и 17:20" in texts()[0]
    leader = ActionLink.objects.get(appointment=first, is_short=True)
    assert [link.appointment_id for link in leader.others.all()] == [second.pk]


def test_several_visits_of_an_early_morning_are_told_in_the_evening_which_says_so(mila, centre, book_for) -> None:
    for starts in "2026-11-26 08:30", "2026-11-26 09:15":
        plan_at(book_for(mila, starts), WEDNESDAY)

    send_due(now=at("2026-11-25 19:00"))

    (text,) = [each for each in texts() if "утром не напомним" in each]
    assert "8:30 и 9:15, утром не напомним" in text
    assert send_due(now=at("2026-11-26 08:00")) == 0


def test_a_family_with_one_phone_gets_one_message_and_a_stranger_their_own(mila, pyotr, book_for, new_patient) -> None:
    home = Household.objects.create(clinic=mila.clinic)
    child = new_patient(mila.clinic, "Кузнецов Егор", phone="+79161234567", branch=mila.branch, household=home)
    Patient.objects.filter(pk=mila.pk).update(household=home)
    mila.refresh_from_db()
    for who, time in (mila, "15:00"), (child, "15:40"), (pyotr, "16:20"):
        plan_at(book_for(who, f"2026-11-26 {time}"), WEDNESDAY)
    Reminder.objects.exclude(kind="long").delete()

    for time in "15:00", "15:40", "16:20":
        send_due(now=at(f"2026-11-24 {time}"))

    assert len(texts()) == 2
    assert "15:00 и 15:40" in texts()[0]
    assert "16:20" in texts()[1]


def test_when_one_visit_of_a_message_falls_off_the_rest_is_told_anew(mila, book_for, actor) -> None:
    first = book_for(mila, "2026-11-26 15:00")
    second = book_for(mila, "2026-11-26 17:20")
    for visit in first, second:
        plan_at(visit, WEDNESDAY)
    Reminder.objects.exclude(kind="long").delete()
    now = at("2026-11-24 15:00")
    send_due(now=now)
    old = Message.objects.get()

    cancel(appointment=first, by_patient=True, actor=actor, now=now)
    plan_at(first, now)
    send_due(now=at("2026-11-24 17:20"))

    assert still_valid([(old.subject_id, old.subject_revision)], now=now)
    new = Message.objects.exclude(pk=old.pk).get()
    assert "17:20" in new.text and "15:00" not in new.text
    assert still_valid([(new.subject_id, new.subject_revision)], now=now) == {}


def test_who_has_confirmed_is_not_asked_again(mila, book_for, actor) -> None:
    visit = book_for(mila, "2026-11-26 15:00")
    plan_at(visit, WEDNESDAY)
    send_due(now=WEDNESDAY)
    mark_confirmed(appointment=visit, actor=actor, now=WEDNESDAY)

    assert send_due(now=at("2026-11-24 15:00")) == 0
    assert Reminder.objects.get(kind="long").why == "Пациент уже подтвердил"
    assert send_due(now=at("2026-11-26 13:00")) >= 1


def test_a_clinic_that_switched_reminders_off_sends_none(mila, book_for) -> None:
    VisitSettings.objects.create(clinic=mila.clinic, reminders_on=False)
    visit = book_for(mila, "2026-11-26 15:00")
    plan_at(visit, WEDNESDAY)

    assert not Reminder.objects.exists()


def test_a_worker_that_slept_sends_no_reminder_of_a_visit_that_began(mila, book_for) -> None:
    visit = book_for(mila, "2026-11-26 15:00")
    plan_at(visit, WEDNESDAY)

    assert send_due(now=at("2026-11-26 14:55")) == 0
    assert set(Reminder.objects.values_list("state", flat=True)) == {"skipped"}


def test_visits_of_an_export_are_found_by_the_sweep_and_not_confirmed(mila, book_for) -> None:
    visit = book_for(mila, "2026-11-26 15:00")
    Appointment.objects.filter(pk=visit.pk).update(origin="import")

    assert plan_unplanned(now=WEDNESDAY) == 1
    assert [line.split()[0] for line in planned(visit)] == ["long", "evening", "short"]
    assert plan_unplanned(now=WEDNESDAY) == 0


def test_facts_plan_and_the_tick_sends(mila, book_for, run_jobs) -> None:
    soon = dt.datetime.now(MOSCOW) + dt.timedelta(days=5)
    visit = book_for(mila, f"{soon:%Y-%m-%d} 15:00", at=dt.datetime.now(dt.UTC))
    run_jobs()

    assert Reminder.objects.filter(appointment=visit).exists()


def test_a_visit_that_is_on_again_is_reminded_of_again(mila, book_for, actor) -> None:
    visit = book_for(mila, "2026-11-26 15:00")
    plan_at(visit, WEDNESDAY)
    before = planned(visit)
    cancel(appointment=visit, by_patient=False, actor=actor, now=WEDNESDAY)
    plan_at(visit, WEDNESDAY)
    assert planned(visit) == []

    Appointment.objects.filter(pk=visit.pk).update(status="planned")
    plan_unplanned(now=WEDNESDAY)

    assert planned(visit) == before[1:]


def test_of_a_patient_who_came_early_the_report_says_that_they_came(mila, book_for, actor) -> None:
    """A message that waits and a reminder that is planned end with what is true, and an arrival taken back revives it."""
    visit = book_for(mila, "2026-11-18 19:00", at=at("2026-11-18 12:00"))
    plan_at(visit, WEDNESDAY)
    send_due(now=WEDNESDAY)
    message = Message.objects.get()
    before = planned(visit)
    mark_arrived(appointment=visit, actor=actor, now=at("2026-11-18 16:00"))

    assert still_valid([(message.subject_id, 0)], now=at("2026-11-18 16:00")) == {
        (message.subject_id, 0): "Пациент уже в клинике"
    }
    plan_at(visit, at("2026-11-18 16:00"))
    assert set(Reminder.objects.filter(kind="short").values_list("state", "why")) == {("void", "Пациент уже в клинике")}

    undo_mark(appointment=visit, actor=actor, now=at("2026-11-18 16:05"))
    plan_unplanned(now=at("2026-11-18 16:05"))
    assert planned(visit) == before == ["short 18.11 17:00"]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"status": "no_show"}, "Неявка на визит"),
        ({"status": "completed"}, "Приём уже закончен"),
        ({"status": "moved"}, "Визит перенесён"),
        ({"vanished_at": WEDNESDAY}, "Записи больше нет в программе клиники"),
    ],
)
def test_why_a_visit_is_not_reminded_of_any_more_is_told_as_it_is(mila, book_for, changes, why) -> None:
    visit = book_for(mila, "2026-11-26 15:00")
    plan_at(visit, WEDNESDAY)
    Appointment.objects.filter(pk=visit.pk).update(**changes)
    plan_at(visit, WEDNESDAY)

    assert set(Reminder.objects.values_list("why", flat=True)) == {why}


def test_other_hours_of_the_clinic_hold_for_what_still_waits(mila, book_for, smile) -> None:
    visit = book_for(mila, "2026-11-26 15:00")
    plan_at(visit, WEDNESDAY)
    send_due(now=WEDNESDAY)
    VisitSettings.objects.create(clinic=smile, long_hours=24, evening_on=False, short_hours=3)

    replan(clinic_id=smile.pk, now=WEDNESDAY + dt.timedelta(hours=2))

    assert planned(visit) == ["long 25.11 15:00", "short 26.11 12:00"]
    assert Message.objects.count() == 1

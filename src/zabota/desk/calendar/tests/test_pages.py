"""The calendar, the waitlist, «Режим работы» and «Приём» as their people use them, without a browser."""

from __future__ import annotations

import datetime as dt
import json
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse

from zabota.booking import api as booking
from zabota.booking.models import Appointment, ExceptionDay, FreedSlot, Resource, ServiceNeed, WaitlistEntry
from zabota.clinic.models import Branch, Doctor, Member, Service
from zabota.kernel import clock
from zabota.kernel.scope import clinic_scope
from zabota.messaging.models import Message
from zabota.nextstep import api as nextstep
from zabota.patients.models import Patient
from zabota.ui import formats
from zabota.visits.models import Reminder
from zabota.worklist.models import Task

MOSCOW = ZoneInfo("Europe/Moscow")


@pytest.fixture
def visit(in_clinic, seat: Resource, centre: Branch, doctor_sokolova: Doctor, mila: Patient, day, actor) -> Appointment:
    """Mila at ten."""
    return booking.book(
        patient=mila,
        doctor=doctor_sokolova,
        branch=centre,
        starts_at=dt.datetime.combine(day, dt.time(10), MOSCOW),
        duration_minutes=60,
        actor=actor,
        now=clock.now(),
    )


def form(day: dt.date, doctor: Doctor, **more: object) -> dict[str, object]:
    """What the booking form sends."""
    return {"day": day.isoformat(), "time": "11:00", "doctor": doctor.public_id} | more


def test_the_day_shows_visits_free_times_and_the_break(log_in, vera, visit: Appointment, day) -> None:
    page = log_in(vera).get(reverse("desk:calendar"), {"day": day.isoformat()}).content.decode()

    assert f"v-{visit.public_id}" in page
    assert "Кузнецова М. А." in page
    assert "Перерыв" in page
    assert "свободно 1" in page


def test_a_poll_is_answered_204_until_something_changes(log_in, vera, visit: Appointment, day, actor) -> None:
    client = log_in(vera)
    address = {"day": day.isoformat()}
    stamp = client.get(reverse("desk:calendar"), address).context["stamp"]
    poll = {"HTTP_HX_REQUEST": "true"}

    assert client.get(reverse("desk:calendar"), address | {"seen": stamp}, **poll).status_code == 204
    booking.mark_confirmed(appointment=visit, actor=actor, now=clock.now())
    changed = client.get(reverse("desk:calendar"), address | {"seen": stamp}, **poll)
    assert (changed.status_code, "подтверждён" in changed.content.decode()) == (200, True)


def test_another_clinic_and_another_branch_see_nothing(
    log_in, oleg: Member, vera: Member, north: Branch, visit: Appointment
) -> None:
    address = reverse("desk:calendar-visit", args=[visit.public_id])
    assert log_in(oleg).get(address).status_code == 404
    Appointment.objects.filter(pk=visit.pk).update(branch=north)
    assert log_in(vera).get(address).status_code == 404


def test_a_doctor_sees_the_calendar_and_changes_nothing(log_in, sokolova: Member, visit: Appointment, day) -> None:
    client = log_in(sokolova)

    page = client.get(reverse("desk:calendar-visit", args=[visit.public_id])).content.decode()

    assert "Перенести" not in page
    assert client.post(reverse("desk:calendar-visit-mark", args=[visit.public_id, "arrived"])).status_code == 404


def test_a_visit_of_another_day_is_confirmed_moved_or_given_up_and_nobody_has_come_to_it(
    log_in, vera, visit: Appointment
) -> None:
    client = log_in(vera)

    page = client.get(reverse("desk:calendar-visit", args=[visit.public_id])).content.decode()
    mark = reverse("desk:calendar-visit-mark", args=[visit.public_id, "arrived"])
    refused = client.post(mark, HTTP_HX_REQUEST="true").content.decode()

    assert all(word in page for word in ("Подтвердили", "Перенести", "Отменить"))
    assert not any(f">{word}<" in page for word in ("В клинике", "Начат", "Завершён", "Неявка"))
    assert "можно в этот день" in refused
    visit.refresh_from_db()
    assert (visit.status, visit.arrived_at) == ("planned", None)


def test_a_mark_of_another_day_is_taken_off(log_in, vera, visit: Appointment) -> None:
    Appointment.objects.filter(pk=visit.pk).update(status="arrived", arrived_at=clock.now())
    client = log_in(vera)

    assert "Снять отметку" in client.get(reverse("desk:calendar-visit", args=[visit.public_id])).content.decode()
    client.post(reverse("desk:calendar-visit-unmark", args=[visit.public_id]))

    visit.refresh_from_db()
    assert (visit.status, visit.arrived_at) == ("planned", None)


def test_today_who_came_is_said_by_name(log_in, vera, visit: Appointment) -> None:
    now = clock.now()
    Appointment.objects.filter(pk=visit.pk).update(starts_at=now, day=clock.today("Europe/Moscow", now))
    mark = reverse("desk:calendar-visit-mark", args=[visit.public_id, "arrived"])

    page = log_in(vera).post(mark, follow=True).content.decode()

    assert "Кузнецова Мила Андреевна в клинике" in page


def test_a_new_patient_is_booked_in_one_form(log_in, vera, seat, doctor_sokolova, day, in_clinic) -> None:
    sent = form(day, doctor_sokolova, surname="Орехова", name="Нина", phones="8 916 555-44-33")

    answer = log_in(vera).post(reverse("desk:calendar-book"), sent)

    made = Appointment.objects.get()
    assert answer.status_code == 302
    assert (made.patient.surname, made.starts_at.astimezone(MOSCOW).hour) == ("Орехова", 11)


def test_a_refused_form_keeps_everything_that_was_typed(log_in, vera, seat, doctor_sokolova, day) -> None:
    sent = form(day, doctor_sokolova, surname="Орехова", name="Нина", phones="нет", comment="боится уколов")

    answer = log_in(vera).post(reverse("desk:calendar-book"), sent)
    page = answer.content.decode()

    assert answer.status_code == 422
    assert "Телефон нового пациента нужен" in page
    assert all(word in page for word in ("Орехова", "Нина", "боится уколов", "11:00"))


def test_a_taken_time_is_answered_with_others(log_in, vera, visit, pyotr: Patient, doctor_sokolova, day) -> None:
    sent = form(day, doctor_sokolova, patient=pyotr.public_id, time="10:30")

    answer = log_in(vera).post(reverse("desk:calendar-book"), sent)

    assert answer.status_code == 422
    assert f"{doctor_sokolova.name}: это время уже занято" in answer.content.decode()
    assert answer.context["others"]
    assert Appointment.objects.count() == 1


def test_whoever_lost_a_time_gets_only_the_reason_and_other_times(
    log_in, vera, visit, pyotr: Patient, doctor_sokolova, day
) -> None:
    sent = form(day, doctor_sokolova, patient=pyotr.public_id, time="10:30")

    answer = log_in(vera).post(reverse("desk:calendar-book"), sent, headers={"HX-Request": "true"})
    page = answer.content.decode()

    assert (answer.status_code, answer["HX-Retarget"], answer["HX-Reswap"]) == (422, "#book-times", "outerHTML")
    assert "это время уже занято" in page and "Свободно рядом" in page
    assert "<form" not in page


def test_a_new_patient_whose_time_was_taken_leaves_no_card(log_in, vera, visit, doctor_sokolova, day) -> None:
    sent = form(day, doctor_sokolova, surname="Орехова", phones="8 916 555-44-33", time="10:00")

    answer = log_in(vera).post(reverse("desk:calendar-book"), sent)

    assert answer.status_code == 422
    assert not Patient.objects.filter(surname="Орехова").exists()


def test_a_move_seen_too_late_is_refused_and_said(log_in, vera, visit, doctor_sokolova, day) -> None:
    client = log_in(vera)
    address = reverse("desk:calendar-visit-move", args=[visit.public_id])

    moved = client.post(address, form(day, doctor_sokolova, revision="0", time="12:00"))
    late = client.post(address, form(day, doctor_sokolova, revision="0", time="15:00"))

    visit.refresh_from_db()
    assert (moved.status_code, late.status_code) == (302, 422)
    assert "Запись изменилась" in late.content.decode()
    assert visit.starts_at.astimezone(MOSCOW).hour == 12


def test_a_cancellation_keeps_its_reason(log_in, vera, visit) -> None:
    log_in(vera).post(
        reverse("desk:calendar-visit-cancel", args=[visit.public_id]), {"by": "patient", "reason": "заболела"}
    )

    visit.refresh_from_db()
    assert (visit.status, visit.cancel_reason) == ("cancelled_patient", "заболела")


def test_the_way_back_from_a_move_brings_the_confirmation_back_and_tells_nobody(
    log_in, vera, visit, actor, day, run_jobs
) -> None:
    client = log_in(vera)
    run_jobs()
    assert Reminder.objects.filter(appointment=visit, kind="booked").update(state="queued") == 1, "the patient was told"
    booking.mark_confirmed(appointment=visit, actor=actor, now=clock.now())
    url = reverse("desk:calendar-visit-move", args=[visit.public_id])
    here = {"headers": {"HX-Request": "true"}}
    moved = client.post(url, {"day": day.isoformat(), "time": "11:00", "revision": "0"}, **here)
    back = json.loads(moved.headers["HX-Trigger"])["toast"]["undo"]
    client.post(back, **here)

    visit.refresh_from_db()
    assert (visit.starts_at.astimezone(MOSCOW).hour, visit.status) == (10, "confirmed")
    run_jobs()
    told = Reminder.objects.filter(appointment=visit, kind="booked", state__in=("planned", "queued"))
    assert list(told.values_list("revision", flat=True)) == [0]


def test_a_booking_that_was_a_mistake_is_not_told_to_be_cancelled(
    log_in, vera, mila, seat, centre, day, run_jobs
) -> None:
    client = log_in(vera)
    doctor = seat.doctor
    assert doctor is not None
    sent = {
        "patient": mila.public_id, "doctor": doctor.public_id, "branch": centre.public_id, "day": day.isoformat(),
        "time": "10:00",
    }  # fmt: skip
    client.post(reverse("desk:calendar-book"), sent)
    made = Appointment.objects.get()
    client.post(reverse("desk:calendar-visit-unbook", args=[made.public_id]))
    run_jobs()

    assert not Message.objects.exists()


def test_only_who_booked_a_moment_ago_takes_it_back(log_in, vera, anton, visit) -> None:
    address = reverse("desk:calendar-visit-unbook", args=[visit.public_id])

    assert log_in(anton).post(address).status_code == 422
    assert log_in(vera).post(address).status_code == 302
    visit.refresh_from_db()
    assert visit.status == "cancelled_clinic"


@pytest.mark.parametrize("bad", ["0001-01-01", "9999-12-31", "вчера", "2026-13-45", "'; --"])
def test_an_absurd_day_in_the_address_is_today(log_in, vera, seat, bad: str) -> None:
    for name in ("desk:calendar", "desk:calendar-week", "desk:calendar-load", "desk:calendar-book"):
        assert log_in(vera).get(reverse(name), {"day": bad}).status_code == 200


def test_what_is_due_is_offered_with_its_reason(log_in, vera, seat, mila, cleaning: Service, centre) -> None:
    now = clock.now()
    long_ago = now - dt.timedelta(days=400)
    with clinic_scope(mila.clinic_id):
        old = Appointment.objects.create(
            clinic=mila.clinic, patient=mila, branch=centre, status="completed",
            starts_at=long_ago, day=long_ago.date(),
        )  # fmt: skip
        old.lines.create(service=cleaning)
        nextstep.sweep_patients(patient_ids=[mila.pk], now=now)
    page = log_in(vera).get(reverse("desk:calendar-book"), {"patient": mila.public_id}).content.decode()

    assert "Профессиональная чистка" in page
    assert f"Пора: последний раз {formats.day(long_ago.date())}," in page, "the year of a day long ago is said"


def test_hours_are_saved_and_a_mistake_loses_nothing(log_in, vera, seat: Resource, centre: Branch) -> None:
    client, address = log_in(vera), reverse("desk:schedule-week", args=[seat.public_id])
    fields = {f"d{weekday}-{centre.public_id}": "10:00–15:00" for weekday in range(5)}

    wrong = client.post(address, fields | {f"d5-{centre.public_id}": "с утра"})
    assert wrong.status_code == 422
    assert "с утра" in wrong.content.decode()
    assert "Не получилось прочитать" in wrong.content.decode()
    assert seat.hours.count() == 14

    assert client.post(address, fields).status_code == 302
    assert set(seat.hours.values_list("begins_minute", "ends_minute")) == {(600, 900)}


def test_visits_left_outside_of_the_hours_are_named(log_in, vera, visit, seat: Resource, day) -> None:
    client = log_in(vera)
    sent = {"kind": "off", "resource": seat.public_id, "first_on": day.isoformat(), "note": "учёба"}

    answer = client.post(reverse("desk:schedule-days"), sent, follow=True).content.decode()

    assert ExceptionDay.objects.count() == 1
    assert "Вне часов приёма теперь" in answer
    assert "Кузнецова" in client.get(reverse("desk:calendar-load")).content.decode()


def test_rooms_and_needs_of_a_service(log_in, vera, seat, centre: Branch, cleaning: Service) -> None:
    client = log_in(vera)
    room = {"kind": "room", "name": "Кабинет 1", "branch": centre.public_id}

    assert client.post(reverse("desk:schedule-rooms"), room).status_code == 302
    again = client.post(reverse("desk:schedule-rooms"), room)
    assert (again.status_code, "уже есть" in again.content.decode()) == (422, True)

    need = {"minutes": "45", "buffer_before_minutes": "0", "buffer_after_minutes": "10", "needs": "room"}
    assert client.post(reverse("desk:schedule-service", args=[cleaning.public_id]), need).status_code == 302
    assert ServiceNeed.objects.get().buffer_after_minutes == 10


def test_a_room_is_renamed_on_its_page_and_never_like_another(log_in, vera, centre: Branch) -> None:
    client = log_in(vera)
    for name in ("Кабинет 1", "Кабинет 2"):
        client.post(reverse("desk:schedule-rooms"), {"kind": "room", "name": name, "branch": centre.public_id})
    room = Resource.objects.get(name="Кабинет 1")
    address = reverse("desk:schedule-change", args=[room.public_id])
    page = client.get(reverse("desk:schedule-week", args=[room.public_id])).content.decode()
    assert f'action="{address}"' in page and "не принимает" not in page

    twice = client.post(address, {"name": "Кабинет 2", "is_active": "1"}, follow=True).content.decode()
    client.post(address, {"name": "Хирургия", "is_active": "1"})

    assert "уже есть" in twice
    room.refresh_from_db()
    assert (room.name, room.is_active) == ("Хирургия", True)


def test_a_patient_joins_the_waitlist_and_leaves_it(log_in, vera, visit, mila) -> None:
    client = log_in(vera)
    wish = {
        "patient": mila.public_id, "appointment": visit.public_id, "day_parts": ["morning"], "weekdays": ["0", "1"],
        "notice_minutes": "180", "priority": "5",
    }  # fmt: skip

    assert client.post(reverse("desk:waitlist-new"), wish).status_code == 302
    entry = WaitlistEntry.objects.get()
    page = client.get(reverse("desk:waitlist")).content.decode()
    assert all(word in page for word in ("Кузнецова Мила", "срочно", "Утро", "Есть запись на"))

    client.post(reverse("desk:waitlist-close", args=[entry.public_id]))
    entry.refresh_from_db()
    assert entry.state == "closed"


def test_the_waitlist_asks_for_the_branch_that_follows_the_doctor_and_shows_free_times_first(
    log_in, anton, seat, north: Branch, centre: Branch, doctor_sokolova, mila, in_clinic
) -> None:
    doctor_sokolova.branches.set([centre])
    Patient.objects.filter(pk=mila.pk).update(branch=north)
    client, here = log_in(anton), reverse("desk:waitlist-new")

    form = client.get(here, {"patient": mila.public_id, "doctor": doctor_sokolova.public_id, "branch": north.public_id})
    wish = {"patient": mila.public_id, "doctor": doctor_sokolova.public_id, "branch": north.public_id,
            "notice_minutes": "180", "priority": "0"}  # fmt: skip
    said = client.post(here, wish, follow=True).content.decode()

    assert f'<option value="{centre.public_id}" selected>' in form.content.decode()
    assert "Записать сразу?" in form.content.decode()
    assert form.context["soon"][0].day in ("сегодня", "завтра")
    assert client.get(form.context["soon"][0].url).status_code == 200
    assert WaitlistEntry.objects.get().branch == centre
    assert f"в листе ожидания, филиал «{centre.name}»" in said
    assert f'<span class="small muted">филиал «{centre.name}»</span>' in said


def test_a_doctor_begins_ends_and_asks_for_a_control(log_in, sokolova: Member, visit: Appointment, actor) -> None:
    now = clock.now()
    Appointment.objects.filter(pk=visit.pk).update(starts_at=now, day=clock.today("Europe/Moscow", now))
    client = log_in(sokolova)

    assert "Кузнецова Мила" in client.get(reverse("desk:reception")).content.decode()
    client.post(reverse("desk:reception-mark", args=[visit.public_id, "begin"]))
    client.post(reverse("desk:reception-mark", args=[visit.public_id, "end"]))
    client.post(reverse("desk:reception-control", args=[visit.public_id]), {"after": "quarter"})
    client.post(reverse("desk:reception-control", args=[visit.public_id]), {"after": "month"})

    visit.refresh_from_db()
    task = Task.objects.get()
    assert visit.status == "completed"
    assert (task.due_at - now).days in (90, 91)
    assert task.hidden_until is not None
    assert "Контроль около" in client.get(reverse("desk:reception")).content.decode()


def test_a_doctor_reads_another_day_and_receives_nobody_on_it(log_in, sokolova, visit: Appointment, day) -> None:
    client, here = log_in(sokolova), reverse("desk:reception")

    today = client.get(here)
    other = client.get(here, {"day": day.isoformat()})
    page = other.content.decode()
    refused = client.post(reverse("desk:reception-mark", args=[visit.public_id, "begin"]), follow=True)

    assert f"?day={day.isoformat()}" in today.content.decode()
    assert today.context["day"].around.after == clock.today("Europe/Moscow") + dt.timedelta(days=1)
    assert ("Кузнецова Мила" in page, ">Начать<" in page, ">Завершить<" in page) == (True, False, False)
    assert other.context["day"].around.before == day - dt.timedelta(days=1)
    assert "можно в этот день" in refused.content.decode()


def test_own_column_stands_first(log_in, sokolova, visit: Appointment, in_clinic, centre, day) -> None:
    first = Doctor.objects.create(clinic=in_clinic, name="Аверин", name_key="аверин")
    Appointment.objects.filter(pk=visit.pk).update(doctor=first)

    columns = log_in(sokolova).get(reverse("desk:calendar"), {"day": day.isoformat()}).context["columns"]

    assert [each.key for each in columns] == [sokolova.doctor.public_id, first.public_id]


def test_the_grid_changes_with_the_answer_of_the_panel(log_in, vera, seat, doctor_sokolova, day, mila) -> None:
    sent = form(day, doctor_sokolova, patient=mila.public_id)
    address = f"http://testserver{reverse('desk:calendar')}?day={day.isoformat()}"
    here = {"HTTP_HX_REQUEST": "true", "HTTP_HX_CURRENT_URL": address}

    client = log_in(vera)
    booked = client.post(reverse("desk:calendar-book"), sent, **here)
    made = Appointment.objects.get()
    undone = client.post(reverse("desk:calendar-visit-unbook", args=[made.public_id]), **here).content.decode()

    assert 'id="grid" hx-swap-oob="true"' in booked.content.decode()
    assert f"v-{made.public_id}" in booked.content.decode()
    assert ('id="grid" hx-swap-oob="true"' in undone, f'id="v-{made.public_id}"' in undone) == (True, False)


def test_patients_of_another_doctor_are_not_received(log_in, sokolova, visit, in_clinic) -> None:
    other = Doctor.objects.create(clinic=in_clinic, name="Рябов", name_key="рябов")
    Appointment.objects.filter(pk=visit.pk).update(doctor=other)

    assert log_in(sokolova).post(reverse("desk:reception-mark", args=[visit.public_id, "begin"])).status_code == 404


def test_a_freed_time_that_suits_nobody_is_named_with_the_reason(log_in, vera, visit, pyotr, centre, actor) -> None:
    now = clock.now()
    client, here = log_in(vera), reverse("desk:waitlist")
    assert "Никому не подошло" not in client.get(here).content.decode()
    booking.join_waitlist(patient=pyotr, notice_minutes=14 * 24 * 60, actor=actor, now=now)
    booking.cancel(appointment=visit, by_patient=True, actor=actor, now=now)

    page = client.get(here).content.decode()

    assert "Никому не подошло" in page and "Не успеет собраться" in page
    assert visit.doctor.name in page.partition("Никому не подошло")[2]


def test_desk_books_a_freed_time_by_phone_for_one_who_waits(
    log_in, vera, visit: Appointment, pyotr: Patient, oleg: Member, actor
) -> None:
    now = clock.now()
    entry = booking.join_waitlist(patient=pyotr, notice_minutes=0, actor=actor, now=now)
    booking.cancel(appointment=visit, by_patient=True, actor=actor, now=now)
    client, slot = log_in(vera), FreedSlot.objects.get()
    here = reverse("desk:waitlist")
    assert "Записать по телефону" in client.get(here).content.decode()
    address = reverse("desk:waitlist-freed", args=[slot.public_id, "give"])

    assert log_in(oleg).post(address, {"entry": entry.public_id}).status_code == 404
    page = client.post(address, {"entry": entry.public_id, "back": here}, follow=True).content.decode()
    again = client.post(address, {"entry": "nobody"})

    assert "Остальным это время больше не предлагается" in page
    assert Appointment.objects.filter(patient=pyotr, starts_at=visit.starts_at).count() == 1
    assert again.status_code == 404

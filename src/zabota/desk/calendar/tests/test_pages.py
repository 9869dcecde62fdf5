"""The calendar as its people use it, without a browser."""

from __future__ import annotations

import datetime as dt
import json
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse

from zabota.booking import api as booking
from zabota.booking.models import Appointment
from zabota.clinic.models import Branch, Doctor, Member, Service
from zabota.kernel import clock
from zabota.kernel.scope import clinic_scope
from zabota.messaging.models import Message
from zabota.nextstep import api as nextstep
from zabota.patients.models import Patient
from zabota.ui import formats
from zabota.visits.models import Reminder

MOSCOW = ZoneInfo("Europe/Moscow")


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

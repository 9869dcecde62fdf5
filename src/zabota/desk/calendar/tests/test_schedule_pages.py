"""«Режим работы» as the desk uses it: hours, rooms, what services need."""

from __future__ import annotations

from django.urls import reverse

from zabota.booking.models import ExceptionDay, Resource, ServiceNeed
from zabota.clinic.models import Branch, Service


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

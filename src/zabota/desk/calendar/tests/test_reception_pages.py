"""«Приём» as a doctor uses it."""

from __future__ import annotations

import datetime as dt

from django.urls import reverse

from zabota.booking.models import Appointment
from zabota.clinic.models import Doctor, Member
from zabota.kernel import clock
from zabota.worklist.models import Task


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


def test_patients_of_another_doctor_are_not_received(log_in, sokolova, visit, in_clinic) -> None:
    other = Doctor.objects.create(clinic=in_clinic, name="Рябов", name_key="рябов")
    Appointment.objects.filter(pk=visit.pk).update(doctor=other)

    assert log_in(sokolova).post(reverse("desk:reception-mark", args=[visit.public_id, "begin"])).status_code == 404

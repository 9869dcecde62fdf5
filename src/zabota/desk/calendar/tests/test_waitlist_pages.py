"""The waitlist as the desk uses it: who joins it, whom a freed time goes to."""

from __future__ import annotations

from django.urls import reverse

from zabota.booking import api as booking
from zabota.booking.models import Appointment, FreedSlot, WaitlistEntry
from zabota.clinic.models import Branch, Member
from zabota.kernel import clock
from zabota.patients.models import Patient


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

"""A visit of the clinic's own program that was cancelled or moved here waits in a list until somebody entered it there."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse

from zabota.booking import api as booking
from zabota.booking.models import Appointment, Transfer
from zabota.clinic.models import Branch, Clinic, Member
from zabota.kernel import clock
from zabota.kernel.audit import Actor
from zabota.kernel.models import AuditEntry
from zabota.patients.models import Patient

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_clinic")]
DAY = dt.timedelta(days=1)


def cancelled(visit: Appointment, actor: Actor) -> Appointment:
    return booking.cancel(appointment=visit, by_patient=True, actor=actor, now=clock.now())


def moved(visit: Appointment, actor: Actor, to: dt.datetime) -> Appointment:
    return booking.move_appointment(
        appointment=visit, starts_at=to, expected_revision=None, by_patient=True, actor=actor, now=clock.now()
    )


def left() -> list[str]:
    """Where the program has what is still to be entered; the count and the mark of each row agree with the list."""
    clinic_id, now = Clinic.objects.get(name__startswith="Улыбка").pk, clock.now()
    rows = booking.open_transfers(clinic_id, now=now)
    assert booking.count_transfers(clinic_id, now=now, loaded_at=None) == len(rows)
    every = Transfer.objects.select_related("appointment")
    assert {each.pk for each in every if booking.is_open_transfer(each, now=now)} == {each.pk for each in rows}
    return [
        f"{each.there_at.astimezone(ZoneInfo('Europe/Moscow')):%H:%M}" if each.there_at else "отменена" for each in rows
    ]


def test_a_visit_that_a_patient_cancels_is_in_the_list_until_the_desk_has_entered_it_and_can_be_brought_back(
    as_vera: Client, vera: Member, mila: Patient, imported, actor: Actor
) -> None:
    cancelled(imported(mila), actor)
    page = as_vera.get(reverse("desk:calendar-transfers")).content.decode()
    assert mila.full_name in page and "Отменил пациент" in page and "10:00" in page and "отменена" in page
    assert "перенести в программу клиники" in as_vera.get(reverse("desk:menu-counts")).content.decode()
    row = Transfer.objects.get()

    as_vera.post(reverse("desk:calendar-transfer", args=[row.public_id, "done"]))

    assert left() == []
    page = as_vera.get(reverse("desk:calendar-transfers")).content.decode()
    assert "Всё перенесено" in page and "Перенесли за сутки" in page
    as_vera.post(reverse("desk:calendar-transfer", args=[row.public_id, "undo"]))
    assert left() == ["10:00"]
    said = AuditEntry.objects.filter(action__startswith="booking.transfer").values_list("action", flat=True)
    assert sorted(said) == ["booking.transfer.done", "booking.transfer.undone"]


def test_a_moved_visit_tells_both_times_also_beside_the_calendar(
    as_vera: Client, mila: Patient, imported, actor: Actor
) -> None:
    visit = imported(mila)
    moved(visit, actor, visit.starts_at + dt.timedelta(hours=3))

    page = as_vera.get(reverse("desk:calendar-transfers")).content.decode()
    assert all(each in page for each in ("Перенёс пациент", "10:00", "13:00", "Соколова"))
    assert (
        "В программе клиники иначе"
        in as_vera.get(
            reverse("desk:calendar-visit", args=[visit.public_id]), headers={"HX-Request": "true"}
        ).content.decode()
    )
    assert reverse("desk:calendar-transfers") in as_vera.get(reverse("desk:calendar")).content.decode()


def test_what_stands_again_as_it_stood_needs_nobody(mila: Patient, imported, actor: Actor) -> None:
    visit = imported(mila)
    at = visit.starts_at
    moved(visit, actor, at + DAY)
    moved(visit, actor, at + 2 * DAY)
    assert left() == ["10:00"]
    moved(visit, actor, at)
    assert left() == []

    cancelled(visit, actor)
    assert left() == ["10:00"]
    booking.restore(appointment=visit, actor=actor, now=clock.now())
    assert left() == []


def test_after_it_was_entered_the_next_change_is_told_from_there(mila: Patient, imported, actor: Actor) -> None:
    visit = imported(mila)
    moved(visit, actor, visit.starts_at + dt.timedelta(hours=2))
    booking.transfer_done(transfer=Transfer.objects.get(), actor=actor, now=clock.now())

    moved(visit, actor, visit.starts_at + dt.timedelta(hours=5))
    assert left() == ["12:00"]

    booking.transfer_done(transfer=Transfer.objects.get(), actor=actor, now=clock.now())
    cancelled(visit, actor)
    assert left() == ["15:00"]
    booking.transfer_done(transfer=Transfer.objects.get(), actor=actor, now=clock.now())
    booking.restore(appointment=visit, actor=actor, now=clock.now())
    assert left() == ["отменена"]


def test_a_later_export_that_knows_it_takes_it_off_the_list(mila: Patient, pyotr: Patient, imported, actor) -> None:
    mine, theirs = imported(mila), imported(pyotr, "v2", 12)
    moved(mine, actor, mine.starts_at + DAY)
    cancelled(theirs, actor)
    assert left() == ["10:00", "12:00"]

    Appointment.objects.filter(pk=mine.pk).update(told_at=None)
    Appointment.objects.filter(pk=theirs.pk).update(vanished_at=clock.now())
    assert left() == []

    mine.refresh_from_db()
    moved(mine, actor, mine.starts_at + dt.timedelta(hours=1))
    assert left() == ["10:00"], "from where the export had it last"


def test_a_visit_that_was_booked_here_and_one_that_is_over_are_in_nobodys_list(
    mila: Patient, imported, actor: Actor
) -> None:
    visit = imported(mila)
    Appointment.objects.filter(pk=visit.pk).update(system="", ext_id="")
    cancelled(visit, actor)
    assert not Transfer.objects.exists()

    other = imported(mila, "v2", 15)
    cancelled(other, actor)
    assert booking.count_transfers(other.clinic_id, now=other.starts_at + dt.timedelta(minutes=1), loaded_at=None) == 0


def test_another_clinic_and_another_branch_see_and_mark_nothing(
    as_vera: Client, vera: Member, mila: Patient, imported, actor: Actor, smile: Clinic, other_clinic: Clinic
) -> None:
    cancelled(imported(mila), actor)
    row = Transfer.objects.get()
    away = Branch.objects.create(clinic=smile, name="Другой", time_zone="Europe/Moscow")
    vera.branches.set([away])
    door = reverse("desk:calendar-transfer", args=[row.public_id, "done"])
    assert as_vera.post(door).status_code == 404
    assert mila.full_name not in as_vera.get(reverse("desk:calendar-transfers")).content.decode()
    vera.branches.clear()
    assert as_vera.post(door.replace("done", "burn")).status_code == 404

    Transfer.objects.update(clinic=other_clinic)
    assert as_vera.post(door).status_code == 404
    assert Transfer._base_manager.get().done_at is None

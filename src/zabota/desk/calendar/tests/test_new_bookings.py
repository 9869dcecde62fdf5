"""A booking made here waits to be entered in the program where the clinic keeps its schedule."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse

from zabota.booking import api as booking
from zabota.booking.models import Appointment, Transfer
from zabota.clinic.models import Branch, Clinic, Doctor, Member, Service
from zabota.desk.calendar.transfers import last_load
from zabota.intake.models import Batch
from zabota.kernel import clock
from zabota.kernel.audit import Actor
from zabota.kernel.models import AuditEntry
from zabota.patients.models import Patient

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_clinic")]
MOSCOW = ZoneInfo("Europe/Moscow")
DAY, HOUR = dt.timedelta(days=1), dt.timedelta(hours=1)
PAGE = "desk:calendar-transfers"


@pytest.fixture
def loaded(smile: Clinic, in_clinic: None) -> Batch:
    """The last load of the clinic, of yesterday."""
    at = clock.now() - DAY
    return Batch.objects.create(clinic=smile, state=Batch.State.LOADED, created_at=at, finished_at=at)


@pytest.fixture
def elsewhere(loaded: Batch, imported: Callable[..., Appointment], pyotr: Patient) -> Appointment:
    """The clinic keeps its schedule in its own program: a load brought a visit that is still to come."""
    return imported(pyotr, hour=18)


@pytest.fixture
def made(centre: Branch, doctor_sokolova: Doctor, actor: Actor) -> Callable[..., Appointment]:
    """A booking of Dr Sokolova made here, of three days ahead."""

    def make(patient: Patient, hour: int = 10, **more: object) -> Appointment:
        day = clock.today("Europe/Moscow") + 3 * DAY
        given = {"doctor": doctor_sokolova, "branch": centre, "duration_minutes": 30, "origin": "link"} | more
        starts_at = dt.datetime.combine(day, dt.time(hour), MOSCOW)
        return booking.book(patient=patient, starts_at=starts_at, actor=actor, now=clock.now(), **given)  # type: ignore[arg-type]

    return make


def waiting(now: dt.datetime | None = None) -> list[str]:
    """Times here of what is to be entered; the count and the mark beside each visit agree with the list."""
    clinic_id, now = Clinic.objects.get(name__startswith="Улыбка").pk, now or clock.now()
    loaded_at = last_load(clinic_id)
    new = booking.new_bookings(clinic_id, now=now, loaded_at=loaded_at)
    changed = [each.appointment for each in booking.open_transfers(clinic_id, now=now)]
    assert booking.count_transfers(clinic_id, now=now, loaded_at=loaded_at) == len(new) + len(changed)
    every = Appointment.objects.all()
    marked = {each.pk for each in every if booking.is_new_booking(each, now=now, loaded_at=loaded_at)}
    assert marked == {each.pk for each in new}
    return [f"{each.starts_at.astimezone(MOSCOW):%H:%M}" for each in [*new, *changed]]


def enter(client: Client, visit: Appointment, seen: str = "") -> str:
    """«Перенесено» of a booking; the page that follows."""
    door = reverse("desk:calendar-transfer-visit", args=[visit.public_id])
    return client.post(door, {"seen": seen} if seen else {}, follow=True).content.decode()


def moved(visit: Appointment, actor: Actor, by: dt.timedelta) -> Appointment:
    visit.refresh_from_db()
    return booking.move_appointment(
        appointment=visit, starts_at=visit.starts_at + by, expected_revision=None, by_patient=True, actor=actor,
        now=clock.now(),
    )  # fmt: skip


def cancelled(visit: Appointment, actor: Actor) -> Appointment:
    return booking.cancel(appointment=visit, by_patient=True, actor=actor, now=clock.now())


@pytest.mark.usefixtures("elsewhere")
def test_a_booking_made_here_is_in_the_list_until_the_desk_has_entered_it_and_can_be_brought_back(
    as_vera: Client, mila: Patient, made, smile: Clinic
) -> None:
    service = Service.objects.create(clinic=smile, name="Осмотр терапевта", code="")
    visit = made(mila, services=[service])

    page = as_vera.get(reverse(PAGE)).content.decode()
    told = (mila.full_name, "Новая запись", "ссылка из сообщения", "10:00", "Соколова", "Осмотр терапевта")
    assert all(each in page for each in told)
    assert "перенести в программу клиники" in as_vera.get(reverse("desk:menu-counts")).content.decode()
    beside = as_vera.get(reverse("desk:calendar-visit", args=[visit.public_id]), headers={"HX-Request": "true"})
    assert "В программе клиники её ещё нет" in beside.content.decode()

    page = enter(as_vera, visit)

    assert waiting() == []
    assert "Всё перенесено" in page and "Перенесли за сутки" in page
    assert "Это уже отметили" in enter(as_vera, visit)
    undo = reverse("desk:calendar-transfer", args=[Transfer.objects.get().public_id, "undo"])
    as_vera.post(undo)
    assert waiting() == ["10:00"]
    said = AuditEntry.objects.filter(action__startswith="booking.transfer", patient_id=mila.pk)
    assert sorted(said.values_list("action", flat=True)) == ["booking.transfer.done", "booking.transfer.undone"]
    enter(as_vera, visit)
    assert waiting() == []


@pytest.mark.usefixtures("elsewhere")
def test_a_booking_nobody_entered_stands_at_its_new_time_when_moved_and_is_gone_when_cancelled(
    mila: Patient, made, actor: Actor
) -> None:
    visit = made(mila)
    moved(visit, actor, HOUR)
    assert waiting() == ["11:00"]
    cancelled(visit, actor)
    assert waiting() == []
    booking.restore(appointment=visit, actor=actor, now=clock.now())
    assert waiting() == ["11:00"]
    assert not Transfer.objects.exists()


@pytest.mark.usefixtures("elsewhere")
def test_an_entered_booking_that_is_moved_or_cancelled_here_comes_back_as_that_change(
    as_vera: Client, mila: Patient, made, actor: Actor
) -> None:
    visit = made(mila)
    enter(as_vera, visit)
    moved(visit, actor, HOUR)
    moved(visit, actor, HOUR)
    page = as_vera.get(reverse(PAGE)).content.decode()
    assert all(each in page for each in ("Перенёс пациент", "10:00", "12:00")) and "Новая запись" not in page

    row = Transfer.objects.get()
    as_vera.post(reverse("desk:calendar-transfer", args=[row.public_id, "done"]))
    assert waiting() == []
    as_vera.post(reverse("desk:calendar-transfer", args=[row.public_id, "undo"]))
    assert waiting() == ["12:00"], "the mark of the move alone is taken back"
    as_vera.post(reverse("desk:calendar-transfer", args=[row.public_id, "done"]))

    cancelled(visit, actor)
    page = as_vera.get(reverse(PAGE)).content.decode()
    assert "Отменил пациент" in page and "12:00" in page
    as_vera.post(reverse("desk:calendar-transfer", args=[row.public_id, "done"]))
    assert waiting() == []
    booking.restore(appointment=visit, actor=actor, now=clock.now())
    assert "Запись снова в силе" in as_vera.get(reverse(PAGE)).content.decode()


def test_a_later_export_that_tells_of_it_takes_it_off_the_list(
    as_vera: Client, mila: Patient, pyotr: Patient, made, elsewhere: Appointment, actor: Actor
) -> None:
    mine, entered = made(mila), made(pyotr, hour=12)
    enter(as_vera, entered)
    moved(entered, actor, HOUR)
    assert waiting() == ["10:00", "13:00"]

    for number, each in enumerate((mine, entered)):
        Appointment.objects.filter(pk=each.pk).update(system="ident", ext_id=f"n{number}", told_at=None)

    assert waiting() == []
    assert "уже знает" in enter(as_vera, mine)
    moved(mine, actor, HOUR)
    assert waiting() == ["11:00"], "from now on it is a visit of that program"


@pytest.mark.usefixtures("elsewhere")
def test_where_the_program_still_has_an_entered_booking_is_kept_for_the_next_export(
    as_vera: Client, mila: Patient, made, actor: Actor
) -> None:
    visit = made(mila)
    assert moved(visit, actor, HOUR).told_at is None, "the program has never had it"
    enter(as_vera, visit)
    at = visit.starts_at + HOUR
    assert moved(visit, actor, HOUR).told_at == at


@pytest.mark.usefixtures("elsewhere")
def test_what_changed_while_the_desk_was_entering_it_is_not_marked(
    as_vera: Client, mila: Patient, pyotr: Patient, made, actor: Actor
) -> None:
    visit, other = made(mila), made(pyotr, hour=12)
    seen = booking.stand_of(visit)
    moved(visit, actor, HOUR)
    assert "тем временем изменилась" in enter(as_vera, visit, seen)
    cancelled(other, actor)
    assert "тем временем отменили" in enter(as_vera, other)
    assert waiting() == ["11:00"]

    visit.refresh_from_db()
    enter(as_vera, visit, booking.stand_of(visit))
    moved(visit, actor, HOUR)
    visit.refresh_from_db()
    seen = booking.stand_of(visit)
    cancelled(visit, actor)
    row = Transfer.objects.get()
    as_vera.post(reverse("desk:calendar-transfer", args=[row.public_id, "done"]), {"seen": seen})
    assert waiting() == ["12:00"]


def test_a_clinic_that_keeps_its_schedule_here_is_asked_for_nothing(
    mila: Patient, pyotr: Patient, made, imported, smile: Clinic
) -> None:
    made(mila)
    assert waiting() == [], "nothing was ever loaded"

    load = Batch.objects.create(clinic=smile, state=Batch.State.LOADED, created_at=clock.now())
    Batch.objects.filter(pk=load.pk).update(finished_at=clock.now() - DAY)
    past = imported(pyotr, "old")
    Appointment.objects.filter(pk=past.pk).update(starts_at=clock.now() - 3 * DAY, day=clock.today("UTC") - 3 * DAY)
    assert waiting() == [], "the program told of the past alone"

    told = imported(pyotr, "new", 18)
    assert waiting() == ["10:00"]
    Batch.objects.filter(pk=load.pk).update(finished_at=clock.now() - 46 * DAY)
    assert waiting() == [], "nothing was loaded for a month and a half"
    Batch.objects.filter(pk=load.pk).update(finished_at=clock.now() - DAY, state=Batch.State.UNDONE)
    assert waiting() == [], "the load was taken back"
    Batch.objects.filter(pk=load.pk).update(state=Batch.State.LOADED)
    Appointment.objects.filter(pk=told.pk).update(vanished_at=clock.now())
    assert waiting() == [], "the program has nothing more to come"


def test_a_branch_is_asked_for_when_its_own_visits_or_its_doctors_come_from_the_program(
    mila: Patient, made, elsewhere: Appointment, smile: Clinic, doctor_sokolova: Doctor
) -> None:
    away = Branch.objects.create(clinic=smile, name="Дальний", time_zone="Europe/Moscow")
    other = Doctor.objects.create(clinic=smile, name="Рябов И. А.")
    made(mila, 9, doctor=other)
    made(mila, 11, branch=away)
    made(mila, 13, doctor=other, branch=away)
    assert waiting() == ["09:00", "11:00"]

    Appointment.objects.filter(pk=elsewhere.pk).update(branch=None)
    assert waiting() == ["09:00", "11:00", "13:00"], "a program that names no branch stands for all"


@pytest.mark.usefixtures("elsewhere")
def test_a_booking_is_asked_for_a_week_after_its_time(mila: Patient, pyotr: Patient, made, actor: Actor) -> None:
    visit = made(mila)
    Appointment.objects.filter(pk=visit.pk).update(status=Appointment.Status.COMPLETED)
    Batch.objects.update(finished_at=clock.now())
    later = made(pyotr, 12)
    assert waiting(visit.starts_at + HOUR) == ["12:00", "10:00"], "what is still to come is first"
    booking.cancel(appointment=later, by_patient=True, actor=actor, now=clock.now())
    assert waiting(visit.starts_at + 6 * DAY) == ["10:00"]
    assert waiting(visit.starts_at + 8 * DAY) == []


@pytest.mark.usefixtures("elsewhere")
def test_another_clinic_and_another_branch_see_and_mark_no_booking(
    as_vera: Client, vera: Member, mila: Patient, made, smile: Clinic, other_clinic: Clinic
) -> None:
    visit = made(mila)
    vera.branches.set([Branch.objects.create(clinic=smile, name="Другой", time_zone="Europe/Moscow")])
    assert mila.full_name not in as_vera.get(reverse(PAGE)).content.decode()
    door = reverse("desk:calendar-transfer-visit", args=[visit.public_id])
    assert as_vera.post(door).status_code == 404
    vera.branches.clear()
    Appointment.objects.filter(pk=visit.pk).update(clinic=other_clinic)
    assert as_vera.post(door).status_code == 404
    assert not Transfer.objects.exists()


@pytest.mark.usefixtures("elsewhere")
def test_the_page_and_the_figures_of_the_menu_cost_the_same_with_one_booking_and_with_more(
    as_vera: Client, mila: Patient, made, smile: Clinic, page_budget
) -> None:
    service = Service.objects.create(clinic=smile, name="Осмотр терапевта", code="")
    hours = iter(range(9, 18))

    def book() -> None:
        made(mila, next(hours), services=[service])

    page_budget(as_vera, reverse(PAGE), queries=10, add_row=book)
    page_budget(as_vera, reverse("desk:menu-counts"), queries=10, add_row=book)

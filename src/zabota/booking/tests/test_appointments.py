"""The next-appointment record: what may be booked, marked and cancelled."""

from __future__ import annotations

import datetime as dt
import threading
from zoneinfo import ZoneInfo

import pytest
from django.db import close_old_connections, connection

from zabota.booking import api
from zabota.booking.models import Appointment, Payment
from zabota.kernel.errors import AlreadyDone, BadInput
from zabota.kernel.models import AuditEntry, Fact
from zabota.kernel.scope import clinic_scope

MOSCOW = ZoneInfo("Europe/Moscow")


@pytest.fixture
def now():
    """Tuesday, noon in Moscow."""
    return dt.datetime(2026, 11, 24, 9, 0, tzinfo=dt.UTC)


@pytest.fixture
def at():
    """Local time of the branch: at(25, 10) is the 25th of November, 10:00."""
    return lambda day, hour, minute=0, month=11: dt.datetime(2026, month, day, hour, minute, tzinfo=MOSCOW)


@pytest.fixture
def book(in_clinic, mila, doctor_sokolova, centre, actor, now, at):
    def make(**changes):
        fields = {"patient": mila, "doctor": doctor_sokolova, "branch": centre, "starts_at": at(25, 10)}
        return api.book_next_visit(**{**fields, "actor": actor, "now": now, **changes})

    return make


def test_booking_keeps_service_price_day_and_tells_it(book, cleaning, mila, now):
    row = book(services=[cleaning])
    assert (row.status, row.day, row.total_kopecks) == ("planned", dt.date(2026, 11, 25), 450_000)
    assert row.lines.get().service == cleaning
    assert Fact.objects.get(kind="booking.appointment_booked").payload["appointment_id"] == row.pk
    assert AuditEntry.objects.filter(action="booking.appointment.booked", patient_id=mila.pk).exists()
    assert api.next_bookings([mila.pk], now=now) == {mila.pk: row}


def test_day_is_counted_in_the_zone_of_the_branch(book, centre, at):
    centre.time_zone = "Asia/Vladivostok"
    centre.save()
    row = book(starts_at=dt.datetime(2026, 11, 24, 23, 0, tzinfo=dt.UTC))
    assert row.day == dt.date(2026, 11, 25)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"starts_at": dt.datetime(2026, 11, 24, 8, 59, tzinfo=dt.UTC)}, "прошло"),
        ({"starts_at": dt.datetime(2029, 11, 24, 9, 0, tzinfo=dt.UTC)}, "Проверьте год"),
        ({"starts_at": dt.datetime(2026, 11, 25, 6, 30, tzinfo=MOSCOW)}, "между 07:00 и 22:00"),
        ({"starts_at": dt.datetime(2026, 11, 25, 21, 45, tzinfo=MOSCOW)}, "между 07:00 и 22:00"),
        ({"duration_minutes": 0}, "Длительность"),
        ({"duration_minutes": 1000}, "Длительность"),
    ],
)
def test_impossible_time_is_refused_with_a_sentence(book, changes, says):
    with pytest.raises(BadInput, match=says):
        book(**changes)
    assert not Appointment.objects.exists()


def test_busy_doctor_is_refused_and_touching_times_are_not(book, pyotr, at):
    book(duration_minutes=60)
    for minute in (15, 59):
        with pytest.raises(api.SlotTaken):
            book(patient=pyotr, starts_at=at(25, 10, minute))
    with pytest.raises(api.SlotTaken):
        book(patient=pyotr, starts_at=at(25, 9, 45))
    assert book(patient=pyotr, starts_at=at(25, 11)).pk
    assert book(patient=pyotr, starts_at=at(25, 9, 30)).pk


def test_cancelled_or_vanished_time_is_free_again(book, pyotr, actor, now):
    row = book()
    api.cancel(appointment=row, by_patient=True, reason="Заболела", actor=actor, now=now)
    again = book(patient=pyotr)
    Appointment.objects.filter(pk=again.pk).update(vanished_at=now)
    assert book().pk


def test_patient_cannot_be_at_two_doctors_at_once(book):
    book()
    with pytest.raises(api.SlotTaken, match="У пациента"):
        book(doctor=None)


def test_branch_is_found_when_none_is_named(book, centre):
    assert book(branch=None).branch == centre


def test_other_clinic_is_refused(book, other_clinic):
    from zabota.clinic.models import Branch

    with pytest.raises(BadInput):
        book(branch=Branch.objects.create(clinic=other_clinic, name="Чужой"))


def test_visit_is_completed_only_after_it_began_and_only_once(book, actor, now, at):
    row = book()
    with pytest.raises(BadInput, match="не начался"):
        api.mark_status(appointment=row, status="completed", actor=actor, now=now)
    api.mark_status(appointment=row, status="completed", actor=actor, now=at(25, 12))
    with pytest.raises(AlreadyDone):
        api.mark_status(appointment=row, status="completed", actor=actor, now=at(25, 12))
    with pytest.raises(BadInput):
        api.cancel(appointment=row, by_patient=True, actor=actor, now=at(25, 12))
    assert Fact.objects.filter(kind="booking.visit_completed").count() == 1


def test_missed_visit_is_a_fact_of_its_own(book, actor, at):
    row = book()
    api.mark_status(appointment=row, status="no_show", actor=actor, now=at(25, 12))
    assert Fact.objects.filter(kind="booking.appointment_missed").count() == 1


def test_cancelling_twice_changes_nothing(book, actor, now):
    row = book()
    api.cancel(appointment=row, by_patient=False, reason="Врач заболел", actor=actor, now=now)
    with pytest.raises(AlreadyDone):
        api.cancel(appointment=row, by_patient=True, actor=actor, now=now)
    row.refresh_from_db()
    assert (row.status, row.cancel_reason) == ("cancelled_clinic", "Врач заболел")


def test_money_of_the_year_and_balance(in_clinic, mila, pyotr, new_visit_row, now):
    today = now.date()
    new_visit_row(mila, today - dt.timedelta(days=10), 500_000)
    new_visit_row(mila, today - dt.timedelta(days=400), 100_000)
    new_visit_row(pyotr, today, 70_000)
    Payment.objects.create(clinic=in_clinic, patient=mila, paid_on=today, amount_kopecks=550_000)
    money = api.payments_summary([mila.pk, pyotr.pk], today=today)
    assert (money[mila.pk].done_year, money[mila.pk].done_total, money[mila.pk].balance) == (500_000, 600_000, -50_000)
    assert (money[pyotr.pk].balance, money[pyotr.pk].value_year) == (None, 70_000)


@pytest.fixture
def new_visit_row(in_clinic, centre, doctor_sokolova):
    def make(patient, day, total=0, hour=10, minutes=30, status="completed"):
        starts = dt.datetime.combine(day, dt.time(hour), MOSCOW)
        return Appointment.objects.create(
            clinic=in_clinic,
            patient=patient,
            branch=centre,
            doctor=doctor_sokolova,
            starts_at=starts,
            day=day,
            status=status,
            total_kopecks=total,
            duration_minutes=minutes,
        )

    return make


def test_suggested_times_follow_the_usual_hours_and_leave_busy_ones_out(
    new_visit_row, mila, pyotr, doctor_sokolova, centre, now, book, at
):
    for week in range(1, 5):
        for hour in (10, 13):
            new_visit_row(mila, now.date() - dt.timedelta(days=7 * week - 1), hour=hour)  # Wednesdays 10:00–13:30
    book(patient=pyotr, starts_at=at(25, 10))
    times = api.suggested_times(doctor=doctor_sokolova, branch=centre, now=now, days=7)
    local = [each.astimezone(MOSCOW) for each in times]
    assert {each.date() for each in local} == {dt.date(2026, 11, 25)}
    assert local[0].time() == dt.time(10, 30)
    assert local[-1].time() == dt.time(13, 0)


def test_doctor_without_history_has_no_suggestions(in_clinic, doctor_sokolova, centre, now):
    assert api.suggested_times(doctor=doctor_sokolova, branch=centre, now=now) == []


def test_last_visit_first_visit_and_missed(in_clinic, new_visit_row, mila, pyotr, now):
    new_visit_row(mila, dt.date(2024, 1, 14))
    last = new_visit_row(mila, dt.date(2026, 3, 1))
    new_visit_row(mila, dt.date(2026, 4, 1), status="no_show")
    assert api.last_visits([mila.pk, pyotr.pk]) == {mila.pk: last}
    summary = api.visit_summaries([mila.pk, pyotr.pk])
    assert (summary[mila.pk].visits, summary[mila.pk].missed) == (2, 1)
    assert summary[mila.pk].first_on == dt.date(2024, 1, 14)
    assert summary[pyotr.pk].visits == 0


@pytest.mark.django_db(transaction=True)
def test_two_desks_cannot_book_one_doctor_at_one_time(smile, mila, pyotr, doctor_sokolova, centre, actor, now, at):
    if connection.vendor == "sqlite" and "memory" in str(connection.settings_dict["NAME"]):
        pytest.skip("a database in memory has one connection; SQLite has one writer by itself")
    outcomes = []
    barrier = threading.Barrier(2)

    def desk(patient):
        try:
            barrier.wait()
            with clinic_scope(smile.pk):
                api.book_next_visit(
                    patient=patient, doctor=doctor_sokolova, branch=centre, starts_at=at(25, 10), actor=actor, now=now
                )
            outcomes.append("booked")
        except api.SlotTaken:
            outcomes.append("taken")
        finally:
            close_old_connections()
            connection.close()

    desks = [threading.Thread(target=desk, args=(patient,)) for patient in (mila, pyotr)]
    for each in desks:
        each.start()
    for each in desks:
        each.join()
    assert sorted(outcomes) == ["booked", "taken"]

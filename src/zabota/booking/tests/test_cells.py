"""No two live visits ever share a minute of a doctor, a room or a device, whatever people do in whatever order."""

from __future__ import annotations

import datetime as dt
import sqlite3
import threading

import pytest
from django.db import close_old_connections, connection, connections, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zabota.booking import api
from zabota.booking.models import Appointment, Hold, Occupation, Resource, ResourceCell, ServiceNeed
from zabota.booking.rules.cells import cells_of, minute_of
from zabota.kernel.errors import Trouble
from zabota.kernel.scope import clinic_scope

BASE = dt.datetime(2026, 11, 25, 7, 0, tzinfo=dt.UTC)

_place = st.tuples(st.integers(0, 1), st.integers(0, 23), st.sampled_from([10, 15, 30, 45]))
_operation = st.one_of(
    st.tuples(st.just("book"), st.integers(0, 2), _place, st.booleans()),
    st.tuples(st.just("move"), st.integers(0, 9), _place),
    st.tuples(st.just("cancel"), st.integers(0, 9)),
    st.tuples(st.just("hold"), _place),
    st.tuples(st.just("use_hold"), st.integers(0, 2), st.integers(0, 9)),
    st.tuples(st.just("release"), st.integers(0, 9)),
    st.tuples(st.just("load"), st.integers(0, 2), _place),
    st.tuples(st.just("vanish"), st.integers(0, 9)),
    st.tuples(st.just("settle")),
    st.tuples(st.just("later"), st.integers(1, 15)),
)


class Undone(Exception):
    """Rolls an example back."""


def assert_sound():
    """The invariant, counted from the appointments themselves and from the cells."""
    owned = {}
    for row in Appointment.objects.filter(status__in=Appointment.BOOKED, vanished_at=None, doctor__isnull=False):
        begins = minute_of(row.starts_at) - row.buffer_before_minutes
        ends = minute_of(row.ends_at) + row.buffer_after_minutes
        for other_begins, other_ends, other in owned.setdefault(row.doctor_id, []):
            if row.origin != "import" and other.origin != "import":
                assert ends <= other_begins or other_ends <= begins, (row, other)
        owned[row.doctor_id].append((begins, ends, row))
        if row.origin != "import":
            cells = ResourceCell.objects.filter(appointment=row, resource__doctor=row.doctor_id)
            assert sorted(cells.values_list("cell", flat=True)) == list(cells_of(begins, ends))
    places = {}
    for row in Occupation.objects.filter(appointment__isnull=False):
        for begins, ends in places.setdefault(row.resource_id, []):
            assert row.ends_minute <= begins or ends <= row.begins_minute
        places[row.resource_id].append((row.begins_minute, row.ends_minute))
    for hold in Hold.objects.all():
        assert hold.cells.exists()


@pytest.fixture
def doctors(seat, doctor_sokolova, new_doctor, week, centre):
    second = new_doctor("Рябов Илья Андреевич")
    week(second.resource, centre, range(5), 9, 18)
    return [doctor_sokolova, second]


@pytest.fixture
def with_room(cleaning, centre, in_clinic):
    """Cleaning needs the one room and ten minutes after it."""
    room = Resource.objects.create(clinic=in_clinic, kind="room", branch=centre, name="Кабинет 1")
    need = ServiceNeed.objects.create(service=cleaning, needs="room", buffer_after_minutes=10)
    need.resources.set([room])
    return cleaning


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(operations=st.lists(_operation, min_size=3, max_size=14))
def test_cells_of_two_live_visits_never_meet(
    operations, doctors, mila, pyotr, new_patient, smile, centre, with_room, actor, now
):
    third = new_patient(smile, "Третий Пациент")
    try:
        with transaction.atomic():
            _play(operations, doctors, [mila, pyotr, third], centre, with_room, actor, now)
            raise Undone
    except Undone:
        pass


def _play(operations, doctors, patients, centre, with_room, actor, now):
    made, holds = [], []
    for name, *rest in operations:
        try:
            if name == "later":
                now += dt.timedelta(minutes=rest[0])
            elif name == "settle":
                api.settle(clinic=centre.clinic, now=now)
            elif name == "book":
                who, (which, quarter, minutes), services = rest
                made.append(
                    api.book(
                        patient=patients[who], doctor=doctors[which], branch=centre, duration_minutes=minutes,
                        starts_at=BASE + dt.timedelta(minutes=15 * quarter), services=[with_room] if services else [],
                        actor=actor, now=now,
                    )
                )  # fmt: skip
            elif name == "load":
                who, (which, quarter, minutes) = rest
                starts = BASE + dt.timedelta(minutes=15 * quarter)
                made.append(
                    Appointment.objects.create(
                        clinic=centre.clinic, patient=patients[who], doctor=doctors[which], branch=centre,
                        starts_at=starts, day=starts.date(), duration_minutes=minutes, origin="import",
                    )
                )  # fmt: skip
            elif name == "hold":
                which, quarter, minutes = rest[0]
                holds.append(
                    api.hold_slot(
                        doctor=doctors[which], branch=centre, starts_at=BASE + dt.timedelta(minutes=15 * quarter),
                        minutes=minutes, why="desk", now=now,
                    )
                )  # fmt: skip
            elif name == "release" and holds:
                api.release_hold(token=holds[rest[0] % len(holds)].token)
            elif name == "use_hold" and holds:
                hold = api.held_by(holds[rest[1] % len(holds)].token, now=now)
                made.append(
                    api.book(
                        patient=patients[rest[0]], doctor=hold.doctor, branch=hold.branch, starts_at=hold.starts_at,
                        duration_minutes=hold.duration_minutes, hold=hold, actor=actor, now=now,
                    )
                )  # fmt: skip
            elif name == "move" and made:
                which, quarter, minutes = rest[1]
                api.move_appointment(
                    appointment=made[rest[0] % len(made)], starts_at=BASE + dt.timedelta(minutes=15 * quarter),
                    doctor=doctors[which], duration_minutes=minutes, expected_revision=None, actor=actor, now=now,
                )  # fmt: skip
            elif name == "cancel" and made:
                api.cancel(appointment=made[rest[0] % len(made)], by_patient=True, actor=actor, now=now)
            elif name == "vanish" and made:
                Appointment.objects.filter(pk=made[rest[0] % len(made)].pk).update(vanished_at=now)
        except Trouble:
            pass
        assert_sound()


def test_room_is_taken_with_the_doctor_and_a_second_visit_finds_none(book, with_room, doctors, pyotr):
    row = book(services=[with_room], duration_minutes=30)
    assert row.occupations.get().resource.name == "Кабинет 1"
    with pytest.raises(api.SlotTaken, match="кабинета"):
        book(patient=pyotr, doctor=doctors[1], services=[with_room])
    assert book(patient=pyotr, doctor=doctors[1]).pk


def test_buffer_after_a_service_keeps_the_doctor(book, with_room, pyotr, at):
    book(services=[with_room], duration_minutes=30)
    with pytest.raises(api.SlotTaken):
        book(patient=pyotr, starts_at=at(25, 10, 30))
    assert book(patient=pyotr, starts_at=at(25, 10, 40)).pk


def _storm(clients, slots, clinic, doctor, branch, patients, actor, now):
    """Every client wants any of the slots, all begin at once. Gives what each got."""
    outcomes: list[str] = []
    barrier = threading.Barrier(clients)

    def client(number):
        got = "nothing"
        try:
            barrier.wait()
            with clinic_scope(clinic.pk):
                for turn in range(slots):
                    starts = BASE + dt.timedelta(minutes=30 * ((number + turn) % slots))
                    try:
                        api.book(
                            patient=patients[number],
                            doctor=doctor,
                            branch=branch,
                            starts_at=starts,
                            actor=actor,
                            now=now,
                        )
                        got = "booked"
                        break
                    except api.SlotTaken as taken:
                        assert taken.wanted is not None
                        got = "taken"
        except Exception as error:
            got = f"{type(error).__name__}: {error}"
        finally:
            outcomes.append(got)
            connection.close()
            close_old_connections()

    threads = [threading.Thread(target=client, args=(number,)) for number in range(clients)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return outcomes


@pytest.mark.django_db(transaction=True)
def test_sixty_four_clients_on_ten_slots_get_ten_visits(
    tmp_path, smile, doctor_sokolova, centre, new_patient, actor, now
):
    patients = [new_patient(smile, f"Пациент Номер{number}") for number in range(64)]
    with clinic_scope(smile.pk):
        resource = Resource.objects.create(clinic=smile, kind="doctor", doctor=doctor_sokolova, name="Соколова")
    settings_of = connections.settings["default"]
    name = settings_of["NAME"]
    if connection.vendor == "sqlite":
        # A database in memory has one connection: the storm plays on a copy of it in a file.
        with sqlite3.connect(tmp_path / "storm.sqlite3") as copy:
            connection.ensure_connection()
            connection.connection.backup(copy)
        settings_of["NAME"] = str(tmp_path / "storm.sqlite3")
    try:
        outcomes = _storm(64, 10, smile, doctor_sokolova, centre, patients, actor, now)
        rows = []

        def look():
            with clinic_scope(smile.pk):
                rows.extend(Appointment.objects.filter(doctor=doctor_sokolova).values_list("starts_at", flat=True))
                rows.append(ResourceCell.objects.filter(resource=resource).count())
            connection.close()

        looker = threading.Thread(target=look)
        looker.start()
        looker.join()
    finally:
        settings_of["NAME"] = name
    assert sorted(outcomes) == ["booked"] * 10 + ["taken"] * 54
    assert rows.pop() == 10 * 6
    assert len(set(rows)) == len(rows) == 10

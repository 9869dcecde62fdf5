"""A load that is undone, or stops, or cannot be finished: nothing of it is left behind."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable
from typing import Any

import pytest
from django_tasks_db.models import DBTaskResult

from zabota.booking.models import Appointment, AppointmentService, Payment
from zabota.clinic.models import Clinic
from zabota.intake import jobs as intake_jobs
from zabota.intake import loads
from zabota.intake.models import Batch
from zabota.intake.tests.few_visits import ACTOR, day
from zabota.kernel import clock, jobs
from zabota.kernel.errors import AlreadyDone
from zabota.kernel.models import JobLease
from zabota.patients.models import Note, Patient
from zabota.worklist.models import Task

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_clinic")]


def test_undo_takes_back_what_the_load_made(load: Callable[..., Batch], first: str) -> None:
    batch = load(first)
    undone = loads.run_step_now(batch=batch, step="undo", actor=ACTOR, now=clock.now())
    assert undone.state == Batch.State.UNDONE
    assert [Patient.objects.count(), Appointment.objects.count(), Payment.objects.count(), Task.objects.count()] == [
        0, 0, 0, 0,
    ]  # fmt: skip


def test_undo_of_a_second_load_restores_what_it_changed(load: Callable[..., Batch], first: str) -> None:
    load(first)
    before = list(Appointment.objects.order_by("ext_id").values_list("ext_id", "status", "day", "total_kopecks"))
    moved = first.replace(day(20), day(25)).replace("Завершён;Сайт", "Не пришёл;Сайт")
    second = load(moved)
    assert second.result["visits"]["changed"] == 2
    loads.run_step_now(batch=second, step="undo", actor=ACTOR, now=clock.now())
    after = list(Appointment.objects.order_by("ext_id").values_list("ext_id", "status", "day", "total_kopecks"))
    assert after == before


def test_undo_keeps_a_card_somebody_has_worked_with(load: Callable[..., Batch], first: str, smile: Clinic) -> None:
    batch = load(first)
    mila = Patient.objects.get(surname="Соколова")
    Note.objects.create(patient=mila, clinic=smile, text="боится уколов", written_at=clock.now())
    undone = loads.run_step_now(batch=batch, step="undo", actor=ACTOR, now=clock.now())
    assert list(Patient.objects.all()) == [mila]
    assert undone.result["undone"]["patients_kept"] == 1


def test_a_load_after_an_undo_is_whole_again(load: Callable[..., Batch], first: str) -> None:
    loads.run_step_now(batch=load(first), step="undo", actor=ACTOR, now=clock.now())
    load(first)
    assert (Patient.objects.count(), Appointment.objects.count()) == (2, 3)


def test_a_load_that_stopped_midway_is_finished_by_the_next_attempt(load: Callable[..., Batch], first: str) -> None:
    batch = load(first)
    # As after a kill between two portions: cards are there, visits and payments are not.
    Payment.objects.all().delete()
    AppointmentService.objects.all().delete()
    Task.objects.all().delete()
    Appointment.objects.all().delete()
    Batch.objects.filter(pk=batch.pk).update(state=Batch.State.CHECKED)
    again = loads.run_step_now(batch=batch, step="load", actor=ACTOR, now=clock.now())
    assert (Patient.objects.count(), Appointment.objects.count(), Payment.objects.count()) == (2, 3, 2)
    assert again.result["written"]["patients_created"] == 2
    assert (again.result["patients"]["new"], again.result["visits"]["new"]) == (2, 3)


def test_a_file_that_cannot_be_read_leaves_nothing_and_says_why(smile: Clinic) -> None:
    batch = loads.receive_files(
        clinic=smile, uploads=[loads.Upload("empty.csv", io.BytesIO(b""))], actor=ACTOR, now=clock.now()
    )
    loads.choose_columns(
        batch=batch, mapping=None, branch=None, system="file", is_complete=True,
        remember_as="", signature="", actor=ACTOR, now=clock.now(),
    )  # fmt: skip
    failed = loads.run_step_now(batch=batch, step="check", actor=ACTOR, now=clock.now())
    assert failed.state == Batch.State.FAILED
    assert failed.error
    assert not Patient.objects.exists()


def test_a_load_whose_workers_keep_dying_is_taken_back_whole(
    smile: Clinic, first: str, load: Callable[..., Batch], settings: Any
) -> None:
    loaded = load(first)
    Batch.objects.filter(pk=loaded.pk).update(state=Batch.State.LOADING)
    DBTaskResult.objects.all().delete()
    intake_jobs.load.enqueue(loaded.pk)
    settings.JOB_MAX_ATTEMPTS = 2
    for _ in range(settings.JOB_MAX_ATTEMPTS):
        jobs._claim_next("a worker that is killed")
        later = clock.now() + dt.timedelta(seconds=2 * settings.JOB_LEASE_SECONDS)
        jobs.recover_lost(now=later)
        DBTaskResult.objects.update(run_after=clock.now())

    jobs.work(once=True)

    assert Batch.objects.get(pk=loaded.pk).state == Batch.State.UNDONE
    assert not Appointment.objects.exists()
    assert JobLease.objects.get(task_path=intake_jobs.load.module_path).parked_at is not None


@pytest.mark.parametrize("written", [True, False], ids=["after writing", "before writing"])
def test_a_load_whose_files_can_no_longer_be_read_leaves_nothing_half_loaded(
    load: Callable[..., Batch], first: str, written: bool
) -> None:
    batch = load(first)
    if not written:
        loads.run_step_now(batch=batch, step="undo", actor=ACTOR, now=clock.now())
    # As after a worker that was killed: its portions stand, the next attempt meets a file it cannot read.
    Batch.objects.filter(pk=batch.pk).update(state=Batch.State.CHECKED)
    loads.file_paths(batch)[0].write_bytes(b"")
    again = loads.run_step_now(batch=batch, step="load", actor=ACTOR, now=clock.now())
    assert again.state == (Batch.State.UNDONE if written else Batch.State.FAILED)
    assert "пуст" in again.error
    assert (Patient.objects.count(), Appointment.objects.count(), Payment.objects.count()) == (0, 0, 0)


def test_a_load_that_has_written_is_not_thrown_away_as_if_it_had_not(
    load: Callable[..., Batch], first: str, smile: Clinic
) -> None:
    batch = load(first)
    Batch.objects.filter(pk=batch.pk).update(state=Batch.State.FAILED)
    batch.refresh_from_db()
    with pytest.raises(AlreadyDone):
        loads.discard(batch=batch, actor=ACTOR, now=clock.now())
    assert loads.file_paths(batch)[0].exists()

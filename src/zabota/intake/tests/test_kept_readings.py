"""What was read for the check is not read again for the load, unless the file, its columns or the day are others."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from zabota.booking.models import Appointment
from zabota.clinic.models import Branch, Clinic
from zabota.intake import loads
from zabota.intake.models import Batch
from zabota.intake.reading import process
from zabota.intake.services.batches import file_paths
from zabota.kernel import clock
from zabota.kernel.audit import Actor

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_clinic")]

ACTOR = Actor(kind="import")
ROWS = "ФИО;Дата рождения;Дата приёма;Врач;Статус\r\nСоколова Мила Андреевна;12.05.1990;01.10.2026 10:00;Рябов И. А.;{}\r\n"


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Files that a process was started for."""
    started: list[Path] = []
    real = process._run

    def counted(folder, limits, tell) -> None:
        started.append(folder)
        real(folder, limits, tell)

    monkeypatch.setattr(process, "_run", counted)
    return started


@pytest.fixture
def checked(smile: Clinic, centre: Branch, reads: list[Path]) -> Batch:
    """A load that was checked."""
    upload = loads.Upload(name="visits.csv", content=io.BytesIO(ROWS.format("Завершён").encode("cp1251")))
    batch = loads.receive_files(clinic=smile, uploads=[upload], actor=ACTOR, now=clock.now())
    return check(batch, centre)


def check(batch: Batch, branch: Branch) -> Batch:
    loads.choose_columns(
        batch=batch, mapping=None, branch=branch, system="file", is_complete=False,
        remember_as="", signature="", actor=ACTOR, now=clock.now(),
    )  # fmt: skip
    return loads.run_step_now(batch=batch, step="check", actor=ACTOR, now=clock.now())


def kept(batch: Batch) -> list[Path]:
    """Folders beside the files of a load."""
    return [each for path in file_paths(batch) for each in path.parent.glob(f"{path.stem}.read*")]


def test_a_checked_file_is_loaded_without_being_read_again_and_nothing_of_it_stays_behind(
    checked: Batch, reads: list[Path]
) -> None:
    assert len(reads) == 1
    assert [each.stat().st_mode & 0o777 for each in kept(checked)] == [0o700]

    loads.run_step_now(batch=checked, step="load", actor=ACTOR, now=clock.now())

    assert len(reads) == 1
    assert Appointment.objects.count() == 1
    assert kept(checked) == []


def test_a_file_that_changed_since_the_check_is_read_again(checked: Batch, reads: list[Path]) -> None:
    file_paths(checked)[0].write_bytes(ROWS.format("Не пришёл").encode("cp1251"))

    loads.run_step_now(batch=checked, step="load", actor=ACTOR, now=clock.now())

    assert len(reads) == 2
    assert Appointment.objects.get().status == Appointment.Status.NO_SHOW


def test_what_another_program_version_read_is_read_again(
    checked: Batch, reads: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "_reader", lambda: "newer")
    loads.run_step_now(batch=checked, step="load", actor=ACTOR, now=clock.now())
    assert len(reads) == 2


def test_a_load_given_up_leaves_nothing_of_what_was_read(checked: Batch) -> None:
    loads.discard(batch=checked, actor=ACTOR, now=clock.now())
    assert kept(checked) == []

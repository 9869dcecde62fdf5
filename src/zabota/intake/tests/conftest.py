"""A load of a text as a file, from upload to result."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Protocol

import pytest

from zabota.clinic.models import Branch, Clinic
from zabota.intake import loads
from zabota.intake.models import Batch
from zabota.intake.tests.few_visits import MILA, PYOTR, day, export
from zabota.kernel import clock
from zabota.kernel.audit import Actor


class Load(Protocol):
    """Loads texts as files."""

    def __call__(
        self, text: str, *more: str, complete: bool = True, branch: Branch | None = None, system: str = "file"
    ) -> Batch: ...


@pytest.fixture
def check(smile: Clinic, centre: Branch) -> Load:
    """Uploads and checks a text as a file, nothing loaded yet; more texts are more files of the same load."""
    actor = Actor(kind="import")

    def run(text: str, *more: str, complete: bool = True, branch: Branch | None = None, system: str = "file") -> Batch:
        batch = loads.receive_files(
            clinic=smile,
            uploads=[
                loads.Upload(name=f"visits{number or ''}.csv", content=io.BytesIO(each.encode("cp1251")))
                for number, each in enumerate([text, *more])
            ],
            actor=actor,
            now=clock.now(),
        )
        loads.choose_columns(
            batch=batch, mapping=None, branch=branch, system=system, is_complete=complete,
            remember_as="", signature="", actor=actor, now=clock.now(),
        )  # fmt: skip
        batch = loads.run_step_now(batch=batch, step="check", actor=actor, now=clock.now())
        assert batch.state == Batch.State.CHECKED, batch.error
        return batch

    return run


@pytest.fixture
def load(check: Load) -> Load:
    """Loads a text as a file, from upload to result."""

    def run(text: str, *more: str, complete: bool = True, branch: Branch | None = None, system: str = "file") -> Batch:
        batch = check(text, *more, complete=complete, branch=branch, system=system)
        return loads.run_step_now(batch=batch, step="load", actor=Actor(kind="import"), now=clock.now())

    return run


@pytest.fixture
def undo() -> Callable[[Batch], Batch]:
    """Takes a load back."""
    return lambda batch: loads.run_step_now(batch=batch, step="undo", actor=Actor(kind="import"), now=clock.now())


@pytest.fixture
def first() -> str:
    """Three visits of two people who share a phone, one of them still to come."""
    return export(
        f"v1;{MILA};{day(-200)};Центр;Рябов И. А.;Гигиена;4 900,00;4 900,00;Завершён;Яндекс;Да",
        f"v2;{PYOTR};{day(-40)};Центр;Рябов И. А.;Осмотр;1 500,00;1 500,00;Завершён;Сайт;Нет",
        f"v3;{MILA};{day(20)};Центр;Рябов И. А.;Гигиена;4 900,00;0;Запланирован;Яндекс;Да",
    )

"""A load of a text as a file, from upload to result."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Protocol

import pytest

from zabota.clinic.models import Branch, Clinic
from zabota.intake import loads
from zabota.intake.models import Batch
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

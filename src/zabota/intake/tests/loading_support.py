"""A load of a text as it comes from a clinic of one branch, from upload to result."""

from __future__ import annotations

import io

from zabota.clinic.models import Clinic
from zabota.intake import loads
from zabota.intake.models import Batch
from zabota.kernel import clock
from zabota.kernel.audit import Actor

ACTOR = Actor(kind="import")


def checked(clinic: Clinic, *lines: str) -> Batch:
    """The lines as a file, received and looked through; nothing is written."""
    text = "\r\n".join(lines)
    batch = loads.receive_files(
        clinic=clinic, uploads=[loads.Upload("v.csv", io.BytesIO(text.encode()))], actor=ACTOR, now=clock.now()
    )
    loads.choose_columns(
        batch=batch, mapping=None, branch=None, system="file", is_complete=False,
        remember_as="", signature="", actor=ACTOR, now=clock.now(),
    )  # fmt: skip
    return loads.run_step_now(batch=batch, step="check", actor=ACTOR, now=clock.now())


def loaded(clinic: Clinic, *lines: str) -> Batch:
    """The same, written."""
    batch = loads.run_step_now(batch=checked(clinic, *lines), step="load", actor=ACTOR, now=clock.now())
    assert batch.state == Batch.State.LOADED, batch.error
    return batch

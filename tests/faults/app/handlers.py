"""Handlers of the fault tests: slow enough to be killed in the middle."""

from __future__ import annotations

import time

from tests.faults.app.facts import Rang
from tests.faults.app.models import Mark
from zabota.kernel.facts import handles


@handles(Rang)
def leave_mark(rang: Rang) -> None:
    """Writes, lingers inside its transaction, fails when poison."""
    Mark.objects.create(word=f"fact-{rang.number}")
    time.sleep(0.01)
    if rang.poison:
        raise ValueError("яд")

"""Reactions of analytics: after a load, or its undo, reports and snapshot are made anew."""

from __future__ import annotations

from zabota.analytics import jobs
from zabota.intake.facts import ImportLoaded, ImportUndone
from zabota.kernel.facts import handles


@handles(ImportLoaded, ImportUndone)
def refresh_reports_of_clinic(fact: ImportLoaded | ImportUndone) -> None:
    """Put the computation in the queue; it is written with this delivery, so a repeat cannot ask twice."""
    jobs.refresh_clinic(fact.clinic_id)


@handles(ImportLoaded, ImportUndone)
def rebuild_snapshot_of_clinic(fact: ImportLoaded | ImportUndone) -> None:
    """A load changes what every report reads; the build reads everything anew, since one fact speaks of thousands."""
    jobs.snapshot.enqueue(fact.clinic_id)

"""A sweep by portions as a worker runs it: each portion is there for everybody at once, and the connection is left as it was."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection

from zabota.kernel import jobs
from zabota.kernel.scope import every_clinic
from zabota.nextstep.models import PatientState
from zabota.nextstep.queries.coverage import uncovered_ids
from zabota.nextstep.queries.statements import roomy
from zabota.nextstep.services.sweep import sweep_clinic
from zabota.nextstep.tests.random_clinic import make_clinic

NOW = dt.datetime(2026, 11, 20, 9, 30, tzinfo=dt.UTC)


@pytest.mark.django_db(transaction=True)
def test_each_portion_is_kept_at_once_and_the_connection_is_left_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "GIVE_WAY_SECONDS", 0.01)
    seen: list[int] = []
    with every_clinic(reason="test"):
        world = make_clinic(7, now=NOW, patients=9)
        before = _settings()

        def looked(execute, sql, *rest):
            if sql.startswith("INSERT INTO sweep_scope") and not connection.in_atomic_block:
                seen.append(-1)
            elif sql.startswith("INSERT INTO sweep_scope"):
                seen.append(PatientState.objects.count())
            return execute(sql, *rest)

        with roomy(here_and_there=True), connection.execute_wrapper(looked):
            result = sweep_clinic(clinic_id=world.clinic.pk, now=NOW, portion=4)
        assert (result.patients, result.left_after) == (9, 0)
        assert seen == [-1, 0, 4, 8], "all is read outside a transaction, then three portions follow one another"
        assert uncovered_ids(clinic_id=world.clinic.pk, now=NOW) == []
        assert _settings() == before


def _settings() -> list[int]:
    if connection.vendor != "sqlite":
        return []
    with connection.cursor() as cursor:
        return [cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in ("temp_store", "main.cache_size")]

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
from zabota.nextstep.services import sweep
from zabota.nextstep.services.sweep import sweep_clinic, sweep_patients
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


@pytest.mark.django_db(transaction=True)
def test_one_worker_sweeps_a_large_clinic_night_after_night(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same connection, the same prepared statements, working tables made and emptied again and again.

    Where SQLite keeps working tables must not change between two nights: statements prepared for those of the former night
    find the tables gone and call the database malformed, from some size of them on.
    """
    said: list[str] = []

    def heard(execute, sql, *rest):
        said.append(sql)
        return execute(sql, *rest)

    monkeypatch.setattr(jobs, "GIVE_WAY_SECONDS", 0.0)
    monkeypatch.setattr(sweep, "MANY", 1)
    with every_clinic(reason="test"), connection.execute_wrapper(heard):
        world = make_clinic(7, now=NOW, patients=9)
        for night in range(4):
            now = NOW + dt.timedelta(days=night)
            result = sweep_clinic(clinic_id=world.clinic.pk, now=now, portion=4)
            sweep_patients(patient_ids=[each.pk for each in world.patients], now=now)
            assert (result.patients, result.left_after) == (9, 0)
    assert not [sql for sql in said if "temp_store" in sql]
    if connection.vendor == "sqlite":
        assert [sql for sql in said if sql.startswith("PRAGMA main.cache_size =")], "pragmas are heard"


def _settings() -> list[int]:
    if connection.vendor != "sqlite":
        return []
    with connection.cursor() as cursor:
        return [cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in ("temp_store", "main.cache_size")]

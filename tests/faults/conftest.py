"""An installation of its own for each fault test: database, workers, and a look into its tables from outside."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from django.db import connection, connections

from tests.prepared import prepared_path

ROOT = Path(__file__).resolve().parents[2]


class Installation:
    """A database and its workers, driven only by what an operator has: processes, signals and the tables."""

    def __init__(self, database_url: str, folder: Path) -> None:
        self.url = database_url
        self.folder = folder
        self.children: list[subprocess.Popen[bytes]] = []
        self.settings = {"ZABOTA_JOB_LEASE_SECONDS": "2", "ZABOTA_JOB_MAX_ATTEMPTS": "50"}

    def _environment(self) -> dict[str, str]:
        return {
            **os.environ,
            **self.settings,
            "DJANGO_SETTINGS_MODULE": "tests.faults.settings",
            "DATABASE_URL": self.url,
            "ZABOTA_DATA": str(self.folder),
            "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}",
        }

    def zabota(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        command = [sys.executable, "-m", "zabota.ops.cli", *arguments]
        return subprocess.run(command, env=self._environment(), cwd=ROOT, capture_output=True, text=True, timeout=400)

    def begin(self, **order: Any) -> None:
        """Put facts and jobs into the queue."""
        command = [sys.executable, "-m", "tests.faults.begin", json.dumps(order)]
        subprocess.run(command, env=self._environment(), cwd=ROOT, check=True, timeout=120)

    def run_module(self, name: str, *arguments: str) -> subprocess.Popen[bytes]:
        """A module of the tests in a process of its own, which may be killed."""
        with (self.folder / "worker.log").open("ab") as log:
            child = subprocess.Popen(
                [sys.executable, "-m", name, *arguments], env=self._environment(), cwd=ROOT, stdout=log, stderr=log
            )
        self.children.append(child)
        return child

    def start_worker(self) -> subprocess.Popen[bytes]:
        """A real worker in a process of its own."""
        command = [sys.executable, "-m", "zabota.ops.cli", "worker", "--interval", "0.05"]
        with (self.folder / "worker.log").open("ab") as log:
            child = subprocess.Popen(command, env=self._environment(), cwd=ROOT, stdout=log, stderr=log)
        self.children.append(child)
        return child

    def log(self) -> str:
        """What the workers said."""
        return (self.folder / "worker.log").read_text(encoding="utf-8")

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of a query, on a connection that is none of Zabota's."""
        if self.url.startswith("sqlite:///"):
            connection = sqlite3.connect(self.url.removeprefix("sqlite:///"), timeout=30)
            try:
                return connection.execute(sql).fetchall()
            finally:
                connection.close()
        with psycopg.connect(self.url.replace("postgres://", "postgresql://")) as postgres:
            return postgres.execute(sql).fetchall()

    def wait(self, until: Callable[[], bool], *, seconds: float = 90) -> None:
        """Look several times a second until it is so."""
        end = time.monotonic() + seconds
        while not until():
            assert time.monotonic() < end, f"waited {seconds} s\n{self.log()[-3000:]}"
            time.sleep(0.1)

    def marks(self, like: str = "%") -> list[str]:
        """Effects so far."""
        return [word for (word,) in self.ask(f"SELECT word FROM faults_mark WHERE word LIKE '{like}' ORDER BY word")]

    def waiting(self) -> int:
        """Facts and jobs that are not finished."""
        (facts,) = self.ask("SELECT count(*) FROM kernel_factdelivery WHERE state = 'waiting'")[0]
        (jobs,) = self.ask(
            "SELECT count(*) FROM django_tasks_database_dbtaskresult WHERE status IN ('READY', 'RUNNING')"
        )[0]
        return int(facts) + int(jobs)

    def close(self) -> None:
        """Leave no process behind, not even a stopped one."""
        for child in self.children:
            if child.poll() is None:
                child.send_signal(signal.SIGCONT)
                child.kill()
            child.wait()


def _postgres() -> str:
    """Address of the maintenance database when this run is on PostgreSQL, else nothing."""
    base = os.environ.get("ZABOTA_TEST_DATABASE_URL", "")
    if not base.startswith("postgres"):
        return ""
    return urlunsplit(urlsplit(base.replace("postgres://", "postgresql://"))._replace(path="/postgres"))


def _named(name: str) -> str:
    return urlunsplit(urlsplit(_postgres())._replace(scheme="postgres", path=f"/{name}"))


def _order(sql: str) -> None:
    with psycopg.connect(_postgres(), autocommit=True) as postgres:
        postgres.execute(sql)


def _copy_of_the_tests(name: str) -> None:
    """The tables that the suite has just made; an empty database when somebody is connected to them or no test needed any."""
    connections.close_all()
    try:
        _order(f'CREATE DATABASE "{name}" TEMPLATE "{connection.settings_dict["NAME"]}"')
    except (psycopg.errors.ObjectInUse, psycopg.errors.InvalidCatalogName):
        _order(f'CREATE DATABASE "{name}"')


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory, django_db_setup: None) -> Iterator[str]:
    """A migrated, empty database that each test copies: a path on SQLite, a name on PostgreSQL."""
    folder = tmp_path_factory.mktemp("faults")
    name = f"faults_{secrets.token_hex(4)}" if _postgres() else str(folder / "empty.sqlite3")
    if _postgres():
        _copy_of_the_tests(name)
    elif prepared_path().exists():
        shutil.copy(prepared_path(), name)
    house = Installation(_named(name) if _postgres() else f"sqlite:///{name}", folder)
    done = house.zabota("manage", "migrate", "--run-syncdb", "-v0")
    assert done.returncode == 0, done.stderr
    yield name
    if _postgres():
        _order(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def installation(tmp_path: Path, empty_database: str) -> Iterator[Installation]:
    """An installation of its own: nothing in it, nobody at work."""
    if _postgres():
        name = f"faults_{secrets.token_hex(4)}"
        _order(f'CREATE DATABASE "{name}" TEMPLATE "{empty_database}"')
        house = Installation(_named(name), tmp_path)
    else:
        shutil.copy(empty_database, tmp_path / "zabota.sqlite3")
        house = Installation(f"sqlite:///{tmp_path / 'zabota.sqlite3'}", tmp_path)
    try:
        yield house
    finally:
        house.close()
        if _postgres():
            _order(f'DROP DATABASE "{name}" WITH (FORCE)')

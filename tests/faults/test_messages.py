"""A worker killed while it sends: nothing is lost, and what may have left is not sent twice unless the provider drops repeats."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.faults.conftest import ROOT, Installation, _order

pytestmark = pytest.mark.faults
BATCH = 500


def fill(installation: Installation, **order: object) -> None:
    """Put messages into the outbox, or ask for the look at it that the clock asks for every minute."""
    command = [sys.executable, "-m", "tests.faults.begin_messages", json.dumps(order)]
    subprocess.run(command, env=installation._environment(), cwd=ROOT, check=True, timeout=120)


def ledger(installation: Installation, provider: str) -> Counter[str]:
    """What the provider took, and how often."""
    path = Path(installation.folder) / f"{provider}.ledger"
    return Counter(path.read_text(encoding="utf-8").split() if path.exists() else [])


def states(installation: Installation) -> dict[tuple[str, str], int]:
    """Messages by channel and state."""
    rows = installation.ask("SELECT channel, state, count(*) FROM messaging_message GROUP BY channel, state")
    return {(channel, state): count for channel, state, count in rows}


def kill_in_the_middle(installation: Installation, provider: str, chance: random.Random) -> None:
    """Start a worker, wait until it sends, end it as a power cut would."""
    before = sum(ledger(installation, provider).values())
    worker = installation.start_worker()
    installation.wait(lambda: sum(ledger(installation, provider).values()) > before + 50)
    time.sleep(chance.uniform(0.0, 0.1))
    worker.send_signal(signal.SIGKILL)
    worker.wait()


def let_leases_end(installation: Installation) -> None:
    """As if two minutes had passed: the leases of the dead are over, and the look of the next minute is due."""
    with installation_connection(installation) as run:
        run("UPDATE messaging_batch SET lease_until = '2020-01-01 00:00:00'")
    fill(installation, look=True)


class installation_connection:  # noqa: N801 -- reads as a word in `with`
    """A connection that writes, beside the program's own."""

    def __init__(self, installation: Installation) -> None:
        self.url = installation.url

    def __enter__(self):
        if self.url.startswith("sqlite:///"):
            import sqlite3

            self.connection = sqlite3.connect(self.url.removeprefix("sqlite:///"), timeout=30)
        else:
            import psycopg

            self.connection = psycopg.connect(self.url.replace("postgres://", "postgresql://"))
        return self.connection.execute

    def __exit__(self, *_: object) -> None:
        self.connection.commit()
        self.connection.close()


def test_killed_three_times_nothing_is_lost_and_repeats_carry_their_old_key(installation: Installation) -> None:
    fill(installation, messages=2500, provider="ledger")
    chance = random.Random(20261122)

    for _ in range(3):
        kill_in_the_middle(installation, "ledger", chance)
        let_leases_end(installation)
    installation.zabota("worker", "--once")
    installation.start_worker()
    installation.wait(lambda: states(installation) == {("sms", "accepted"): 2500})

    taken = ledger(installation, "ledger")
    assert set(taken) == {f"visit:{n}" for n in range(2500)}, (
        "the ledger equals the journal: nothing lost, nothing strange"
    )
    assert sum(taken.values()) - len(taken) <= 3 * BATCH, "at most one batch a kill is said again"


def test_where_repeats_are_not_dropped_what_may_have_left_goes_once_through_the_next_channel(
    installation: Installation,
) -> None:
    fill(installation, messages=900, provider="forgetful")
    kill_in_the_middle(installation, "forgetful", random.Random(7))
    let_leases_end(installation)
    installation.start_worker()

    def is_quiet() -> bool:
        told = states(installation)
        return not {("max", "queued"), ("max", "sending"), ("sms", "queued"), ("sms", "sending")} & set(told)

    installation.wait(is_quiet)
    told = states(installation)
    first, second = ledger(installation, "forgetful"), ledger(installation, "ledger")
    assert max(first.values()) == 1, "never offered twice"
    assert 0 < told["max", "unknown"] <= BATCH
    assert told["max", "accepted"] + told["max", "unknown"] == 900
    assert sum(second.values()) == told["max", "unknown"], "said once more, by another way"
    assert max(second.values()) == 1


def test_a_restored_database_sends_nothing_by_itself_and_nothing_twice(installation: Installation) -> None:
    """T16: a copy made before the sending is put back; the ledger of the provider stays as it was."""
    fill(installation, messages=100, provider="ledger")
    copy = Copy(installation)
    worker = installation.start_worker()
    installation.wait(lambda: states(installation) == {("sms", "accepted"): 100})
    worker.send_signal(signal.SIGTERM)
    worker.wait()
    assert sum(ledger(installation, "ledger").values()) == 100

    copy.put_back()
    assert states(installation) == {("sms", "queued"): 100}
    fill(installation, look=True)
    installation.start_worker()
    installation.wait(
        lambda: bool(installation.ask("SELECT 1 FROM messaging_messagingrules WHERE paused_at > '2000-01-01'"))
    )
    time.sleep(1)
    assert states(installation) == {("sms", "queued"): 100}, "a person has not spoken yet"
    go_on = (
        "from zabota.clinic.models import Clinic; from zabota.kernel import clock; from zabota.kernel.audit import SYSTEM;"
        "from zabota.kernel.scope import every_clinic; from zabota.messaging.api import resume_sending\n"
        "with every_clinic(reason='test'): resume_sending(clinic=Clinic.objects.get(), actor=SYSTEM, now=clock.now())"
    )
    assert installation.zabota("manage", "shell", "-c", go_on).returncode == 0
    time.sleep(1)

    assert states(installation) == {("sms", "suppressed"): 100}
    assert set(ledger(installation, "ledger").values()) == {1}


class Copy:
    """A copy of the database of an installation, made while nobody writes; it goes back in place of what came after."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation
        if installation.url.startswith("sqlite:///"):
            self.path = Path(installation.folder) / "copy.sqlite3"
            self._pour(installation.url.removeprefix("sqlite:///"), str(self.path))
        else:
            self.name = _name_of(installation)
            _order(f'CREATE DATABASE "{self.name}_copy" TEMPLATE "{self.name}"')

    def put_back(self) -> None:
        """The program is stopped."""
        if self.installation.url.startswith("sqlite:///"):
            self._pour(str(self.path), self.installation.url.removeprefix("sqlite:///"))
        else:
            _order(f'DROP DATABASE "{self.name}" WITH (FORCE)')
            _order(f'ALTER DATABASE "{self.name}_copy" RENAME TO "{self.name}"')

    @staticmethod
    def _pour(source: str, target: str) -> None:
        import sqlite3

        with sqlite3.connect(source) as full, sqlite3.connect(target) as empty:
            full.backup(empty)


def _name_of(installation: Installation) -> str:
    return urlsplit(installation.url).path.removeprefix("/")

#!/usr/bin/env python3
"""Chance against the gate with two real workers: consents come and go, visits move, clocks jump, an oracle looks back.

    .venv/bin/python benchmarks/gate.py [--small] [--sqlite] [--seed N]

Two processes drain one account through a provider whose ledger is a file; a third withdraws and grants consents, moves visits
and sets the clock of all of them forward and back. Afterwards each line of the ledger is held beside what was true when it
was taken. Goal: 0 messages against consent, outside the hours, over the cap or about a visit that had moved; 0 twice.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import json
import os
import random
import subprocess
import sys
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from drain import ROOT, installation

BEGIN = dt.datetime(2026, 10, 20, 6, 0, tzinfo=dt.UTC)
ZONES = ("Europe/Moscow", "Asia/Kamchatka", "Europe/Berlin", "America/New_York")
PATIENTS, VISITS = 60, 40
#: When this worker began to take its present batch, by the clock on the wall. What changed before that must be seen; what
#: changes while the batch is on its way may be missed, and how long that is the benchmark says too.
_begun = 0.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--small", action="store_true", help="20 seconds instead of two minutes")
    parser.add_argument("--sqlite", action="store_true", help="SQLite instead of PostgreSQL")
    parser.add_argument("--seed", type=int, default=20261122)
    parser.add_argument("--worker", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        return worker(options.worker)
    with installation(sqlite=options.sqlite):
        result = run(20 if options.small else 120, options.seed)
    result["figures"]["database"] = "sqlite" if options.sqlite else "postgresql"
    print(json.dumps(result, ensure_ascii=False))
    return 0 if not any(result["ratios"].values()) else 1


def folder() -> Path:
    return Path(os.environ["ZABOTA_DATA"])


def sim_now() -> dt.datetime:
    """The clock that all three processes read."""
    return BEGIN + dt.timedelta(minutes=float((folder() / "clock").read_text() or 0))


def begin_now() -> dt.datetime:
    """The clock as a worker asks for it: before it takes a batch, and before it writes down the answers."""
    global _begun
    _begun = time.time()
    return sim_now()


def set_clock(minutes: float) -> None:
    fresh = folder() / "clock.new"
    fresh.write_text(str(minutes))
    fresh.replace(folder() / "clock")


def revisions() -> dict[int, int]:
    """Visits as they stand, from a file that is replaced whole."""
    return {int(key): value for key, value in json.loads((folder() / "visits").read_text()).items()}


def set_revisions(values: dict[int, int]) -> None:
    fresh = folder() / "visits.new"
    fresh.write_text(json.dumps(values))
    fresh.replace(folder() / "visits")


def plug_in() -> None:
    """The provider with a ledger, the guard of visits."""
    from zabota.messaging import api

    class Ledger:
        traits = api.Traits(
            provider="ledger",
            title="Журнал",
            channel=api.Channel.SMS,
            fields=(),
            drops_repeats=True,
            is_foreign=False,
            max_length=0,
            per_second=1_000_000.0,
        )

        async def send(self, batch: Any, account: Any) -> Any:
            with (folder() / "ledger").open("a") as book:
                book.write("".join(f"{each.key} {_begun} {time.time()}\n" for each in batch))
            await asyncio.sleep(0.005)
            return [api.SendResult(each.key, api.Verdict.ACCEPTED, provider_id=each.key) for each in batch]

        async def release(self) -> None: ...

        async def check(self, account: Any) -> Any:
            return api.SendResult("", api.Verdict.ACCEPTED)

        async def look_up(self, keys: Any, account: Any) -> Any:
            return []

        def read_webhook(self, **_: Any) -> Any:
            raise ValueError

    def guard(refs: Any, *, now: dt.datetime) -> dict[tuple[int, int], str]:
        there = revisions()
        return {ref: "Визит перенесён" for ref in refs if there.get(ref[0], 0) != ref[1]}

    api.register_transport(Ledger())
    api.register_guard("visit", guard)


def worker(account_id: int) -> int:
    """Drain small batches until told to stop."""
    import django

    django.setup()
    from zabota.messaging.api import drain

    plug_in()
    (folder() / f"ready-{os.getpid()}").touch()
    while not (folder() / "stop").exists():
        # One batch a drain, so that each has a clock of its own.
        drain(account_id=account_id, limit=20, batch=20, now=begin_now)
        time.sleep(0.01)
    return 0


def run(seconds: float, seed: int) -> dict[str, Any]:
    """Stir for so long, then look back."""
    from zabota.kernel.scope import every_clinic

    with every_clinic(reason="benchmark"):
        return _run(seconds, random.Random(seed))


def _run(seconds: float, chance: random.Random) -> dict[str, Any]:
    from zabota.clinic.models import Clinic
    from zabota.kernel.audit import SYSTEM
    from zabota.messaging.api import (
        NewMessage,
        SubjectRef,
        enqueue_many,
        ensure_templates,
        save_account,
        switch_account,
    )
    from zabota.messaging.models import ChannelAccount, Message
    from zabota.patients.api import Proof, ensure_consent_texts, grant_consent, withdraw_consent
    from zabota.patients.models import Contact, Patient

    set_clock(0)
    set_revisions(dict.fromkeys(range(1, VISITS + 1), 0))
    plug_in()
    clinic = Clinic.objects.create(name="Улыбка")
    ensure_templates(clinic=clinic, now=BEGIN)
    ensure_consent_texts(clinic=clinic, actor=SYSTEM, now=BEGIN)
    account = save_account(clinic=clinic, provider="ledger", title="", values={}, actor=SYSTEM, now=BEGIN)
    switch_account(account=account, is_on=True, actor=SYSTEM, now=BEGIN)
    ChannelAccount.objects.filter(pk=account.pk).update(per_second=1_000_000)
    patients = []
    for n in range(PATIENTS):
        patient = Patient.objects.create(
            clinic=clinic, surname="Опытный", name="Пациент", name_key=f"п {n}", time_zone=ZONES[n % len(ZONES)]
        )
        Contact.objects.create(
            patient=patient, clinic=clinic, kind="phone", value=f"+7916{n // 2 if n < 20 else n:07d}"
        )
        patients.append(patient)
    wanted: dict[str, tuple[str, int, int, int]] = {}
    ads: dict[int, list[tuple[float, bool]]] = defaultdict(list)
    moved: dict[int, list[tuple[float, int]]] = defaultdict(list)
    proof, decided, minutes, count = Proof(signature="paper", document="№ 7"), BEGIN, 0.0, 0
    workers = [subprocess.Popen([sys.executable, __file__, "--worker", str(account.pk)], cwd=ROOT) for _ in range(2)]
    (folder() / "ledger").touch()
    while len(list(folder().glob("ready-*"))) < len(workers):
        time.sleep(0.1)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        who = chance.randrange(PATIENTS)
        decided += dt.timedelta(seconds=1)
        action = chance.choices(("want", "consent", "move", "jump"), (5, 3, 2, 2))[0]
        if action == "want":
            batch = []
            for _ in range(20):
                kind, person, count = chance.choice(("offer", "reminder_48h")), chance.randrange(PATIENTS), count + 1
                visit = chance.randrange(1, VISITS + 1) if kind != "offer" else 0
                revision = revisions()[visit] if visit else 0
                wanted[f"m{count}"] = (kind, person, visit, revision)
                batch.append(
                    NewMessage(
                        template_key=kind,
                        idem_key=f"m{count}",
                        not_before_at=sim_now(),
                        patient_id=patients[person].pk,
                        context={
                            "дата": "25.11",
                            "день": "среда",
                            "время": "10:00",
                            "ссылка": "k.ru/a",
                            "отписка": "k.ru/u",
                        },
                        subject=SubjectRef("visit", visit, revision) if visit else None,
                        channels=("sms",),
                    )
                )
            enqueue_many(clinic_id=clinic.pk, messages=batch, now=sim_now())
        elif action == "consent":
            allow = chance.random() < 0.6
            decide = grant_consent if allow else withdraw_consent
            if allow:
                ads[who].append((time.time(), True))
            decide(patient=patients[who], purpose="advertising", proof=proof, actor=SYSTEM, now=decided)
            if not allow:
                ads[who].append((time.time(), False))
        elif action == "move":
            visit = chance.randrange(1, VISITS + 1)
            there = revisions()
            there[visit] += 1
            set_revisions(there)
            moved[visit].append((time.time(), there[visit]))
        else:
            minutes += chance.choice((7, 60, 61, 300, 660, 1440, -1, -60, -61))
            set_clock(minutes)
        time.sleep(0.005)
    (folder() / "stop").touch()
    for each in workers:
        each.wait(timeout=120)
    taken = {
        key: (at, phone, float(begun), float(real))
        for key, begun, real in (line.split() for line in (folder() / "ledger").read_text().splitlines())
        for at, phone in Message.objects.filter(idem_key=key).values_list("claimed_at", "address")
    }
    times = Counter(line.split()[0] for line in (folder() / "ledger").read_text().splitlines())
    wrong = look_back(taken, wanted, ads, moved)
    wrong["twice"] = sum(value - 1 for value in times.values())
    stopped = Message.objects.filter(state="suppressed").count()
    figures = {"wanted": count, "sent": len(taken), "stopped": stopped, "seconds": seconds, "workers": 2}
    figures["longest_on_its_way_seconds"] = round(max((each[3] - each[2] for each in taken.values()), default=0.0), 2)
    return {"name": "gate", "ratios": wrong, "figures": figures}


def look_back(
    taken: dict[str, tuple[dt.datetime, str, float, float]],
    wanted: dict[str, tuple[str, int, int, int]],
    ads: dict[int, list[tuple[float, bool]]],
    moved: dict[int, list[tuple[float, int]]],
) -> dict[str, int]:
    """How many of the sent should not have been, by reason."""
    wrong = {"against_consent": 0, "outside_hours": 0, "over_cap": 0, "moved_visit": 0}
    advertised: dict[str, list[dt.datetime]] = defaultdict(list)
    for key, (at, phone, begun, real) in sorted(taken.items(), key=lambda each: each[1][3]):
        kind, who, visit, revision = wanted[key]
        wall = at.astimezone(ZoneInfo(ZONES[who % len(ZONES)])).time()
        opens = dt.time(9) if kind == "offer" else dt.time(8)
        wrong["outside_hours"] += not opens <= wall < dt.time(21)
        if kind == "offer":
            lately = [allowed for when, allowed in ads[who] if begun < when <= real]
            before = [allowed for when, allowed in ads[who] if when <= begun]
            wrong["against_consent"] += not (any(lately) or (before and before[-1]))
            advertised[phone].append(at)
        else:
            changes = [value for when, value in moved[visit] if when <= begun]
            wrong["moved_visit"] += bool(changes) and changes[-1] > revision
    for instants in advertised.values():
        # The clock goes back now and then: what counts is the span of time, not the order of sending.
        instants.sort()
        month = dt.timedelta(days=30)
        wrong["over_cap"] += sum(1 for n in range(4, len(instants)) if instants[n] - instants[n - 4] < month)
    return wrong


if __name__ == "__main__":
    sys.exit(main())

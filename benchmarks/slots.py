"""Claim: free times of any of 50 doctors for a day within 30 ms, of 50 doctors for 60 days within 250 ms, at 70 % full.

Fills a schedule on SQLite (or `--database postgres://…`), searches it through `find_slots` and, in the same run, the usual way:
one question per doctor and day. Rooms are searched too. `--small` uses 10 days.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

DOCTORS, DAYS, FULL = 50, 60, 0.7
NOW = dt.datetime(2026, 11, 22, 9, 0, tzinfo=dt.UTC)
FIRST = dt.date(2026, 11, 23)
LIMIT_DAY_MS, LIMIT_ALL_MS = 30, 250


def main() -> None:
    """Print the figures; the last line is JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--database", default="")
    options = parser.parse_args()
    days = 10 if options.small else DAYS
    with tempfile.TemporaryDirectory() as name:
        os.environ["ZABOTA_DATA"] = name
        os.environ["DATABASE_URL"] = options.database or f"sqlite:///{Path(name) / 'slots.sqlite3'}"
        os.environ["DJANGO_SETTINGS_MODULE"] = "zabota.config.settings"
        import django

        django.setup()
        figures = _measure(days)
    ratios = {
        "naive_over_ours_all": round(figures["naive_all_ms"] / figures["all_p50_ms"], 1),
        "naive_over_ours_all_cpu": round(figures["naive_all_cpu_ms"] / figures["all_cpu_ms"], 1),
        "naive_over_ours_day_cpu": round(figures["naive_day_cpu_ms"] / figures["day_cpu_ms"], 1),
        "day_cpu_of_limit_30ms": round(figures["day_cpu_ms"] / LIMIT_DAY_MS, 2),
        "all_cpu_of_limit_250ms": round(figures["all_cpu_ms"] / LIMIT_ALL_MS, 2),
        "day_p95_of_limit_30ms": round(figures["day_p95_ms"] / LIMIT_DAY_MS, 2),
        "all_p95_of_limit_250ms": round(figures["all_p95_ms"] / LIMIT_ALL_MS, 2),
    }
    for key, value in {**figures, **ratios}.items():
        print(f"{key:>24}  {value}")
    print(json.dumps({"name": "slots", "ratios": ratios, "figures": figures}))


def _measure(days: int) -> dict[str, float]:
    from django.core.management import call_command

    from zabota.booking.api import find_slots
    from zabota.booking.models import Appointment
    from zabota.kernel.scope import clinic_scope

    call_command("migrate", verbosity=0)
    clinic, service = _fill(days)
    with clinic_scope(clinic.pk):
        visits = Appointment.objects.count()
        rounds = 15
        everything, everything_cpu = _timed(
            lambda: find_slots(clinic_id=clinic.pk, now=NOW, start_day=FIRST, days=days), rounds
        )
        one_day, one_day_cpu = _timed(lambda: find_slots(clinic_id=clinic.pk, now=NOW, start_day=FIRST, days=1), rounds)
        rooms, rooms_cpu = _timed(
            lambda: find_slots(clinic_id=clinic.pk, now=NOW, start_day=FIRST, days=1, services=[service]), rounds
        )
        found = find_slots(clinic_id=clinic.pk, now=NOW, start_day=FIRST, days=days)
        per_call, per_call_cpu = _naive(clinic.pk)
    return {
        "doctors": DOCTORS,
        "days": days,
        "visits": visits,
        "free_times": sum(len(slots) for slots in found.values()),
        "day_p50_ms": _ms(statistics.median(one_day)),
        "day_p95_ms": _ms(sorted(one_day)[-2]),
        "day_with_rooms_p50_ms": _ms(statistics.median(rooms)),
        "day_cpu_ms": _ms(one_day_cpu),
        "day_with_rooms_cpu_ms": _ms(rooms_cpu),
        "all_cpu_ms": _ms(everything_cpu),
        "naive_all_cpu_ms": _ms(per_call_cpu * DOCTORS * days),
        "naive_day_cpu_ms": _ms(per_call_cpu * DOCTORS),
        "all_p50_ms": _ms(statistics.median(everything)),
        "all_p95_ms": _ms(sorted(everything)[-2]),
        "naive_day_ms": _ms(per_call * DOCTORS),
        "naive_all_ms": _ms(per_call * DOCTORS * days),
        "load_average": round(os.getloadavg()[0], 2),
    }


def _fill(days: int):  # type: ignore[no-untyped-def]
    from zabota.booking.models import Appointment, Resource, ServiceNeed, WorkingHours
    from zabota.clinic.models import Branch, Clinic, Doctor, Service
    from zabota.kernel.scope import clinic_scope
    from zabota.patients.models import Patient

    chance = random.Random(7)
    clinic = Clinic.objects.create(name="Замер")
    branch = Branch.objects.create(clinic=clinic, name="Центр")
    zone = ZoneInfo(branch.time_zone)
    service = Service.objects.create(clinic=clinic, name="Осмотр", name_key="осмотр", duration_minutes=30)
    ServiceNeed.objects.create(service=service, needs="room")
    for number in range(DOCTORS):
        Resource.objects.create(clinic=clinic, kind="room", branch=branch, name=f"Кабинет {number + 1}")
    with clinic_scope(clinic.pk):
        patient = Patient.objects.create(clinic=clinic, surname="Замеров", name_key="замеров")
        visits = []
        for number in range(DOCTORS):
            doctor = Doctor.objects.create(clinic=clinic, name=f"Врач {number:02}", name_key=f"врач {number:02}")
            doctor.branches.set([branch])
            seat = Resource.objects.create(clinic=clinic, kind="doctor", doctor=doctor, name=doctor.name)
            WorkingHours.objects.bulk_create(
                [
                    WorkingHours(resource=seat, branch=branch, weekday=weekday, begins_minute=540, ends_minute=1080)
                    for weekday in range(7)
                ]
                + [
                    WorkingHours(
                        resource=seat, branch=branch, weekday=weekday, begins_minute=780, ends_minute=810, kind="break"
                    )
                    for weekday in range(7)
                ]
            )
            for offset in range(days):
                day = FIRST + dt.timedelta(days=offset)
                for minute in range(540, 1080, 30):
                    if minute != 780 and chance.random() < FULL:
                        starts = dt.datetime(day.year, day.month, day.day, minute // 60, minute % 60, tzinfo=zone)
                        visits.append(
                            Appointment(
                                clinic=clinic, patient=patient, branch=branch, doctor=doctor, starts_at=starts, day=day
                            )
                        )
        Appointment.objects.bulk_create(visits, batch_size=2000)
    return clinic, service


def _naive(clinic_id: int) -> tuple[float, float]:
    """Wall and CPU seconds of one question: the hours and the visits of one doctor on one day, then a walk over the half hours."""
    from zabota.booking.models import Appointment, WorkingHours
    from zabota.clinic.models import Doctor

    calls = 0
    began, worked = time.perf_counter(), time.process_time()
    for doctor in Doctor.objects.filter(clinic_id=clinic_id):
        for offset in range(3):
            day = FIRST + dt.timedelta(days=offset)
            hours = list(WorkingHours.objects.filter(resource__doctor=doctor, weekday=day.weekday()))
            busy = list(Appointment.objects.filter(doctor=doctor, day=day, status__in=Appointment.BOOKED))
            for row in hours:
                for minute in range(row.begins_minute, row.ends_minute, 30):
                    at = dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC) + dt.timedelta(minutes=minute - 180)
                    any(each.starts_at < at + dt.timedelta(minutes=30) and at < each.ends_at for each in busy)
            calls += 1
    return (time.perf_counter() - began) / calls, (time.process_time() - worked) / calls


def _timed(work: Callable[[], object], rounds: int) -> tuple[list[float], float]:
    """Wall seconds of each round, and the median of its CPU seconds (SQLite works in this process)."""
    work()
    wall, cpu = [], []
    for _ in range(rounds):
        began, busy = time.perf_counter(), time.process_time()
        work()
        wall.append(time.perf_counter() - began)
        cpu.append(time.process_time() - busy)
    return wall, statistics.median(cpu)


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 1)


if __name__ == "__main__":
    main()

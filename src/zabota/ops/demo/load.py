"""Put a demo clinic into the database, whole: frame, staff, patients, visits, payments, plans, goal."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from contextlib import nullcontext, suppress
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection, transaction

from zabota.analytics.api import NothingToAudit
from zabota.analytics.reports import audit_of
from zabota.clinic.api import demo_password
from zabota.clinic.models import Clinic as ClinicRow
from zabota.kernel import clock
from zabota.kernel.scope import every_clinic
from zabota.kernel.statistics import refresh_statistics
from zabota.ops.demo.catalogue import TIME_ZONE
from zabota.ops.demo.generate import Clinic, generate
from zabota.ops.demo.load_around import load_around
from zabota.ops.demo.load_clinic import DEMO, build, demo_logins, set_goal
from zabota.ops.demo.load_people import load_people
from zabota.ops.demo.load_schedule import load_schedule
from zabota.ops.demo.load_visits import load_visits
from zabota.ops.demo.load_work import play_desk
from zabota.ops.demo.spec import ClinicSpec
from zabota.ops.demo.truth import truth
from zabota.patients.api import find_duplicates, group_households, reindex

__all__ = ["demo_logins", "demo_password", "load", "make_demo_clinic"]

# A clinic up to this size is written in one transaction: all or nothing. A larger one is written table by table.
ONE_TRANSACTION_PATIENTS = 100_000


def make_demo_clinic(
    *, spec: ClinicSpec | None = None, now: dt.datetime | None = None, progress: Callable[[str], None] = lambda _: None
) -> ClinicRow:
    """Generate a clinic (by default the one of the README, up to today) and write it, with its truth beside the data."""
    now = now or clock.now()
    spec = spec or ClinicSpec(as_of=now.astimezone(ZoneInfo(TIME_ZONE)).date())
    clinic = generate(spec)
    progress(f"Придуманы пациенты: {len(clinic.people)}, визиты и записи: {len(clinic.visits)}.")
    row = load(clinic, now=now, progress=progress)
    known = truth(clinic)
    settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
    target = settings.DATA_DIR / "demo.truth.json"
    target.write_text(json.dumps(known, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    progress(f"Что в этой клинике правда: {target}")
    return row


def load(clinic: Clinic, *, now: dt.datetime, progress: Callable[[str], None] = lambda _: None) -> ClinicRow:
    """Write a generated clinic; gives its row."""
    small = clinic.spec.patients <= ONE_TRANSACTION_PATIENTS
    whole = transaction.atomic() if small else nullcontext()
    if not small and connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            # Indexes of millions of rows are filled in memory, not page by page from the disk.
            cursor.execute("PRAGMA cache_size = -1500000")
    with every_clinic(reason="the demo clinic is written from nothing"), whole:
        known = truth(clinic)
        frame = build(clinic.spec, known, now=now)
        patients = load_people(clinic, frame, now=now)
        progress(f"Записаны карты: {len(set(patients.tolist()))}.")
        load_visits(clinic, frame, patients, now=now)
        progress("Записаны визиты, оплаты и планы лечения.")
        reindex()
        refresh_statistics()
        if small:
            group_households(clinic=frame.clinic)
            pairs = find_duplicates(clinic=frame.clinic)
            progress(f"Похожих карт, о которых надо решить: {pairs}.")
            load_schedule(clinic, frame, now=now)
            progress("Записаны расписание врачей и лист ожидания.")
            load_around(frame.clinic, actor=DEMO, now=now)
            contacts = play_desk(clinic, frame, now=now)
            progress(f"Разговоров администраторов за последние дни: {contacts}.")
        _goal(clinic.spec, frame.clinic, known["retention"], now=now if small else None)
    refresh_statistics()
    return frame.clinic


def _goal(spec: ClinicSpec, clinic: ClinicRow, told: dict[str, Any], *, now: dt.datetime | None) -> None:
    """The path begins where the clinic's own report stands, cards that nobody united yet included.

    A clinic too large to be read for it (no `now`), or too small to compare years, begins where the truth stands.
    """
    shares, on = (told["now"]["value"], told["year_before"]["value"]), spec.as_of
    if now is not None:
        with suppress(NothingToAudit):
            report = audit_of(clinic, now=now)
            measured = report.retention.now.value, report.retention.year_before.value
            if measured[0] is not None and measured[1] is not None:
                shares, on = measured, report.as_of
    set_goal(spec, clinic, now=shares[0], before=shares[1], on=on)

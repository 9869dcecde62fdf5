"""The strategy report of a clinic: figures of the visits, load of doctors, costs of sources, expected worth of patients."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from zabota.analytics.queries import snapshot_files as files
from zabota.analytics.queries.period import told_until
from zabota.analytics.queries.visits import ClinicVisits
from zabota.analytics.rules.strategy import strategy_of
from zabota.analytics.services.value import EVERYBODY, prospects
from zabota.booking import api as booking
from zabota.clinic.models import Branch, Clinic
from zabota.kernel import clock
from zabota.patients.models import Source

STRATEGY: Final = "strategy"
#: Weeks of load: so many past ones and so many to come.
WEEKS_PAST: Final = 4
WEEKS_AHEAD: Final = 4


def strategy_data(
    *, clinic: Clinic, visits: ClinicVisits, as_of: date, now: datetime, branches: Sequence[int] | None
) -> dict[str, Any]:
    """Everything the page shows; the caller holds the scope."""
    costs = dict(Source.objects.filter(clinic=clinic).values_list("name", "monthly_cost_kopecks"))
    return {
        # Money for advertising is spent for the whole clinic: a branch alone has no cost of a patient.
        **strategy_of(
            visits.frame, as_of=as_of, costs=costs if branches is None else {}, worth=_worth(clinic, visits, now)
        ),
        "load": _load(clinic, now, branches),
        "told_to": told_until(clinic, today=clock.today(clinic.time_zone, now)).isoformat(),
    }


def _worth(clinic: Clinic, visits: ClinicVisits, now: datetime) -> dict[int, int] | None:
    """Expected worth by number of the person in the frame; None without a snapshot or with too few returns for a model."""
    days = files.days_kept(clinic.pk)
    if not days:
        return None
    found = prospects(
        files.read(clinic.pk, days[-1]), which=EVERYBODY, within_days=0, branches=None,
        today=clock.today(clinic.time_zone, now),
    )  # fmt: skip
    if found is None:
        return None
    number = {card: place for place, card in enumerate(visits.cards)}
    pairs = zip(found.look.patient.tolist(), found.look.worth.tolist(), strict=True)
    return {number[card]: round(worth) for card, worth in pairs if card in number}


def _load(clinic: Clinic, now: datetime, branches: Sequence[int] | None) -> dict[str, Any]:
    today = clock.today(clinic.time_zone, now)
    first = today - timedelta(days=today.weekday() + 7 * WEEKS_PAST)
    weeks = WEEKS_PAST + WEEKS_AHEAD
    places: list[Branch | None] = [None]
    if branches is not None:
        places = list(Branch.objects.filter(clinic=clinic, pk__in=branches))
    doctors: dict[int, dict[str, Any]] = {}
    for place in places:
        for each in booking.load_by_week(clinic=clinic, first=first, weeks=weeks, now=now, branch=place):
            row = doctors.setdefault(each.doctor.pk, {"name": each.doctor.name, "weeks": {}})
            planned, booked = row["weeks"].get(each.week_on.isoformat(), (0, 0))
            row["weeks"][each.week_on.isoformat()] = (planned + each.planned_minutes, booked + each.booked_minutes)
    days = [(first + timedelta(days=7 * week)).isoformat() for week in range(weeks)]
    return {
        "weeks": days,
        "this_week": (today - timedelta(days=today.weekday())).isoformat(),
        "doctors": [
            {"name": row["name"], "cells": [row["weeks"].get(day, (0, 0)) for day in days]}
            for row in sorted(doctors.values(), key=lambda row: str(row["name"]))
        ],
    }

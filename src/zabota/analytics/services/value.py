"""The outlook of the patients of a clinic from its snapshot, and a task for each of those chosen to be called."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, overload

import numpy as np
from django.db import transaction

from zabota.analytics.rules.calibration import Calibration
from zabota.analytics.rules.columns import as_date, ordinal
from zabota.analytics.rules.gaps import watched_to
from zabota.analytics.rules.intervals import Bools, Floats, Ints
from zabota.analytics.rules.snapshot import NONE, Snapshot
from zabota.analytics.rules.value import Lives, Outlook, dearest, gained, outlook
from zabota.booking.models import Appointment
from zabota.clinic.models import Clinic, Member
from zabota.kernel import clock
from zabota.kernel.audit import Actor, record
from zabota.nextstep import api as nextstep
from zabota.nextstep.models import Exemption
from zabota.patients.models import Patient
from zabota.worklist import api as worklist
from zabota.worklist.models import Reason, Task

#: Days within which somebody should call.
DUE_IN: Final = timedelta(days=3)
#: People who can be sent at once.
AT_ONCE: Final = 200
#: Outlooks that a process keeps: a page of a list must not wait for the estimation again.
KEPT: Final = 4
_KEPT: dict[tuple[bytes, int], tuple[Outlook, int] | None] = {}
TODAY: Final = "today"
SOON: Final = "soon"
EVERYBODY: Final = "all"


@dataclasses.dataclass(frozen=True)
class Prospect:
    """One patient of the list: shares 0…1, money in kopecks."""

    patient_id: int
    last_on: date
    silent_days: int
    interval_days: int
    lateness: float
    returns: float
    worth_kopecks: int
    gain_kopecks: int
    sleeping_on: date | None


@dataclasses.dataclass(frozen=True)
class Prospects(Sequence[Prospect]):
    """A list, the dearest first: a page of it is made when it is asked for."""

    as_of: date
    #: The day for which everything is said: today, or the end of the visits when nobody exported what came later.
    today: int
    now: int
    look: Outlook
    gain: Floats
    sleeping: Ints
    places: Ints

    @property
    def check(self) -> Calibration | None:
        """How the same forecast made earlier came true."""
        return self.look.check

    @property
    def told(self) -> date:
        """The day up to which visits are known."""
        return as_date(self.today)

    @property
    def gain_kopecks(self) -> int:
        """What calling them all is worth."""
        return round(float(self.gain[self.places].sum()))

    def __len__(self) -> int:
        return len(self.places)

    @overload
    def __getitem__(self, item: int) -> Prospect: ...
    @overload
    def __getitem__(self, item: slice) -> list[Prospect]: ...
    def __getitem__(self, item: int | slice) -> Prospect | list[Prospect]:
        if isinstance(item, slice):
            return [self._at(int(place)) for place in self.places[item]]
        return self._at(int(self.places[item]))

    def _at(self, place: int) -> Prospect:
        asleep, last = int(self.sleeping[place]), int(self.look.last_on[place])
        return Prospect(
            patient_id=int(self.look.patient[place]),
            last_on=as_date(last),
            silent_days=self.now - last,
            interval_days=round(float(self.look.interval[place])),
            lateness=float(self.look.lateness[place]),
            returns=float(self.look.returns[place]),
            worth_kopecks=round(float(self.look.worth[place])),
            gain_kopecks=round(float(self.gain[place])),
            sleeping_on=as_date(asleep) if asleep != NONE else None,
        )


def prospects(
    snapshot: Snapshot,
    *,
    which: str,
    within_days: int,
    branches: Sequence[int] | None,
    today: date,
    without: Collection[int] = (),
) -> Prospects | None:
    """Who is worth a call (TODAY: late and not booked), who falls asleep within days (SOON), everybody; dearest first.

    None when too few patients came more than once for a model. Patients who are booked or outside the rule are left out,
    and those named by `without`.
    """
    found = _outlook(snapshot, today)
    if found is None:
        return None
    look, told = found
    gain = gained(look, steps=nextstep.CHANCE_BY_LATENESS, beyond=nextstep.CHANCE_LONG_LOST)
    row = np.searchsorted(snapshot.patient, look.patient)
    sleeping = snapshot.numbers("sleeping_on")[row]
    keep = _callable(snapshot, row, ordinal(today), branches)
    keep &= ~np.isin(look.patient, list(without))
    if which == TODAY:
        keep &= look.lateness >= 1
    elif which == SOON:
        keep &= (sleeping > ordinal(today)) & (sleeping <= ordinal(today) + within_days)
    return Prospects(snapshot.as_of, told, ordinal(today), look, gain, sleeping, dearest(gain, keep))


def settled_since(clinic_id: int, day: date, *, now: datetime) -> set[int]:
    """Who has booked or left the rule since the morning of a snapshot: nobody is to be called who said no an hour ago."""
    since = datetime.combine(day, time(), UTC) - timedelta(days=1)
    left = Exemption.objects.filter(clinic_id=clinic_id, ended_at=None, started_at__gte=since)
    booked = Appointment.objects.upcoming(now).filter(clinic_id=clinic_id, booked_at__gte=since)
    return {*left.values_list("patient_id", flat=True), *booked.values_list("patient_id", flat=True)}


def ask_calls(
    *,
    clinic: Clinic,
    patient_ids: Sequence[int],
    branches: Sequence[int] | None,
    member: Member,
    actor: Actor,
    now: datetime,
) -> tuple[int, int]:
    """A task for each of these patients who has none in the queue; how many were made and how many had one.

    Repeating it within a month makes nothing twice.
    """
    cards = Patient.objects.cards().filter(clinic=clinic, pk__in=list(patient_ids)[:AT_ONCE])
    if branches is not None:
        cards = cards.seen_in(list(branches))
    month = clock.today(clinic.time_zone, now)
    made = had = 0
    with transaction.atomic():
        chosen = list(cards.select_related("clinic").order_by("pk"))
        queued = set(Task.objects.ready(now).filter(patient__in=chosen).values_list("patient_id", flat=True))
        for patient in chosen:
            if patient.pk in queued:
                had += 1
                continue
            task = worklist.create_task(
                patient=patient,
                reason=Reason.MANUAL,
                summary="Пора позвать: давно не был по своему обычному ритму, приносит больше многих",
                due_at=now + DUE_IN,
                member=member,
                actor=actor,
                now=now,
                dedupe_key=f"value:{month:%Y%m}:{patient.pk}",
            )
            made += task.created_at == now
            had += task.created_at != now
        record(
            "analytics.calls.asked",
            clinic,
            actor=actor,
            now=now,
            clinic_id=clinic.pk,
            details={"made": made, "had": had},
        )
    return made, had


def _outlook(snapshot: Snapshot, today: date) -> tuple[Outlook, int] | None:
    """The models are estimated once for a snapshot and a day, not for each page of a list; with the day they stand on."""
    key = (hashlib.blake2b(snapshot.content, digest_size=16).digest(), ordinal(today))
    if key not in _KEPT:
        while len(_KEPT) >= KEPT:
            _KEPT.pop(next(iter(_KEPT)), None)
        past = snapshot.days[0][snapshot.days[0] <= ordinal(today)]
        # Months that nobody exported are no silence of the patients.
        told = ordinal(watched_to(past, today)) if len(past) else ordinal(today)
        found = outlook(_lives(snapshot), told)
        _KEPT[key] = None if found is None else (found, told)
    return _KEPT[key]


def _lives(snapshot: Snapshot) -> Lives:
    flat, begins = snapshot.days
    counts = np.diff(begins)
    seen = counts > 0
    person = np.repeat(np.arange(int(seen.sum()), dtype=np.int64), counts[seen])
    interval = snapshot.numbers("interval_days")[seen]
    return Lives(snapshot.patient[seen], person, flat, snapshot.day_kopecks, interval)


def _callable(snapshot: Snapshot, row: Ints, today: int, branches: Sequence[int] | None) -> Bools:
    booked = snapshot.numbers("next_booking_on")[row]
    left = snapshot.coded("left_reason").codes[row]
    keep = (booked < today) & (left == NONE)
    if branches is not None:
        branch = snapshot.numbers("branch_id")[row]
        keep &= (branch == NONE) | np.isin(branch, list(branches))
    return np.asarray(keep, bool)

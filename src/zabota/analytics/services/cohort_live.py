"""New patients of a clinic from its snapshot, held in memory as narrow columns for the next question."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from datetime import date
from itertools import pairwise
from typing import Final

import numpy as np

from zabota.analytics.queries import snapshot_files as files
from zabota.analytics.rules.cohort_base import CohortBase, Side, build_base
from zabota.analytics.rules.columns import ordinal
from zabota.analytics.rules.gaps import watched_to
from zabota.analytics.rules.intervals import Ints
from zabota.analytics.rules.snapshot import NONE, Snapshot
from zabota.clinic.models import Branch, Doctor, Service, ServiceGroup
from zabota.kernel.scope import clinic_scope
from zabota.nextstep.models import Exemption, Referral
from zabota.patients.models import Source

#: Sides of a new patient, in the order of the page.
SIDES: Final = {
    "channel": "Источник",
    "doctor": "Врач первого визита",
    "group": "Группа услуг",
    "service": "Услуга первого визита",
    "price": "Первый чек",
    "branch": "Филиал",
}
#: Bounds of bands of the first price, roubles.
PRICES: Final = (0, 1_500, 3_000, 5_000, 10_000, 30_000)
#: Clinics whose columns stay in the memory of a process.
HELD: Final = 4

_held: OrderedDict[int, tuple[tuple[str, int], CohortBase]] = OrderedDict()
_lock = threading.Lock()


def base_of_clinic(clinic_id: int) -> CohortBase | None:
    """The columns of the newest snapshot, read once; None before the first snapshot or without patients."""
    days = files.days_kept(clinic_id)
    if not days:
        return None
    path = files.path_of(clinic_id, days[-1])
    stamp = (str(path), path.stat().st_mtime_ns)
    with _lock:
        known = _held.get(clinic_id)
        if known is not None and known[0] == stamp:
            _held.move_to_end(clinic_id)
            return known[1]
    base = _read(clinic_id, days[-1])
    with _lock:
        _held[clinic_id] = (stamp, base)
        _held.move_to_end(clinic_id)
        while len(_held) > HELD:
            _held.popitem(last=False)
    return base


def _read(clinic_id: int, day: date) -> CohortBase:
    snapshot = files.read(clinic_id, day)
    with clinic_scope(clinic_id):
        names = {
            "channel": dict(Source.objects.filter(clinic_id=clinic_id).values_list("pk", "name")),
            "doctor": dict(Doctor.objects.filter(clinic_id=clinic_id).values_list("pk", "name")),
            "group": dict(ServiceGroup.objects.filter(clinic_id=clinic_id).values_list("pk", "name")),
            "service": dict(Service.objects.filter(clinic_id=clinic_id).values_list("pk", "name")),
            "branch": dict(Branch.objects.filter(clinic_id=clinic_id).values_list("pk", "name")),
        }
        left = _left(clinic_id, snapshot)
    columns = {
        "channel": "channel_id", "doctor": "index_doctor_id", "group": "index_group_id", "service": "index_service_id",
        "branch": "index_branch_id",
    }  # fmt: skip
    sides = {name: _named(snapshot.numbers(column), names[name]) for name, column in columns.items()}
    sides["price"] = _prices(snapshot.numbers("index_price_kopecks"))
    last = snapshot.numbers("last_on")
    seen = last[last >= 0]
    return build_base(
        # Months that nobody exported are still to come for everybody, not missed by them.
        as_of=watched_to(seen, snapshot.as_of) if len(seen) else snapshot.as_of,
        first=snapshot.numbers("first_on"),
        second=snapshot.numbers("second_on"),
        left=left,
        months=snapshot.mask("months"),
        sides={name: sides[name] for name in SIDES},
    )


def _named(ids: Ints, names: Mapping[int, str]) -> Side:
    """Codes in the order of the names; an id whose row is gone is unknown."""
    present = np.unique(ids[ids >= 0])
    known = sorted((names[int(each)], int(each)) for each in present if int(each) in names)
    table = np.full(int(present.max()) + 2 if len(present) else 1, -1, np.int16)
    for code, (_, number) in enumerate(known):
        table[number] = code
    return Side(codes=table[np.where(ids >= 0, ids, len(table) - 1)], values=tuple(name for name, _ in known))


def _prices(kopecks: Ints) -> Side:
    bounds = [100 * each for each in PRICES]
    codes = np.searchsorted(bounds, kopecks, side="right") - 1
    words = [f"до {_thousands(PRICES[1])} ₽"]
    words += [f"{_thousands(low)}–{_thousands(high)} ₽" for low, high in pairwise(PRICES[1:])]
    words.append(f"от {_thousands(PRICES[-1])} ₽")
    return Side(codes=np.where(kopecks > 0, codes, -1).astype(np.int16), values=tuple(words))


def _thousands(roubles: int) -> str:
    return f"{roubles:,}".replace(",", "\u00a0")


def _left(clinic_id: int, snapshot: Snapshot) -> Ints:
    """Day on which a patient moved away, died or was sent elsewhere for good; −1 for all others."""
    days = np.full(len(snapshot), NONE, np.int64)
    gone = Exemption.objects.filter(
        clinic_id=clinic_id, reason__in=(Exemption.Reason.MOVED, Exemption.Reason.DIED), ended_at=None
    )
    found = [(patient, at.date()) for patient, at in gone.values_list("patient_id", "started_at")]
    sent = Referral.objects.filter(clinic_id=clinic_id, ended_at=None)
    found += list(sent.values_list("patient_id", "referred_on"))
    if not found:
        return days
    ids = np.array([patient for patient, _ in found], dtype=np.int64)
    place = np.minimum(np.searchsorted(snapshot.patient, ids), max(len(snapshot) - 1, 0))
    for where, number, (_, day) in zip(place.tolist(), ids.tolist(), found, strict=True):
        if len(snapshot) and snapshot.patient[where] == number:
            days[where] = ordinal(day) if days[where] == NONE else min(int(days[where]), ordinal(day))
    return days

"""Grounds for tests of metrics: a clinic written out by hand, and any clinic."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import date

import numpy as np

from zabota.analytics.rules.columns import UNTOLD, Coded, Visits, ordinal
from zabota.analytics.rules.metrics_ground import NONE, PLAN_STATES, STATES, Ground, Plans, Rule, Slots


@dataclasses.dataclass(frozen=True)
class Slot:
    """One appointment."""

    patient: int
    day: date
    status: str = "completed"
    money: int = 0
    branch: int = 1
    doctor: int = 1
    group: int = 1
    booked: date | None = None
    online: bool = False
    talk: bool = False


@dataclasses.dataclass(frozen=True)
class PlanRow:
    """One plan."""

    patient: int
    proposed: date
    agreed: date | None = None
    ended: date | None = None
    state: str = "proposed"
    doctor: int = 1


def ground_of(
    slots: Sequence[Slot],
    *,
    channels: dict[int, int] | None = None,
    plans: Sequence[PlanRow] = (),
    refunds: Sequence[tuple[int, date, int]] = (),
    under_rule: dict[int, bool] | None = None,
    sleeping_days: int = 270,
    recall: dict[int, int] | None = None,
) -> Ground:
    """A ground of these rows, in whatever order they come."""
    ordered = sorted(slots, key=lambda each: (each.patient, each.day, each.branch, each.doctor, each.group, each.money))
    done = [each for each in ordered if each.status == "completed"]
    cards = np.array(sorted({each.patient for each in ordered}), np.int64)
    channel_of = channels or {}
    patient = np.array(sorted({each.patient for each in done}), np.int64)
    nothing = Coded(np.full(len(patient), NONE, np.int32), ())
    visits = Visits(
        person=np.searchsorted(patient, [each.patient for each in done]).astype(np.int64),
        day=_ints(ordinal(each.day) for each in done),
        visit=np.arange(len(done), dtype=np.int64),
        revenue=_ints(each.money for each in done),
        price=_ints(each.money for each in done),
        words={name: _coded([getattr(each, name) for each in done]) for name in ("branch", "doctor", "group")},
        wait=np.full(len(done), UNTOLD, np.int64),
        corridor=np.full(len(done), UNTOLD, np.int64),
        birth_year=np.zeros(len(patient), np.int64),
        channel=nothing,
        sex=nothing,
        people=len(patient),
    )
    rule = under_rule or {}
    return Ground(
        patient=patient,
        channel=_ints(channel_of.get(int(each), NONE) for each in patient),
        visits=visits,
        slots=Slots(
            _ints(each.patient for each in ordered),
            _ints(ordinal(each.day) for each in ordered),
            _ints(STATES.index(each.status) for each in ordered),
            _ints(each.branch for each in ordered),
            _ints(each.doctor for each in ordered),
            _ints(each.group for each in ordered),
            _ints(_day(each.booked) for each in ordered),
            np.array([each.online for each in ordered], bool),
            np.array([each.talk for each in ordered], bool),
        ),
        plans=Plans(
            _ints(each.patient for each in plans),
            _ints(each.doctor for each in plans),
            _ints(PLAN_STATES.index(each.state) for each in plans),
            _ints(ordinal(each.proposed) for each in plans),
            _ints(_day(each.agreed) for each in plans),
            _ints(_day(each.ended) for each in plans),
        ),
        refunds=(
            _ints(each[0] for each in refunds), _ints(ordinal(each[1]) for each in refunds),
            _ints(each[2] for each in refunds),
        ),
        rule=Rule(_ints(rule), np.array(list(rule.values()), bool)),
        card=cards,
        card_channel=_ints(channel_of.get(int(each), NONE) for each in cards),
        sleeping_days=sleeping_days,
        recall=recall or {},
    )  # fmt: skip


def any_clinic(seed: int, *, people: int = 300, first: date = date(2023, 1, 1), days: int = 1400) -> list[Slot]:
    """Visits of a clinic in which people come at their own pace, some for good, and miss some of their times."""
    rng = np.random.default_rng(seed)
    start, slots = ordinal(first), []
    for patient in range(1, people + 1):
        day = int(rng.integers(0, days - 10))
        gap = rng.gamma(3.0, 30.0) + 10
        of = {"branch": int(rng.integers(1, 3)), "doctor": int(rng.integers(1, 5)), "group": int(rng.integers(1, 4))}
        while day < days:
            status = str(rng.choice(["completed", "completed", "completed", "no_show", "cancelled_patient"]))
            on = date.fromordinal(start + day + date(1970, 1, 1).toordinal())
            money = int(rng.integers(1, 40)) * 50_000 if status == "completed" else 0
            slots.append(Slot(patient, on, status, money, **of, online=day % 5 == 0, talk=of["group"] == 1))
            if rng.random() < 0.2:
                break
            day += max(1, int(rng.exponential(gap)))
    return slots


def _ints(values) -> np.ndarray:
    return np.array(list(values), np.int64)


def _day(day: date | None) -> int:
    return NONE if day is None else ordinal(day)


def _coded(ids: Sequence[int]) -> Coded:
    values = sorted(set(ids))
    return Coded(np.array([values.index(each) for each in ids], np.int32), tuple(map(str, values)))

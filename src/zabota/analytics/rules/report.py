"""What an audit says, as plain values: everything the page, the file and the JSON show."""

from __future__ import annotations

import dataclasses
from datetime import date
from typing import Any

SCHEMA = 1


@dataclasses.dataclass(frozen=True)
class Rows:
    """Account of the rows of the export: read = accepted + rejected + duplicates + ignored."""

    read: int
    accepted: int
    rejected: int
    duplicates: int
    ignored: int


@dataclasses.dataclass(frozen=True)
class Refusal:
    """A refused row."""

    row: int
    column: str
    code: str
    value: str
    #: Name of the file (and sheet) when the export has several.
    file: str = ""

    def to_json(self) -> dict[str, Any]:
        """`file` only where rows of several files would be mistaken for each other."""
        told = dataclasses.asdict(self)
        return told if self.file else {name: value for name, value in told.items() if name != "file"}


@dataclasses.dataclass(frozen=True)
class Share:
    """A retention of one period with its interval; fractions."""

    value: float | None
    low: float | None
    high: float | None
    numerator: int
    denominator: int
    base_from: date | None
    base_to: date | None
    return_from: date | None
    return_to: date | None

    def to_json(self) -> dict[str, Any]:
        """`from` is the first day of the base window, `to` the last day of the return window."""
        return {
            "value": _rounded(self.value),
            "low": _rounded(self.low),
            "high": _rounded(self.high),
            "numerator": self.numerator,
            "denominator": self.denominator,
            "from": _day(self.base_from),
            "to": _day(self.return_to),
            "base_from": _day(self.base_from),
            "base_to": _day(self.base_to),
            "return_from": _day(self.return_from),
            "return_to": _day(self.return_to),
        }


@dataclasses.dataclass(frozen=True)
class Measure:
    """One measure now and a year before, with its change in points."""

    definition: str
    title: str
    says: str
    window_days: int | None
    now: Share
    year_before: Share
    change_pp: float | None
    low_pp: float | None
    high_pp: float | None
    significant: bool

    def to_json(self) -> dict[str, Any]:
        """The `retention` object of the JSON."""
        return {
            "definition": self.definition,
            "title": self.title,
            "says": self.says,
            "window_days": self.window_days,
            "now": self.now.to_json(),
            "year_before": self.year_before.to_json(),
            "change_pp": _points(self.change_pp),
            "low_pp": _points(self.low_pp),
            "high_pp": _points(self.high_pp),
            "significant": self.significant,
        }


@dataclasses.dataclass(frozen=True)
class Cause:
    """A named cause. Effects in points of the change; negative pulled retention down."""

    dimension: str
    value: str
    kind: str
    effect_pp: float
    low_pp: float
    high_pp: float
    significant: bool
    patients: int
    patients_before: int
    lost_patients: int
    money_kopecks: int
    rate_before: float
    rate_now: float
    rate_expected: float
    share_before: float
    share_now: float
    retention_without: float
    p: float
    q: float
    title: str
    text: str
    companions: tuple[str, ...]
    members: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """One item of `drivers`."""
        data = dataclasses.asdict(self)
        for name in ("effect_pp", "low_pp", "high_pp"):
            data[name] = _points(data[name])
        for name in ("rate_before", "rate_now", "rate_expected", "share_before", "share_now", "retention_without"):
            data[name] = _rounded(data[name])
        data["companions"] = list(self.companions)
        data["members"] = list(self.members)
        return data


@dataclasses.dataclass(frozen=True)
class AccountRow:
    """A cell of the exact accounting of one dimension; `rate_pp` and `mix_pp` sum to the whole change."""

    value: str
    patients_before: int
    patients_now: int
    rate_before: float | None
    rate_now: float | None
    rate_pp: float
    mix_pp: float


@dataclasses.dataclass(frozen=True)
class Account:
    """The exact accounting of the change along one dimension (Kitagawa)."""

    dimension: str
    title: str
    rows: tuple[AccountRow, ...]
    rate_pp: float
    mix_pp: float


@dataclasses.dataclass(frozen=True)
class CohortCell:
    """Share of a cohort seen in the k-th month after the first; immature when the month is not over yet."""

    month: int
    value: float | None
    mature: bool


@dataclasses.dataclass(frozen=True)
class Cohort:
    """People whose first visit was in one month."""

    month: str
    size: int
    #: Came back within `horizon_days`; projected from all cohorts while the horizon is not over.
    returned: int
    value: float
    low: float
    high: float
    mature: bool
    #: The data begin here: these may be old patients, not new ones.
    truncated: bool
    horizon_days: int
    cells: tuple[CohortCell, ...]


@dataclasses.dataclass(frozen=True)
class DataWarning:
    """A data problem said before any conclusion; `more` holds figures of the code."""

    code: str
    text: str
    more: dict[str, Any] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class StepGroup:
    """Patients without a next step by days since the last visit; `chance` of a return within a year as it was a year ago."""

    from_days: int
    to_days: int
    patients: int
    chance: float
    value_kopecks: int


@dataclasses.dataclass(frozen=True)
class NextStep:
    """Patients of the last two years without a future appointment and what is expected of them in a year."""

    known: int
    booked: int
    without: int
    value_kopecks: int
    has_future: bool
    groups: tuple[StepGroup, ...] = ()


@dataclasses.dataclass(frozen=True)
class Action:
    """One thing to begin with."""

    title: str
    text: str
    patients: int
    money_kopecks: int
    #: How to see whether it helped.
    check: str = ""


@dataclasses.dataclass(frozen=True)
class ReturnCurve:
    """Share that came back within a number of days after the first visit (Kaplan-Meier), with its interval."""

    days: tuple[int, ...]
    value: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


@dataclasses.dataclass(frozen=True)
class AuditReport:
    """The whole report."""

    as_of: date
    data_from: date
    data_to: date
    rows: Rows
    refusals: tuple[Refusal, ...]
    patients: int
    visits: int
    headline: str
    lead: str
    retention: Measure
    measures: tuple[Measure, ...]
    causes: tuple[Cause, ...]
    common_pp: float | None
    common_text: str
    accounts: tuple[Account, ...]
    cohorts: tuple[Cohort, ...]
    curve: ReturnCurve | None
    warnings: tuple[DataWarning, ...]
    next_step: NextStep
    actions: tuple[Action, ...]
    yearly_value_kopecks: int
    #: Comparisons that turn round among people alike.
    alarms: tuple[dict[str, Any], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The stable JSON, schema 1 (docs/audit.md)."""
        return {
            "schema": SCHEMA,
            "as_of": self.as_of.isoformat(),
            "data": {"from": self.data_from.isoformat(), "to": self.data_to.isoformat()},
            "rows": dataclasses.asdict(self.rows),
            "rejections": [each.to_json() for each in self.refusals],
            "patients": self.patients,
            "visits": self.visits,
            "headline": self.headline,
            "lead": self.lead,
            "retention": self.retention.to_json(),
            "measures": [each.to_json() for each in self.measures],
            "alarms": [dict(each) for each in self.alarms],
            "drivers": [each.to_json() for each in self.causes],
            "common": {"change_pp": _points(self.common_pp), "text": self.common_text},
            "accounts": [_account(each) for each in self.accounts],
            "cohorts": [_cohort(each) for each in self.cohorts],
            "return_curve": _short(dataclasses.asdict(self.curve)) if self.curve else None,
            "warnings": [{"code": each.code, "text": each.text, **each.more} for each in self.warnings],
            "next_step": {
                "known": self.next_step.known,
                "booked": self.next_step.booked,
                "without": self.next_step.without,
                "value_kopecks": self.next_step.value_kopecks,
                "has_future": self.next_step.has_future,
                "groups": [dataclasses.asdict(each) for each in self.next_step.groups],
            },
            "actions": [dataclasses.asdict(each) for each in self.actions],
            "yearly_value_kopecks": self.yearly_value_kopecks,
        }


def _account(account: Account) -> dict[str, Any]:
    data = dataclasses.asdict(account)
    data["rows"] = [dict(row) for row in data["rows"]]
    return data


def _cohort(cohort: Cohort) -> dict[str, Any]:
    data: dict[str, Any] = _short(dataclasses.asdict(cohort))
    data["cells"] = list(data["cells"])
    return data


def _short(value: Any) -> Any:
    """Fractions to six digits, however deep: the last bits depend on the order of adding."""
    if isinstance(value, float):
        return _rounded(value)
    if isinstance(value, dict):
        return {name: _short(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_short(each) for each in value]
    return value


def _rounded(value: float | None) -> float | None:
    return None if value is None or value != value else round(value, 6)


def _points(value: float | None) -> float | None:
    return None if value is None or value != value else round(value, 3)


def _day(value: date | None) -> str | None:
    return value.isoformat() if value else None

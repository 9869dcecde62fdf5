"""What happens to types and next steps."""

from __future__ import annotations

import dataclasses
import datetime as dt

from zabota.kernel.facts import FactBase, fact


@fact("nextstep.clinic_swept")
@dataclasses.dataclass(frozen=True, kw_only=True)
class ClinicSwept(FactBase):
    """All patients of a clinic were looked at; the figures of the day stand in ViolationDay."""

    on: dt.date
    found: int
    tasks_created: int
    tasks_closed: int
    types_changed: int


@fact("nextstep.patient_exempted")
@dataclasses.dataclass(frozen=True, kw_only=True)
class PatientExempted(FactBase):
    """A patient left the rule of the two З; `reason` is a value of models.Exemption.Reason."""

    patient_id: int
    reason: str
    until_on: dt.date | None


@fact("nextstep.exemption_ended")
@dataclasses.dataclass(frozen=True, kw_only=True)
class ExemptionEnded(FactBase):
    """A patient is back in the rule: a person decided so, or the day came until which the refusal held."""

    patient_id: int


@fact("nextstep.patient_referred")
@dataclasses.dataclass(frozen=True, kw_only=True)
class PatientReferred(FactBase):
    """A patient was sent to another clinic."""

    patient_id: int
    referred_on: dt.date
    is_acute: bool


@fact("nextstep.thresholds_changed")
@dataclasses.dataclass(frozen=True, kw_only=True)
class ThresholdsChanged(FactBase):
    """Thresholds or intervals of the clinic were changed: every type may be another."""

    on: dt.date

"""What happens around a visit: a patient is unwell afterwards."""

from __future__ import annotations

from dataclasses import dataclass

from zabota.kernel.facts import FactBase, fact


@fact("visits.patient_unwell")
@dataclass(frozen=True, kw_only=True)
class PatientUnwell(FactBase):
    """«Болит, нужна помощь»: the treating doctor must know at once."""

    patient_id: int
    appointment_id: int
    check_id: int
    task_id: int | None = None

"""Tables of the next step: types of patients, recalls, referrals, who left the rule and why, violations by day."""

from zabota.nextstep.models.coverage import Exemption, Referral, SweptTask, ViolationDay
from zabota.nextstep.models.recalls import Recall, RecallMonths
from zabota.nextstep.models.states import PatientState, PatientType, TypeChange
from zabota.nextstep.models.thresholds import Thresholds

__all__ = [
    "Exemption",
    "PatientState",
    "PatientType",
    "Recall",
    "RecallMonths",
    "Referral",
    "SweptTask",
    "Thresholds",
    "TypeChange",
    "ViolationDay",
]

"""Front door of the next step: the sweep, exemptions, recalls, referrals, thresholds, figures of the rule of the two З."""

from zabota.nextstep.queries.coverage import (
    Coverage,
    Flow,
    TypeCount,
    coverage_of,
    exempt_by_reason,
    patients_by_type,
    soon_sleeping,
    soon_sleeping_sums,
    type_flow,
    uncovered_ids,
    violations_by_day,
)
from zabota.nextstep.queries.explain import RecallLine, TypeExplanation, explain, recalls_of
from zabota.nextstep.rules.stake import CHANCE_AT_LEAST, CHANCE_BY_LATENESS, CHANCE_LONG_LOST, CHANCE_NEVER_SEEN
from zabota.nextstep.rules.wording import span
from zabota.nextstep.services.exemptions import end_exemption, exempt_patient
from zabota.nextstep.services.later import ask_for_sweep, sweep_later
from zabota.nextstep.services.recalls import (
    count_any_visit,
    disable_recall,
    enable_recall,
    override_recall,
    snooze_recall,
)
from zabota.nextstep.services.referrals import end_referral, record_referral
from zabota.nextstep.services.steps import SweepResult
from zabota.nextstep.services.sweep import sweep_all, sweep_clinic, sweep_patients
from zabota.nextstep.services.thresholds import edit_group, edit_thresholds

__all__ = [
    "CHANCE_AT_LEAST",
    "CHANCE_BY_LATENESS",
    "CHANCE_LONG_LOST",
    "CHANCE_NEVER_SEEN",
    "Coverage",
    "Flow",
    "RecallLine",
    "SweepResult",
    "TypeCount",
    "TypeExplanation",
    "ask_for_sweep",
    "count_any_visit",
    "coverage_of",
    "disable_recall",
    "edit_group",
    "edit_thresholds",
    "enable_recall",
    "end_exemption",
    "end_referral",
    "exempt_by_reason",
    "exempt_patient",
    "explain",
    "override_recall",
    "patients_by_type",
    "recalls_of",
    "record_referral",
    "snooze_recall",
    "soon_sleeping",
    "soon_sleeping_sums",
    "span",
    "sweep_all",
    "sweep_clinic",
    "sweep_later",
    "sweep_patients",
    "type_flow",
    "uncovered_ids",
    "violations_by_day",
]

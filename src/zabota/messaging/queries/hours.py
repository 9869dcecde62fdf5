"""When a message may arrive at a patient: for those who plan ahead and want no surprise from the gate."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from zabota.clinic.models import Branch, Clinic
from zabota.messaging.models import MessagingRules
from zabota.messaging.rules.quiet import first_zone, latest_open, next_open
from zabota.messaging.rules.words import MARKETING
from zabota.patients.models import Patient

#: A message moved to the evening before arrives while people are still awake.
EVENING_MARGIN = timedelta(hours=1)


def zones_of(patient_ids: Iterable[int], *, clinic_id: int) -> dict[int, ZoneInfo]:
    """The zone in which each patient lives: their own, their branch's, the clinic's."""
    clinic = Clinic.objects.get(pk=clinic_id)
    branches = dict(Branch.objects.filter(clinic=clinic).values_list("id", "time_zone"))
    rows = Patient.objects.filter(pk__in=list(patient_ids), clinic_id=clinic_id)
    return {
        pk: first_zone(zone, branches.get(branch_id or 0, ""), clinic.time_zone)
        for pk, zone, branch_id in rows.values_list("pk", "time_zone", "branch_id")
    }


def allowed_from(
    patient_ids: Iterable[int], *, clinic_id: int, message_class: str, at: datetime
) -> dict[int, datetime]:
    """The first instant from `at` on at which a message of this class may arrive at each patient."""
    since, till = _window(clinic_id, message_class)
    return {pk: next_open(at, zone, since, till) for pk, zone in zones_of(patient_ids, clinic_id=clinic_id).items()}


def latest_before(
    patient_ids: Iterable[int], *, clinic_id: int, message_class: str, at: datetime
) -> dict[int, datetime]:
    """The last instant up to `at`: a reminder two hours before an early visit goes the evening before."""
    since, till = _window(clinic_id, message_class)
    return {
        pk: latest_open(at, zone, since, till, margin=EVENING_MARGIN)
        for pk, zone in zones_of(patient_ids, clinic_id=clinic_id).items()
    }


def _window(clinic_id: int, message_class: str) -> tuple[time, time]:
    rules = MessagingRules.objects.filter(clinic_id=clinic_id).first() or MessagingRules(clinic_id=clinic_id)
    if message_class == MARKETING:
        return rules.marketing_from, rules.marketing_till
    return rules.service_from, rules.service_till

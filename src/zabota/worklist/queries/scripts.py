"""Scripts for the page of one person and for the page of all scripts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q

from zabota.clinic.models import Clinic
from zabota.worklist.models import Outcome, Reason, Script, Task, TaskEvent
from zabota.worklist.queries.contacts import callable_phones
from zabota.worklist.rules.library import DEFAULT_SCRIPTS

#: Effect is counted over so many days.
WINDOW = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class ScriptUse:
    """A current script with how often it was on the screen and how often a booking came of it."""

    reason: Reason
    script: Script | None
    contacts: int
    booked: int


def script_for(task: Task, *, has_phone: bool | None = None) -> Script | None:
    """The current script of the task's situation; while the patient has no phone worth dialling, of finding one.

    `has_phone` is given by whoever has read the phones already. A clinic whose scripts were not written yet speaks the words of the first day: the row returned then has no key.
    """
    if has_phone is None:
        has_phone = callable_phones(task.patient_id).exists()
    reason = task.reason if has_phone else Reason.FIND_CONTACT
    found = Script.objects.filter(clinic_id=task.clinic_id, reason=reason, is_current=True).first()
    return found or default_script(task.clinic_id, reason)


def default_script(clinic_id: int, reason: str) -> Script | None:
    """The words of the first day, unsaved."""
    for each in DEFAULT_SCRIPTS:
        if each.reason == reason:
            return Script(clinic_id=clinic_id, reason=reason, title=each.title, text=each.text, advice=each.advice)
    return None


def script_history(clinic: Clinic, reason: str) -> list[Script]:
    """All versions, the newest first."""
    return list(Script.objects.filter(clinic=clinic, reason=reason).select_related("created_by").order_by("-version"))


def script_uses(clinic: Clinic, now: datetime) -> list[ScriptUse]:
    """One line for each reason in the order of the list of reasons."""
    current = {script.reason: script for script in Script.objects.filter(clinic=clinic, is_current=True)}
    counts = {
        pk: (contacts, booked)
        for pk, contacts, booked in TaskEvent.objects.filter(
            clinic=clinic, kind=TaskEvent.Kind.ATTEMPT, undone_at=None, at__gt=now - WINDOW, script__is_current=True
        )
        .values_list("script_id")
        .annotate(contacts=Count("id"), booked=Count("id", filter=Q(outcome=Outcome.BOOKED)))
    }
    return [
        ScriptUse(reason, script, *(counts.get(script.pk, (0, 0)) if script else (0, 0)))
        for reason in Reason
        for script in (current.get(reason),)
    ]

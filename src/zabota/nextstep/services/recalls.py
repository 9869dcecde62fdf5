"""What people decide about one recall: another day, later, not at all, any visit counts."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db import transaction

from zabota.kernel import audit, clock
from zabota.kernel.audit import Actor
from zabota.kernel.errors import BadInput
from zabota.nextstep.models import Recall
from zabota.nextstep.services.steps import hold_clinic
from zabota.nextstep.services.sweep import sweep_patients

#: A recall further away than this is a mistake of the calendar.
FARTHEST_DAYS = 3660


def override_recall(*, recall: Recall, due_on: date | None, reason: str, actor: Actor, now: datetime) -> Recall:
    """Set another day until the next triggering visit; without a day the calculated one counts again."""
    today = clock.today(recall.clinic.time_zone, now)
    if due_on is not None:
        _check_day(due_on, today)
        if due_on <= recall.previous_on:
            raise BadInput("День возврата должен быть позже последнего визита.")
        if not reason.strip():
            raise BadInput("Напишите, почему срок другой: через полгода это спросят.")
    reason = " ".join(reason.split())[:200] if due_on else ""
    return _change(recall, "overridden", actor, now, overridden_on=due_on, override_reason=reason)


def snooze_recall(*, recall: Recall, until: date | None, actor: Actor, now: datetime) -> Recall:
    """Ask nobody before this day; the due day itself stays. Without a day the snooze is over."""
    if until is not None:
        today = clock.today(recall.clinic.time_zone, now)
        _check_day(until, today)
        if until <= today:
            raise BadInput("Этот день уже наступил. Выберите день в будущем.")
    return _change(recall, "snoozed", actor, now, snoozed_until=until)


def disable_recall(*, recall: Recall, reason: str, actor: Actor, now: datetime) -> Recall:
    """This patient is not recalled in this group, also after the next visit."""
    reason = " ".join(reason.split())[:200]
    if not reason:
        raise BadInput("Напишите, почему напоминать не нужно.")
    return _change(recall, "disabled", actor, now, is_disabled=True, disabled_reason=reason)


def enable_recall(*, recall: Recall, actor: Actor, now: datetime) -> Recall:
    """Recall this patient again."""
    return _change(recall, "enabled", actor, now, is_disabled=False, disabled_reason="")


def count_any_visit(*, recall: Recall, counts: bool, actor: Actor, now: datetime) -> Recall:
    """Whether a booking for anything answers this recall, or only the right visit."""
    return _change(recall, "any_visit", actor, now, any_visit_counts=counts)


def _check_day(day: date, today: date) -> None:
    if (day - today).days > FARTHEST_DAYS:
        raise BadInput("Это дальше, чем через десять лет. Проверьте дату.")


def _change(recall: Recall, verb: str, actor: Actor, now: datetime, **fields: Any) -> Recall:
    with transaction.atomic():
        hold_clinic(recall.clinic_id)
        Recall.objects.filter(pk=recall.pk).update(updated_at=now, **fields)
        for name, value in fields.items():
            setattr(recall, name, value)
        details = {name: value.isoformat() if isinstance(value, date) else value for name, value in fields.items()}
        # Words a person wrote may hold a name: the trail keeps that there were some.
        for name in ("override_reason", "disabled_reason"):
            if name in details:
                details[name] = bool(details[name])
        audit.record(f"nextstep.recall.{verb}", recall, actor=actor, now=now, details=details)
        sweep_patients(patient_ids=[recall.patient_id], now=now, actor=actor)
    recall.refresh_from_db()
    return recall

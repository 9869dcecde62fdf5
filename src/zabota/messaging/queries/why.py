"""Why a message went and why it did not: for the card of a patient, and a day of the clinic in figures."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Count, Q, Sum

from zabota.clinic.models import Clinic
from zabota.messaging.models import Decision, Message
from zabota.messaging.rules.quiet import instant
from zabota.messaging.rules.words import CHANNEL_TITLES, CLASS_TITLES, REASONS


@dataclass(frozen=True, slots=True)
class WhyStep:
    """One thing that was decided about a message."""

    at: datetime
    outcome: str
    words: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class WhyLine:
    """One message with its whole story."""

    message: Message
    title: str
    channel: str
    state: str
    #: The last word on it, in Russian.
    words: str
    steps: tuple[WhyStep, ...] = ()


@dataclass(slots=True)
class DaySummary:
    """A day of messages of one clinic."""

    day: date
    by_state: dict[str, int] = field(default_factory=dict)
    by_channel: dict[str, int] = field(default_factory=dict)
    #: (reason's words, how many), the most frequent first.
    not_sent: list[tuple[str, int]] = field(default_factory=list)
    cost_kopecks: int = 0
    parts: int = 0

    @property
    def total(self) -> int:
        """Messages of the day."""
        return sum(self.by_state.values())

    @property
    def reached(self) -> int:
        """Delivered or read."""
        return self.by_state.get("delivered", 0) + self.by_state.get("read", 0)


def why(patient_id: int, *, limit: int = 50) -> list[WhyLine]:
    """Messages of a patient, the latest first, each with why it went, waited or did not go."""
    rows = Message.objects.filter(patient_id=patient_id).select_related("template_version__template")
    return explain_messages(rows.order_by("-created_at", "-id")[:limit])


def explain_messages(messages: Iterable[Message]) -> list[WhyLine]:
    """The story of each of these messages."""
    rows = list(messages)
    steps: dict[int, list[WhyStep]] = defaultdict(list)
    for each in Decision.objects.filter(message_id__in=[row.pk for row in rows]).order_by("id"):
        steps[each.message_id].append(WhyStep(each.at, each.outcome, _words(each.reason, each.detail), each.until_at))
    return [
        WhyLine(
            message=row,
            title=row.template_version.template.title if row.template_version else "Ответ в диалоге",
            channel=CHANNEL_TITLES.get(row.channel, row.channel),
            state=row.get_state_display(),
            words=steps[row.pk][-1].words if steps[row.pk] else _waiting(row),
            steps=tuple(steps[row.pk]),
        )
        for row in rows
    ]


def day_span(clinic_id: int, day: date) -> tuple[datetime, datetime]:
    """Beginning and end of a day of the clinic."""
    zone = ZoneInfo(Clinic.objects.values_list("time_zone", flat=True).get(pk=clinic_id))
    return instant(day, time(0), zone), instant(day + timedelta(days=1), time(0), zone)


def daily_summary(clinic_id: int, day: date, *, branches: Sequence[int] | None = None) -> DaySummary:
    """What was sent and what was not on a day of the clinic, or of patients of some branches, and what it cost."""
    since, till = day_span(clinic_id, day)
    everything = Message.objects.filter(clinic_id=clinic_id)
    if branches is not None:
        everything = everything.filter(Q(patient__branch_id__in=branches) | Q(patient__branch=None))
    rows = everything.filter(created_at__gte=since, created_at__lt=till)
    summary = DaySummary(day)
    summary.by_state = dict(rows.values_list("state").annotate(n=Count("id")).order_by("state"))
    summary.by_channel = dict(rows.values_list("channel").annotate(n=Count("id")).order_by("channel"))
    decided = Decision.objects.filter(clinic_id=clinic_id, at__gte=since, at__lt=till, outcome=Decision.Outcome.STOP)
    if branches is not None:
        decided = decided.filter(message__in=everything)
    counted = decided.values_list("reason").annotate(n=Count("message_id", distinct=True))
    summary.not_sent = [(REASONS.get(reason, reason), n) for reason, n in sorted(counted, key=lambda each: -each[1])]
    sums = everything.filter(sent_at__gte=since, sent_at__lt=till).aggregate(
        cost=Sum("cost_kopecks"), parts=Sum("parts")
    )
    summary.cost_kopecks, summary.parts = sums["cost"] or 0, sums["parts"] or 0
    return summary


def class_words(message_class: str) -> str:
    """The class of a message in words."""
    return CLASS_TITLES.get(message_class, message_class)


def _words(reason: str, detail: str) -> str:
    words = REASONS.get(reason, reason)
    if reason == "guard" and detail:
        return detail
    return f"{words}: {detail}" if detail and reason in ("refused", "attempts") else words


def _waiting(row: Message) -> str:
    return REASONS.get(row.reason, row.reason) if row.reason else "Ждёт своего времени"

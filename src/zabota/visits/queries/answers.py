"""Questionnaires of a visit and what patients answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from zabota.booking.models import Appointment
from zabota.visits.models import Answer, AnswerSheet, Questionnaire
from zabota.visits.queries.texts import services_and_groups


@dataclass(frozen=True, slots=True)
class AnswersOfVisit:
    """One filled questionnaire: (question, answer, worries the doctor), what worries first."""

    title: str
    filled_at: datetime
    lines: tuple[tuple[str, str, bool], ...]

    @property
    def worries(self) -> int:
        """How many answers the doctor should not miss."""
        return sum(line[2] for line in self.lines)


def questionnaires_of(visit: Appointment) -> list[Questionnaire]:
    """What is asked before this visit."""
    _, groups = services_and_groups(visit)
    return list(
        Questionnaire.objects.filter(Q(group=None) | Q(group_id__in=groups), clinic_id=visit.clinic_id, is_active=True)
    )


def answers_for(appointment_ids: Sequence[int]) -> dict[int, list[AnswersOfVisit]]:
    """Filled questionnaires of each visit; a visit without one has an empty list. Two queries for any number."""
    found: dict[int, list[AnswersOfVisit]] = {pk: [] for pk in appointment_ids}
    sheets = list(
        AnswerSheet.objects.filter(appointment_id__in=list(appointment_ids))
        .select_related("questionnaire")
        .order_by("filled_at", "id")
    )
    lines: dict[int, list[tuple[str, str, bool]]] = {sheet.pk: [] for sheet in sheets}
    for answer in Answer.objects.filter(sheet_id__in=list(lines)).order_by("-is_alarming", "place", "id"):
        lines[answer.sheet_id].append((answer.question_text, answer.value, answer.is_alarming))
    for sheet in sheets:
        found[sheet.appointment_id].append(
            AnswersOfVisit(sheet.questionnaire.title, sheet.filled_at, tuple(lines[sheet.pk]))
        )
    return found


def is_filled(visit: Appointment) -> set[int]:
    """Ids of the questionnaires that were filled in for this visit."""
    return set(AnswerSheet.objects.filter(appointment=visit).values_list("questionnaire_id", flat=True))

"""Questionnaires before a visit: written by the clinic, filled in by the patient, read by the doctor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction

from zabota.booking.models import Appointment
from zabota.clinic.models import Clinic, ServiceGroup
from zabota.kernel import audit
from zabota.kernel.audit import Actor
from zabota.kernel.errors import BadInput
from zabota.visits.models import Answer, AnswerSheet, Question, Questionnaire
from zabota.visits.rules.answers import Asked, read_answers

_MOST = 20


@transaction.atomic
def save_questionnaire(
    *,
    clinic: Clinic,
    questionnaire: Questionnaire | None,
    title: str,
    group: ServiceGroup | None,
    is_active: bool,
    questions: Sequence[Asked],
    actor: Actor,
    now: datetime,
) -> Questionnaire:
    """Write a questionnaire anew. Answers given before keep the words of their questions."""
    title = " ".join(title.split())
    if not title:
        raise BadInput("Назовите анкету.")
    if not questions:
        raise BadInput("Добавьте хотя бы один вопрос.")
    if len(questions) > _MOST:
        raise BadInput("Больше 20 вопросов никто не дочитает. Оставьте главные.")
    row = questionnaire or Questionnaire(clinic=clinic)
    if row.clinic_id != clinic.pk or (group is not None and group.clinic_id != clinic.pk):
        raise BadInput("Это из другой клиники.")
    row.title, row.group, row.is_active = title[:120], group, is_active
    row.save()
    row.questions.all().delete()
    Question.objects.bulk_create(
        Question(
            questionnaire=row,
            place=place,
            text=each.text,
            kind=each.kind,
            options=list(each.options),
            alarming=list(each.alarming),
        )
        for place, each in enumerate(questions)
    )
    audit.record("visits.questionnaire.written", row, actor=actor, now=now, details={"questions": len(questions)})
    return row


@transaction.atomic
def fill_in(
    *, visit: Appointment, questionnaire: Questionnaire, given: Mapping[str, Sequence[str]], actor: Actor, now: datetime
) -> AnswerSheet:
    """Keep the answers of a patient; sending them again replaces what was there."""
    questions = list(questionnaire.questions.all())
    asked = [Asked(each.text, each.kind, tuple(each.options), tuple(each.alarming)) for each in questions]
    answers = read_answers(asked, [given.get(str(each.pk), ()) for each in questions])
    Appointment.objects.select_for_update(of=("self",)).get(pk=visit.pk)
    sheet, _ = AnswerSheet.objects.update_or_create(
        appointment=visit,
        questionnaire=questionnaire,
        defaults={"clinic_id": visit.clinic_id, "patient_id": visit.patient_id, "filled_at": now},
    )
    sheet.answers.all().delete()
    Answer.objects.bulk_create(
        Answer(
            sheet=sheet,
            question=question,
            place=question.place,
            question_text=question.text,
            value=answer.value,
            is_alarming=answer.is_alarming,
        )
        for question, answer in zip(questions, answers, strict=True)
        if answer is not None
    )
    audit.record("visits.questionnaire.filled", sheet, actor=actor, now=now)
    return sheet

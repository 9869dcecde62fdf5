"""Words of the worklist: why somebody is contacted and how it ended."""

from __future__ import annotations

from django.db import models


class Reason(models.TextChoices):
    """Why somebody is contacted: also names the script."""

    RECALL_DUE = "recall_due", "Пора на профилактику"
    NO_NEXT_STEP = "no_next_step", "После визита нет следующего шага"
    NOT_STARTED = "not_started", "Консультация без лечения"
    PLAN_PAUSED = "plan_paused", "Лечение не продолжено"
    NO_SHOW = "no_show", "Неявка, новой записи нет"
    CANCELLED = "cancelled", "Визит отменён, новой записи нет"
    VANISHED = "vanished", "Запись исчезла из выгрузки"
    REFERRED = "referred", "Направление в другую клинику"
    SLEEPING = "sleeping", "Давно нет визитов"
    LOST = "lost", "Нет визитов больше года"
    NEW_WITHOUT_VISIT = "new_without_visit", "Обращение без визита"
    CALL_BACK = "call_back", "Просьба перезвонить"
    MANUAL = "manual", "Поставлена вручную"
    #: A refusal after a consultation, for the quality controller or the chief doctor.
    REFUSAL_REVIEW = "refusal_review", "Отказ после консультации: разобраться"
    #: Script only: the task keeps its reason and says that no phone is left.
    FIND_CONTACT = "find_contact", "Найти контакт"


class Outcome(models.TextChoices):
    """How a contact ended. The first seven have one digit each at the desk."""

    BOOKED = "booked", "Дозвонились, есть запись"
    CALL_BACK = "call_back", "Перезвонить"
    THINKS = "thinks", "Думает"
    REFUSED = "refused", "Отказ"
    NO_ANSWER = "no_answer", "Нет ответа"
    WRONG_NUMBER = "wrong_number", "Чужой номер"
    RESOLVED = "resolved", "Вопрос решён"
    #: The next step appeared by itself (a booking in the clinic's system).
    BOOKED_ELSEWHERE = "booked_elsewhere", "Запись без нашего звонка"
    #: The patient left the rule (moved, died, finished): no contact is needed.
    NOT_NEEDED = "not_needed", "Больше не нужно"

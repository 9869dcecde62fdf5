"""What is said after an outcome: one short sentence, with the name in its case."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from django.urls import reverse

from zabota.clinic.models import Clinic
from zabota.kernel.declension import NameCase, decline_name
from zabota.patients.models import Patient
from zabota.ui import formats
from zabota.worklist.api import Recorded
from zabota.worklist.models import Outcome, Task

_ORDINALS: Final = ("", "первый", "второй", "третий", "четвёртый", "пятый", "шестой", "седьмой", "восьмой", "девятый")


@dataclass(frozen=True, slots=True)
class Said:
    """A word to the person at the desk."""

    text: str
    tone: str = ""


def recorded(result: Recorded, clinic: Clinic) -> Said:
    """What has just happened and what follows."""
    task, zone = result.task, ZoneInfo(clinic.time_zone)
    outcome = result.event.outcome
    if outcome == Outcome.BOOKED:
        return Said(_booked(task, zone))
    if outcome == Outcome.CALL_BACK and task.hidden_until:
        return Said(f"Напомним позвонить {_name(task.patient, 'dative')}: {_when(task.hidden_until, zone)}")
    if outcome == Outcome.THINKS and task.hidden_until:
        return Said(f"Вернёмся к {_name(task.patient, 'dative')}: {_when(task.hidden_until, zone)}")
    if outcome == Outcome.NO_ANSWER and task.hidden_until:
        again = f"Следующий: {_when(task.hidden_until, zone)}"
        return Said(f"{full_of(task.patient)}: нет ответа, {_call(task.attempts)}. {again}")
    if outcome == Outcome.REFUSED:
        return Said(_refused(result))
    if outcome == Outcome.WRONG_NUMBER:
        if result.next_phone is not None:
            return Said(f"Номер отмечен чужим. Следующий: {formats.phone(result.next_phone.value)}")
        return Said("Номер отмечен чужим. Других номеров нет: задача теперь «Найти контакт»")
    return Said(f"{full_of(task.patient)}: вопрос решён, задача закрыта")


def address(task: Task | None) -> str:
    """Where the open person is found."""
    return reverse("desk:today-person", args=[task.public_id]) if task else reverse("desk:today")


def undo_address(task: Task) -> str:
    """Where the last outcome of a task is taken back."""
    return reverse("desk:today-undo", args=[task.public_id])


def _booked(task: Task, zone: ZoneInfo) -> str:
    name = _name(task.patient, "accusative")
    if task.appointment is None:
        return f"Запись отмечена со слов: {task.evidence}"
    return f"Записали {name}: {formats.ru_date(task.appointment.starts_at.astimezone(zone))}"


def _refused(result: Recorded) -> str:
    if result.escalation is None:
        return f"{full_of(result.task.patient)}: отказ записан, задача закрыта"
    owner = result.escalation.owner
    to = f", разберётся {owner.user.short_name}" if owner else ""
    return f"{full_of(result.task.patient)}: отказ записан{to}"


def _name(patient: Patient, case: NameCase) -> str:
    return decline_name(surname=patient.surname, name=patient.name, sex=patient.sex, case=case)


def full_of(patient: Patient) -> str:
    """Whom it is about, as they stand in the queue."""
    return f"{patient.surname} {patient.name}".strip()


def _call(number: int) -> str:
    """«второй звонок»."""
    return f"{_ORDINALS[number]} звонок" if number < len(_ORDINALS) else f"звонок {number}"


def _when(moment: datetime, zone: ZoneInfo) -> str:
    return formats.ru_date(moment.astimezone(zone))

"""Words for what the trail keeps: every action that the program records has its sentence here (a test compares)."""

from __future__ import annotations

#: Part of the program, its name in the filter.
PARTS = {
    "patients": "Пациенты",
    "worklist": "Очередь и задачи",
    "booking": "Записи и визиты",
    "care": "Планы лечения",
    "nextstep": "Типы и правило двух З",
    "intake": "Загрузки",
    "analytics": "Отчёты",
    "clinic": "Клиника и сотрудники",
    "desk": "Двери и система",
}

ACTIONS = {
    "analytics.reports.asked": "попросил составить отчёт",
    "analytics.reports.stored": "составил отчёт",
    "booking.appointment.booked": "записал на приём",
    "booking.appointment.cancelled": "отменил запись",
    "booking.appointment.marked": "отметил исход визита",
    "care.plan.agreed": "отметил согласие с планом",
    "care.plan.declined": "отметил отказ от плана",
    "care.plan.finished": "закончил план",
    "care.plan.proposed": "предложил план",
    "care.stage.done": "отметил этап плана",
    "clinic.branch.added": "добавил филиал",
    "clinic.branch.changed": "изменил филиал",
    "clinic.clinic.changed": "изменил клинику",
    "clinic.doctor.added": "добавил врача",
    "clinic.doctor.changed": "изменил врача",
    "clinic.goal.set": "задал путь к цели",
    "clinic.group.added": "добавил группу услуг",
    "clinic.group.changed": "изменил интервал или пороги группы услуг",
    "clinic.member.came_back": "вернул сотрудника",
    "clinic.member.changed": "изменил сотрудника",
    "clinic.member.invited": "завёл сотрудника",
    "clinic.member.left": "закрыл доступ сотруднику",
    "clinic.member.logged_in": "вошёл",
    "clinic.member.password_changed": "сменил свой пароль",
    "clinic.member.password_reset": "выдал новый пароль",
    "clinic.member.second_factor_reset": "снял код из приложения",
    "clinic.service.changed": "изменил услугу",
    "desk.door.refused": "открывал то, на что нет прав",
    "desk.parked.retried": "вернул отложенное в очередь",
    "desk.trail.exported": "выгрузил журнал",
    "intake.batch.discarded": "убрал файл",
    "intake.columns.chosen": "разметил столбцы",
    "intake.files.received": "принёс файл",
    "nextstep.group.months": "изменил интервал группы в месяцах",
    "nextstep.patient.exempted": "вывел пациента из правила",
    "nextstep.patient.returned": "вернул пациента в правило",
    "nextstep.referral.ended": "закончил направление",
    "nextstep.referral.recorded": "записал направление",
    "nextstep.sweep.patients": "проверил правило двух З",
    "nextstep.thresholds.edited": "изменил пороги типов",
    "patients.card.edited": "изменил карточку",
    "patients.card.merged": "объединил карточки",
    "patients.card.registered": "завёл карточку",
    "patients.card.unmerged": "разъединил карточки",
    "patients.card.viewed": "открыл карточку",
    "patients.consent.decided": "записал согласие",
    "patients.consent_text.published": "опубликовал текст согласия",
    "patients.contact.added": "добавил контакт",
    "patients.duplicate.different": "отметил разных людей",
    "patients.duplicate.reopened": "вернул пару на проверку",
    "patients.note.added": "оставил заметку",
    "patients.tag.added": "поставил метку",
    "patients.tag.removed": "снял метку",
    "worklist.clinic.distributed": "распределил задачи",
    "worklist.member.absent": "отметил отсутствие",
    "worklist.member.back": "отметил возвращение",
    "worklist.member.reassigned": "передал задачи",
    "worklist.script.edited": "изменил скрипт",
    "worklist.scripts.added": "добавил скрипты",
    "worklist.task.created": "поставил задачу",
    "worklist.task.handed": "передал задачу",
    "worklist.task.outcome": "записал исход контакта",
    "worklist.task.released": "вернул задачу в общую очередь",
    "worklist.task.snoozed": "отложил задачу",
    "worklist.task.taken": "взял задачу",
    "worklist.task.undone": "отменил исход",
    "worklist.task.viewed": "открыл задачу",
}

#: Who acts when it is not a person.
KINDS = {
    "system": "программа",
    "import": "загрузка",
    "demo": "демонстрация",
    "command": "команда на сервере",
}


def words_of(action: str) -> str:
    """The sentence of an action; its code when a release removed it."""
    return ACTIONS.get(action, action)

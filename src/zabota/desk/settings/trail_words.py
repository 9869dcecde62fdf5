"""Words for what the trail keeps: every action that the program records has its words here (a test compares)."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone

from zabota.booking.models import Appointment
from zabota.clinic.api import ROLE_NAMES
from zabota.patients.models import Consent, Contact
from zabota.ui import formats
from zabota.worklist.api import REFUSALS, RESOLUTIONS
from zabota.worklist.models import Outcome, Reason, TaskEvent

_VALUES: dict[str, str] = {
    **{choice.code: choice.label for choice in (*REFUSALS, *RESOLUTIONS)},
    **{
        choice.value: str(choice.label)
        for choices in (Contact.Reach, Contact.Kind, Reason, Outcome, TaskEvent.Kind, Appointment.Status)
        for choice in choices
    },
    **{
        str(code): str(label)
        for name in ("purpose", "state", "signature")
        for code, label in getattr(Consent._meta.get_field(name), "choices", None) or ()
    },
    **{role.value: name for role, name in ROLE_NAMES.items()},
    # Of a visit, in words that suit anybody.
    "arrived": "в клинике",
    "begun": "приём начат",
    "no_show": "неявка",
    "undone": "отметка снята",
}

#: Part of the program, its name in the filter.
PARTS = {
    "patients": "Пациенты",
    "worklist": "Очередь и задачи",
    "booking": "Записи и визиты",
    "messaging": "Сообщения",
    "integrations": "Каналы",
    "care": "Планы лечения",
    "nextstep": "Типы и правило двух «З»",
    "intake": "Загрузки",
    "analytics": "Отчёты",
    "clinic": "Клиника и сотрудники",
    "visits": "Вокруг визита",
    "desk": "Двери и система",
}

#: What was done, as a noun: whoever did it, the words fit.
ACTIONS = {
    "analytics.calls.asked": "пациенты отправлены в очередь по ценности",
    "analytics.people.exported": "выгрузка списка из отчёта",
    "analytics.people.sent": "список из отчёта отправлен в очередь",
    "analytics.reports.asked": "пересчёт отчёта",
    "analytics.reports.stored": "отчёт рассчитан",
    "analytics.view.dropped": "сохранённый вид удалён",
    "analytics.mail.asked": "отчёт письмом: попросил",
    "analytics.mail.stopped": "отчёт письмом: отказался",
    "analytics.view.saved": "вид отчёта сохранён",
    "booking.appointment.booked": "запись на приём",
    "booking.appointment.cancelled": "отмена записи",
    "booking.appointment.viewed": "просмотр записи в расписании",
    "booking.appointment.marked": "исход визита",
    "booking.appointment.moved": "перенос записи",
    "booking.schedule.changed": "изменение часов приёма",
    "booking.resource.changed": "изменение кабинета или врача в расписании",
    "booking.need.changed": "что нужно для услуги",
    "booking.waitlist.joined": "постановка в лист ожидания",
    "booking.waitlist.closed": "уход из листа ожидания",
    "booking.offer.answered": "ответ на предложенное время",
    "booking.freed.hastened": "предложение времени раньше срока",
    "booking.freed.withdrawn": "решение не предлагать время",
    "booking.appointment.kind_changed": "приём по видео вместо клиники или наоборот",
    "booking.appointment.rooms_changed": "другой кабинет визита",
    "booking.appointment.restored": "возврат записи, отменённой по ошибке",
    "booking.transfer.done": "запись перенесена в программу клиники",
    "booking.transfer.undone": "отметка о переносе в программу клиники снята",
    "booking.feed.made": "адрес календаря врача",
    "booking.feed.revoked": "отзыв адреса календаря",
    "care.plan.agreed": "согласие с планом лечения",
    "care.plan.declined": "отказ от плана лечения",
    "care.plan.finished": "окончание плана лечения",
    "care.plan.proposed": "новый план лечения",
    "care.stage.done": "этап плана выполнен",
    "clinic.branch.added": "новый филиал",
    "clinic.branch.changed": "изменение филиала",
    "clinic.clinic.changed": "изменение клиники",
    "clinic.doctor.added": "новый врач",
    "clinic.doctor.changed": "изменение врача",
    "clinic.goal.set": "путь к цели",
    "clinic.group.added": "новая группа услуг",
    "clinic.group.changed": "интервал и пороги группы услуг",
    "clinic.member.came_back": "возвращение сотрудника",
    "clinic.member.changed": "изменение сотрудника",
    "clinic.member.invited": "новый сотрудник",
    "clinic.member.left": "доступ закрыт",
    "clinic.member.logged_in": "вход",
    "clinic.member.password_changed": "смена своего пароля",
    "clinic.member.password_reset": "новый пароль сотруднику",
    "clinic.member.second_factor_reset": "код из приложения снят",
    "clinic.service.changed": "изменение услуги",
    "desk.reception.viewed": "просмотр своего приёма",
    "desk.door.refused": "попытка открыть закрытое",
    "desk.parked.retried": "отложенное возвращено в очередь",
    "desk.trail.exported": "выгрузка журнала",
    "intake.batch.check": "проверка файла начата",
    "intake.batch.discarded": "файл убран",
    "intake.batch.load": "загрузка начата",
    "intake.batch.loaded": "загрузка выгрузки",
    "intake.batch.undo": "отмена загрузки начата",
    "intake.batch.undone": "отмена загрузки",
    "intake.columns.chosen": "разметка столбцов",
    "intake.columns.forgotten": "сохранённые столбцы убраны",
    "intake.files.reread": "файл прочитан иначе",
    "intake.files.received": "новый файл",
    "integrations.hook.told": "провайдеру сообщён адрес для ответов",
    "messaging.account.saved": "кабинет канала введён или изменён",
    "messaging.account.switched": "канал включён или выключен",
    "messaging.canned.archived": "готовый ответ убран",
    "messaging.canned.saved": "готовый ответ сохранён",
    "messaging.channel.chosen": "пожелание пациента о канале",
    "messaging.conversation.answered": "ответ в диалоге",
    "messaging.conversation.assigned": "диалог передан",
    "messaging.conversation.bound": "диалог привязан к карте",
    "messaging.conversation.closed": "диалог закрыт",
    "messaging.conversation.reopened": "диалог открыт снова",
    "messaging.legality.overridden": "реклама в канале разрешена вопреки таблице закона",
    "messaging.legality.restored": "таблица закона снова действует",
    "messaging.rules.changed": "изменение часов и пределов сообщений",
    "messaging.listed.answered": "ответ: организация из перечня 41-ФЗ",
    "messaging.restore.noticed": "база восстановлена из копии, отправка остановлена",
    "messaging.sending.paused": "отправка остановлена",
    "messaging.sending.resumed": "отправка возобновлена",
    "messaging.template.archived": "текст сообщения убран",
    "messaging.template.saved": "новая версия текста сообщения",
    "messaging.templates.added": "встроенные тексты сообщений добавлены",
    "messaging.picture.viewed": "просмотр фото из диалога",
    "messaging.troubles.seen": "неполадки отправки прочитаны",
    "nextstep.group.months": "интервал группы в месяцах",
    "nextstep.list.exported": "выгрузка списка «Скоро уснут»",
    "nextstep.patient.exempted": "вывод из правила двух «З»",
    "nextstep.patient.returned": "возврат в правило двух «З»",
    "nextstep.recall.any_visit": "какой визит считать",
    "nextstep.recall.carried": "решения о сроках возврата при объединении карт",
    "nextstep.recall.carried_back": "решения о сроках возврата после отмены объединения",
    "nextstep.recall.disabled": "срок возврата отключён",
    "nextstep.recall.enabled": "срок возврата включён",
    "nextstep.recall.overridden": "свой срок возврата",
    "nextstep.recall.snoozed": "срок возврата отложен",
    "nextstep.referral.ended": "окончание направления",
    "nextstep.referral.recorded": "направление в другую клинику",
    "nextstep.sweep": "проверка правила двух «З»",
    "nextstep.sweep.asked": "просьба проверить правило двух «З»",
    "nextstep.sweep.patients": "проверка правила двух «З»",
    "nextstep.thresholds.edited": "пороги типов",
    "patients.card.edited": "изменение карточки",
    "patients.card.merged": "объединение карточек",
    "patients.card.registered": "новая карточка",
    "patients.card.unmerged": "разъединение карточек",
    "patients.card.viewed": "просмотр карточки",
    "patients.consent.taken_back": "отзыв или отказ отменён: записан по ошибке",
    "patients.consent.decided": "согласие или отказ",
    "patients.consent_text.published": "новый текст согласия",
    "patients.contact.added": "новый контакт",
    "patients.contact.marked": "доступность контакта",
    "patients.contact.preferred": "главный контакт",
    "patients.contact.removed": "удаление контакта",
    "patients.duplicate.different": "пара: разные люди",
    "patients.duplicate.reopened": "пара снова на проверке",
    "patients.list.exported": "выгрузка списка пациентов",
    "patients.note.added": "заметка",
    "patients.source.cost": "затраты на источник",
    "patients.tag.added": "метка поставлена",
    "patients.tag.removed": "метка снята",
    "visits.link.asked_anew": "новая ссылка по просьбе пациента",
    "visits.link.wrong_digits": "неверный конец телефона по ссылке",
    "visits.questionnaire.filled": "анкета заполнена пациентом",
    "visits.questionnaire.written": "изменение анкеты",
    "visits.settings.changed": "изменение напоминаний и записи на сайте",
    "visits.text.removed": "тексты к визиту удалены",
    "visits.text.written": "изменение текстов к визиту",
    "visits.video.entered": "вход на приём по видео",
    "visits.wellbeing.answered": "ответ о самочувствии",
    "visits.wellbeing.escalated": "жалоба пациента передана администратору",
    "visits.wellbeing.taken": "пациенту, которому плохо, ответили",
    "worklist.clinic.distributed": "распределение задач",
    "worklist.list.exported": "выгрузка списка из «Контроля»",
    "worklist.member.absent": "отсутствие сотрудника",
    "worklist.member.back": "сотрудник снова на месте",
    "worklist.member.reassigned": "передача задач",
    "worklist.script.edited": "изменение скрипта",
    "worklist.scripts.added": "новые скрипты",
    "worklist.scripts.renewed": "наши скрипты обновлены",
    "worklist.task.brought_forward": "задача приближена",
    "worklist.task.closed": "задача закрыта",
    "worklist.task.created": "новая задача",
    "worklist.task.handed": "передача задачи",
    "worklist.task.outcome": "исход контакта",
    "worklist.task.noted": "задача дополнена",
    "worklist.task.refusal_undone": "отказ задачи отменён",
    "worklist.task.released": "задача в общей очереди",
    "worklist.task.snoozed": "задача отложена",
    "worklist.task.taken": "задача взята",
    "worklist.task.undone": "отмена сделанного с задачей",
    "worklist.task.viewed": "просмотр задачи",
}

#: Names of the details that the program keeps most often.
DETAILS = {
    "outcome": "исход",
    "reason": "причина",
    "reach": "доступность",
    "kind": "вид",
    "fields": "поля",
    "role": "роль",
    "role_before": "прежняя роль",
    "capacity": "контактов в день",
    "interval": "интервал, дней",
    "group": "группа",
    "count": "количество",
    "tasks": "задач",
    "files": "файлов",
    "version": "версия",
    "status": "состояние",
    "door": "страница",
    "first_on": "с",
    "last_on": "по",
    "patients": "пациентов",
    "found": "нарушений",
    "types_changed": "сменили тип",
    "recalls_written": "сроков записано",
    "tasks_created": "задач создано",
    "tasks_closed": "задач закрыто",
    "answer": "ответ",
    "after": "стало",
    "as_of": "на день",
    "before": "было",
    "by_patient": "по просьбе пациента",
    "channel": "канал",
    "forward": "приближено",
    "had": "задача уже была",
    "is_active": "действует",
    "is_acute": "с болью",
    "is_on": "включён",
    "key": "текст",
    "list": "список",
    "made": "поставлено",
    "minutes": "минут",
    "not_repeated": "не повторено",
    "provider": "провайдер",
    "questions": "вопросов",
    "removed": "убрано",
    "revision": "редакция",
    "rows": "строк",
    "shut": "закрыто",
    "was_at": "было на",
    "was_open": "было открыто",
    "with_names": "с именами",
    "yes": "да",
    # Of loads and sweeps.
    "catalogue_removed": "убрано врачей, услуг и филиалов",
    "consents_recorded": "согласий записано",
    "consents_removed": "согласий убрано",
    "contacts_removed": "контактов убрано",
    "left_after": "осталось без шага",
    "new_groups": "новых групп услуг",
    "new_branches": "новых филиалов",
    "new_doctors": "новых врачей",
    "new_services": "новых услуг",
    "services_changed": "изменено услуг",
    "new_sources": "новых источников",
    "patients_created": "новых карт",
    "patients_filled": "карт дополнено",
    "patients_kept": "карт осталось",
    "patients_removed": "карт убрано",
    "payments_created": "новых оплат",
    "payments_removed": "оплат убрано",
    "plans_created": "новых планов",
    "plans_removed": "планов убрано",
    "restored": "прежних значений возвращено",
    "tasks_raised": "задач приближено",
    "visits_changed": "визитов изменено",
    "visits_created": "новых визитов",
    "visits_kept": "визитов осталось",
    "visits_removed": "визитов убрано",
    "visits_vanished": "визитов исчезло",
    # Of cards, consents, messages and the goal.
    "addresses": "адресов закрыто",
    "any_visit_counts": "засчитывается любой визит",
    "baseline": "исходно",
    "class": "класс сообщения",
    "columns": "столбцы",
    "consents": "согласий",
    "detailed": "подробно",
    "disabled_reason": "причина записана",
    "due_on": "срок",
    "form": "вид файла",
    "is_disabled": "отключено",
    "monthly_cost_kopecks": "затраты в месяц",
    "moved": "перенесено строк",
    "overridden_on": "другой срок",
    "override_reason": "причина записана",
    "preferred": "желанный",
    "purpose": "цель",
    "signature": "подпись",
    "snoozed_until": "отложено до",
    "stages": "этапов",
    "state": "решение",
    "target": "цель",
    "trouble": "неполадка",
    "until_on": "до",
}
#: Keys of rows mean nothing to people.
UNTOLD = frozenset({"absorbed", "from_member", "member", "recalls", "reopened", "to_member", "tag_id", "task"})

#: Who acts when it is not a person.
KINDS = {
    "patient": "пациент",
    "system": "программа",
    "import": "загрузка",
    "demo": "демонстрация",
    "command": "команда на сервере",
}


def words_of(action: str) -> str:
    """The words of an action; its code when a release removed it."""
    return ACTIONS.get(action, action)


def value_of(value: object) -> str:
    """A detail for people: known codes as words, lists with commas."""
    if isinstance(value, list):
        return ", ".join(value_of(each) for each in value)
    if isinstance(value, bool):
        return "да" if value else "нет"
    if not isinstance(value, str):
        return str(value)
    return _VALUES.get(value) or _moment(value) or value


def _moment(text: str) -> str:
    """A kept day or instant as people write it; empty for other words."""
    try:
        if len(text) == len("2026-11-22"):
            return formats.day(dt.date.fromisoformat(text))
        at = dt.datetime.fromisoformat(text)
        return formats.ru_date(timezone.localtime(at)) if at.tzinfo else ""
    except ValueError:
        return ""

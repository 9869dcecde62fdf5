"""Known information systems: by which headers their exports are recognised and what their status words mean."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from zabota.intake.rules.fields import Status
from zabota.intake.rules.statuses import status_key
from zabota.intake.rules.synonyms import header_words


@dataclass(frozen=True, slots=True)
class Preset:
    """One system. `signature` holds headers seldom found elsewhere; `fields` names columns whose header alone misleads."""

    code: str
    name: str
    signature: tuple[str, ...]
    fields: dict[str, str] = field(default_factory=dict)
    statuses: dict[str, Status] = field(default_factory=dict)

    def status_words(self) -> dict[str, Status]:
        """Status words in the form in which they are compared."""
        return {status_key(word): status for word, status in self.statuses.items()}


PRESETS: Final[tuple[Preset, ...]] = (
    Preset(
        "renovatio",
        "Renovatio",
        ("patient_id", "patient_name", "patient_phone", "patient_birth_date", "time_start", "time_end", "doctor_id", "is_first", "clinic_id", "Канал привлечения", "Статус визита", "Номер визита", "Тип визита", "Способ записи"),
        {"doctor_id": "", "time_start": "starts_at", "clinic": "branch", "title": "service", "value": "total"},
        {"upcoming": "planned", "completed": "completed", "refused": "cancelled_patient", "ожидает": "planned", "пришёл": "arrived", "завершён": "completed", "отказ": "cancelled_patient"},
    ),
    Preset(
        "ident",
        "IDENT",
        ("№ карты", "Дата рожд.", "Дата приёма", "ФИО пациента", "Реклама", "Кресло", "Администратор", "Статус приёма", "DateAndTime", "ClientFullName", "ClientPhone", "PlanStart"),
        {"Сумма": "total", "PlanStart": "starts_at"},
        {"Завершён": "completed", "Пришёл": "arrived", "Не пришёл": "no_show", "Отм.": "cancelled_patient", "Подтверждён": "confirmed", "Не подтверждён": "planned", "В кресле": "arrived"},
    ),
    Preset(
        "medods",
        "MEDODS",
        ("Дата и время записи", "Тип записи", "Номер медкарты", "Клиент", "Сотрудник", "Статус записи", "Источник записи", "Дата регистрации", "entry_type", "clinic_id"),
        {"Дата и время записи": "starts_at", "Тип записи": "service"},
        {"Записан": "planned", "Ожидает": "arrived", "На приёме": "arrived", "Принят": "completed", "Не явился": "no_show", "Отменена": "cancelled_patient", "need_approval": "planned", "approved": "confirmed", "came": "arrived", "finished": "completed", "not_appeared": "no_show"},
    ),
    Preset(
        "infoclinica",
        "Инфоклиника",
        ("PCODE", "DCODE", "DEPNUM", "FILIAL", "WORKDATE", "BHOUR", "TREATDATE", "FULLNAME", "BDATE", "refuseCall", "refuseSms", "SCHNAME", "KODOPER", "SCHAMOUNT", "Код пациента", "Отделение", "Лечащий врач"),
        {"PCODE": "patient_ext_id", "WORKDATE": "starts_at", "TREATDATE": "starts_at", "FULLNAME": "full_name", "DNAME": "doctor", "FILIAL": "branch", "FNAME": "branch", "DEPNAME": "speciality", "DCODE": "", "DEPNUM": ""},
        {"Пришёл": "arrived", "Закрыт": "completed", "Пролечен": "completed", "Не пришёл": "no_show", "Отказ": "cancelled_patient", "Назначен": "planned"},
    ),
    Preset(
        "yclients",
        "YCLIENTS",
        ("Клиент", "Имя клиента", "Телефон клиента", "Сотрудник", "Дата визита", "Статус визита", "Статус записи", "Услуги", "Создана онлайн", "Онлайн-запись", "Продано", "Визитов", "attendance", "seance_length", "staff", "visit_id", "Категория", "Стоимость услуг"),
        {"attendance": "status", "staff": "doctor", "Стоимость услуг": "total", "Имя": "full_name"},
        {"Пришёл": "completed", "Клиент пришёл": "completed", "Не пришёл": "no_show", "Клиент не пришёл": "no_show", "Ожидание": "planned", "Ожидание клиента": "planned", "Подтвердил": "confirmed", "Клиент подтвердил": "confirmed", "1": "completed", "2": "confirmed", "0": "planned", "-1": "no_show"},
    ),
    Preset(
        "1c",
        "1С",
        ("Контрагент", "Номенклатура", "Подразделение", "Ответственный", "Документ", "Регистратор", "Период", "Организация", "Характеристика", "Пометка удаления", "Ссылка", "Физическое лицо", "Рабочее место", "Состояние заявки"),
        {"Период": "starts_at", "Контрагент": "full_name", "Номенклатура": "service", "Ссылка": "visit_ext_id", "Физическое лицо": "full_name"},
        {"Проведён": "completed", "Выполнена": "completed", "Пройден": "completed", "Не проведён": "planned", "Записан": "planned", "Закрыта": "completed", "К выполнению": "planned"},
    ),
    Preset(
        "medialog",
        "Medialog",
        ("BILL_ID", "BILL_DATE", "MED_CODE", "FAM", "IMYA", "OTCH", "DATA_R", "SERV_CODE", "CNT", "SUM", "PATIENTS_ID", "MOTCONSU_ID", "NOM", "PRENOM", "PATRONYME", "NE_LE", "DOC_FIO"),
        {"BILL_ID": "visit_ext_id", "BILL_DATE": "starts_at", "MED_CODE": "card_no", "SERV_CODE": "service_code", "SUM": "total", "NOM": "surname", "PRENOM": "name", "PATRONYME": "patronymic", "NE_LE": "born_on"},
        {},
    ),
    Preset(
        "sqns",
        "SQNS",
        ("Клиент", "Мастер", "Специалист", "Дата и время визита", "Услуги", "Кабинет", "Источник", "Сумма визита", "Статус посещения", "Комментарий к визиту", "Ресурс"),
        {"Ресурс": "doctor"},
        {"Пришел": "completed", "Не пришел": "no_show", "Ожидание": "planned", "Подтвержден": "confirmed", "Отменен": "cancelled_patient", "Завершен": "completed"},
    ),
)  # fmt: skip

BY_CODE: Final[dict[str, Preset]] = {preset.code: preset for preset in PRESETS}


def recognise_system(headers: Iterable[str]) -> tuple[Preset | None, float]:
    """The likeliest system and how sure that is; below 0.35 it is honest to say that none is recognised."""
    present = {header_words(header) for header in headers if header.strip()}
    if not present:
        return None, 0.0
    best: Preset | None = None
    best_score = 0.0
    for preset in PRESETS:
        signature = {header_words(header) for header in preset.signature}
        hits = len(signature & present)
        if hits < 2:
            continue
        score = min(1.0, hits / 6) * 0.7 + hits / max(len(present), hits) * 0.3
        if score > best_score:
            best, best_score = preset, score
    return (best, round(best_score, 2)) if best_score >= 0.35 else (None, round(best_score, 2))

"""The first day's texts: date, time, clinic and place, nothing about treatment, one SMS part each."""

from __future__ import annotations

from dataclasses import dataclass

from zabota.messaging.rules.lint import OPT_OUT_LINE, WARNING_LINE
from zabota.messaging.rules.text import PLACEHOLDERS, bare_names, names_in
from zabota.messaging.rules.words import MARKETING, OTP, SERVICE

_HELLO = "Здравствуйте, {имя}."
_BYE = "{клиника}[, {адрес}][\nТелефон: {телефон}]"


@dataclass(frozen=True, slots=True)
class DefaultTemplate:
    """A built-in message: `sms` is the short form, `long` goes to mail and messengers."""

    key: str
    title: str
    message_class: str
    purpose: str
    sms: str
    long: str
    subject: str
    detail: str = "d0"

    @property
    def texts(self) -> dict[str, str]:
        """Texts by channel; the empty key is every other channel."""
        return {"sms": self.sms, "": self.long}


DEFAULTS: tuple[DefaultTemplate, ...] = (
    DefaultTemplate(
        "visit_booked", "Запись подтверждена", SERVICE, "visit",
        "Вы записаны на {дата} в {время}, «{клиника}»[, {адрес}]. Изменить: {ссылка}",
        f"{_HELLO}\nВы записаны на {{дата}} ({{день}}) в {{время}}.\nПеренести, отменить или добавить в календарь: {{ссылка}}\n\n{_BYE}",
        "Вы записаны на {дата} в {время}",
    ),
    DefaultTemplate(
        "reminder_48h", "Напоминание за два дня", SERVICE, "reminder",
        "Ждём вас {дата} в {время}, «{клиника}»[, {адрес}]. Ответить: {ссылка}",
        f"{_HELLO}\nЖдём вас {{дата}} ({{день}}) в {{время}}.\nПодтвердите, что придёте, или перенесите визит: {{ссылка}}\n\n{_BYE}",
        "Ждём вас {дата} в {время}",
    ),
    DefaultTemplate(
        "reminder_2h", "Напоминание за два часа", SERVICE, "reminder",
        "До встречи {дата} в {время}, «{клиника}»[, {адрес}]. Ответить: {ссылка}",
        f"{_HELLO}\nНапоминаем о визите {{дата}} в {{время}}.\nЕсли планы изменились: {{ссылка}}\n\n{_BYE}",
        "Визит {дата} в {время}",
    ),
    DefaultTemplate(
        "reminder_evening", "Напоминание накануне вместо раннего утра", SERVICE, "reminder",
        "Завтра {дата} в {время} ждём вас, утром не напомним. Ответ: {ссылка}",
        f"{_HELLO}\nЗавтра, {{дата}}, в {{время}} ждём вас. Утром напоминать не будем: слишком рано.\nПодтвердить, перенести, узнать, как подготовиться: {{ссылка}}\n\n{_BYE}",
        "Завтра в {время} ждём вас",
    ),
    DefaultTemplate(
        "reminder_family", "Напоминание о нескольких визитах", SERVICE, "reminder",
        "Ждём вас {дата}: {визиты}, «{клиника}»[, {адрес}]. Ответить: {ссылка}",
        f"{_HELLO}\nЖдём вас {{дата}} ({{день}}): {{визиты}}.\nПодтвердить или перенести каждый визит: {{ссылка}}\n\n{_BYE}",
        "Ждём вас {дата}",
    ),
    DefaultTemplate(
        "visit_moved", "Визит перенесён", SERVICE, "visit",
        "Новое время: {дата} в {время}, «{клиника}»[, {адрес}]. Ответить: {ссылка}",
        f"{_HELLO}\nВаш визит перенесён[ с {{прежняя_дата}}] на {{дата}} ({{день}}), {{время}}.\nЕсли так неудобно: {{ссылка}}\n\n{_BYE}",
        "Новое время визита: {дата} в {время}",
    ),
    DefaultTemplate(
        "visit_cancelled", "Визит отменён", SERVICE, "visit",
        "Визит {дата} в {время} отменён. Новая запись: {ссылка}[ «{клиника}»]",
        f"{_HELLO}\nВизит {{дата}} в {{время}} отменён.\nВыбрать другое время: {{ссылка}}\n\n{_BYE}",
        "Визит {дата} отменён",
    ),
    DefaultTemplate(
        "before_visit", "Накануне визита", SERVICE, "before",
        "Завтра в {время} ждём вас. Как доехать и подготовиться: {ссылка}[ «{клиника}»]",
        f"{_HELLO}\nЗавтра, {{дата}}, в {{время}} ждём вас.[\nКак доехать: {{как_доехать}}]\nКак подготовиться и что спросить: {{ссылка}}\n\n{_BYE}",
        "Завтра в {время}: как подготовиться",
    ),
    DefaultTemplate(
        "before_visit_detailed", "Накануне визита, подробно", SERVICE, "before",
        "Завтра в {время} вас ждёт {врач}. Подготовка: {ссылка}",
        f"{_HELLO}\nЗавтра, {{дата}}, в {{время}} вас принимает {{врач}}[: {{услуга}}].[\n{{подготовка}}][\nКак доехать: {{как_доехать}}]\nВопросы и ответы: {{ссылка}}\n\n{_BYE}",
        "Завтра в {время}: как подготовиться",
        detail="d1",
    ),
    DefaultTemplate(
        "screening", "Анкета перед визитом", SERVICE, "screening",
        "Заполните, пожалуйста, анкету к визиту {дата}: {ссылка}[ «{клиника}»]",
        f"{_HELLO}\nПеред визитом {{дата}} заполните, пожалуйста, анкету, это займёт две минуты: {{ссылка}}\n\n{_BYE}",
        "Анкета к визиту {дата}",
    ),
    DefaultTemplate(
        "after_visit", "После визита", SERVICE, "after",
        "Спасибо, что были у нас. Памятка и связь с нами: {ссылка}[ «{клиника}»]",
        f"{_HELLO}\nСпасибо, что были у нас. Памятка на ближайшие дни: {{ссылка}}\nЕсли что-то беспокоит, напишите нам прямо там.\n\n{_BYE}",
        "Памятка после визита",
    ),
    DefaultTemplate(
        "care_check", "Как самочувствие", SERVICE, "after",
        "Как вы себя чувствуете? Ответьте одним касанием: {ссылка}[ «{клиника}»]",
        f"{_HELLO}\nКак вы себя чувствуете? Ответьте одним касанием: {{ссылка}}\nЕсли больно, врач узнает об этом сразу.\n\n{_BYE}",
        "Как вы себя чувствуете?",
    ),
    DefaultTemplate(
        "waitlist_offer", "Освободилось время", SERVICE, "waitlist",
        "Есть время {дата} в {время}, «{клиника}». До {до}: {ссылка}",
        f"{_HELLO}\nОсвободилось время, которое вы ждали: {{дата}} ({{день}}), {{время}}.\nМы держим его для вас до {{до}}: {{ссылка}}\n\n{_BYE}",
        "Освободилось время {дата} в {время}",
    ),
    DefaultTemplate(
        "waitlist_offer_detailed", "Освободилось время, подробно", SERVICE, "waitlist",
        "Есть {дата} в {время}, {врач}[, «{клиника}»]. До {до}: {ссылка}",
        f"{_HELLO}\nОсвободилось время, которое вы ждали: {{дата}} ({{день}}), {{время}}, {{врач}}.\nМы держим его для вас до {{до}}: {{ссылка}}\n\n{_BYE}",
        "Освободилось время {дата} в {время}",
        detail="d1",
    ),
    DefaultTemplate(
        "waitlist_taken", "Время уже заняли", SERVICE, "waitlist",
        "Это время уже заняли. Вы в листе ожидания: {ссылка}[ «{клиника}»]",
        f"{_HELLO}\nЭто время уже заняли, но вы остаётесь в листе ожидания.\nИзменить пожелания: {{ссылка}}\n\n{_BYE}",
        "Время уже заняли",
    ),
    DefaultTemplate(
        "telemedicine_booked", "Запись на приём по видео", SERVICE, "visit",
        "Видеовизит {дата} в {время}. Вход и перенос: {ссылка}[ «{клиника}»]",
        f"{_HELLO}\nВы записаны на приём по видео {{дата}} ({{день}}) в {{время}}.\nВойти за 15 минут до начала, перенести или отменить: {{ссылка}}\n\n{_BYE}",
        "Приём по видео {дата} в {время}",
    ),
    DefaultTemplate(
        "telemedicine", "Ссылка на видеовизит", SERVICE, "visit",
        "Видеовизит {дата} в {время}. Войти за 15 мин: {ссылка}[ «{клиника}»]",
        f"{_HELLO}\nВидеовизит {{дата}} в {{время}}.\nСтраница откроется за 15 минут до начала: {{ссылка}}\n\n{_BYE}",
        "Видеовизит {дата} в {время}",
    ),
    DefaultTemplate(
        "new_document", "Новый документ", SERVICE, "document",
        "Для вас есть новый документ в личном кабинете: {ссылка}",
        f"{_HELLO}\nДля вас есть новый документ в личном кабинете: {{ссылка}}\n\n{_BYE}",
        "Новый документ в личном кабинете",
    ),
    DefaultTemplate(
        "staff_report", "Отчёт руководителю", SERVICE, "staff",
        "Отчёт готов: {ссылка}[ «{клиника}»]",
        "{сводка}\n\nСтраница отчёта: {ссылка}\nОткроется после входа; её можно напечатать.\n\n{клиника}",
        "Отчёт: {клиника}",
    ),
    DefaultTemplate(
        "missed_call", "Пропущенный звонок", SERVICE, "call",
        "Вы нам звонили. Запись: {ссылка} Перезвоним до {до}.[ «{клиника}»]",
        "Вы нам звонили, а мы не успели ответить.\nЗаписаться самостоятельно: {ссылка}\nПерезвоним до {до}.\n\n" + _BYE,
        "Вы нам звонили",
    ),
    DefaultTemplate(
        "otp", "Код подтверждения", OTP, "otp",
        "Код {код}. Никому не сообщайте.[ «{клиника}»]",
        "Код: {код}. Никому его не сообщайте.[\n{клиника}]",
        "Код подтверждения",
    ),
    DefaultTemplate(
        "stop_confirmed", "Отписка подтверждена", SERVICE, "stop",
        "Больше не пришлём рекламу. О визитах напомним.[ «{клиника}»]",
        "Больше не будем присылать рекламу. О ваших визитах напомним, как прежде.\n\n" + _BYE,
        "Вы отписались от рекламы",
    ),
    DefaultTemplate(
        "offer", "Предложение", MARKETING, "offer",
        f"«{{клиника}}»: предложение для вас {{ссылка}} {WARNING_LINE} {OPT_OUT_LINE}",
        f"{_HELLO}\nДля вас есть предложение: {{ссылка}}\n\n{WARNING_LINE}.\n{_BYE}\n{OPT_OUT_LINE}",
        "Предложение от клиники",
    ),
)  # fmt: skip
BY_KEY = {each.key: each for each in DEFAULTS}
_PERSON = frozenset({"имя", "имя_коротко", "кому", "кого"})
_DAY = frozenset({"дата", "день", "время"})
#: To an address that may be nobody's on the cards.
_WITHOUT_PERSON = frozenset({"otp", "staff_report", "stop_confirmed", "missed_call"})
#: What whoever sends a text always passes, beside what its first wording has outside brackets.
_PASSED: dict[str, frozenset[str]] = {
    **{
        key: _DAY | {"визиты", "врач"}
        for key in (
            "reminder_48h", "reminder_2h", "reminder_evening", "reminder_family", "visit_moved", "telemedicine",
            "before_visit", "before_visit_detailed",
        )
    },
    **dict.fromkeys(("visit_booked", "visit_cancelled", "telemedicine_booked"), _DAY),
    **{key: _DAY | {"врач"} for key in ("waitlist_offer", "waitlist_offer_detailed")},
}  # fmt: skip


def always_given(key: str) -> frozenset[str] | None:
    """Placeholders that have a value whenever this text is sent; None for a text of the clinic's own."""
    default = BY_KEY.get(key)
    if default is None:
        return None
    person = frozenset() if key in _WITHOUT_PERSON else _PERSON
    first = bare_names(default.subject).union(*(bare_names(text) for text in default.texts.values()))
    return frozenset({"клиника"}) | person | first | _PASSED.get(key, frozenset())


def may_have(key: str) -> frozenset[str]:
    """Placeholders that this text can show at all; outside brackets only those that are always given."""
    given = always_given(key)
    if given is None:
        return frozenset(PLACEHOLDERS)
    default = BY_KEY[key]
    return given.union({"адрес", "телефон"}, *(names_in(text) for text in default.texts.values()))

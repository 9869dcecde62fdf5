"""Sentences in Russian: why a patient is of this type, why a recall is not shown, what a task is about."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from zabota.nextstep.rules.intervals import Interval
from zabota.nextstep.rules.recalls import RecallFacts
from zabota.nextstep.rules.types import PatientFacts, Verdict

_MONTHS = (
    "января", "февраля", "марта", "апреля", "мая", "июня",
    "июля", "августа", "сентября", "октября", "ноября", "декабря",
)  # fmt: skip
_DAYS = ("день", "дня", "дней")
_MONTH_FORMS = ("месяц", "месяца", "месяцев")
_YEARS = ("год", "года", "лет")


def plural(count: int, forms: tuple[str, str, str]) -> str:
    """«1 месяц», «2 месяца», «5 месяцев»."""
    tens, ones = abs(count) % 100, abs(count) % 10
    form = 2 if 11 <= tens <= 14 or ones == 0 or ones >= 5 else 0 if ones == 1 else 1
    return f"{count} {forms[form]}"


def long_day(day: date) -> str:
    """«12 мая 2026»."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def short_day(day: date) -> str:
    """«12 мая»."""
    return f"{day.day} {_MONTHS[day.month - 1]}"


def near_day(day: date, on: date) -> str:
    """«12 мая», with the year when it is another one."""
    return short_day(day) if day.year == on.year else long_day(day)


def span(days: int) -> str:
    """How long, as people say it: «12 дней», «10 месяцев», «3 года»."""
    if days < 60:
        return plural(days, _DAYS)
    months = round(days * 12 / 365)
    if months < 24:
        return plural(months, _MONTH_FORMS)
    return plural(months // 12, _YEARS)


def interval_words(interval: Interval) -> str:
    """«6 месяцев», «45 дней»: months when the interval is counted in months or is a whole number of them."""
    if interval.months is not None:
        return plural(interval.months, _MONTH_FORMS)
    months = round(interval.days * 12 / 365)
    if months and abs(interval.days - months * 365 / 12) <= 3:
        return plural(months, _MONTH_FORMS)
    return plural(interval.days, _DAYS)


def _usual(params: dict[str, Any]) -> str:
    interval: Interval = params["interval"]
    words = interval_words(interval)
    # «при обычном интервале 6» when both are in months, as one says it aloud.
    if words.rsplit(" ", 1)[-1].startswith("месяц") and 60 <= params["silent_days"] < 700:
        return words.split(" ", 1)[0]
    return words


def _silent(params: dict[str, Any]) -> str:
    return span(params["silent_days"]) + " назад"


_SENTENCES: dict[str, Callable[[dict[str, Any]], str]] = {
    "left.died": lambda p: "Пациент умер",
    "left.moved": lambda p: "Пациент переехал",
    "refused.asked": lambda p: (
        "Просил не беспокоить" + (f", вернёмся {long_day(p['exempt_until'])}" if p["exempt_until"] else "")
    ),
    "treated.finished": lambda p: "Лечение завершено, наблюдение не нужно",
    "referred.elsewhere": lambda p: f"Направлен в другую клинику {long_day(p['referred_on'])}, после этого не приходил",
    "on_treatment.plan": lambda p: (
        "На лечении: план не завершён"
        + (f", следующий визит {short_day(p['booked_on'])}" if p["booked_on"] else ", следующего визита нет")
    ),
    "new.no_visit": lambda p: (
        "Новый: на приёме ещё не был"
        + (f", карта заведена {long_day(p['registered_on'])}" if p["registered_on"] else "")
    ),
    "new.first_visit": lambda p: f"Новый: первый визит {long_day(p['last_on'])}",
    "lost.interval": lambda p: f"Потерян: последний визит {_silent(p)} при обычном интервале {_usual(p)}",
    "lost.default": lambda p: f"Потерян: последний визит {_silent(p)}, без интервала порог {span(p['lost_days'])}",
    "sleeping.interval": lambda p: f"Спит: последний визит {_silent(p)} при обычном интервале {_usual(p)}",
    "sleeping.default": lambda p: f"Спит: последний визит {_silent(p)}, без интервала порог {span(p['sleeping_days'])}",
    "on_treatment.paused": lambda p: f"Лечение прервано: план с {long_day(p['open_since'])} не завершён",
    "refused.plan": lambda p: f"Отказался от плана лечения {long_day(p['declined_on'])}",
    "chronic.service": lambda p: "Хронический: наблюдается по постоянному заболеванию",
    "not_started.plan": lambda p: f"План предложен {long_day(p['proposed_on'])}, лечение не начато",
    "not_started.visit": lambda p: f"Был только на консультации {long_day(p['last_on'])}, лечение не начато",
    "treated.plan": lambda p: f"Вылечен: план завершён {long_day(p['finished_on'])}",
    "prevention.visit": lambda p: f"Здоров: последний визит {long_day(p['last_on'])} профилактический",
    "active.late": lambda p: (
        f"Бывает регулярно, но задерживается: последний визит {_silent(p)} при обычном интервале {_usual(p)}"
    ),
    "active.regular": lambda p: f"Бывает регулярно: последний визит {long_day(p['last_on'])}",
}


#: Rules under which somebody may stand whom a booking alone keeps from sleeping.
_AWAKE = frozenset({"chronic.service", "treated.plan", "prevention.visit", "active.regular"})


def explain_type(verdict: Verdict) -> str:
    """One sentence for the card: the type and what it follows from."""
    params: dict[str, Any] = verdict.params
    said = _SENTENCES[verdict.rule](params)
    if verdict.rule in _AWAKE and params["booked_on"] and (params["silent_days"] or 0) > params["sleeping_days"]:
        # Else it is a wonder why somebody unseen for two years does not sleep.
        said += f"; визитов давно нет, но есть запись на {short_day(params['booked_on'])}"
    return said


def known_rules() -> tuple[str, ...]:
    """Rules that have a sentence."""
    return tuple(_SENTENCES)


def why_hidden(recall: RecallFacts, on: date) -> str:
    """Why a recall asks nobody to call now; empty when it does."""
    if recall.is_disabled:
        return "скрыто: отключено" + (f", {recall.disabled_reason}" if recall.disabled_reason else "")
    booking = recall.booking
    if booking is not None:
        day = near_day(booking.on, on)
        if recall.group_id in booking.group_ids:
            return f"скрыто: записан {day}, срок посчитаем от этого визита"
        if booking.may_serve(recall.group_id):
            return f"скрыто: записан {day}, услуга не указана"
        return f"скрыто: записан {day}, засчитывается любой визит"
    if recall.snoozed_until and recall.snoozed_until > on:
        return f"скрыто: отложено до {near_day(recall.snoozed_until, on)}"
    if recall.due_on > on:
        return f"срок {long_day(recall.due_on)} ещё не наступил"
    return ""


def dotted(day: date) -> str:
    """«12.05.2026»: the form of the sentences that the database writes."""
    return day.strftime("%d.%m.%Y")


def task_summary(reason: str, rule: str, facts: PatientFacts, recall: RecallFacts | None) -> str:
    """What happened, in one sentence for the queue. The statement of the sweep writes the same words."""
    if reason == "recall_due" and recall is not None:
        return f"Пора: {recall.group_name}, срок {dotted(recall.asked_on)}"
    if reason == "referred" and facts.referred_on:
        return f"Направление в другую клинику {dotted(facts.referred_on)}: узнать, как дела"
    missed = facts.missed
    if missed is not None:
        day = dotted(missed.on)
        if reason == "no_show":
            return f"Неявка {day}, новой записи нет"
        if reason == "vanished":
            return f"Запись на {day} исчезла из выгрузки"
        if reason == "cancelled":
            return (
                f"Визит {day} перенесён, нового времени нет"
                if missed.kind == "moved"
                else f"Визит {day} отменён, новой записи нет"
            )
        if reason == "no_next_step" and missed.kind == "unmarked":
            return f"Приём {day} не отмечен: состоялся ли он"
    if reason == "plan_paused":
        return "План лечения не завершён, записи нет"
    if reason == "new_without_visit":
        return f"Карта с {dotted(facts.registered_on)}, визитов ещё нет" if facts.registered_on else "Визитов ещё нет"
    if reason == "not_started":
        return _not_started(rule, facts)
    last = dotted(facts.last_on) if facts.last_on else ""
    if reason in {"lost", "sleeping"}:
        return f"Последний визит {last}, записи нет"
    return f"Визит {last}, следующего шага нет"


def _not_started(rule: str, facts: PatientFacts) -> str:
    if rule == "refused.plan" and facts.plans.declined_on:
        return f"Отказ от плана {dotted(facts.plans.declined_on)}: спросить о причине"
    if rule == "not_started.plan" and facts.plans.proposed_on:
        return f"План предложен {dotted(facts.plans.proposed_on)}, лечение не начато"
    return f"Консультация {dotted(facts.last_on)}, лечение не начато" if facts.last_on else "Лечение не начато"

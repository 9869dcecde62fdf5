"""Texts of consents that a new clinic begins with: one document per purpose. A lawyer of the clinic reads them first."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

NO_ADDRESS = "адрес не указан в настройках клиники"


@dataclass(frozen=True, slots=True)
class TextParts:
    """What 152-ФЗ asks of a consent, article by article, as separate fields."""

    text: str
    data_list: str
    actions_list: str
    processors: str
    term: str
    how_to_revoke: str


_REVOKE = "Сказать администратору, позвонить в клинику или написать в ответ на сообщение. Отзыв действует сразу."

DEFAULTS: dict[str, TextParts] = {
    "processing": TextParts(
        text=(
            "Я разрешаю клинике хранить и использовать мои данные, чтобы вести мою карту, записывать меня на приём,"
            " напоминать о визитах и рассчитываться за лечение. Это разрешение не касается рекламы: для неё есть отдельный"
            " документ, и отказ от рекламы ни на что не влияет."
        ),
        data_list="Фамилия, имя, отчество, дата рождения, пол, телефон, почта, адрес, номер карты, даты визитов, услуги и оплаты",
        actions_list="Сбор, запись, хранение, уточнение, использование, обезличивание, удаление",
        processors="",
        term="До отзыва согласия; медицинские документы хранятся столько, сколько требует закон",
        how_to_revoke=_REVOKE,
    ),
    "advertising": TextParts(
        text=(
            "Я разрешаю клинике присылать мне сообщения о её услугах, акциях и программах по отмеченным каналам."
            " Лечение и запись не зависят от этого разрешения."
        ),
        data_list="Имя и отчество, телефон, почта",
        actions_list="Хранение, использование для отправки сообщений, удаление",
        processors="",
        term="До отзыва согласия",
        how_to_revoke=_REVOKE,
    ),
    "quality_calls": TextParts(
        text=(
            "Я разрешаю клинике позвонить мне и спросить, как прошёл приём и как я себя чувствую после лечения."
            " В таком разговоре ничего не предлагают купить."
        ),
        data_list="Имя и отчество, телефон, дата визита, имя врача",
        actions_list="Хранение, использование для звонка, запись ответов, удаление",
        processors="",
        term="До отзыва согласия",
        how_to_revoke=_REVOKE,
    ),
    "special": TextParts(
        text=(
            "Я разрешаю клинике учитывать сведения о моём здоровье, когда она подбирает для меня предложения:"
            " например, напомнить о программе для тех, кто проходил такое же лечение. Без этого разрешения сведения"
            " о здоровье используются только для лечения."
        ),
        data_list="Оказанные услуги, диагнозы, причина визита, ответы на вопросы о здоровье",
        actions_list="Хранение, использование для подбора предложений, удаление",
        processors="",
        term="Один год с даты подписи",
        how_to_revoke=_REVOKE,
    ),
    "telemedicine": TextParts(
        text=(
            "Я даю согласие на приём врача по видео. Мне понятно: по видео врач отвечает на вопросы, смотрит, как идёт"
            " лечение, и может поправить назначения, которые сделал на очном приёме. Диагноз и новое лечение он назначает"
            " только после осмотра в клинике. Если связь мешает разговору, приём продолжат по телефону или перенесут."
            " Приём по видео не записывается. Вместо него всегда можно прийти в клинику."
        ),
        data_list="Имя и отчество, телефон, изображение и голос во время разговора, сведения о здоровье, о которых идёт речь",
        actions_list="Передача изображения и голоса по защищённой связи, запись итогов в медицинскую карту, хранение, удаление",
        processors="",
        term="До отзыва согласия",
        how_to_revoke="Нажать «Отозвать» на странице визита, сказать администратору или позвонить. Отзыв действует сразу.",
    ),
}


def text_hash(purpose: str, parts: TextParts, operator_name: str, operator_address: str) -> str:
    """Fingerprint of the whole document: any change makes another version."""
    return _hash(
        purpose,
        parts.text,
        parts.data_list,
        parts.actions_list,
        parts.processors,
        parts.term,
        parts.how_to_revoke,
        operator_name,
        operator_address,
    )


def scope_hash(data_list: str, actions_list: str, processors: str) -> str:
    """Fingerprint of what is agreed to, without the wording: when it changes, people are asked again."""
    return _hash(data_list, actions_list, processors)


def document(purpose_name: str, parts: TextParts, operator_name: str, operator_address: str, version: int) -> str:
    """The whole document as the patient reads it and as a grant keeps it."""
    lines = [
        f"Согласие: {purpose_name}. Версия {version}",
        "",
        parts.text,
        "",
        f"Кому: {operator_name}, {operator_address}",
        f"Какие данные: {parts.data_list}",
        f"Что с ними делают: {parts.actions_list}",
        f"Кому передают: {parts.processors or 'никому'}",
        f"Срок: {parts.term}",
        f"Как отозвать: {parts.how_to_revoke}",
    ]
    return "\n".join(lines)


def _hash(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()

"""Reasons a person chooses with one key: why refused, how it was solved."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Choice:
    """One line of a small dialog: the code that is kept and the words that are shown."""

    code: str
    label: str
    #: Words must be added: the label alone explains nothing.
    needs_comment: bool = False


#: The order is the order of the digits 1…9 and 0.
REFUSALS: tuple[Choice, ...] = (
    Choice("expensive", "Дорого"),
    Choice("other_clinic", "Лечится в другой клинике"),
    Choice("bad_experience", "Недоволен прошлым визитом"),
    Choice("no_need", "Считает, что не нужно"),
    Choice("fear", "Боится лечения"),
    Choice("inconvenient", "Неудобно: время, дорога"),
    Choice("do_not_call", "Просит больше не звонить"),
    Choice("moved", "Переехал"),
    Choice("died", "Пациент умер"),
    Choice("other", "Другое", needs_comment=True),
)

RESOLUTIONS: tuple[Choice, ...] = (
    Choice("answered", "Ответили на вопрос"),
    Choice("already_well", "Был у врача, всё в порядке"),
    Choice("handed_to_doctor", "Передали врачу"),
    Choice("card_mended", "Исправили данные в карте"),
    Choice("other", "Другое", needs_comment=True),
)

#: Refusals that somebody should look into whatever the task was about.
ALWAYS_ESCALATED = frozenset({"bad_experience"})
#: Nothing to discuss with these: never escalated.
NEVER_ESCALATED = frozenset({"died", "moved"})

#: How a task ended without a person, where the reason says more than the outcome does.
ENDINGS: dict[str, str] = {
    "merged": "карты объединены",
    "duplicate": "есть другая задача по этому пациенту",
    "erased": "карта удалена по просьбе пациента",
    "taken_back": "исход, из-за которого она поставлена, отменён",
    "marked": "стало известно, чем закончилась запись",
    "no_contact": "пациента больше не нужно звать",
    "told": "сообщение составилось и ушло, звонить не нужно",
    "offer_over": "это время больше не предлагается",
}

_LABELS = {choice.code: choice.label for choice in (*REFUSALS, *RESOLUTIONS)}


def reason_label(code: str) -> str:
    """Words for a code of either list; an unknown code is shown as it is."""
    return _LABELS.get(code, code)


def find_choice(choices: tuple[Choice, ...], code: str) -> Choice | None:
    """The choice with this code, or None."""
    return next((choice for choice in choices if choice.code == code), None)

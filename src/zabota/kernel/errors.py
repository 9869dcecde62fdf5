"""The tree of the errors that a person may meet: a stable code and a sentence in Russian for each."""

from __future__ import annotations

import traceback
from collections.abc import Callable


class Trouble(Exception):
    """Something a person can understand and act upon. Subclasses are nouns of the trouble."""

    code = "trouble"
    text = "Не получилось выполнить действие. Данные не изменились."

    def __init__(self, text: str | None = None) -> None:
        super().__init__(text or self.text)
        self.text = text or self.text


class ScopeMissing(Trouble):
    """A query for personal rows was made without saying whose clinic they belong to: a defect of the program."""

    code = "scope_missing"
    text = "Запрос к данным без указания клиники остановлен."


class NotAllowed(Trouble):
    """The person has no right to this action; pages answer 404 so as not to tell what exists."""

    code = "not_allowed"
    text = "Недостаточно прав для этого действия."


class AlreadyDone(Trouble):
    """The action was done before, by this person or another; nothing changed now."""

    code = "already_done"
    text = "Это уже сделано."


class BadInput(Trouble):
    """What was entered cannot be accepted; the text says which part and how to mend it."""

    code = "bad_input"
    text = "Проверьте введённое."


class LeaseLost(Trouble):
    """The attempt of a job went on longer than its lease and another worker took the job over: this one must stop."""

    code = "lease_lost"
    text = "Задание продолжил другой исполнитель."


def all_of_them(*parts: Callable[[], object]) -> None:
    """Do every part, whatever became of those before it; then raise the first trouble there was.

    A lost lease stops at once: another worker does the rest.
    """
    first: Exception | None = None
    for part in parts:
        try:
            part()
        except LeaseLost:
            raise
        except Exception as error:
            first = first or error
    if first is not None:
        raise first


def reason_of(error: BaseException) -> str:
    """Why something failed, for the person who keeps the installation: the class and words of the error.

    Lines after the first are left out: there databases quote the values of the row.
    """
    words = "".join(traceback.format_exception_only(error)).strip() or type(error).__qualname__
    return words.splitlines()[0][:500]

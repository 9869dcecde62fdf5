"""The tree of the errors that a person may meet: a stable code and a sentence in Russian for each."""

from __future__ import annotations


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

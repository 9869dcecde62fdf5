"""Reads what a patient ticked or wrote; nothing that was not asked is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

YES, NO = "да", "нет"
_LONGEST = 500
#: What is kept of one answer.
_FITS = 1000


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as the rule needs it; kinds are those of models.Question."""

    text: str
    kind: str
    options: tuple[str, ...] = ()
    alarming: tuple[str, ...] = ()

    @property
    def choices(self) -> tuple[str, ...]:
        """What may be ticked."""
        return (YES, NO) if self.kind == "yes_no" else self.options


@dataclass(frozen=True, slots=True)
class Given:
    """An answer in words and whether the doctor should see it first."""

    value: str
    is_alarming: bool


def read_answers(asked: Sequence[Asked], given: Sequence[Sequence[str]]) -> list[Given | None]:
    """An answer, or nothing, for each question in order. No question is compulsory: an empty one is told as such."""
    return [_one(question, list(texts)) for question, texts in zip(asked, given, strict=True)]


def _one(question: Asked, texts: list[str]) -> Given | None:
    if question.kind == "words":
        words = " ".join(" ".join(texts).split())[:_LONGEST]
        return Given(words, False) if words else None
    ticked = [choice for choice in question.choices if choice in texts]
    if question.kind != "several":
        ticked = ticked[:1]
    if not ticked:
        return None
    worrying = [each for each in ticked if each in question.alarming]
    words = ", ".join(ticked)
    if len(words) > _FITS:
        # What worries stands first, where nothing is cut off.
        words = ", ".join(dict.fromkeys([*worrying, *ticked]))[: _FITS - 1] + "…"
    return Given(words, bool(worrying))


def read_questions(text: str) -> list[Asked]:
    """Questions as a person writes them, one a line.

    «Есть аллергия на лекарства?!» asks for yes or no, and «да» worries the doctor. After a colon stand answers through
    a slash: «Боитесь лечить зубы?: нет / немного / очень!» (an exclamation mark: worries). Answers in square brackets
    may be several: «Есть ли у вас: [диабет! / гипертония! / ничего]». A line that ends in dots asks for words.
    """
    found: list[Asked] = []
    for line in text.splitlines():
        line = " ".join(line.split())
        if line:
            found.append(_question(line))
    return found


def _question(line: str) -> Asked:
    if line.endswith(("...", "…")):
        return Asked(line.rstrip(".… ").strip()[:300], "words")
    head, colon, tail = line.partition(":")
    if colon and "/" in tail:
        tail = tail.strip()
        several = tail.startswith("[") and tail.endswith("]")
        options = [each.strip() for each in tail.strip("[]").split("/") if each.strip()]
        plain = tuple(dict.fromkeys(each.rstrip("!").strip()[:100] for each in options))
        alarming = tuple(each.rstrip("!").strip()[:100] for each in options if each.endswith("!"))
        return Asked(head.strip()[:300], "several" if several else "one", plain, alarming)
    return Asked(line.rstrip("!").strip()[:300], "yes_no", (), (YES,) if line.endswith("!") else ())


def write_questions(asked: Sequence[Asked]) -> str:
    """The same lines back, for the form."""
    return "\n".join(_line(each) for each in asked)


def _line(asked: Asked) -> str:
    if asked.kind == "words":
        return f"{asked.text}…"
    if asked.kind == "yes_no":
        return asked.text + ("!" if YES in asked.alarming else "")
    options = " / ".join(each + ("!" if each in asked.alarming else "") for each in asked.options)
    return f"{asked.text}: [{options}]" if asked.kind == "several" else f"{asked.text}: {options}"

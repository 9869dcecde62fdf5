"""What all providers have in common: a message taken, a refusal by its kind, a call back."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Protocol

from tests.emulator.http import Answer, Request


@dataclass
class Taken:
    """One message as the provider sees it. `number` is the provider's own."""

    address: str
    text: str
    key: str = ""
    number: str = ""
    raw: dict[str, Any] = field(default_factory=dict)


@dataclass
class CallBack:
    """A call of the provider to us."""

    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    query: dict[str, str] = field(default_factory=dict)
    method: str = "POST"


class Face(Protocol):
    """How one provider speaks."""

    name: str
    #: Refusals that this provider knows of one message; others it answers as a bad recipient.
    knows: frozenset[str]

    def reads(self, request: Request) -> list[Taken] | None:
        """The messages of a sending, or None when it is something else."""
        ...

    def other(self, request: Request, states: dict[str, str]) -> Answer | None:
        """Balance, state, who am I: what is no sending and is of this provider."""
        ...

    def is_revoked(self, request: Request) -> bool:
        """True when the key in the request is the one that does not work any more."""
        ...

    def takes(self, messages: list[Taken]) -> Answer:
        """The answer when all are taken."""
        ...

    def refuses(self, kind: str, message: Taken) -> Answer:
        """The answer to a refusal: key, money, limit, recipient, blocked, operator, error_in_200."""
        ...

    def receipt(self, message: Taken, state: str, at: float, secret: str) -> CallBack | None:
        """A call back about a message: sent, delivered, failed."""
        ...

    def writes(self, message: Taken, text: str, at: float, secret: str) -> CallBack | None:
        """A call back: the person wrote."""
        ...

    def shuts(self, message: Taken, at: float, secret: str) -> CallBack | None:
        """A call back: the person shut the bot out."""
        ...


def as_json(data: Any) -> bytes:
    """A body."""
    return json.dumps(data, ensure_ascii=False).encode()


JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}

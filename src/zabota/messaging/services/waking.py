"""A wake-up for the drain: one waiting job is enough, the database says what is due."""

from __future__ import annotations

from collections.abc import Callable

_waker: list[Callable[[], None]] = []


def register_waker(waker: Callable[[], None]) -> None:
    """The jobs of this app say how the drain is woken."""
    _waker[:] = [waker]


def wake() -> None:
    """Something was put into the outbox. Called inside the transaction of the write."""
    for waker in _waker:
        waker()

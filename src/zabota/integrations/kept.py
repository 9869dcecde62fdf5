"""What an adapter keeps open for the running event loop, from its first batch until it is released."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

_Thing = TypeVar("_Thing")


class Kept(Generic[_Thing]):
    """Things by a key, apart for each event loop: a connection belongs to the loop that made it."""

    def __init__(self) -> None:
        self._loops: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[Hashable, _Thing]] = WeakKeyDictionary()

    def here(self) -> dict[Hashable, _Thing]:
        """Those of the running loop."""
        return self._loops.setdefault(asyncio.get_running_loop(), {})

    def take_all(self) -> list[_Thing]:
        """All of the running loop; they are no longer kept."""
        return list(self._loops.pop(asyncio.get_running_loop(), {}).values())

"""The event loop in which a batch is sent: the quicker one where there is one for this system."""

from __future__ import annotations

import asyncio
import sys


def new_loop() -> asyncio.AbstractEventLoop:
    """A loop of its own for one drain."""
    if sys.platform != "win32":
        import uvloop  # noqa: PLC0415 -- not made for every system

        return uvloop.new_event_loop()
    return asyncio.new_event_loop()

"""Loads the modules of an app that register themselves: facts, handlers, jobs."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec


def load_doors(app: str) -> None:
    """Import `app.facts`, `app.handlers` and `app.jobs` when they exist."""
    for door in ("facts", "handlers", "jobs"):
        name = f"{app}.{door}"
        if find_spec(name) is not None:
            import_module(name)

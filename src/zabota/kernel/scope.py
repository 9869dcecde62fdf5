"""Answers for whose rows a query may see: without a scope a query for personal data fails."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Literal, TypeVar

from django.db import models

from zabota.kernel.errors import ScopeMissing

_Row = TypeVar("_Row", bound=models.Model)
_Scope = int | Literal["every clinic"]
_scope: ContextVar[_Scope | None] = ContextVar("scope", default=None)


@contextmanager
def clinic_scope(clinic_id: int) -> Iterator[None]:
    """Within the block, scoped managers see the rows of this clinic only."""
    token = _scope.set(clinic_id)
    try:
        yield
    finally:
        _scope.reset(token)


@contextmanager
def every_clinic(*, reason: str) -> Iterator[None]:
    """Within the block, scoped managers see all clinics: for the worker, commands and migrations, which give a reason."""
    if not reason:
        raise ValueError("every_clinic needs a reason")
    token = _scope.set("every clinic")
    try:
        yield
    finally:
        _scope.reset(token)


def current_clinic_id() -> int | None:
    """The clinic of the present scope, or None when there is none or all are open."""
    scope = _scope.get()
    return scope if isinstance(scope, int) else None


class ScopedManager(models.Manager[_Row]):
    """Default manager of every model with personal data. Raises ScopeMissing outside a scope."""

    #: Path from this row to its clinic; a row that hangs on another has a subclass with its own path.
    clinic_path = "clinic_id"

    def get_queryset(self) -> models.QuerySet[_Row]:
        scope = _scope.get()
        if scope is None:
            raise ScopeMissing(f"{self.model.__name__}: no clinic scope")
        rows = super().get_queryset()
        if scope == "every clinic":
            return rows
        # A related manager (`batch.issues`) is made by Django without arguments: the path is the model's own.
        path = getattr(self.model._meta.default_manager, "clinic_path", self.clinic_path)
        return rows.filter(**{path: scope})

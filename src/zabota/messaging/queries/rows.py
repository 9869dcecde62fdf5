"""Messages of a batch as plain rows: what the gate, a provider's answer and a refusal ask for, and nothing else.

An object of the ORM for each costs more than everything that is decided about it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.db.models import Field, Func, QuerySet, TextField
from django.db.models.functions import Cast
from django.db.models.sql.compiler import SQLCompiler

from zabota.messaging.models import Message

_COLUMNS = (
    "id",
    "clinic_id",
    "idem_key",
    "patient_id",
    "branch_id",
    "account_id",
    "channel",
    "address",
    "message_class",
    "purpose",
    "text",
    "subject",
    "subject_kind",
    "subject_id",
    "subject_revision",
    "not_before_seconds",
    "expires_seconds",
    "reason",
    "attempts",
    "parts",
    "chain_key",
    "step",
    "step_on_seconds",
    "household_key",
    "is_answer",
    "context_text",
    "plan_text",
)

_NOT_BEFORE, _EXPIRES, _STEP_ON = (
    _COLUMNS.index(name) for name in ("not_before_seconds", "expires_seconds", "step_on_seconds")
)


@dataclass(slots=True)
class Row:
    """One message that is looked at."""

    pk: int
    clinic_id: int
    idem_key: str
    patient_id: int | None
    branch_id: int | None
    account_id: int | None
    channel: str
    address: str
    message_class: str
    purpose: str
    text: str
    subject: str
    subject_kind: str
    subject_id: int | None
    subject_revision: int
    not_before_at: datetime
    expires_at: datetime | None
    reason: str
    attempts: int
    parts: int
    chain_key: str
    step: int
    step_on_at: datetime | None
    household_key: str
    is_answer: bool
    #: What the message brought for itself beside the values of its placeholders: buttons, addresses, links.
    own: Mapping[str, Any] = field(default_factory=dict)
    #: Whether its cascade has further channels.
    plan: bool = False


def rows_of(messages: QuerySet[Message]) -> list[Row]:
    """These messages, in their order."""
    # As text: most messages brought nothing of their own, and whether there is a plan is seen without reading it.
    found = messages.annotate(
        context_text=Cast("context", TextField()),
        plan_text=Cast("plan", TextField()),
        not_before_seconds=_Seconds("not_before_at"),
        expires_seconds=_Seconds("expires_at"),
        step_on_seconds=_Seconds("step_on_at"),
    ).values_list(*_COLUMNS)
    return [_row(values) for values in found]


class _Seconds(Func):
    """An instant as a number: as an instant it is read ten times slower, and a row has three of them."""

    output_field: Field[Any, Any] = Field()

    def as_postgresql(self, compiler: SQLCompiler, connection: Any, **extra: Any) -> Any:
        """Seconds since 1970."""
        return super().as_sql(compiler, connection, template="EXTRACT(EPOCH FROM %(expressions)s)::float8", **extra)

    def as_sqlite(self, compiler: SQLCompiler, connection: Any, **extra: Any) -> Any:
        """As it lies there: a text in UTC without a zone."""
        return super().as_sql(compiler, connection, template="%(expressions)s", **extra)


def instant_of(value: float | str | datetime | None) -> Any:
    """What `_Seconds` or a statement of the same kind gave; SQLite keeps instants in UTC without saying so."""
    if value is None:
        return None
    if isinstance(value, float):
        return datetime.fromtimestamp(value, UTC)
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    return at.replace(tzinfo=UTC)


def _row(values: tuple[Any, ...]) -> Row:
    *columns, context, plan = values
    row = Row(*columns)
    # Annotated as instants, read as seconds.
    row.not_before_at = instant_of(columns[_NOT_BEFORE])
    row.expires_at = instant_of(columns[_EXPIRES])
    row.step_on_at = instant_of(columns[_STEP_ON])
    if '"_"' in context:
        row.own = json.loads(context).get("_", {})
    row.plan = plan != "[]"
    return row

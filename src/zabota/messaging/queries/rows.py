"""Messages of a batch as plain rows: what the gate, a provider's answer and a refusal ask for, and nothing else.

An object of the ORM for each costs more than everything that is decided about it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import QuerySet, TextField
from django.db.models.functions import Cast

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
    "not_before_at",
    "expires_at",
    "reason",
    "attempts",
    "parts",
    "chain_key",
    "step",
    "step_on_at",
    "household_key",
    "is_answer",
    "context_text",
    "plan_text",
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
        context_text=Cast("context", TextField()), plan_text=Cast("plan", TextField())
    ).values_list(*_COLUMNS)
    return [_row(values) for values in found]


def _row(values: tuple[Any, ...]) -> Row:
    *columns, context, plan = values
    row = Row(*columns)
    if '"_"' in context:
        row.own = json.loads(context).get("_", {})
    row.plan = plan != "[]"
    return row

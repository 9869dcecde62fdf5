"""Many rows with values of their own in one statement: the only SQL of messages that the ORM cannot say."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from django.db import connection

from zabota.messaging.rules.states import RANKS

#: (id, the provider's id, cost) of what was answered, as one parameter.
_ANSWERED = {
    "sqlite": """
        SELECT json_extract(value, '$[0]') AS id, json_extract(value, '$[1]') AS provider_id,
            json_extract(value, '$[2]') AS cost
        FROM json_each(%s)
    """,
    "postgresql": "SELECT * FROM unnest(%s::bigint[], %s::text[], %s::bigint[]) AS given(id, provider_id, cost)",
}


def accept(rows: Sequence[tuple[int, str, int]], *, token: str, state: str, now: datetime) -> int:
    """Note that a provider took these (id, its id, cost in kopecks), as long as they are still ours. Returns how many.

    A receipt may have come before: a row that is further already keeps its state and takes the provider's id only.
    """
    if not rows:
        return 0
    statement = f"""
        UPDATE messaging_message SET
            state = CASE WHEN rank < %s THEN %s ELSE state END,
            rank = CASE WHEN rank < %s THEN %s ELSE rank END,
            provider_id = answered.provider_id,
            cost_kopecks = answered.cost,
            sent_at = COALESCE(sent_at, %s),
            lease_until = NULL,
            claim = ''
        FROM ({_ANSWERED[connection.vendor]}) AS answered
        WHERE messaging_message.id = answered.id AND messaging_message.claim = %s
    """  # noqa: S608 -- only placeholders are put in
    rank, at = RANKS[state], connection.ops.adapt_datetimefield_value(now)
    answered = (
        [json.dumps(rows)] if connection.vendor == "sqlite" else [list(column) for column in zip(*rows, strict=True)]
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [rank, state, rank, rank, at, *answered, token])
        changed: int = cursor.rowcount
    return changed


def decide_sent(*, token: str, lease_until: datetime, now: datetime) -> None:
    """Write for every message of a claim that it goes: one statement, without carrying the rows through Python."""
    convert = connection.ops.adapt_datetimefield_value
    statement = """
        INSERT INTO messaging_decision (message_id, clinic_id, at, outcome, reason, detail, attempt, until_at)
        SELECT id, clinic_id, %s, 'send', 'sent', '', attempts, NULL
        FROM messaging_message WHERE state = 'sending' AND lease_until = %s AND claim = %s
    """
    with connection.cursor() as cursor:
        cursor.execute(statement, [convert(now), convert(lease_until), token])

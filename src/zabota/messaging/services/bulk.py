"""Many rows with values of their own in one statement: the only SQL of messages that the ORM cannot say."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import connection

from zabota.messaging.rules.states import RANKS

#: Rows of one statement; each takes three parameters.
PORTION = 1000


def accept(rows: Sequence[tuple[int, str, int]], *, token: str, state: str, now: datetime) -> int:
    """Note that a provider took these (id, its id, cost in kopecks), as long as they are still ours. Returns how many.

    A receipt may have come before: a row that is further already keeps its state and takes the provider's id only.
    """
    changed = 0
    at = connection.ops.adapt_datetimefield_value(now)
    for start in range(0, len(rows), PORTION):
        portion = rows[start : start + PORTION]
        values = ", ".join(["(CAST(%s AS bigint), %s, CAST(%s AS bigint))"] * len(portion))
        statement = f"""
            WITH answered(id, provider_id, cost) AS (VALUES {values})
            UPDATE messaging_message SET
                state = CASE WHEN rank < %s THEN %s ELSE state END,
                rank = CASE WHEN rank < %s THEN %s ELSE rank END,
                provider_id = answered.provider_id,
                cost_kopecks = answered.cost,
                sent_at = COALESCE(sent_at, %s),
                lease_until = NULL,
                claim = ''
            FROM answered
            WHERE messaging_message.id = answered.id AND messaging_message.claim = %s
        """  # noqa: S608 -- only placeholders are put in
        flat: list[int | str] = [value for row in portion for value in row]
        rank = RANKS[state]
        with connection.cursor() as cursor:
            cursor.execute(statement, [*flat, rank, state, rank, rank, at, token])
            changed += cursor.rowcount
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

"""Many rows with values of their own in one statement: the only SQL of messages that the ORM cannot say."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from django.db import connection

from zabota.kernel.among import array_of_numbers, array_of_texts
from zabota.messaging.models import ProviderNumber
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

#: The same with (id, number of the attempt).
_ATTEMPTS = {
    "sqlite": "SELECT json_extract(value, '$[0]') AS id, json_extract(value, '$[1]') AS attempt FROM json_each(%s)",
    "postgresql": "SELECT * FROM unnest(%s::bigint[], %s::bigint[]) AS rows(id, attempt)",
}
#: An expression, because of the plain column a planner knows that hardly any row has this claim, and would begin with it:
#: the whole outbox is read then, and every row of the batch held beside every answer.
_OURS = "COALESCE({row}.claim, '') = %s"
_AT = {"sqlite": "%s", "postgresql": "%s::timestamptz"}
_NUMBERS = """
    INSERT INTO messaging_providernumber (message_id, account_id, number)
    SELECT answered.id, %s, answered.provider_id FROM ({answered}) AS answered
    JOIN messaging_message AS ours ON ours.id = answered.id
    WHERE {ours}
    ON CONFLICT (message_id) DO UPDATE SET account_id = excluded.account_id, number = excluded.number
"""


def accept(rows: Sequence[tuple[int, str, int]], *, account_id: int, token: str, state: str, now: datetime) -> int:
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
            claim = ''
        FROM ({_ANSWERED[connection.vendor]}) AS answered
        WHERE messaging_message.id = answered.id AND {_OURS.format(row="messaging_message")}
    """  # noqa: S608 -- only placeholders are put in
    rank, at = RANKS[state], connection.ops.adapt_datetimefield_value(now)
    numbered = [(pk, number, 0) for pk, number, _ in rows if number]
    with connection.cursor() as cursor:
        if numbered:
            # While the rows are still ours by their claim: a stranger's late answer gives no number either.
            cursor.execute(
                _NUMBERS.format(answered=_ANSWERED[connection.vendor], ours=_OURS.format(row="ours")),
                [account_id, *_given(numbered), token],
            )
        cursor.execute(statement, [rank, state, rank, rank, at, *_given(rows), token])
        changed: int = cursor.rowcount
    return changed


def note_number(*, message_id: int, account_id: int, number: str) -> None:
    """By this number the provider will speak of the message."""
    ProviderNumber.objects.update_or_create(
        message_id=message_id, defaults={"account_id": account_id, "number": number[:120]}
    )


def _given(rows: Sequence[tuple[int, str, int]]) -> list[str]:
    if connection.vendor == "sqlite":
        return [json.dumps(rows)]
    ids, numbers, costs = zip(*rows, strict=True)
    return [array_of_numbers(ids), array_of_texts(numbers), array_of_numbers(costs)]


def decide_sent(*, messages: Sequence[tuple[int, int]], clinic_id: int, now: datetime) -> None:
    """Write for each message (id, attempt) of a claim that it goes: one statement."""
    convert = connection.ops.adapt_datetimefield_value
    statement = f"""
        INSERT INTO messaging_decision (message_id, clinic_id, at, outcome, reason, detail, attempt, until_at)
        SELECT given.id, %s, {_AT[connection.vendor]}, 'send', 'sent', '', given.attempt, NULL
        FROM ({_ATTEMPTS[connection.vendor]}) AS given
    """  # noqa: S608 -- only placeholders are put in
    rows = (
        [json.dumps(messages)]
        if connection.vendor == "sqlite"
        else [array_of_numbers(column) for column in zip(*messages, strict=True)]
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [clinic_id, convert(now), *rows])

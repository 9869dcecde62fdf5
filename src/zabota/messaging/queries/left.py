"""What left lately for these people and addresses: one look into the index for each, however large the outbox has grown.

Written by hand, because the order of the join is the point: left to itself a planner whose statistics are older than a
mailing reads everything that the clinic sent today for each batch.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime

from django.db import connection

from zabota.kernel.among import array_of_numbers, array_of_texts
from zabota.messaging.queries.rows import instant_of
from zabota.messaging.rules.states import LEFT
from zabota.messaging.rules.words import MARKETING, OTP

_WHICH = f"""
    m.clinic_id{{aside}} = %s AND m.{{column}} = wanted.value AND m.claimed_at >= %s
    AND m.state IN ({", ".join(["%s"] * len(LEFT))}) AND NOT m.is_answer AND m.message_class <> %s
    AND (m.message_class = %s OR m.claimed_at >= %s)
"""
_POSTGRESQL = f"""
    SELECT found.* FROM unnest(%s::{{kind}}[]) AS wanted(value)
    CROSS JOIN LATERAL (
        SELECT m.{{column}}, EXTRACT(EPOCH FROM m.claimed_at)::float8, m.chain_key, m.message_class FROM messaging_message m WHERE {_WHICH} OFFSET 0
    ) AS found
"""  # noqa: S608 -- nothing but names of our own columns is put in
_SQLITE = f"""
    SELECT m.{{column}}, m.claimed_at, m.chain_key, m.message_class
    FROM json_each(%s) AS wanted CROSS JOIN messaging_message AS m ON {_WHICH}
"""  # noqa: S608 -- nothing but names of our own columns is put in

#: Value of the column, when it left, its cascade, whether it was advertising.
Left = tuple[int | str, datetime, str, bool]


def left_for(
    column: str, values: Sequence[int] | Sequence[str], *, clinic_id: int, advertising_since: datetime, since: datetime
) -> Iterator[Left]:
    """By `patient_id` or `address`: everything from `since` on, advertising from `advertising_since` on.

    Codes and answers to whoever wrote first count for nothing.
    """
    if not values:
        return
    is_sqlite = connection.vendor == "sqlite"
    kind = "bigint" if column == "patient_id" else "text"
    # People have an index of their own: without «+ 0» an old planner may think that of the clinic's addresses the better.
    aside = " + 0" if column == "patient_id" else ""
    statement = (_SQLITE if is_sqlite else _POSTGRESQL).format(column=column, kind=kind, aside=aside)
    at = connection.ops.adapt_datetimefield_value
    first, today = at(min(since, advertising_since)), at(since)
    with connection.cursor() as cursor:
        cursor.execute(
            statement,
            [
                json.dumps(values) if is_sqlite else _array(column, values),
                clinic_id,
                first,
                *LEFT,
                OTP,
                MARKETING,
                today,
            ],
        )
        for value, claimed_at, chain, message_class in cursor.fetchall():
            yield value, instant_of(claimed_at), chain, message_class == MARKETING


def _array(column: str, values: Sequence[int] | Sequence[str]) -> str:
    return array_of_numbers(map(int, values)) if column == "patient_id" else array_of_texts(map(str, values))

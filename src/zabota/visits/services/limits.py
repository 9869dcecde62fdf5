"""Requests of strangers are counted in the database, so that all workers count together."""

from __future__ import annotations

import datetime as dt

from django.db import DatabaseError, connection, transaction
from django.utils.crypto import salted_hmac

from zabota.visits.models import RequestTally

_UPSERT = (
    "INSERT INTO {table} (key, count, ends_at) VALUES (%s, %s, %s) "
    "ON CONFLICT (key) DO UPDATE SET count = {table}.count + excluded.count RETURNING count"
)


def count_request(name: str, who: str, *, seconds: int, now: dt.datetime, by: int = 1) -> tuple[int | None, int]:
    """Counts `by` requests of `who`; gives how many there were in this span, and the seconds until the next one begins.

    None when it could not be counted: the caller knows whether that opens or shuts the door.
    """
    at = int(now.timestamp())
    span = at // seconds
    ends = (span + 1) * seconds
    key = salted_hmac("zabota.visits.requests", f"{name}:{who}:{span}", algorithm="sha256").hexdigest()
    ends_at = dt.datetime.fromtimestamp(ends, tz=dt.UTC)
    statement = _UPSERT.format(table=connection.ops.quote_name(RequestTally._meta.db_table))
    try:
        # A savepoint of its own: what fails here must not take the page with it.
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, [key, by, connection.ops.adapt_datetimefield_value(ends_at)])
            row = cursor.fetchone()
    except DatabaseError:
        return None, ends - at
    return int(row[0]), ends - at


def forget_old_tallies(*, now: dt.datetime) -> int:
    """Spans that are over count for nothing."""
    return RequestTally.objects.filter(ends_at__lt=now).delete()[0]

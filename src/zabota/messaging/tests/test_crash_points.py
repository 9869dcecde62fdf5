"""T19: the worker dies at any statement between the claim and the note of what left; whatever the point, nothing is lost."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection

from zabota.messaging import api
from zabota.messaging.models import Message
from zabota.messaging.rules.transport import Channel

MINUTE = dt.timedelta(minutes=1)
#: More statements than one drain of one message has; the test says when it has tried them all.
MOST = 90


class Killed(BaseException):
    """The process is gone: nobody catches it."""


@contextmanager
def killed_at(statement: int) -> Iterator[list[int]]:
    """Die at the n-th statement. What stands in the list afterwards is how many there were."""
    count = [0]

    def watch(execute, sql, params, many, context):
        # The end of a transaction that died is written by the database itself.
        if not sql.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK")):
            count[0] += 1
            if count[0] == statement:
                raise Killed
        return execute(sql, params, many, context)

    with connection.execute_wrapper(watch):
        yield count


@pytest.mark.parametrize(("drops_repeats", "step", "least"), [(True, 3, 7), (False, 1, 20)])
def test_whatever_the_statement_at_which_a_worker_dies_nothing_is_lost_and_nobody_gets_it_twice(
    mila, new_account, email_of, want, drain, now, drops_repeats, step, least
):
    account, phone = new_account(Channel.SMS, drops_repeats=drops_repeats)
    mail_account, mail = new_account(Channel.EMAIL)
    email_of(mila, "mila@patient.test")
    points = 0
    for point in range(1, MOST, step):
        at = now + dt.timedelta(days=point)
        message = want(mila, at=at, idem=f"reminder:{point}", channels=(Channel.SMS, Channel.EMAIL))
        with killed_at(point) as count:
            try:
                drain(account, at)
            except Killed:
                points += 1
        if count[0] < point:
            break
        for minutes in 3, 4:
            api.tick(now=at + minutes * MINUTE)
            drain(account, at + minutes * MINUTE)
            drain(mail_account, at + minutes * MINUTE)
        sent = {each.key for each in phone.ledger} | {each.key.removesuffix(":1") for each in mail.ledger}
        assert message.idem_key in sent, f"lost at statement {point}"
        if drops_repeats:
            # The provider sees one key, however often it is offered, and nothing went another way.
            assert not [each for each in mail.ledger if each.key.startswith(message.idem_key)]
        else:
            by_phone = [each for each in phone.ledger if each.key == message.idem_key]
            assert len(by_phone) <= 1, f"twice at statement {point}"
            if len(by_phone) == 1 and [each for each in mail.ledger if each.key.startswith(message.idem_key)]:
                message.refresh_from_db()
                assert message.state == "unknown", "a second way only for what nobody knows"
        assert not Message.objects.filter(state="sending").exists()
    else:
        pytest.fail("there are more statements than were tried")
    assert points >= least, "points of a crash"

"""T22: the disk is full or the database goes away in the middle of a booking: the whole visit is there, or nothing of it."""

from __future__ import annotations

import pytest
from django.db import OperationalError, connection

from zabota.booking.models import Appointment, ResourceCell
from zabota.kernel.models import AuditEntry, Fact

MOST = 80


@pytest.mark.parametrize("words", ["database or disk is full", "attempt to write a readonly database"])
def test_a_booking_that_fails_anywhere_leaves_no_part_of_itself(book, cleaning, words):
    before = (Fact.objects.count(), AuditEntry.objects.count())
    for point in range(1, MOST):
        count = 0

        def watch(execute, sql, params, many, context, point=point):
            nonlocal count
            if not sql.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK")):
                count += 1
                if count == point:
                    raise OperationalError(words)
            return execute(sql, params, many, context)

        with connection.execute_wrapper(watch):
            try:
                book(services=[cleaning])
            except OperationalError:
                pass
        if count < point:
            break
        assert not Appointment.objects.exists() and not ResourceCell.objects.exists(), (
            f"part of a visit at statement {point}"
        )
        assert (Fact.objects.count(), AuditEntry.objects.count()) == before
    else:
        pytest.fail("there are more statements than were tried")
    assert point > 5 and Appointment.objects.count() == 1

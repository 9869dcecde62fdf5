"""What the report of the waitlist counts as freed."""

from __future__ import annotations

import datetime as dt

from zabota.booking import api


def test_a_time_that_its_own_visit_took_back_was_never_freed(freed, waits, people, book, actor, now, pyotr):
    waits(people[0])
    slot = freed()
    api.restore(appointment=slot.appointment, actor=actor, now=now)
    slot.refresh_from_db()
    assert slot.state == "taken"

    def report():
        return api.waitlist_report(slot.clinic_id, first_at=now, last_at=now + dt.timedelta(days=1))

    assert (report().freed, report().filled_share) == (0, None)

    slot.appointment.refresh_from_db()
    api.cancel(appointment=slot.appointment, by_patient=True, actor=actor, now=now)
    assert report().freed == 1, "given up for good the second time"

    book(patient=pyotr)
    assert report().freed == 1, "taken by another, it had been free"

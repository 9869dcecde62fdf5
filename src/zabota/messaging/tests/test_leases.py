"""T19: a batch belongs to its worker while it lives, and only to it; then to whoever comes."""

from __future__ import annotations

import datetime as dt
import secrets

import pytest

from zabota.messaging import api
from zabota.messaging.models import Batch
from zabota.messaging.rules.transport import Channel, SendResult, Verdict
from zabota.messaging.services import claiming, draining
from zabota.messaging.services.acking import acknowledge
from zabota.messaging.tests.conftest import state

MINUTE = dt.timedelta(minutes=1)


@pytest.mark.parametrize("drops_repeats", [True, False])
def test_of_two_batches_only_that_of_the_silent_worker_is_taken_over(
    mila, pyotr, new_account, want, now, drops_repeats
):
    account, phone = new_account(Channel.SMS, drops_repeats=drops_repeats)
    silent = want(mila)
    claiming.claim(account_id=account.pk, traits=phone.traits, now=now, limit=10)
    sending = want(pyotr)
    claiming.claim(account_id=account.pk, traits=phone.traits, now=now + 2 * MINUTE, limit=10)

    api.tick(now=now + 3 * MINUTE)

    assert state(silent)[0] == ("queued" if drops_repeats else "unknown")
    assert state(sending)[0] == "sending", "it is being sent at this very moment"
    assert Batch.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_lease_is_kept_while_a_batch_is_being_sent_and_not_afterwards(mila, sms, want, now):
    account, phone = sms
    want(mila)
    taken = claiming.claim(account_id=account.pk, traits=phone.traits, now=now, limit=10)
    beating = draining._beating(taken.token, lambda: now + MINUTE)
    try:
        beating._beat()
    finally:
        beating.__exit__()
    assert Batch.objects.get().lease_until == now + MINUTE + claiming.LEASE

    Batch.objects.update(lease_until=now)
    beating._beat()

    assert Batch.objects.get().lease_until == now


@pytest.mark.parametrize(
    "verdict", [Verdict.ACCEPTED, Verdict.REFUSED, Verdict.LATER, Verdict.ACCOUNT, Verdict.UNKNOWN]
)
def test_the_late_answer_of_a_worker_that_lost_its_batch_says_nothing_of_who_has_it_now(mila, sms, want, now, verdict):
    account, phone = sms
    row = want(mila)
    late = claiming.claim(account_id=account.pk, traits=phone.traits, now=now, limit=10)
    api.tick(now=now + 3 * MINUTE)
    other = claiming.claim(account_id=account.pk, traits=phone.traits, now=now + 4 * MINUTE, limit=10)
    assert len(late.going) == len(other.going) == 1

    said = {row.idem_key: SendResult(row.idem_key, verdict)}
    acknowledge(late.going, said, token=late.token, account=account, traits=phone.traits, now=now + 4 * MINUTE)

    row.refresh_from_db()
    assert (row.state, row.claim) == ("sending", other.token)


def test_a_beat_of_a_batch_that_ended_revives_nothing(mila, sms, now):
    assert claiming.heartbeat(token=secrets.token_hex(8), now=now) == 0
    assert not Batch.objects.exists()

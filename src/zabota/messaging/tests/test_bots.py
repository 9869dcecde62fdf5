"""Two bots of one messenger: whoever opened one is written to by that one and by no other."""

from __future__ import annotations

import datetime as dt

from zabota.messaging import api
from zabota.messaging.rules.transport import Channel
from zabota.messaging.tests.conftest import state


def test_a_patient_is_written_to_by_the_bot_that_they_opened(mila, pyotr, new_account, bot_of, want, drain):
    (first, _), (second, bot) = new_account(Channel.MAX), new_account(Channel.MAX)
    bot_of(mila, first, "max-1")
    bot_of(pyotr, second, "max-2")
    hers, his = want(mila), want(pyotr)
    assert (hers.account, his.account) == (first, second)
    drain(first)
    assert [each.address for each in bot.ledger] == ["max-1"]
    drain(second)
    assert [each.address for each in bot.ledger] == ["max-1", "max-2"]


def test_a_bot_that_is_off_is_not_replaced_by_one_that_was_never_opened(mila, new_account, bot_of, want, actor, now):
    (first, _), (second, _) = new_account(Channel.MAX), new_account(Channel.MAX)
    bot_of(mila, second, "max-2")
    api.switch_account(account=second, is_on=False, actor=actor, now=now)
    assert state(want(mila, channels=(Channel.MAX,))) == ("suppressed", "channel_off")
    bot_of(mila, first, "max-1")
    assert want(mila, channels=(Channel.MAX,)).account == first


def test_a_bot_that_was_stopped_stops_only_its_own_messages(mila, new_account, bot_of, want, drain, now):
    (first, _), (second, _) = new_account(Channel.MAX), new_account(Channel.MAX)
    bot_of(mila, first, "max-1")
    link = bot_of(mila, second, "max-1")
    message = want(mila, channels=(Channel.MAX,))
    assert message.account == second
    type(link).objects.filter(pk=link.pk).update(state="stopped")
    drain(second)
    assert state(message) == ("suppressed", "contact_changed")
    assert want(mila, channels=(Channel.MAX,), at=now + dt.timedelta(minutes=1)).account == first

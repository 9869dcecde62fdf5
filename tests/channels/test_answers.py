"""What providers' refusals mean: an address is shut only by words that are about it."""

from __future__ import annotations

import pytest

from zabota.integrations.smtp.answers import of_recipient
from zabota.integrations.smtp.returns import read_return
from zabota.integrations.vk.answers import outcome_of
from zabota.messaging.api import Blame, Verdict


@pytest.mark.parametrize(
    ("code", "words", "outcome"),
    [
        (550, "550 relay not permitted", (Verdict.ACCOUNT, Blame.OTHER)),
        (550, "550 authentication required", (Verdict.ACCOUNT, Blame.OTHER)),
        (553, "553 sender address not owned by user", (Verdict.ACCOUNT, Blame.OTHER)),
        (550, "550 message rejected as spam", (Verdict.REFUSED, Blame.CONTENT)),
        (550, "550 rejected by policy", (Verdict.REFUSED, Blame.CONTENT)),
        (550, "550 no such user here", (Verdict.REFUSED, Blame.BAD_ADDRESS)),
        (550, "550 User unknown", (Verdict.REFUSED, Blame.BAD_ADDRESS)),
        (550, "550 5.1.1 relay says: nobody here", (Verdict.REFUSED, Blame.BAD_ADDRESS)),
        (550, "550 rejected", (Verdict.REFUSED, Blame.LIMIT)),
    ],
)
def test_a_mail_server_that_refuses_us_shuts_nobodys_address(code, words, outcome) -> None:
    assert of_recipient(code, words) == outcome


@pytest.mark.parametrize(
    ("code", "words", "blame"),
    [
        (100, "One of the parameters specified was missing or invalid: keyboard is invalid", Blame.CONTENT),
        (100, "One of the parameters specified was missing or invalid: peer_id is not integer", Blame.BAD_ADDRESS),
        (901, "Can't send messages for users without permission", Blame.BLOCKED_BY_PERSON),
        (100_500, "", Blame.OTHER),
    ],
)
def test_a_mistake_in_our_call_to_vk_does_not_shut_the_persons_address(code, words, blame) -> None:
    assert outcome_of(code, words) == (Verdict.REFUSED, blame)


@pytest.mark.parametrize("line", ['To: <"', "To: =?utf-8?q?=", "To: \x00<a@b", "Date: =?x?b?!?=\r\nTo: ;:<"])
def test_a_letter_that_no_parser_can_read_is_no_report(line) -> None:
    assert read_return(f"From: a@b.test\r\n{line}\r\n\r\nhi".encode(), secret="s3cret") is None

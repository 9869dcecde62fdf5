"""SMPP against two SMS centres of other authors: parts, receipts, replies, throttling, broken lines."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Iterator

import pytest

from tests.channels.smpp_centres import Operator, free_port, node_centre, rust_centre
from zabota.integrations.calls import Patience
from zabota.integrations.smpp import packets
from zabota.integrations.smpp.transport import SmppTransport
from zabota.messaging.api import Account, Blame, EventKind, InboundEvent, Outgoing, SendResult, Verdict

V, B = Verdict, Blame
CALM = Patience(connect=5.0, total=10.0)
_people = itertools.count(1)


@pytest.fixture(scope="module", params=[rust_centre, node_centre], ids=["smpp34", "node-smpp"])
def centre(request: pytest.FixtureRequest) -> Iterator[Operator]:
    with request.param() as operator:
        yield operator


def _account(centre: Operator, **changed: str) -> Account:
    values = {
        "host": "127.0.0.1",
        "port": str(centre.port),
        "system_id": "clinic",
        "password": "good",
        "sender": "Ulybka",
        "security": "none",
        "ids": "hex-dec",
    }
    return Account(id=1, values={**values, **changed})


def _phone(tail: int = 0) -> str:
    return f"+7916{next(_people):05d}{tail:02d}"


def _send(
    centre: Operator, *messages: Outgoing, patience: Patience = CALM, listen: float = 0.3, **changed: str
) -> tuple[list[SendResult], list[InboundEvent]]:
    heard: list[InboundEvent] = []

    async def inbox(account: Account, event: InboundEvent) -> None:
        heard.append(event)

    async def run() -> list[SendResult]:
        transport = SmppTransport(inbox, patience)
        account = _account(centre, **changed)
        results = list(await transport.send(messages, account))
        await asyncio.sleep(listen)
        await transport.release()
        return results

    return asyncio.run(run()), heard


def _of(centre: Operator, phone: str) -> list[tuple[str, int, int, bytes]]:
    time.sleep(0.1)
    return [each for each in centre.taken if each[0] == phone[1:]]


def _message(phone: str, text: str = "Ждём вас 25.11 в 10:00") -> Outgoing:
    return Outgoing(key=f"k{phone}", address=phone, text=text)


def test_a_short_text_is_one_part_and_its_receipt_finds_it(centre) -> None:
    phone = _phone()
    (result,), heard = _send(centre, _message(phone))
    assert result.verdict is V.ACCEPTED
    ((_, coding, esm_class, body),) = _of(centre, phone)
    assert (coding, esm_class, body.decode("utf-16-be")) == (8, 0, "Ждём вас 25.11 в 10:00")
    (receipt,) = heard
    assert (receipt.kind, receipt.provider_id) == (EventKind.DELIVERED, result.provider_id)


def test_a_message_with_a_sender_of_its_own_leaves_under_it(centre) -> None:
    """L21."""
    quiet, loud = _phone(), _phone()
    _send(centre, Outgoing(key="quiet", address=quiet, text="т", sender="MEDCENTR"), _message(loud))
    _of(centre, loud)
    assert centre.names[quiet[1:]] == "MEDCENTR" != centre.names[loud[1:]]


def test_a_long_text_goes_in_parts_that_a_phone_joins_and_brings_one_receipt(centre) -> None:
    phone, text = _phone(), "Ёлка 🦷 №1 " * 20
    (result,), heard = _send(centre, _message(phone, text))
    parts = _of(centre, phone)
    assert len(parts) == 4
    assert {esm_class for _, _, esm_class, _ in parts} == {0x40}
    heads = [body[:6] for *_, body in parts]
    assert [head[5] for head in heads] == [1, 2, 3, 4]
    assert len({head[3] for head in heads}) == 1
    assert "".join(body[6:].decode("utf-16-be") for *_, body in parts) == text
    assert all(len(body) <= 140 for *_, body in parts)
    assert [each.provider_id for each in heard] == [result.provider_id]


def test_a_latin_text_takes_the_cheap_alphabet(centre) -> None:
    phone = _phone()
    _send(centre, _message(phone, "Code 1234 [x] @"))
    ((_, coding, _, body),) = _of(centre, phone)
    assert coding == 0
    # One centre shows the octets, the other what it reads from them.
    assert body in (b"Code 1234 \x1b\x3cx\x1b\x3e \x00", b"Code 1234 [x] @")


def test_a_throttled_part_is_offered_again_and_arrives_once(centre) -> None:
    phone = _phone(1)
    (result,), _ = _send(centre, _message(phone))
    assert result.verdict is V.ACCEPTED
    assert len(_of(centre, phone)) == 1


def test_a_centre_that_is_full_for_long_is_asked_later(centre) -> None:
    (result,), _ = _send(centre, _message(_phone(7)))
    assert (result.verdict, result.blame) == (V.LATER, B.LIMIT)


def test_a_number_that_does_not_exist_is_a_bad_address(centre) -> None:
    (result,), _ = _send(centre, _message(_phone(2)))
    assert (result.verdict, result.blame) == (V.REFUSED, B.BAD_ADDRESS)


def test_silence_after_a_packet_leaves_it_unknown(centre) -> None:
    (result,), _ = _send(centre, _message(_phone(3)), patience=Patience(connect=2.0, total=0.5), listen=0)
    assert (result.verdict, result.blame) == (V.UNKNOWN, B.DOWN)


def test_a_line_cut_after_a_packet_leaves_it_unknown_and_what_was_not_said_at_home(centre) -> None:
    cut, after = _phone(4), _phone()
    results, _ = _send(centre, _message(cut), _message(after), listen=0, window="1")
    assert results[0].verdict is V.UNKNOWN
    assert results[1].verdict is V.LATER
    assert _of(centre, after) == []


def test_a_receipt_that_comes_before_the_answer_is_kept(centre) -> None:
    (result,), heard = _send(centre, _message(_phone(5)))
    assert [each.provider_id for each in heard] == [result.provider_id]


def test_what_a_person_answers_is_heard(centre) -> None:
    phone = _phone(6)
    _, heard = _send(centre, _message(phone))
    (answer,) = heard
    assert (answer.kind, answer.text, answer.address) == (EventKind.INBOUND, "СТОП", phone[1:])


def test_a_window_of_packets_flies_at_once_over_one_bind(centre) -> None:
    before, phones = centre.binds, [_phone(50 + n % 40) for n in range(200)]
    results, heard = _send(centre, *(_message(phone) for phone in phones), window="20")
    assert {each.verdict for each in results} == {V.ACCEPTED}
    assert centre.binds - before == 1
    assert {each.provider_id for each in heard} == {each.provider_id for each in results}


def test_a_wrong_password_is_the_accounts_fault() -> None:
    with node_centre() as centre:
        (result,), _ = _send(centre, _message(_phone()), password="bad")
        assert (result.verdict, result.blame) == (V.ACCOUNT, B.KEY)


def test_nobody_at_the_address_means_that_nothing_left() -> None:
    (result,), _ = _send(Operator(free_port()), _message(_phone()))
    assert (result.verdict, result.blame) == (V.LATER, B.DOWN)


def test_an_event_that_could_not_be_stored_is_offered_again_by_the_centre(centre) -> None:
    """The packet is answered with an error, so that the centre does not forget it."""
    answers: list[int] = []

    async def failing(account: Account, event: InboundEvent) -> None:
        answers.append(1)
        raise RuntimeError("database away")

    async def run() -> SendResult:
        transport = SmppTransport(failing, CALM)
        (result,) = await transport.send([_message(_phone(6))], _account(centre))
        await asyncio.sleep(0.3)
        await transport.release()
        return result

    assert asyncio.run(run()).verdict is V.ACCEPTED, "a failing inbox does not hurt the sending"
    assert answers


@pytest.mark.parametrize(
    "form, taken, reported",
    [("same", "A1f", "A1f"), ("hex-dec", "1F", "31"), ("dec-hex", "31", "1F"), ("hex-dec", "x-1", "x-1")],
)
def test_numbers_in_two_forms_are_one_number(form, taken, reported) -> None:
    ours = packets.same_id(taken, form=form, is_receipt=False)
    assert ours == packets.same_id(reported, form=form, is_receipt=True)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x00" * 16,
        b"\x00\x00\x00\x14\x00\x00\x00\x05\x00\x00\x00\x00\x00\x00\x00\x01\xff\xff\xff\xff",
        b"\x00\x00\x00\x10\x00\x00\x00\x05\x00\x00\x00\x00\x00\x00\x00\x01",
    ],
)
def test_a_packet_of_noise_is_no_event(raw) -> None:
    try:
        event = packets.read_delivery(raw, ids="same")
    except ValueError:
        return
    assert event is None or event.text == ""

"""Packets of SMPP: parts of a text on their way out, receipts and replies on their way in."""

from __future__ import annotations

import re
import struct
import time
from typing import Any

from smpplib import gsm, smpp

from zabota.integrations import hooks
from zabota.integrations.smpp.answers import STATE_WORDS, STATES
from zabota.messaging.api import EventKind, InboundEvent, count_parts, split_parts

HEADER = struct.Struct(">LLLL")
#: Longest packet that is believed.
LONGEST = 65_536

GENERIC_NACK = 0x80000000
BIND_TRANSCEIVER, BIND_TRANSCEIVER_RESP = 0x00000009, 0x80000009
SUBMIT_SM_RESP = 0x80000004
DELIVER_SM, DELIVER_SM_RESP = 0x00000005, 0x80000005
UNBIND, UNBIND_RESP = 0x00000006, 0x80000006
ENQUIRE_LINK, ENQUIRE_LINK_RESP = 0x00000015, 0x80000015

_WITH_HEADER = 0x40
_RECEIPT_BITS, _RECEIPT = 0x3C, 0x04
_UCS2, _LATIN1, _CYRILLIC = 8, 3, 6
_ID = re.compile(r"\bid:\s*(\S+)", re.IGNORECASE)
_STAT = re.compile(r"\bstat:\s*(\w+)", re.IGNORECASE)


class Counter:
    """Numbers of the packets of one connection, as the library asks for them."""

    def __init__(self) -> None:
        self.sequence = 0

    def next_sequence(self) -> int:
        self.sequence = self.sequence % 0x7FFFFFFF + 1
        return self.sequence


def bind(counter: Counter, *, system_id: str, password: str) -> Any:
    """The packet that opens a connection for both directions."""
    return smpp.make_pdu(
        "bind_transceiver",
        client=counter,
        system_id=system_id,
        password=password,
        system_type="",
        interface_version=0x34,
        addr_ton=0,
        addr_npi=0,
        address_range="",
    )


def parts_of(counter: Counter, *, text: str, source: str, destination: str, reference: int) -> list[Any]:
    """Packets of one text. A receipt is asked for the last part alone: it stands for the message."""
    is_gsm = count_parts(text).encoding == "GSM-7"
    chunks = split_parts(text)
    packets: list[Any] = []
    for number, chunk in enumerate(chunks, start=1):
        body: bytes = gsm.gsm_encode(chunk) if is_gsm else chunk.encode("utf-16-be")
        if len(chunks) > 1:
            body = bytes((5, 0, 3, reference & 0xFF, len(chunks), number)) + body
        packets.append(
            smpp.make_pdu(
                "submit_sm",
                client=counter,
                source_addr_ton=_ton(source),
                source_addr_npi=1 if source.isdecimal() else 0,
                source_addr=source,
                dest_addr_ton=1,
                dest_addr_npi=1,
                destination_addr=destination,
                esm_class=_WITH_HEADER if len(chunks) > 1 else 0,
                data_coding=0 if is_gsm else _UCS2,
                registered_delivery=1 if number == len(chunks) else 0,
                short_message=body,
            )
        )
    return packets


def _ton(source: str) -> int:
    """A name is alphanumeric, a long number international, a short one of the network."""
    if not source.isdecimal():
        return 5
    return 1 if len(source) > 6 else 3


def plain(command: int, sequence: int, status: int = 0, body: bytes = b"") -> bytes:
    """A packet without fields, or with a ready body."""
    return HEADER.pack(16 + len(body), command, status, sequence) + body


def read_delivery(raw: bytes, *, ids: str) -> InboundEvent | None:
    """What an incoming deliver_sm says. Raises ValueError for a packet that cannot be read."""
    try:
        packet = smpp.parse_pdu(raw, client=Counter(), allow_unknown_opt_params=True)
        esm_class, coding = int(packet.esm_class or 0), int(packet.data_coding or 0)
        body = bytes(packet.message_payload or packet.short_message or b"")
        source = _text(packet.source_addr)
        number, state = _text(packet.receipted_message_id), STATE_WORDS.get(packet.message_state or 0, "")
    except Exception as error:  # the library raises whatever its reading stumbles over
        raise ValueError("unreadable packet") from error
    if esm_class & _RECEIPT_BITS == _RECEIPT or number:
        return _receipt(body.decode("latin-1"), number, state, ids)
    if esm_class & _WITH_HEADER and body:
        body = body[1 + body[0] :]
    words = _decode(body, coding)
    address = "".join(sign for sign in source if sign.isdigit())
    # A reply has no number of its own; the same words repeated within ten minutes are the same packet offered again.
    name = hooks.digest(address, words, int(time.time()) // 600)
    return InboundEvent(event_id=f"in:{name}", kind=EventKind.INBOUND, address=address, text=words)


def _receipt(text: str, number: str, state: str, ids: str) -> InboundEvent | None:
    if not number and (found := _ID.search(text)):
        number = found[1]
    if not state and (found := _STAT.search(text)):
        state = found[1].upper()
    if not number or state not in STATES:
        return None
    kind, blame = STATES[state]
    number = same_id(number, form=ids, is_receipt=True)
    return InboundEvent(event_id=f"{number}:{state}", kind=kind, provider_id=number, blame=blame)


def same_id(number: str, *, form: str, is_receipt: bool) -> str:
    """One form for a number that some centres say in hexadecimal when they take a message and in decimal afterwards.

    `form` is same, hex-dec (taken in hexadecimal, receipt in decimal) or dec-hex.
    """
    base = {"hex-dec": (16, 10), "dec-hex": (10, 16)}.get(form)
    if base is None:
        return number.strip()
    try:
        return str(int(number, base[1] if is_receipt else base[0]))
    except ValueError:
        return number.strip()


def _decode(body: bytes, coding: int) -> str:
    if coding == _UCS2:
        return body.decode("utf-16-be", "replace")
    if coding == _CYRILLIC:
        return body.decode("iso8859-5", "replace")
    if coding == _LATIN1:
        return body.decode("latin-1")
    return "".join(_GSM[each] if each < len(_GSM) else "?" for each in body)


_GSM = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ ÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)


def _text(value: object) -> str:
    """A field of the library: bytes or text, with its closing zero or without."""
    if value is None:
        return ""
    text = value.decode("latin-1") if isinstance(value, bytes) else str(value)
    return text.rstrip("\0")


def message_id(body: bytes) -> str:
    """The number in the answer to a submit_sm."""
    return body.split(b"\0", 1)[0].decode("latin-1").strip()

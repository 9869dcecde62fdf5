"""Two SMS centres that others wrote: one in Rust (smpp34), one in JavaScript (node-smpp). Both play the same operator.

Destinations that end with 01: throttled twice, then taken; 02: no such number; 03: the answer never comes;
04: the line is cut after the packet; 05: receipt before the answer; 06: the person answers «СТОП»; 07: queue full for ever.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import smpp34

FRONT = Path(__file__).resolve().parents[2] / "front"
NODE = Path(sys.executable).parent / "node"


@dataclass
class Operator:
    """What the centre took: (destination, data_coding, esm_class, body) in order."""

    port: int = 0
    taken: list[tuple[str, int, int, bytes]] = field(default_factory=list)
    binds: int = 0
    #: Under which name each destination heard from us.
    names: dict[str, str] = field(default_factory=dict)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def rust_centre() -> Iterator[Operator]:
    """smpp34 within this process."""
    operator = Operator(free_port())
    ready = threading.Event()
    held: dict[str, object] = {}

    async def serve() -> None:
        held["loop"], held["stop"] = asyncio.get_running_loop(), asyncio.Event()
        server = smpp34.Server(host="127.0.0.1", port=operator.port, system_id="centre")
        await server.start()
        ready.set()
        task = asyncio.create_task(_play(server, operator))
        await held["stop"].wait()  # type: ignore[attr-defined]
        task.cancel()
        await server.stop()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        yield operator
    finally:
        held["loop"].call_soon_threadsafe(held["stop"].set)  # type: ignore[attr-defined]
        thread.join(5)


async def _play(server: smpp34.Server, operator: Operator) -> None:
    people: dict[str, smpp34.Esme] = {}
    throttled: dict[str, int] = {}
    tasks: set[asyncio.Task[None]] = set()
    number = 0
    while True:
        event = await server.next()
        if isinstance(event, smpp34.Esme):
            people[event.session_id] = event
            operator.binds += 1
            continue
        if not isinstance(event, smpp34.SubmitSmEvent):
            continue
        to, tail = event.destination_addr, event.destination_addr[-2:]
        if tail == "01" and throttled.setdefault(to, 0) < 2:
            throttled[to] += 1
            event.reject(smpp34.ESME_RTHROTTLED)
            continue
        if tail in ("02", "07"):
            event.reject(smpp34.ESME_RINVDSTADR if tail == "02" else smpp34.ESME_RMSGQFUL)
            continue
        operator.taken.append((to, event.data_coding, event.esm_class, bytes(event.short_message)))
        operator.names[to] = event.source_addr
        number += 1
        task = asyncio.create_task(_answer(event, people[event.session_id], number))
        tasks.add(task)
        task.add_done_callback(tasks.discard)


async def _answer(event: smpp34.SubmitSmEvent, esme: smpp34.Esme, number: int) -> None:
    to, tail = event.destination_addr, event.destination_addr[-2:]
    if tail == "03":
        await asyncio.sleep(2)
        return
    receipt = f"id:{number} sub:001 dlvrd:001 submit date:2611221000 done date:2611221001 stat:DELIVRD err:000 text:"
    state = [smpp34.Tlv(smpp34.TLV_MESSAGE_STATE, b"\x02")]
    with contextlib.suppress(Exception):  # the clinic may have hung up meanwhile
        if tail == "04":
            await esme.unbind()
            return
        if tail == "05":
            await esme.deliver_sm(event.source_addr, receipt.encode(), source_addr=to, esm_class=4, tlvs=state)
        event.accept(f"{number:X}")
        if tail == "06":
            words = "СТОП".encode("utf-16-be")
            await esme.deliver_sm(event.source_addr, words, source_addr=to, data_coding=8)
        elif event.registered_delivery and tail != "05":
            await esme.deliver_sm(event.source_addr, receipt.encode(), source_addr=to, esm_class=4)


_SCRIPT = r"""
const smpp = require('smpp');
const throttled = {};
let number = 0;
const say = (what) => process.stdout.write(JSON.stringify(what) + '\n');
const server = smpp.createServer({}, (session) => {
  session.on('error', () => {});
  session.on('bind_transceiver', (pdu) => {
    if (pdu.password !== 'good') {
      session.send(pdu.response({ command_status: smpp.ESME_RBINDFAIL }));
      return session.close();
    }
    say({ bind: 1 });
    session.send(pdu.response({ system_id: 'centre' }));
  });
  session.on('enquire_link', (pdu) => session.send(pdu.response()));
  session.on('unbind', (pdu) => { session.send(pdu.response()); session.close(); });
  session.on('submit_sm', (pdu) => {
    const to = pdu.destination_addr, tail = to.slice(-2);
    if (tail === '01' && (throttled[to] = (throttled[to] || 0) + 1) < 3)
      return session.send(pdu.response({ command_status: smpp.ESME_RTHROTTLED }));
    if (tail === '02') return session.send(pdu.response({ command_status: smpp.ESME_RINVDSTADR }));
    if (tail === '07') return session.send(pdu.response({ command_status: smpp.ESME_RMSGQFUL }));
    const body = pdu.short_message.message, udh = pdu.short_message.udh;
    const text = Buffer.isBuffer(body) ? body : Buffer.from(body, pdu.data_coding === 8 ? 'utf16le' : 'latin1');
    if (!Buffer.isBuffer(body) && pdu.data_coding === 8) text.swap16();
    const head = udh && udh.length ? Buffer.concat(udh.map((u) => Buffer.isBuffer(u) ? u : Buffer.from(u))) : null;
    const full = head ? Buffer.concat([Buffer.from([head.length]), head, text]) : text;
    say({ to, from: pdu.source_addr, coding: pdu.data_coding, esm: pdu.esm_class, body: full.toString('hex') });
    number += 1;
    if (tail === '03') return;
    if (tail === '04') return session.destroy();
    const receipt = () => session.deliver_sm({
      source_addr: to, destination_addr: pdu.source_addr, esm_class: 4,
      receipted_message_id: String(number), message_state: 2,
      short_message: 'id:' + number + ' sub:001 dlvrd:001 submit date:2611221000 done date:2611221001 stat:DELIVRD err:000 text:',
    });
    if (tail === '05') receipt();
    session.send(pdu.response({ message_id: number.toString(16).toUpperCase() }));
    if (tail === '06') session.deliver_sm({ source_addr: to, destination_addr: pdu.source_addr, short_message: 'СТОП' });
    else if (pdu.registered_delivery && tail !== '05') receipt();
  });
});
server.listen(Number(process.argv[1]), '127.0.0.1', () => say({ ready: 1 }));
"""


@contextmanager
def node_centre() -> Iterator[Operator]:
    """node-smpp in a process of its own."""
    operator = Operator(free_port())
    node = str(NODE) if NODE.exists() else "node"
    process = subprocess.Popen(
        [node, "-e", _SCRIPT, str(operator.port)], cwd=FRONT, stdout=subprocess.PIPE, text=True, env={**os.environ}
    )
    ready = threading.Event()

    def listen() -> None:
        assert process.stdout is not None
        for line in process.stdout:
            said = json.loads(line)
            if "ready" in said:
                ready.set()
            elif "bind" in said:
                operator.binds += 1
            else:
                operator.taken.append((said["to"], said["coding"], said["esm"], bytes.fromhex(said["body"])))
                operator.names[said["to"]] = said["from"]

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    try:
        assert ready.wait(20), "the centre did not start"
        yield operator
    finally:
        process.kill()
        process.wait(5)

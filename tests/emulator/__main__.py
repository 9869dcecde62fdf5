"""Run the emulator alone: prints its address, then serves until it is stopped."""

from __future__ import annotations

import argparse
import signal
import threading
from pathlib import Path

from tests.emulator.server import Emulator

parser = argparse.ArgumentParser(prog="python -m tests.emulator", description=__doc__)
parser.add_argument("--port", type=int, default=8190)
parser.add_argument("--ledger", type=Path, help="file to which every taken message is appended")
options = parser.parse_args()
stopped = threading.Event()
for each in (signal.SIGINT, signal.SIGTERM):
    signal.signal(each, lambda *_: stopped.set())
with Emulator(port=options.port, ledger=options.ledger) as emulator:
    print(emulator.url, flush=True)
    stopped.wait()

"""`zabota worker`: delivers facts and runs background jobs until it is asked to stop; the job in hand is finished first."""

from __future__ import annotations

import argparse
import signal
import threading
from types import FrameType


def run(argv: list[str]) -> int:
    """Work until Ctrl+C or SIGTERM. A second signal gives the job in hand back to the queue and leaves at once."""
    parser = argparse.ArgumentParser(
        prog="zabota worker", description="Исполнитель: доставляет события и выполняет фоновые задания."
    )
    parser.add_argument("--once", action="store_true", help="выполнить всё, что ждёт, и закончить")
    parser.add_argument("--interval", type=float, default=1.0, help="как часто смотреть в очередь, секунд (1)")
    options = parser.parse_args(argv)

    import django

    django.setup()
    from zabota.kernel import jobs

    stop = threading.Event()

    def asked(signum: int, frame: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    signal.signal(signal.SIGTERM, asked)
    signal.signal(signal.SIGINT, asked)
    jobs.work(once=options.once, interval=options.interval, stop=stop)
    return 0

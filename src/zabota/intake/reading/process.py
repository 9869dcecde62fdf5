"""Start the reading process for one file, follow its progress, tell its death in a sentence."""

import json
import logging
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date
from pathlib import Path

from zabota.intake.reading.child import TOO_HEAVY_RU
from zabota.intake.reading.errors import UnreadableFile
from zabota.intake.reading.exchange import JOB, TRACE, read_error
from zabota.intake.reading.limits import Limits
from zabota.intake.rules.mapping import SavedMapping

log = logging.getLogger(__name__)
_SOURCE = Path(__file__).resolve().parents[3]
_DEADLY = "Файл повреждён так, что его не удаётся прочесть. Выгрузите его заново или сохраните как CSV."


@contextmanager
def read_apart(
    path: Path, *, mapping: SavedMapping | None, today: date, limits: Limits, clean: bool, tell: Callable[[int], None]
) -> Iterator[Path]:
    """A folder with the results of reading one file; it is gone when the block ends."""
    with tempfile.TemporaryDirectory(prefix="zabota-reading-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        job = {
            "path": str(path.absolute()),
            "mapping": mapping.to_dict() if mapping else None,
            "today": today.isoformat(),
            "limits": asdict(limits),
            "clean": clean,
        }
        (folder / JOB).write_text(json.dumps(job, ensure_ascii=False), encoding="utf-8")
        _run(folder, limits, tell)
        yield folder


def _run(folder: Path, limits: Limits, tell: Callable[[int], None]) -> None:
    environment = {
        **{
            name: value
            for name, value in os.environ.items()
            if name in ("PATH", "SYSTEMROOT", "TMPDIR", "TEMP", "TMP", "LANG", "LC_ALL")
        },
        "PYTHONPATH": os.pathsep.join([str(_SOURCE), *(part for part in sys.path if part and Path(part).is_dir())]),
        "PYTHONUTF8": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "POLARS_MAX_THREADS": "2",
        "MALLOC_ARENA_MAX": "2",
    }
    command = [sys.executable, "-P", "-m", "zabota.intake.reading.child", str(folder)]
    with subprocess.Popen(  # noqa: S603 - our own interpreter and module; the only argument is our temporary folder
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment, text=True
    ) as child:
        timer = threading.Timer(limits.wall_seconds, child.kill)
        timer.daemon = True
        timer.start()
        try:
            for line in child.stdout or ():
                if line.strip().isdigit():
                    tell(int(line))
            code = child.wait()
        except BaseException:
            child.kill()
            raise
        finally:
            timer.cancel()
    error = read_error(folder)
    if error is not None:
        raise error
    if code != 0:
        trace = folder / TRACE
        log.error(
            "reading stopped: code %s, %s", code, trace.read_text(encoding="utf-8") if trace.exists() else "no trace"
        )
        # a signal (memory, time, a crash of a library) or an error of reading nobody foresaw
        raise UnreadableFile("too_heavy", TOO_HEAVY_RU) if code < 0 else UnreadableFile("broken_file", _DEADLY)

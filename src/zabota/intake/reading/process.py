"""Start the reading process for one file, follow its progress, tell its death in a sentence."""

import hashlib
import json
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from zabota.intake.reading.child import TOO_HEAVY_RU
from zabota.intake.reading.errors import UnreadableFile
from zabota.intake.reading.exchange import FACTS, JOB, TRACE, read_error
from zabota.intake.reading.limits import Limits
from zabota.intake.rules.mapping import SavedMapping

log = logging.getLogger(__name__)
_SOURCE = Path(__file__).resolve().parents[3]
_DEADLY = "Файл повреждён так, что его не удаётся прочесть. Выгрузите его заново или сохраните как CSV."


@contextmanager
def read_apart(
    path: Path,
    *,
    mapping: SavedMapping | None,
    today: date,
    limits: Limits,
    clean: bool,
    tell: Callable[[int], None],
    keep: Path | None = None,
) -> Iterator[Path]:
    """A folder with the results of reading one file; it is gone when the block ends.

    With `keep` they stay in that folder, and are taken from there when the same file was read in the same way before.
    """
    job = {
        "path": str(path.absolute()),
        "mapping": mapping.to_dict() if mapping else None,
        "today": today.isoformat(),
        "limits": asdict(limits),
        "clean": clean,
    }
    if keep is None:
        with tempfile.TemporaryDirectory(prefix="zabota-reading-", ignore_cleanup_errors=True) as name:
            _read_into(Path(name), job, limits, tell)
            yield Path(name)
        return
    job |= _state_of(path)
    if not _holds(keep, job):
        _read_anew(keep, job, limits, tell)
    yield keep


def _read_anew(keep: Path, job: dict[str, Any], limits: Limits, tell: Callable[[int], None]) -> None:
    """Read aside and put it in place whole: a worker that lost its turn may still be at the same file."""
    aside = Path(tempfile.mkdtemp(prefix=f"{keep.name}-", dir=keep.parent))
    try:
        _read_into(aside, job, limits, tell)
        shutil.rmtree(keep, ignore_errors=True)
        aside.replace(keep)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        if not _holds(keep, job):
            raise


def _read_into(folder: Path, job: dict[str, Any], limits: Limits, tell: Callable[[int], None]) -> None:
    (folder / JOB).write_text(json.dumps(job, ensure_ascii=False), encoding="utf-8")
    _run(folder, limits, tell)


def _state_of(path: Path) -> dict[str, Any]:
    """What makes a file another one than that which was read, and a reader another reader."""
    state = path.stat() if path.exists() else None
    return {"size": state and state.st_size, "changed_ns": state and state.st_mtime_ns, "reader": _reader()}


@cache
def _reader() -> str:
    """A digest of the program that reads: results of a former version are not taken."""
    sources = (_SOURCE / "zabota" / "intake" / room for room in ("reading", "rules"))
    digest = hashlib.sha256()
    for source in sorted(each for room in sources for each in room.rglob("*.py")):
        digest.update(source.read_bytes())
    return digest.hexdigest()


def _holds(folder: Path, job: dict[str, Any]) -> bool:
    """Whether this very job was done there to its end: the facts are written last."""
    try:
        told = json.loads((folder / JOB).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return told == json.loads(json.dumps(job)) and (folder / FACTS).exists() and job["size"] is not None


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

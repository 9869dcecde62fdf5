"""The process that touches the file: it may be killed by its limits, and only it."""

import contextlib
import json
import sys
import traceback
from datetime import date
from functools import partial
from pathlib import Path

from zabota.intake.reading.errors import UnreadableFile
from zabota.intake.reading.exchange import JOB, TRACE, write_error, write_facts, write_table
from zabota.intake.reading.limits import Limits
from zabota.intake.rules.mapping import SavedMapping

TOO_HEAVY_RU = (
    "Файл слишком тяжёл для чтения: не хватило памяти или времени. Сохраните его как CSV или разделите по годам."
)


def main() -> int:
    """Read the job from the folder named on the command line and leave the results beside it."""
    folder = Path(sys.argv[1])
    job = json.loads((folder / JOB).read_text(encoding="utf-8"))
    limits = Limits(**job["limits"])
    _hold(limits)
    mapping = SavedMapping.from_dict(job["mapping"]) if job["mapping"] else None
    try:
        _read(folder, Path(job["path"]), limits, mapping, date.fromisoformat(job["today"]), clean=bool(job["clean"]))
    except UnreadableFile as error:
        write_error(folder, error)
    except MemoryError:
        write_error(folder, UnreadableFile("too_heavy", TOO_HEAVY_RU))
    except Exception as error:
        _leave_trace(folder, error)
        return 1
    return 0


def _leave_trace(folder: Path, error: Exception) -> None:
    """Where it broke, without the message: a message may quote a patient."""
    places = [f"{Path(frame.filename).name}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)]
    (folder / TRACE).write_text(f"{type(error).__name__} at {' > '.join(places[-6:])}", encoding="utf-8")


def _read(folder: Path, path: Path, limits: Limits, mapping: SavedMapping | None, today: date, *, clean: bool) -> None:
    # after the limits are set: the heavy libraries are inside them too
    from zabota.intake.reading.cleaning import clean_table  # noqa: PLC0415
    from zabota.intake.reading.opening import open_grids  # noqa: PLC0415
    from zabota.intake.reading.recognising import choose_tables  # noqa: PLC0415

    grids = open_grids(path, limits, mapping)
    _tell(400)
    tables = choose_tables(path, grids, today=today, mapping=mapping, strict=clean)
    del grids
    assumed: list[bool] = []
    for number, found in enumerate(tables):
        if not clean:
            assumed.append(False)
            continue
        step = partial(_tell_part, 420 + 540 * number // len(tables), 540 / len(tables))
        cleaned = clean_table(found, today=today, mapping=mapping, step=step)
        write_table(folder, number, cleaned.lines, cleaned.remarks, found.grid.cells)
        assumed.append(cleaned.status_assumed)
    write_facts(folder, [found.facts for found in tables], assumed)
    _tell(1000)


def _tell_part(start: int, share: float, part: float) -> None:
    _tell(round(start + share * part))


def _tell(done: int) -> None:
    sys.stdout.write(f"{done}\n")
    sys.stdout.flush()


def _hold(limits: Limits) -> None:
    """Ask the operating system to keep the limits; where it cannot (Windows), the parent's clock remains."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource  # noqa: PLC0415

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_seconds, limits.cpu_seconds + 5))
        resource.setrlimit(resource.RLIMIT_AS, (limits.memory_bytes, limits.memory_bytes))


if __name__ == "__main__":
    raise SystemExit(main())

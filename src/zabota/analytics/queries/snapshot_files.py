"""Files of snapshots: DATA_DIR/snapshots/<clinic>/<day>.v<version>.parquet, one for each day, month ends for good."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Final

import polars as pl
from django.conf import settings

from zabota.analytics.rules.snapshot import VERSION, Snapshot

#: Days for which every snapshot stays; of older ones the last of each month.
KEPT_DAYS: Final = 8
#: In the words of a file: when erased patients were last taken out of it.
FORGOT: Final = "forgot_at"
_NAME: Final = re.compile(r"(\d{4}-\d{2}-\d{2})\.v(\d+)\.parquet")


def folder_of(clinic_id: int) -> Path:
    """Where the snapshots of a clinic lie."""
    return Path(settings.DATA_DIR) / "snapshots" / str(clinic_id)


def days_kept(clinic_id: int) -> list[date]:
    """Days of which there is a snapshot that can be read, ascending."""
    folder = folder_of(clinic_id)
    names = [_NAME.fullmatch(each.name) for each in folder.iterdir()] if folder.is_dir() else []
    return sorted(date.fromisoformat(name[1]) for name in names if name and int(name[2]) == VERSION)


def path_of(clinic_id: int, day: date) -> Path:
    """The file of a day."""
    return folder_of(clinic_id) / f"{day}.v{VERSION}.parquet"


def write(frame: pl.DataFrame, *, clinic_id: int, as_of: date, said: Mapping[str, str]) -> Path:
    """The snapshot of a day as a new file."""
    return write_whole(frame, path_of(clinic_id, as_of), said=said)


def write_whole(frame: pl.DataFrame, target: Path, *, said: Mapping[str, str]) -> Path:
    """A new file, then renamed: who reads the old one goes on reading it, nobody ever sees half of one."""
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    number, name = tempfile.mkstemp(prefix=".new-", suffix=".parquet", dir=target.parent)
    os.close(number)
    try:
        frame.write_parquet(name, compression="zstd", metadata=dict(said))
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return target


def said_of(path: Path) -> dict[str, str]:
    """What stands in the file beside its rows: when and how it was made."""
    return {name: str(value) for name, value in pl.read_parquet_metadata(path).items() if name != "ARROW:schema"}


def read(clinic_id: int, day: date) -> Snapshot:
    """The snapshot of a day; the two used last stay in memory with the columns that were asked for."""
    path = path_of(clinic_id, day)
    found = path.stat()
    return _opened(path, day, found.st_ino, found.st_mtime_ns)


@lru_cache(maxsize=2)
def _opened(path: Path, day: date, inode: int, changed: int) -> Snapshot:
    return Snapshot(path.read_bytes(), day)


def forget(clinic_id: int, erased: Mapping[int, datetime], *, now: datetime) -> int:
    """Take patients who were erased after a file was made out of it; gives how many rows that were.

    The figures of the day lose a row each: that is the price of a month end that names nobody who asked to be forgotten.
    """
    removed = 0
    for day in days_kept(clinic_id) if erased else []:
        path = path_of(clinic_id, day)
        said = said_of(path)
        since = datetime.fromisoformat(said.get(FORGOT, said["built_at"]))
        gone = [patient for patient, at in erased.items() if at >= since - timedelta(days=1)]
        if not gone or not pl.scan_parquet(path).filter(pl.col("patient_id").is_in(gone)).head(1).collect().height:
            continue
        frame = pl.read_parquet(path)
        kept = frame.filter(~pl.col("patient_id").is_in(gone))
        removed += frame.height - kept.height
        write(kept, clinic_id=clinic_id, as_of=day, said={**said, FORGOT: now.isoformat()})
    return removed


def tidy(clinic_id: int, *, today: date) -> int:
    """Remove what is no longer kept: old days but the last of each month, and files of older versions."""
    folder = folder_of(clinic_id)
    days = days_kept(clinic_id)
    last = {(day.year, day.month): day for day in days}
    keep = {
        path_of(clinic_id, day) for day in [*last.values(), *(d for d in days if d > today - timedelta(days=KEPT_DAYS))]
    }
    removed = 0
    for file in folder.iterdir():
        name = _NAME.fullmatch(file.name)
        if name and file not in keep and int(name[2]) <= VERSION:
            file.unlink()
            removed += 1
    return removed

"""Lines of visits beside the snapshot: DATA_DIR/snapshots/<clinic>/visits.v<version>.parquet, read anew only of whom a fact names.

The file is made with the snapshot; whoever asks later reads it and, from the database, the patients touched since. It tells
the number of the clinic and of its last fact: a file of another database, or of a later state of this one, is not read.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import polars as pl

from zabota.analytics.queries.snapshot_files import folder_of, said_of, write_whole
from zabota.analytics.queries.snapshot_touched import EVERYBODY, bearings_of, is_of_this_base, touched_since
from zabota.analytics.queries.visit_lines import in_order, read_lines

#: Grows with every change of the columns: a file of another version is not read.
VERSION: Final = 2
#: Facts may be told a little after the moment that stands in them: so far back they are looked at again.
OVERLAP: Final = timedelta(hours=6)
#: A file older than this is no ground to build on.
STALE: Final = timedelta(days=7)
#: Where more patients were touched than this share of the lines, reading everything costs less.
FEW: Final = 0.1


def lines_now(clinic_id: int, *, now: datetime) -> pl.DataFrame:
    """The lines as they are at `now`: from the file and whoever was touched since, or all from the database."""
    path = path_of(clinic_id)
    said = said_of(path) if path.is_file() else {}
    if not said or not is_of_this_base(said, clinic_id):
        return read_lines(clinic_id)
    built_at = datetime.fromisoformat(said["built_at"])
    if not now - STALE <= built_at <= now:
        return read_lines(clinic_id)
    touched = touched_since(clinic_id, built_at - OVERLAP)
    kept = pl.read_parquet(path)
    if touched is EVERYBODY or len(touched) > kept.height * FEW:
        return read_lines(clinic_id)
    anew = read_lines(clinic_id, patients=touched)
    return in_order(pl.concat([kept.filter(~pl.col("patient").is_in(touched)), anew]))


def keep_lines(clinic_id: int, *, now: datetime, full: bool = False) -> Path:
    """Write the lines of now as a new file in place of the former one; `full`: read from the database alone."""
    bearings = bearings_of(clinic_id)
    lines = read_lines(clinic_id) if full else lines_now(clinic_id, now=now)
    target = write_whole(lines, path_of(clinic_id), said={"built_at": now.isoformat(), **bearings})
    for old in target.parent.glob("visits.v*.parquet"):
        if old != target:
            old.unlink(missing_ok=True)
    return target


def path_of(clinic_id: int) -> Path:
    """The file of a clinic."""
    return folder_of(clinic_id) / f"visits.v{VERSION}.parquet"

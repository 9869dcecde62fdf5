"""Tables of the metrics kept as files: DATA_DIR/metrics/<clinic>/<moment>/<table>.parquet; a large clinic is not read for a page."""

from __future__ import annotations

import dataclasses
import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import polars as pl
from django.conf import settings

from zabota.analytics.queries.metrics_ground import Tables

#: Grows with every change of the tables: files of another version are not read.
VERSION: Final = 3
#: Sets that stay: the newest, and the one that somebody may be reading still.
KEPT: Final = 2
_FORM: Final = f"v{VERSION}-%Y%m%dT%H%M%S"


def write_tables(tables: Tables, *, clinic_id: int, now: datetime) -> None:
    """A new set, then renamed: nobody ever sees half of one."""
    folder = _folder(clinic_id)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=".new-", dir=folder))
    try:
        for field in dataclasses.fields(tables):
            getattr(tables, field.name).write_parquet(made / f"{field.name}.parquet", compression="zstd")
        target = folder / now.astimezone(UTC).strftime(_FORM)
        if target.exists():
            shutil.rmtree(target)
        made.replace(target)
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise
    for old in _sets(clinic_id)[:-KEPT]:
        shutil.rmtree(old, ignore_errors=True)


def read_kept(clinic_id: int) -> tuple[Tables, datetime] | None:
    """The newest set and when it was made; None where there is none."""
    sets = _sets(clinic_id)
    if not sets:
        return None
    parts = {field.name: pl.read_parquet(sets[-1] / f"{field.name}.parquet") for field in dataclasses.fields(Tables)}
    return Tables(**parts), datetime.strptime(sets[-1].name, _FORM).replace(tzinfo=UTC)


def _folder(clinic_id: int) -> Path:
    return Path(settings.DATA_DIR) / "metrics" / str(clinic_id)


def _sets(clinic_id: int) -> list[Path]:
    folder = _folder(clinic_id)
    return sorted(each for each in folder.glob(f"v{VERSION}-*") if each.is_dir()) if folder.is_dir() else []

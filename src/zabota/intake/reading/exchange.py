"""How the reading process hands its results to the one that asked: columns as Arrow files, facts as JSON, never code."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import polars as pl

from zabota.intake.reading.errors import UnreadableFile
from zabota.intake.reading.results import ColumnGuess, FileFacts, RowCounts, Table

_PORTION = 20_000
FACTS, ERROR, JOB, TRACE = "facts.json", "error.json", "job.json", "trace.txt"


def write_facts(folder: Path, facts: list[FileFacts], assumed: list[bool]) -> None:
    """Facts of the tables of one file, in order."""
    rows = [
        {**asdict(one), "path": str(one.path), "status_assumed": flag} for one, flag in zip(facts, assumed, strict=True)
    ]
    (folder / FACTS).write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")


def write_table(folder: Path, number: int, lines: pl.DataFrame, remarks: pl.DataFrame, cells: pl.DataFrame) -> None:
    """Frames of one table: columns that hold nothing are left out, raw cells (wanted for refused rows only) are compressed."""
    told = [name for name in lines.columns if name == "row" or lines[name].null_count() < lines.height]
    lines.select(told).write_ipc(folder / f"lines-{number}.arrow")
    remarks.write_ipc(folder / f"remarks-{number}.arrow")
    # In portions, so that neither writing them nor looking for a few refused rows unfolds a large export at once.
    cells.write_ipc(folder / f"cells-{number}.arrow", compression="lz4", record_batch_size=_PORTION)


def write_error(folder: Path, error: UnreadableFile) -> None:
    """The sentence for the person."""
    told = {"code": error.code, "text_ru": error.text_ru, "row": error.row}
    (folder / ERROR).write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")


def read_error(folder: Path) -> UnreadableFile | None:
    """The sentence the reading process left, if it left one."""
    path = folder / ERROR
    if not path.exists():
        return None
    told = json.loads(path.read_text(encoding="utf-8"))
    return UnreadableFile(
        str(told["code"]), str(told["text_ru"]), told["row"] if isinstance(told["row"], int) else None
    )


def read_facts(folder: Path) -> tuple[list[FileFacts], list[bool]]:
    """Facts of the tables of one file."""
    rows: list[dict[str, Any]] = json.loads((folder / FACTS).read_text(encoding="utf-8"))
    assumed = [bool(row.pop("status_assumed")) for row in rows]
    return [_facts(row) for row in rows], assumed


def read_tables(folder: Path) -> list[Table]:
    """Tables of one file; raw cells stay on the disk until they are asked for."""
    facts, assumed = read_facts(folder)
    return [
        Table(
            one,
            pl.read_ipc(folder / f"lines-{number}.arrow"),
            pl.read_ipc(folder / f"remarks-{number}.arrow"),
            flag,
            pl.scan_ipc(folder / f"cells-{number}.arrow"),
        )
        for number, (one, flag) in enumerate(zip(facts, assumed, strict=True))
    ]


def _facts(row: dict[str, Any]) -> FileFacts:
    row["path"] = Path(row["path"])
    row["columns"] = tuple(
        ColumnGuess(**{**column, "examples": tuple(column["examples"])}) for column in row["columns"]
    )
    row["counts"] = RowCounts(**row["counts"])
    for name in ("unknown_statuses", "titles", "remarks", "period"):
        row[name] = tuple(row[name])
    row["preview"] = tuple(tuple(cells) for cells in row["preview"])
    return FileFacts(**row)

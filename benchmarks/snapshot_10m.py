#!/usr/bin/env python3
"""Snapshot of 1M patients from 10M visits: building it and reading cohorts and returns, against DuckDB and pandas.

    .venv/bin/python benchmarks/snapshot_10m.py [--small] [--runs N] [--visits N]

Ratios are of CPU seconds (all threads) in one process and one run, each the least of several; every engine has the visits
warm and in its own format, and all must give the same integers. The reference is DuckDB's cohort matrix of all months from
raw visits (distinct months, joined with the first one) and its share of those who returned within 365 days by channel.

Goals at 10M: matrix_from_raw ≤ 0.75, matrix_from_snapshot ≤ 0.1, pandas_to_snapshot ≥ 20, return_from_snapshot ≤ 0.02,
build ≤ 2.5 (visits into rows and the rows into the file; reading the operational database is not in it).
`matrix_cold` takes the columns from the file first. With fewer visits the fixed cost of a call weighs more.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import polars as pl

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))

from zabota.analytics.rules.snapshot import CARD_PART, RawVisits, Snapshot, visit_rows
from zabota.analytics.rules.snapshot_cohorts import (
    CohortMatrix,
    cohort_matrix,
    matrix_of_visits,
    return_within,
)

LAST = date(2026, 11, 15)
EPOCH = date(1970, 1, 1)
YEARS = 5
CHANNELS = 8
MATRIX = """
WITH m AS (SELECT DISTINCT patient, month FROM visits), f AS (SELECT patient, min(month) AS c FROM m GROUP BY patient)
SELECT f.c, m.month - f.c AS k, count(*) AS n FROM m JOIN f USING (patient) GROUP BY ALL
"""
RETURN = """
WITH d AS (SELECT DISTINCT patient, day FROM visits),
  f AS (SELECT patient, min(day) AS first FROM d GROUP BY patient),
  s AS (SELECT d.patient, min(day) AS second FROM d JOIN f USING (patient) WHERE d.day > f.first GROUP BY d.patient)
SELECT p.channel, count(*), count(*) FILTER (s.second - f.first <= 365)
FROM f JOIN people p USING (patient) LEFT JOIN s USING (patient) WHERE f.first <= $ripe GROUP BY ALL
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--small", action="store_true", help="500 000 visits, ends within half a minute")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--visits", type=int, help="another number of visits; pandas is left out above 30 million")
    options = parser.parse_args()
    size = options.visits or (500_000 if options.small else 10_000_000)
    print(json.dumps(measure(size, options.runs), ensure_ascii=False))
    return 0


def measure(size: int, runs: int) -> dict[str, Any]:
    """All engines over the same visits."""
    raw, channel = visits(size)
    with tempfile.TemporaryDirectory(prefix="zabota-snapshot-") as folder:
        path = str(Path(folder) / "snapshot.parquet")
        started = time.perf_counter()
        built, _ = cpu(lambda: build(raw, channel, path), runs)
        build_wall = (time.perf_counter() - started) / runs
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        from_raw, matrix = cpu(lambda: matrix_of_visits(raw.patient, raw.day), runs)
        cold, _ = cpu(lambda: cohort_matrix(Snapshot(Path(path).read_bytes(), LAST)), runs)
        snapshot = Snapshot(Path(path).read_bytes(), LAST)
        cohort_matrix(snapshot)
        ours, again = cpu(lambda: cohort_matrix(snapshot), runs)
        by = snapshot.numbers("channel_id")
        return_within(snapshot, 365, by=by)
        returned, shares = cpu(lambda: return_within(snapshot, 365, by=by), runs)
        file_mib = Path(path).stat().st_size / 2**20
    duck, duck_matrix, duck_return, duck_shares = by_duckdb(raw, channel, runs)
    assert cells_of(matrix) == cells_of(again) == duck_matrix
    assert [row[1:] for row in duck_shares] == list(zip(shares.ripe.tolist(), shares.came.tolist(), strict=True))
    pandas_s = by_pandas(raw, runs, duck_matrix) if size <= 30_000_000 else None
    ratios = {
        "matrix_from_raw": round(from_raw / duck, 3),
        "matrix_from_snapshot": round(ours / duck, 4),
        "matrix_cold": round(cold / duck, 4),
        "return_from_snapshot": round(returned / duck_return, 4),
        "build": round(built / duck, 3),
    }
    if pandas_s is not None:
        ratios["pandas_to_snapshot"] = round(pandas_s / ours, 1)
    figures = {
        "visits": size,
        "patients": len(snapshot),
        "build_cpu_s": round(built, 3),
        "build_wall_s": round(build_wall, 1),
        "matrix_from_raw_cpu_s": round(from_raw, 3),
        "matrix_from_snapshot_cpu_s": round(ours, 4),
        "return_cpu_s": round(returned, 4),
        "duckdb_matrix_cpu_s": round(duck, 3),
        "duckdb_return_cpu_s": round(duck_return, 3),
        "pandas_matrix_cpu_s": None if pandas_s is None else round(pandas_s, 3),
        "file_mib": round(file_mib, 1),
        "peak_mib_after_build": peak,
        "cells": len(duck_matrix),
        "check_sum": sum(duck_matrix.values()),
        "peak_mib_of_all_engines": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "load": round(os.getloadavg()[0], 1),
    }
    return {"name": "snapshot_10m", "ratios": ratios, "figures": figures}


def visits(size: int) -> tuple[RawVisits, np.ndarray]:
    """Ten visits a patient over five years in the order of time, as a table of appointments has them."""
    rng = np.random.default_rng(7)
    people = max(size // 10, 1)
    day = np.sort(rng.integers(0, 365 * YEARS + 1, size)) + (LAST - timedelta(days=365 * YEARS) - EPOCH).days
    raw = RawVisits(
        patient=rng.integers(1, people + 1, size),
        day=day,
        appointment=np.arange(1, size + 1),
        kopecks=rng.integers(10, 90, size) * 10_000,
        doctor=rng.integers(1, 41, size),
        branch=rng.integers(1, 6, size),
    )
    return raw, rng.integers(1, CHANNELS + 1, people + 1)


def build(raw: RawVisits, channel: np.ndarray, path: str) -> None:
    """What the nightly build does once the visits are read: rows, joined with the cards, into a file."""
    rows = visit_rows(raw, LAST).frame
    cards = pl.DataFrame({"patient_id": np.arange(1, len(channel)), "channel_id": channel[1:]})
    cards = cards.with_columns(pl.col("channel_id").cast(CARD_PART["channel_id"]))
    frame = cards.join(rows, on="patient_id", how="left", maintain_order="left")
    filled = [pl.col(name).fill_null(0) for name in ("visits", "months", "recent_months", "revenue_kopecks")]
    frame.with_columns(filled).write_parquet(path, compression="zstd")


def cpu(work: Callable[[], Any], runs: int) -> tuple[float, Any]:
    """The least CPU seconds of several runs, and the answer."""
    best, value = float("inf"), None
    for _ in range(runs):
        start = time.process_time()
        value = work()
        best = min(best, time.process_time() - start)
    return best, value


def cells_of(matrix: CohortMatrix) -> dict[tuple[int, int], int]:
    """Cells above 0 by month and offset."""
    return {
        (int(matrix.months[row]), int(offset)): int(matrix.cells[row, offset])
        for row, offset in zip(*np.nonzero(matrix.cells), strict=True)
    }


def by_duckdb(raw: RawVisits, channel: np.ndarray, runs: int) -> tuple[float, dict[Any, int], float, list[Any]]:
    """The reference: its own tables, integers for months."""
    base = duckdb.connect()
    source = {"patient": raw.patient.astype(np.int32), "day": raw.day.astype(np.int32)}
    assert source
    base.execute(
        """CREATE TABLE visits AS SELECT patient, day,
        (year(DATE '1970-01-01' + day) - 1970) * 12 + month(DATE '1970-01-01' + day) - 1 AS month FROM source"""
    )
    known = {"patient": np.arange(1, len(channel), dtype=np.int32), "channel": channel[1:].astype(np.int32)}
    assert known
    base.execute("CREATE TABLE people AS SELECT * FROM known")
    matrix_s, rows = cpu(lambda: base.execute(MATRIX).fetchall(), runs)
    ripe = (LAST - timedelta(days=365) - EPOCH).days
    return_s, shares = cpu(lambda: base.execute(RETURN, {"ripe": ripe}).fetchall(), runs)
    return matrix_s, {(row[0], row[1]): row[2] for row in rows}, return_s, sorted(shares)


def by_pandas(raw: RawVisits, runs: int, expected: dict[Any, int]) -> float:
    """Tuned: whole numbers for months, duplicates dropped before anything is joined."""
    import pandas as pd

    days = np.arange(int(raw.day.min()), int(raw.day.max()) + 1)
    month = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64).astype(np.int32)
    frame = pd.DataFrame(
        {"patient": raw.patient.astype(np.int32), "month": month[raw.day - int(days[0])]}
    )  # months are ready made, as in DuckDB's table

    def matrix() -> Any:
        distinct = frame.drop_duplicates()
        first = distinct.groupby("patient", sort=False)["month"].transform("min")
        return (first * 1000 + (distinct["month"] - first)).value_counts()

    seconds, counts = cpu(matrix, runs)
    assert {divmod(int(key), 1000): int(value) for key, value in counts.items()} == expected
    return seconds


if __name__ == "__main__":
    sys.exit(main())

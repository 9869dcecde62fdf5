#!/usr/bin/env python3
"""Audit of 10M visits of 1M patients: base extraction, tables and causes against raw DuckDB and tuned pandas.

    .venv/bin/python benchmarks/audit_10m.py [--small] [--runs N]

Ratios are of CPU seconds (all threads) in one process and one run, each the least of several. The same work in all engines:
of two periods the base patients with the doctor, service, channel, branch and speciality of their last visit and whether they
returned, then 15 tables (5 dimensions, 10 pairs) of patients and returns; check sums of all cells must be equal.

Every engine has the data warm and in its own format: ours sorted columns of numbers, DuckDB its own table, pandas categories.
`cold` is ours with the reading of the export's words included: coding them and sorting, once for the whole report.
Goals: tables_to_base ≤ 1.15 (cold), ours_to_duckdb ≤ 1.1, pandas_to_ours ≥ 1.7, naive_to_ours ≥ 8.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from collections.abc import Callable
from datetime import date, timedelta
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))

LAST = date(2026, 11, 15)
YEARS = 4
SIZES = {"doctor": 40, "service": 60, "channel": 8, "branch": 5, "speciality": 10}
DIMENSIONS = tuple(SIZES)
SETS = [(name,) for name in DIMENSIONS] + list(combinations(DIMENSIONS, 2))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--small", action="store_true", help="300 000 visits, ends within a minute")
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    size = 300_000 if options.small else 10_000_000
    frame = visits(size)
    ours = _ours(frame, options.runs)
    after_ours = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    duck, naive, duck_sum = _duckdb(frame, options.runs)
    pandas, pandas_sum = _pandas(frame, options.runs)
    assert ours["sum"] == duck_sum == pandas_sum, (ours["sum"], duck_sum, pandas_sum)
    warm = ours["base"] + ours["tables"]
    cold = ours["read"] + warm
    result = {
        "name": "audit_10m",
        "ratios": {
            "tables_to_base": round(cold / (ours["read"] + ours["base"]), 3),
            "ours_to_duckdb": round(warm / duck, 3),
            "pandas_to_ours": round(pandas / warm, 2),
            "naive_to_ours": round(naive / warm, 2),
            "cold_to_duckdb": round(cold / duck, 2),
            "whole_audit_to_cold": round(ours["audit"] / cold, 2),
        },
        "figures": {
            "visits": size,
            "read_cpu_s": round(ours["read"], 3),
            "base_cpu_s": round(ours["base"], 3),
            "tables_cpu_s": round(ours["tables"], 3),
            "causes_cpu_s": round(ours["causes"], 3),
            "whole_audit_cpu_s": round(ours["audit"], 3),
            "whole_audit_wall_s": round(ours["audit_wall"], 2),
            "duckdb_cpu_s": round(duck, 3),
            "duckdb_15_queries_cpu_s": round(naive, 3),
            "pandas_cpu_s": round(pandas, 3),
            "peak_mib": after_ours,
            "check_sum": ours["sum"],
        },
    }
    print(json.dumps(result, ensure_ascii=False))
    return 0


def visits(size: int) -> pl.DataFrame:
    """Ten visits a patient over four years, in the order of days, as intake gives them."""
    rng = np.random.default_rng(7)
    people = size // 10
    first = LAST - timedelta(days=365 * YEARS)
    day = np.sort(rng.integers(0, 365 * YEARS + 1, size)).astype(np.int32)
    day[-1] = 365 * YEARS
    person = rng.integers(0, people, size).astype(np.int32)
    columns: dict[str, Any] = {
        "row": np.arange(size, dtype=np.int32),
        "visit": np.arange(size, dtype=np.int32),
        "person": person,
        "day": pl.Series(day + (first - date(1970, 1, 1)).days).cast(pl.Int32).cast(pl.Date),
        "status": pl.Series(["completed"]).extend_constant("completed", size - 1),
    }
    for name, count in SIZES.items():
        words = pl.Series([f"{name} № {place:02d}" for place in range(count)])
        code = rng.integers(0, count, people)[person] if name == "channel" else rng.integers(0, count, size)
        columns[name] = words[code]
    born = rng.integers(-9000, 16000, people)[person]
    columns["born_on"] = pl.Series(born).cast(pl.Int32).cast(pl.Date)
    columns["sex"] = pl.Series(["f", "m"])[person % 2]
    columns["price_kopecks"] = rng.integers(1000, 9000, size) * 100
    return pl.DataFrame(columns)


def _cpu(work: Callable[[], Any], runs: int) -> tuple[float, Any]:
    best, value = float("inf"), None
    for _ in range(runs):
        start = time.process_time()
        value = work()
        best = min(best, time.process_time() - start)
    return best, value


def _ours(frame: pl.DataFrame, runs: int) -> dict[str, Any]:
    from zabota.analytics.api import Rows, audit
    from zabota.analytics.rules.columns import Base, base_of, read_visits
    from zabota.analytics.rules.dimensions import dimensions_of
    from zabota.analytics.rules.drivers import find_drivers
    from zabota.analytics.rules.periods import choose_periods

    read_s, read = _cpu(lambda: read_visits(frame), runs)
    periods = choose_periods(read.first_day, read.last_day)
    assert periods is not None
    chosen = periods

    def base() -> tuple[Base, Base]:
        return base_of(read, chosen.before), base_of(read, chosen.now)

    base_s, (before, now) = _cpu(base, runs)

    def tables() -> int:
        codes = {name: read.words[name] for name in DIMENSIONS if name != "channel"}
        columns = [{name: coded.codes[period.line] for name, coded in codes.items()} for period in (before, now)]
        for column, period in zip(columns, (before, now), strict=True):
            column["channel"] = read.channel.codes[period.person]
        total = 0
        for names in SETS:
            for column, period in zip(columns, (before, now), strict=True):
                key = column[names[0]]
                width = SIZES[names[0]]
                if len(names) == 2:
                    key, width = key * SIZES[names[1]] + column[names[1]], width * SIZES[names[1]]
                counts = np.bincount(key * 2 + period.came, minlength=2 * width)
                total += _check(counts[0::2] + counts[1::2], counts[1::2])
        return total

    tables_s, total = _cpu(tables, runs)
    dimensions = dimensions_of(read, periods, before, now)
    causes_s, _ = _cpu(lambda: find_drivers(before.came * 1.0, now.came * 1.0, dimensions), runs)
    started = time.perf_counter()
    audit_s, _ = _cpu(lambda: audit(frame, today=LAST, rows=Rows(0, 0, 0, 0, 0)), 1)
    wall = time.perf_counter() - started
    return {
        "read": read_s,
        "base": base_s,
        "tables": tables_s,
        "causes": causes_s,
        "audit": audit_s,
        "audit_wall": wall,
        "sum": total,
    }


def _check(patients: Any, returns: Any) -> int:
    """A sum that depends on every cell, whatever the order of cells."""
    n, k = np.asarray(patients, np.int64), np.asarray(returns, np.int64)
    return int((n * n).sum() + 3 * (k * k).sum() + 5 * (n * k).sum())


def _windows() -> list[tuple[date, date, date]]:
    """(before the base, end of the base, end of the return) of both periods."""
    ends = (LAST - timedelta(days=365), LAST)
    return [(end - timedelta(days=730), end - timedelta(days=365), end) for end in ends]


def _coded(frame: pl.DataFrame) -> Any:
    """The columns that the other engines need, words as small numbers."""
    import pandas as pd

    data = pd.DataFrame({name: frame[name].to_numpy() for name in ("person", "visit")})
    data["day"] = frame["day"].to_physical().to_numpy()
    for name, count in SIZES.items():
        words = pl.Enum([f"{name} № {place:02d}" for place in range(count)])
        data[name] = frame[name].cast(words).to_physical().cast(pl.Int8).to_numpy()
    return data


def _duckdb(frame: pl.DataFrame, runs: int) -> tuple[float, float, int]:
    import duckdb

    connection = duckdb.connect()
    connection.execute("SET preserve_insertion_order = false")
    source = _coded(frame)
    connection.register("source", source)
    connection.execute("CREATE TABLE visits AS SELECT * REPLACE (DATE '1970-01-01' + day AS day) FROM source")
    connection.unregister("source")
    last = ", ".join(f"last.{name} AS {name}" for name in DIMENSIONS)
    packed = ", ".join(f"{name} := {name}" for name in DIMENSIONS)
    base = """
        CREATE OR REPLACE TEMP TABLE base AS {parts}
    """.format(
        parts=" UNION ALL ".join(
            f"""SELECT {place} AS period, person, came, {last} FROM (
                SELECT person, arg_max(struct_pack({packed}), visit) FILTER (day <= DATE '{middle}') AS last,
                       count(*) FILTER (day > DATE '{middle}') > 0 AS came
                FROM visits WHERE day > DATE '{start}' AND day <= DATE '{end}' GROUP BY person
            ) WHERE last IS NOT NULL"""
            for place, (start, middle, end) in enumerate(_windows())
        )
    )
    sets = ", ".join(f"(period, {', '.join(names)})" for names in SETS)
    rollup = f"SELECT count(*), count(*) FILTER (came) FROM base GROUP BY GROUPING SETS ({sets})"

    def tuned() -> int:
        connection.execute(base)
        cells = connection.execute(rollup).fetchnumpy()
        return _check(*cells.values())

    duck_s, total = _cpu(tuned, runs)
    body = base.split("AS", 1)[1]

    def naive() -> int:
        found = 0
        for names in SETS:
            query = f"SELECT count(*), count(*) FILTER (came) FROM ({body}) GROUP BY period, {', '.join(names)}"
            found += _check(*connection.execute(query).fetchnumpy().values())
        return found

    naive_s, naive_total = _cpu(naive, 1)
    assert naive_total == total
    connection.close()
    return duck_s, naive_s, total


def _pandas(frame: pl.DataFrame, runs: int) -> tuple[float, int]:
    """Integer days, categories, last rows by one sort of the base, no apply."""
    import pandas as pd

    data = _coded(frame)
    for name, count in SIZES.items():
        data[name] = pd.Categorical.from_codes(data[name], [f"{name} № {place:02d}" for place in range(count)])
    epoch = date(1970, 1, 1)

    def tuned() -> int:
        total = 0
        for start, middle, end in _windows():
            low, half, high = ((each - epoch).days for each in (start, middle, end))
            base = data[(data["day"] > low) & (data["day"] <= half)].sort_values(["day", "visit"])
            base = base.drop_duplicates("person", keep="last")
            back = data.loc[(data["day"] > half) & (data["day"] <= high), "person"].unique()
            base = base.assign(came=base["person"].isin(back))
            for names in SETS:
                cells = base.groupby(list(names), observed=True)["came"].agg(["size", "sum"])
                total += _check(cells["size"], cells["sum"])
        return total

    return _cpu(tuned, runs)


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""How often the audit invents a cause where there is none, and how often it names the planted one.

    .venv/bin/python benchmarks/audit_power.py [--small] [--clinics N]

Generated clinics of known truth (zabota.analytics.tests.clinics). Ratios: `invented`, the share of clinics without a planted
cause in which anything is named (goal ≤ 0.05); `first`, the share of clinics whose planted causes are named before all else
(goal ≥ 0.95 from 4,000 patients on); `beside`, the share of them with something named beside (goal ≤ 0.05).
With --small there are two clinics of a kind: it shows that all works, its rates are too coarse for the goals.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))

#: Planted causes joined by +, patients, months of history. The first family has nothing to name.
NULL = (
    ("", 1500, 42), ("", 4000, 42), ("", 8000, 42), ("", 8000, 30), ("uniform", 4000, 42), ("uniform", 8000, 30), ("uniform_logit", 8000, 42),
    ("season", 8000, 42), ("gap", 8000, 42), ("branch_gap", 8000, 42), ("young", 8000, 30), ("tracking", 8000, 42),
    ("inflation", 8000, 42), ("recoding", 8000, 42), ("", 50000, 42), ("uniform", 50000, 42),
)  # fmt: skip
PLANTED = (
    ("doctor", 4000, 42), ("doctor_left", 4000, 42), ("service", 8000, 42), ("price", 4000, 42), ("channel_mix", 4000, 42),
    ("channel_rate", 4000, 42), ("branch", 4000, 42), ("age", 4000, 42), ("doctor+price", 8000, 42), ("doctor+doctor2", 8000, 42),
    ("branch+channel_mix", 8000, 42), ("doctor+price+channel_mix", 8000, 42), ("doctor+price+channel_mix", 8000, 30),
    ("doctor+channel_rate+age", 8000, 42), ("uniform+doctor", 8000, 42), ("gap+doctor", 8000, 42), ("season+price", 8000, 42),
    ("doctor", 1500, 42), ("price", 1500, 42), ("doctor+price+channel_mix", 50000, 42),
)  # fmt: skip
SMALLEST_PROMISED = 4000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--small", action="store_true", help="three clinics of a kind, ends within a minute")
    parser.add_argument(
        "--clinics", type=int, default=200, help="clinics of a kind without causes (a fifth of it with)"
    )
    options = parser.parse_args()
    per_kind = 2 if options.small else options.clinics
    planted = 2 if options.small else max(options.clinics // 5, 10)
    started = time.perf_counter()
    null = [
        _line(*kind, clinics=_fewer(per_kind, kind[1], small=options.small)) for kind in _kinds(NULL, options.small)
    ]
    named = [
        _line(*kind, clinics=_fewer(planted, kind[1], small=options.small)) for kind in _kinds(PLANTED, options.small)
    ]
    large = [line for line in named if line["patients"] >= SMALLEST_PROMISED]
    result = {
        "name": "audit_power",
        "ratios": {
            "invented": _share(null, "beside"),
            "first": _share(large, "first"),
            "beside": _share(named, "beside"),
        },
        "figures": {
            "clinics": sum(line["clinics"] for line in (*null, *named)),
            "seconds": round(time.perf_counter() - started, 1),
            "without_cause": null,
            "planted": named,
        },
    }
    print(json.dumps(result, ensure_ascii=False))
    return 0


def _kinds(kinds: Iterable[tuple[str, int, int]], small: bool) -> list[tuple[str, int, int]]:
    return [kind for kind in kinds if not small or kind[1] <= 8000]


def _fewer(clinics: int, patients: int, *, small: bool) -> int:
    return clinics if small or patients < 20000 else max(clinics // 10, 2)


def _share(lines: list[dict[str, Any]], name: str) -> float:
    return round(sum(line[name] for line in lines) / max(sum(line["clinics"] for line in lines), 1), 4)


def _line(planted: str, patients: int, months: int, *, clinics: int) -> dict[str, Any]:
    """Audit some clinics of one kind and count."""
    from zabota.analytics.api import Rows, audit
    from zabota.analytics.tests.clinics import AS_OF, NAMES, Clinic, visits_of

    causes = tuple(cause for cause in planted.split("+") if cause)
    wanted = [NAMES[cause] for cause in causes if cause in NAMES]
    first = beside = found = 0
    start = zlib.crc32(f"{planted} {patients} {months}".encode()) % 1_000_000
    for seed in range(start, start + clinics):
        clinic = Clinic(causes=causes, seed=seed, patients=patients, months=months)
        report = audit(visits_of(clinic), today=AS_OF, rows=Rows(0, 0, 0, 0, 0))
        named = [(cause.dimension, cause.value, cause.kind) for cause in report.causes]
        right = [any(_same(each, want) for want in wanted) for each in named]
        missing = sum(not any(_same(each, want) for each in named) for want in wanted)
        found += len(wanted) - missing
        first += missing == 0 and all(right[: len(wanted)])
        beside += not all(right)
    line = {
        "planted": planted or "none",
        "patients": patients,
        "months": months,
        "clinics": clinics,
        "named": found,
        "first": first,
        "beside": beside,
    }
    print(json.dumps(line, ensure_ascii=False), file=sys.stderr, flush=True)
    return line


def _same(named: tuple[str, str, str], want: tuple[str, str | None, str]) -> bool:
    return named[0] == want[0] and named[2] == want[2] and want[1] in (None, named[1])


if __name__ == "__main__":
    sys.exit(main())

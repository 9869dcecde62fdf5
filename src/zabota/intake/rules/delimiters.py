"""Which character parts the columns of a text."""

import csv
import io
import re
from collections import Counter
from typing import Final

from zabota.intake.rules.tables import header_score

CANDIDATES: Final = (";", "\t", ",", "|")
_SEP_LINE = re.compile(r"^\s*\"?sep=(.)\"?\s*$", re.I)


def declared_delimiter(first_line: str) -> str:
    """«sep=;» that Excel reads and hides."""
    match = _SEP_LINE.match(first_line.rstrip("\r\n"))
    return match.group(1) if match else ""


def sniff_delimiter(sample: str) -> tuple[str, float]:
    """The likeliest delimiter and how sure that is; ("", 0) when the text has one column."""
    best, best_score, second = "", 0.0, 0.0
    for delimiter in CANDIDATES:
        score = _score(sample, delimiter)
        if score > best_score:
            best, best_score, second = delimiter, score, best_score
        else:
            second = max(second, score)
    if not best:
        return "", 0.0
    return best, round(min(0.99, 0.6 + 0.4 * (1 - second / best_score)), 2)


def _score(sample: str, delimiter: str) -> float:
    rows: list[list[str]] = []
    try:
        for row in csv.reader(io.StringIO(sample), delimiter=delimiter, skipinitialspace=True):
            if any(cell.strip() for cell in row):
                rows.append(row)
            if len(rows) >= 60:
                break
    except csv.Error:
        return 0.0
    if not rows:
        return 0.0
    widths = Counter(len(row) for row in rows)
    width, count = max(widths.items(), key=lambda item: (item[1] * (item[0] > 1), item[0]))
    if width < 2:
        return 0.0
    named = max((header_score(row) for row in rows[:30]), default=0.0)
    return count / len(rows) * (1.0 + min(width, 12) / 12) + named

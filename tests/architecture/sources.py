"""The program's own files, as the guards read them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "zabota"


def modules(*, tests: bool = False) -> Iterator[Path]:
    """Python files of the program; those of tests only when asked for, migrations never."""
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).parts
        if "migrations" in parts or ("tests" in parts and not tests):
            continue
        yield path


def templates() -> Iterator[Path]:
    """Templates of all apps."""
    yield from sorted(PACKAGE.rglob("*.html"))


def committed_texts() -> Iterator[Path]:
    """Every text file of the repository that is ours: sources, documents, scripts, settings."""
    skipped = {".git", ".venv", "node_modules", "dist", "var", "build", "__pycache__", ".hypothesis"}
    for path in sorted(ROOT.rglob("*")):
        parts = set(path.relative_to(ROOT).parts)
        if not path.is_file() or parts & skipped or any(part.endswith(("_cache", ".egg-info")) for part in parts):
            continue
        if path.suffix in {
            ".py",
            ".md",
            ".html",
            ".css",
            ".js",
            ".toml",
            ".txt",
            ".in",
            ".json",
            ".yml",
            ".sql",
            ".svg",
            "",
        }:
            yield path


def name(path: Path) -> str:
    """The path as the report shows it."""
    return str(path.relative_to(ROOT))


def text(path: Path) -> str:
    """What the file holds."""
    return path.read_text(encoding="utf-8", errors="replace")


def without_comments(template: str) -> str:
    """A template without its comments."""
    return re.sub(r"{#.*?#}|{% comment %}.*?{% endcomment %}|<!--.*?-->", "", template, flags=re.DOTALL)

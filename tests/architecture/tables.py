"""Tables of the documents that are made from the program: `python -m tests.architecture.tables` writes them anew."""

from __future__ import annotations

import dataclasses
import os
import re
from collections.abc import Callable
from pathlib import Path

from tests.architecture.sources import ROOT


def facts_table() -> str:
    """Every fact: what happened, what it carries, who reacts."""
    from zabota.kernel.facts import known_facts, known_handlers

    handlers = known_handlers()
    lines = ["| fact | what happened | carries, besides the clinic | who reacts |", "|---|---|---|---|"]
    for kind, cls in sorted(known_facts().items()):
        if kind.startswith("test."):
            continue
        says = " ".join((cls.__doc__ or "").split())
        fields = ", ".join(f"`{field.name}`" for field in dataclasses.fields(cls) if field.name != "clinic_id")
        who = ", ".join(f"`{_short(name)}`" for name in handlers.get(kind, [])) or "nobody yet"
        lines.append(f"| `{kind}` | {says} | {fields} | {who} |")
    return "\n".join(lines)


def roles_table() -> str:
    """Every right and the roles that have it."""
    from zabota.clinic.rules.rights import RIGHTS, ROLE_NAMES, Right, Role

    lines = [
        "| right | " + " | ".join(f"{role.value}<br>{ROLE_NAMES[role]}" for role in Role) + " |",
        "|---|" + "---|" * len(Role),
    ]
    for right in Right:
        marks = " | ".join("yes" if right in RIGHTS[role] else "" for role in Role)
        lines.append(f"| `{right.value}` | {marks} |")
    return "\n".join(lines)


def schedules_table() -> str:
    """Every job that the clock starts."""
    from zabota.kernel.schedules import known_schedules

    lines = ["| schedule | cron | what it does |", "|---|---|---|"]
    for name, each in sorted(known_schedules().items()):
        if not name.startswith("test."):
            lines.append(f"| `{name}` | `{each.cron}` | {each.says} |")
    return "\n".join(lines)


def metrics_table() -> str:
    """Every metric: what it means and how it is counted."""
    from zabota.analytics.rules.metrics import table

    return table()


def _short(name: str) -> str:
    return name.removeprefix("zabota.")


#: Document: the table in it.
TABLES: dict[str, Callable[[], str]] = {
    "docs/facts.md": facts_table,
    "docs/roles.md": roles_table,
    "docs/operate/jobs.md": schedules_table,
    "docs/metrics.md": metrics_table,
}
_BETWEEN = re.compile(r"(<!-- table -->\n).*?(<!-- end of table -->)", re.DOTALL)


def with_table(document: str, table: str) -> str:
    """The document with its table made anew."""
    changed, count = _BETWEEN.subn(lambda found: f"{found.group(1)}{table}\n{found.group(2)}", document)
    if count != 1:
        raise ValueError("the document has no place for its table")
    return changed


def write() -> None:
    """Write all tables."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "zabota.config.settings_test")
    django.setup()
    for name, table in TABLES.items():
        path = Path(ROOT / name)
        path.write_text(with_table(path.read_text(encoding="utf-8"), table()), encoding="utf-8")


if __name__ == "__main__":
    write()

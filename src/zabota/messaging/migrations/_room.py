"""Room in the pages of the outbox, on PostgreSQL."""

from __future__ import annotations

from typing import Any

#: Room beside each row for the two versions that its way out writes, so that they stay on their page.
FILLFACTOR = 60


def leave_room(apps: Any, schema_editor: Any) -> None:
    """Only PostgreSQL writes a new version of a row for each change."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"ALTER TABLE messaging_message SET (fillfactor = {FILLFACTOR})")

"""Takes the index of a foreign key away where another index covers it, without copying the table.

SQLite has no way to alter a column, so that Django copies the whole table for it; an index can simply be dropped.
"""

from __future__ import annotations

from typing import Any

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import ProjectState


class WithoutIndex(migrations.AlterField):
    """The field as it is but for `db_index=False`."""

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        """Drop what Django made for the field; indexes with a name of their own stay."""
        model, column = self._of(app_label, from_state)
        connection = schema_editor.connection
        with connection.cursor() as cursor:
            found = connection.introspection.get_constraints(cursor, model._meta.db_table)
        own = {index.name for index in model._meta.indexes}
        for name, about in found.items():
            if about["index"] and not about["unique"] and about["columns"] == [column] and name not in own:
                schema_editor.execute(f"DROP INDEX {schema_editor.quote_name(name)}")

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        """Make it again."""
        model, _ = self._of(app_label, to_state)
        field = model._meta.get_field(self.name)
        schema_editor.execute(schema_editor._create_index_sql(model, fields=[field]))  # type: ignore[attr-defined]

    def _of(self, app_label: str, state: ProjectState) -> tuple[Any, str]:
        model = state.apps.get_model(app_label, self.model_name)
        return model, str(model._meta.get_field(self.name).column)

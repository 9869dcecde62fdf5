"""«One of these» for hundreds of values: one parameter instead of one for each, which Django takes long to write out."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from django.db.models import Field, ForeignObject, Lookup
from django.db.models.sql.compiler import SQLCompiler


@ForeignObject.register_lookup
@Field.register_lookup
class Among(Lookup[Any]):
    """`Model.objects.filter(address__among=[…])`; empty finds nothing."""

    lookup_name = "among"
    prepare_rhs = False

    def __init__(self, lhs: Any, rhs: Iterable[Any]) -> None:
        super().__init__(lhs, list(rhs))

    def as_sql(self, compiler: SQLCompiler, connection: Any) -> tuple[str, Any]:
        """SQLite reads the values out of a JSON array, PostgreSQL takes an array as it is."""
        column, params = self.process_lhs(compiler, connection)
        if connection.vendor == "sqlite":
            return f"{column} IN (SELECT value FROM json_each(%s))", (*params, json.dumps(self.rhs))  # noqa: S608
        kinds = {type(each) for each in self.rhs}
        if kinds == {int}:
            return f"{column} = ANY(%s::bigint[])", (*params, array_of_numbers(self.rhs))
        if kinds == {str}:
            return f"{column} = ANY(%s::text[])", (*params, array_of_texts(self.rhs))
        return f"{column} = ANY(%s)", (*params, self.rhs)


def array_of_numbers(values: Iterable[int]) -> str:
    """An array as PostgreSQL reads it: its driver takes longer for each value than all the rest of the query does."""
    return "{" + ",".join(map(str, values)) + "}"


def array_of_texts(values: Iterable[str]) -> str:
    """The same with texts, whatever signs stand in them."""
    found = list(values)
    text = '","'.join(found)
    if "\\" in text or text.count('"') != 2 * max(len(found) - 1, 0):
        text = '","'.join(each.replace("\\", "\\\\").replace('"', '\\"') for each in found)
    return '{"' + text + '"}' if found else "{}"

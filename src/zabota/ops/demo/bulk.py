"""Rows of millions into the tables of models: whole columns at once, defaults and public ids filled in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import polars as pl
from django.core.management.color import no_style
from django.db import connection, models, transaction

from zabota.kernel.ids import new_public_id
from zabota.ops.demo.spec import Ints

CHUNK: Final = 50_000


def insert(model: type[models.Model], frame: pl.DataFrame, *, now: dt.datetime) -> Ints:
    """Write the frame's rows and give their ids. Columns are named as the model's columns (`clinic_id`).

    Ids are dealt out here, so that the next table can refer to them without asking the database for millions of them.
    """
    first = int(model._base_manager.aggregate(top=models.Max("pk"))["top"] or 0) + 1
    ids = np.arange(first, first + len(frame))
    if not len(frame):
        return ids
    columns, constants = _columns(model, set(frame.columns), now)
    texts = [_text(name, kind) for name, kind in frame.schema.items()]
    table = connection.ops.quote_name(model._meta.db_table)
    names = ", ".join(connection.ops.quote_name(column) for column in columns)
    marks = ", ".join(["%s"] * len(columns))
    with transaction.atomic(), connection.cursor() as cursor:
        for begin in range(0, len(frame), CHUNK):
            part = frame[begin : begin + CHUNK].with_columns(*texts)
            rows = _rows(model, part, int(ids[begin]), columns, constants)
            if connection.vendor == "postgresql":
                with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                    for row in rows:
                        copy.write_row(row)
            else:
                cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", list(rows))  # noqa: S608
        for statement in connection.ops.sequence_reset_sql(no_style(), [model]):
            cursor.execute(statement)
    return ids


def link(through: type[models.Model], left: str, right: str, frame: pl.DataFrame, *, now: dt.datetime) -> None:
    """Rows of a many-to-many table: pairs of ids in the columns `left` and `right`."""
    insert(through, frame.select(left, right), now=now)


def _columns(model: type[models.Model], given: set[str], now: dt.datetime) -> tuple[list[str], dict[str, Any]]:
    """All columns of the table, and the values of those that are the same in every row."""
    columns: list[str] = []
    constants: dict[str, Any] = {}
    for field in model._meta.concrete_fields:
        column = field.column or field.name
        columns.append(column)
        if field.primary_key or column in given or column == "public_id":
            continue
        if getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False):
            value: Any = now
        elif field.has_default():
            value = field.get_default()
        elif field.null:
            value = None
        else:
            raise ValueError(f"{model.__name__}.{field.name} has no value")
        constants[column] = field.get_db_prep_save(value, connection)
    unknown = given - set(columns)
    if unknown:
        raise ValueError(f"{model.__name__} has no columns {sorted(unknown)}")
    return columns, constants


def _text(name: str, kind: pl.DataType) -> pl.Expr:
    """Dates and instants as both databases read them; the rest as it is."""
    if isinstance(kind, pl.Datetime):
        zone = "+00" if connection.vendor == "postgresql" else ""
        return pl.col(name).dt.strftime("%Y-%m-%d %H:%M:%S" + zone)
    if isinstance(kind, pl.Date):
        return pl.col(name).dt.strftime("%Y-%m-%d")
    return pl.col(name)


def _rows(
    model: type[models.Model], part: pl.DataFrame, first: int, columns: list[str], constants: dict[str, Any]
) -> Iterator[tuple[Any, ...]]:
    size = len(part)
    key = model._meta.pk
    assert key is not None
    sources: list[Any] = []
    for column in columns:
        if column in part.columns:
            sources.append(part[column].to_list())
        elif column == key.column:
            sources.append(range(first, first + size))
        elif column == "public_id":
            sources.append([new_public_id() for _ in range(size)])
        else:
            sources.append([constants[column]] * size)
    return zip(*sources, strict=True)

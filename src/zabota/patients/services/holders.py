"""Who holds rows of a patient: each app says it once, so that a merge moves everything and forgets nothing.

`patients` knows no app above it. An upper app registers its tables when it starts; a guard test finds the forgotten.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db import models

from zabota.kernel.plain import plain


@dataclass(frozen=True, slots=True)
class Holder:
    """A table with a key to Patient and how its rows behave when two cards become one."""

    model: str
    field: str = "patient"
    #: Fields unique together with the patient: a row that would collide stays on the absorbed card.
    unique: tuple[str, ...] = ()
    #: Name of a date that is empty while a row is open, where a patient may have one open row only.
    single_open: str = ""
    #: (field, values from the strongest): which of two open rows stays open.
    strongest: tuple[str, tuple[str, ...]] = ("", ())
    #: Why the rows do not move: they are computed anew from what moved, or belong to the pair itself.
    stays: str = ""


@dataclass(slots=True)
class Moved:
    """What a merge did, as undo needs it; kept in Merge.moved."""

    rows: dict[str, list[int]] = field(default_factory=dict)
    changed: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    created: dict[str, list[int]] = field(default_factory=dict)
    #: What the merge wrote in place of `changed`, where somebody may write something newer before the undo.
    written: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)

    def note_change(self, row: models.Model, **before: Any) -> None:
        """Keep the former values of a row that a merge altered."""
        self.changed.setdefault(row._meta.label, {})[str(row.pk)] = {
            name: plain(value) for name, value in before.items()
        }

    def note_written(self, row: models.Model, **after: Any) -> None:
        """Keep what stands in the row since: the undo leaves the row alone when it no longer does."""
        self.written.setdefault(row._meta.label, {})[str(row.pk)] = {
            name: plain(value) for name, value in after.items()
        }

    def note_created(self, row: models.Model) -> None:
        """Keep that a merge made this row."""
        self.created.setdefault(row._meta.label, []).append(row.pk)


_holders: dict[tuple[str, str], Holder] = {}


def register_holder(holder: Holder) -> None:
    """Say that rows of this table belong to a patient. Called when an app starts; a second time changes nothing."""
    _holders[holder.model, holder.field] = holder


def known_holders() -> dict[tuple[str, str], Holder]:
    """All holders by (model, field)."""
    return dict(_holders)


def move_rows(*, from_id: int, to_id: int, moved: Moved, now: datetime) -> None:
    """Give the rows of one card to another and write down which."""
    for holder in _holders.values():
        if holder.stays:
            continue
        model = apps.get_model(holder.model)
        if holder.single_open:
            _close_weaker(holder, model, from_id, to_id, moved, now)
        ids = _free_of_collisions(holder, model, from_id, to_id)
        if ids:
            model._default_manager.filter(pk__in=ids).update(**{f"{holder.field}_id": to_id})
            moved.rows[f"{holder.model}.{holder.field}"] = ids


def move_back(*, from_id: int, to_id: int, rows: dict[str, list[int]]) -> None:
    """Return the rows of `rows` that still lie where the merge put them."""
    for key, ids in rows.items():
        label, _, name = key.rpartition(".")
        model = apps.get_model(label)
        model._default_manager.filter(**{"pk__in": ids, f"{name}_id": from_id}).update(**{f"{name}_id": to_id})


def put_back(
    changed: dict[str, dict[str, dict[str, Any]]], written: dict[str, dict[str, dict[str, Any]]] | None = None
) -> None:
    """Restore former values of rows that a merge altered, unless something newer took their place."""
    for label, rows in changed.items():
        model = apps.get_model(label)
        for pk, before in rows.items():
            values = {name: _field(model, name).to_python(value) for name, value in before.items()}
            after = (written or {}).get(label, {}).get(pk, {})
            still = {name: _field(model, name).to_python(value) for name, value in after.items()}
            rows_of = model._default_manager.filter(pk=pk, **still)
            if not _open_meanwhile(label, model, rows_of.first(), values):
                rows_of.update(**values)


def _open_meanwhile(label: str, model: type[models.Model], row: models.Model | None, values: dict[str, Any]) -> bool:
    """True when a row that would be opened again has a successor: what was decided since the merge counts."""
    for holder in _holders.values():
        if holder.model != label or holder.single_open not in values or values[holder.single_open] is not None:
            continue
        owner = getattr(row, f"{holder.field}_id", None)
        mine = {f"{holder.field}_id": owner, f"{holder.single_open}__isnull": True}
        if owner is not None and model._default_manager.filter(**mine).exclude(pk=getattr(row, "pk", None)).exists():
            return True
    return False


def _free_of_collisions(holder: Holder, model: type[models.Model], from_id: int, to_id: int) -> list[int]:
    rows = model._default_manager.filter(**{f"{holder.field}_id": from_id}).order_by("pk")
    if not holder.unique:
        return list(rows.values_list("pk", flat=True))
    there = model._default_manager.filter(**{f"{holder.field}_id": to_id})
    taken = set(there.values_list(*holder.unique))
    return [row[0] for row in rows.values_list("pk", *holder.unique) if row[1:] not in taken]


def _close_weaker(
    holder: Holder, model: type[models.Model], from_id: int, to_id: int, moved: Moved, now: datetime
) -> None:
    both = {f"{holder.field}_id__in": (from_id, to_id), f"{holder.single_open}__isnull": True}
    open_rows = list(model._default_manager.filter(**both))
    name, order = holder.strongest
    ranked = sorted(
        open_rows,
        key=lambda row: order.index(getattr(row, name)) if getattr(row, name) in order else len(order),
    )
    for row in ranked[1:]:
        moved.note_change(row, **{holder.single_open: None})
        model._default_manager.filter(pk=row.pk).update(**{holder.single_open: now})


def _field(model: type[models.Model], name: str) -> Any:
    return next(each for each in model._meta.concrete_fields if name in (each.name, each.attname))


for _holder in (
    Holder("patients.Contact", unique=("kind", "value")),
    Holder("patients.PatientExternalId"),
    Holder("patients.Note"),
    Holder("patients.Consent"),
    Holder("patients.Patient_tags", unique=("tag_id",)),
    Holder("patients.SearchEntry", stays="построчный индекс поиска строится заново"),
    Holder("patients.DuplicateCandidate", field="first", stays="пара остаётся парой"),
    Holder("patients.DuplicateCandidate", field="second", stays="пара остаётся парой"),
    Holder("patients.Merge", field="kept", stays="прежние объединения остаются как были"),
    Holder("patients.Merge", field="absorbed", stays="прежние объединения остаются как были"),
    Holder("patients.Patient", field="merged_into", stays="цепочка объединений читается по шагам"),
):
    register_holder(_holder)

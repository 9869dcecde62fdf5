"""What an export tells of services, beside visits and in a price list, and what of those that are there that changes.

Prices and durations are the clinic's own, so that its latest price list holds. A group is a person's decision: it is filled
where there is none and nobody has decided about the service.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import polars as pl

from zabota.clinic.facts import RecallIntervalChanged
from zabota.clinic.models import Service
from zabota.intake.models import Batch, Change
from zabota.intake.services.catalogue import Catalogue, Offered, category_of, service_key
from zabota.intake.services.visits import Visit
from zabota.kernel import facts
from zabota.kernel.models import AuditEntry
from zabota.kernel.plain import plain


@dataclasses.dataclass(frozen=True)
class Renewal:
    """A service that is there and what becomes of it; `category` names the group it comes into."""

    service: Service
    values: dict[str, Any]
    category: str = ""


def offered_of(visits: pl.DataFrame, prices: pl.DataFrame) -> dict[str, Offered]:
    """Services by name with their categories; a price list tells price and duration too."""
    found: dict[str, Offered] = {}
    # Two columns of forty: of a large export no copy is made for them.
    named = visits.select("service", "category").filter(pl.all_horizontal(pl.all().is_not_null()))
    for name, category in named.group_by("service", maintain_order=True).agg(pl.col("category").last()).iter_rows():
        found[name] = Offered(category=category)
    told = prices.select("service", "service_code", "category", "price_kopecks", "duration_minutes")
    for name, code, category, price, minutes in told.filter(pl.col("service").is_not_null()).iter_rows():
        known = found.get(name, Offered())
        found[name] = Offered(code or "", price or 0, category or known.category, minutes, is_listed=True)
    return found


def told_services(offered: Mapping[str, Offered], visits: Iterable[Visit]) -> dict[str, Offered]:
    """Every service of an export: those of its price list and those that somebody had, with what the latest visit tells."""
    services = {name: dataclasses.replace(told) for name, told in offered.items() if told.is_listed}
    for visit in sorted(visits, key=lambda each: each.day):
        for line in visit.lines:
            if line.service not in services:
                services[line.service] = dataclasses.replace(offered.get(line.service) or Offered())
            told = services[line.service]
            told.code = line.service_code or told.code
            if not told.is_listed or not told.price_kopecks:
                told.price_kopecks = line.price_kopecks or told.price_kopecks
    return services


def counted(told: Iterable[str], known: Mapping[str, int]) -> tuple[int, int]:
    """How many services the clinic does not have, and how many it has; of one folded name one."""
    keys = {service_key(name) for name in told} - {""}
    return len(keys - known.keys()), len(keys & known.keys())


def renewals(offered: Mapping[str, Offered], *, clinic_id: int) -> list[Renewal]:
    """Services that are there and become other than they are."""
    by_key = {service_key(name): told for name, told in offered.items()}
    rows = [row for row in Service.objects.filter(clinic_id=clinic_id).order_by("pk") if row.name_key in by_key]
    decided = _decided(row.pk for row in rows if row.group_id is None)
    found = []
    for row in rows:
        told = by_key[row.name_key]
        values: dict[str, Any] = {}
        if told.is_listed and told.price_kopecks and told.price_kopecks != row.price_kopecks:
            values["price_kopecks"] = told.price_kopecks
        if told.is_listed and told.minutes and told.minutes != row.duration_minutes:
            values["duration_minutes"] = told.minutes
        if told.code and not row.code:
            values["code"] = told.code[:40]
        category = category_of(told) if row.group_id is None and row.pk not in decided else ""
        if values or category:
            found.append(Renewal(row, values, category))
    return found


def renew_services(batch: Batch, found: Sequence[Renewal], *, catalogue: Catalogue, now: datetime) -> None:
    """Write renewals and keep with the load what they were."""
    for each in found:
        row, values = each.service, dict(each.values)
        if each.category:
            values["group_id"] = catalogue.group(each.category)
        before = {field: plain(getattr(row, field)) for field in values}
        for field, value in values.items():
            setattr(row, field, value)
        row.save(update_fields=list(values))
        Change.objects.create(
            batch=batch, kind=Change.Kind.UPDATED, model=row._meta.label, object_id=row.pk, before=before, after=values
        )
    tell_groups(batch.clinic_id, {each.service.group_id for each in found if each.category}, now=now)


def tell_groups(clinic_id: int, groups: set[int | None], *, now: datetime) -> None:
    """Services came into these groups or left them: recall of whoever had one is reckoned anew."""
    ids = tuple(sorted(pk for pk in groups if pk is not None))
    if ids:
        facts.publish(RecallIntervalChanged(clinic_id=clinic_id, group_ids=ids), now=now)


def _decided(ids: Iterable[int]) -> set[int]:
    """Of services those about which a person has decided."""
    deeds = AuditEntry.objects.filter(object_type=Service._meta.label, object_id__in=[str(pk) for pk in ids])
    deeds = deeds.exclude(actor_kind__in=["system", "import"]).filter(action="clinic.service.changed").order_by()
    return {int(pk) for pk in deeds.values_list("object_id", flat=True)}

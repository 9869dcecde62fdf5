"""What a patient may choose on the booking page: services by group, doctors who perform them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from zabota.booking import api as booking
from zabota.booking.models import Resource, ServiceNeed
from zabota.clinic.models import Doctor, Service, ServiceGroup

#: A longer list is a price list, not a question.
_MOST_OF_GROUP = 8


@dataclass(frozen=True, slots=True)
class WidgetGroup:
    """Services of one group."""

    name: str
    services: tuple[Service, ...]
    #: There are more than are shown at once.
    more: tuple[Service, ...] = ()


def widget_services(clinic_id: int) -> list[WidgetGroup]:
    """Consultations and prevention first: who does not know begins there. What the clinic keeps off its site is left out."""
    hidden = ServiceNeed.objects.filter(service__clinic_id=clinic_id, in_widget=False).values("service_id")
    rows = (
        Service.objects.filter(clinic_id=clinic_id, is_active=True)
        .exclude(pk__in=hidden)
        .select_related("group")
        .order_by("name", "id")
    )
    by_group: dict[ServiceGroup | None, list[Service]] = {}
    for row in rows:
        by_group.setdefault(row.group, []).append(row)
    ordered = sorted(by_group.items(), key=lambda pair: _rank(pair[0]))
    return [
        WidgetGroup(
            group.name if group else "Другое", tuple(services[:_MOST_OF_GROUP]), tuple(services[_MOST_OF_GROUP:])
        )
        for group, services in ordered
    ]


def widget_service(clinic_id: int, public_id: str) -> Service | None:
    """One service that may be booked on the site."""
    row = Service.objects.filter(clinic_id=clinic_id, public_id=public_id, is_active=True).first()
    if row is None or ServiceNeed.objects.filter(service=row, in_widget=False).exists():
        return None
    return row


def widget_doctors(clinic_id: int, services: Sequence[Service]) -> list[Doctor]:
    """Who receives and performs these services."""
    receiving = set(
        Resource.objects.filter(clinic_id=clinic_id, kind=Resource.Kind.DOCTOR, is_active=True).values_list(
            "doctor_id", flat=True
        )
    )
    return [each for each in booking.performers(clinic_id, services) if each.pk in receiving]


def _rank(group: ServiceGroup | None) -> tuple[int, str]:
    if group is None:
        return (3, "")
    return (0 if group.is_consultation else 1 if group.is_prevention else 2, group.name)

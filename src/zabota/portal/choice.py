"""Addresses of the booking page with what was chosen so far, also for a visit that was given up."""

from __future__ import annotations

from django.urls import reverse

from zabota.booking.models import Appointment
from zabota.clinic.models import Branch, Doctor, Service
from zabota.visits import api as visits


def query_of(services: list[Service], doctor: Doctor | None, branch: Branch | None, *, online: bool = False) -> str:
    """What was chosen so far, as the address of the next link carries it."""
    parts = [f"plus={each.public_id}" for each in services[1:]]
    parts += [f"doctor={doctor.public_id}"] if doctor else []
    parts += [f"branch={branch.public_id}"] if branch else []
    parts += ["video=1"] if online else []
    return "&".join(parts)


def another_time(row: Appointment) -> str:
    """Where a visit that was given up is booked anew: the same service and doctor; empty when the page of booking is shut."""
    if not visits.settings_of(row.clinic_id).widget_on:
        return ""
    lines = row.lines.select_related("service").order_by("pk")
    offered = [visits.widget_service(row.clinic_id, line.service.public_id) for line in lines]
    services = [each for each in offered if each is not None][:2]
    if not services:
        return reverse("portal:book", args=[row.clinic.public_id])
    doctors = visits.widget_doctors(row.clinic_id, services)
    online = row.kind == Appointment.Kind.ONLINE and visits.offers_video(services)
    query = query_of(
        services, row.doctor if row.doctor in doctors else None, None if online else row.branch, online=online
    )
    return f"{reverse('portal:book-when', args=[row.clinic.public_id, services[0].public_id])}?{query}"

"""The next sensible service when somebody books, with the reason why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q

from zabota.booking.models import Appointment, AppointmentService
from zabota.clinic.models import Service, ServiceGroup
from zabota.patients.models import Patient

_LOOK_BACK = timedelta(days=365)
#: Fewer visits tell nothing about what goes with what.
_ENOUGH_VISITS = 20
#: A service that goes along in fewer visits is no habit.
_USUAL_SHARE = 0.15
#: Only the latest visits are read: habits change, and the desk waits for the answer.
_MOST_VISITS = 400


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A service that goes well with what is being booked. `reason` is for the desk and the patient alike."""

    service: Service
    reason: str
    #: due: its time has come for this patient; together: a habit of many.
    why: str
    share: float | None = None


def complementary_services(
    services: Sequence[Service], patient: Patient | None, *, now: datetime, limit: int = 2
) -> list[Suggestion]:
    """What is due for the patient comes first, then what people take together or next.

    Somebody unknown is offered only what needs no examination before it: consultations and prevention, in the same visit.
    """
    if not services:
        return []
    clinic_id = services[0].clinic_id
    chosen = {row.pk for row in services}
    found: list[Suggestion] = []
    if patient is not None:
        found += _due(patient, clinic_id, now)
    found += _together(services, now, is_known=patient is not None)
    unique: dict[int, Suggestion] = {}
    booked = _booked(patient, now) if patient is not None else set()
    groups = {row.group_id for row in services if row.group_id is not None}
    for each in found:
        known = each.service.pk in chosen or each.service.pk in booked
        if not known and (each.why == "together" or each.service.group_id not in groups):
            unique.setdefault(each.service.pk, each)
    return list(unique.values())[:limit]


def _due(patient: Patient, clinic_id: int, now: datetime) -> list[Suggestion]:
    """Groups with a rhythm whose interval has passed since this patient's last visit for them."""
    last: dict[int, datetime] = {}
    rows = AppointmentService.objects.filter(
        appointment__patient=patient, appointment__status=Appointment.Status.COMPLETED, service__group__isnull=False
    ).values_list("service__group_id", "service__triggers_group_id", "appointment__starts_at")
    for group_id, triggered_id, at in rows:
        for pk in (group_id, triggered_id):
            if pk is not None and (pk not in last or at > last[pk]):
                last[pk] = at
    found = []
    groups = ServiceGroup.objects.filter(clinic_id=clinic_id, pk__in=last, recall_interval_days__isnull=False)
    for group in groups.order_by("pk"):
        days = (now - last[group.pk]).days
        if group.recall_interval_days is None or days < group.recall_interval_days:
            continue
        service = _usual_of(group, now)
        if service is not None:
            months = max(round(days / 30.4), 1)
            found.append(Suggestion(service, f"«{group.name}»: прошло {months} мес., пора повторить", "due"))
    return found


def _usual_of(group: ServiceGroup, now: datetime) -> Service | None:
    """The service of the group that was done most in the last year."""
    most = (
        AppointmentService.objects.filter(
            service__group=group, service__is_active=True, appointment__starts_at__gt=now - _LOOK_BACK
        )
        .values("service_id")
        .annotate(times=Count("id"))
        .order_by("-times", "service_id")
        .first()
    )
    return Service.objects.get(pk=most["service_id"]) if most is not None else None


def _together(services: Sequence[Service], now: datetime, *, is_known: bool) -> list[Suggestion]:
    """Services that stand in the same visits, or in the next visit of the same people within two months."""
    clinic_id = services[0].clinic_id
    recent = list(
        AppointmentService.objects.filter(
            service__in=services,
            appointment__clinic_id=clinic_id,
            appointment__status=Appointment.Status.COMPLETED,
            appointment__starts_at__gt=now - _LOOK_BACK,
        )
        .order_by("-id")
        .values_list("appointment_id", "appointment__patient_id", "appointment__starts_at")[:_MOST_VISITS]
    )
    if len(recent) < _ENOUGH_VISITS:
        return []
    began = {patient_id: at for _, patient_id, at in reversed(recent)}
    visits = {pk for pk, _, _ in recent}
    others = (
        AppointmentService.objects.filter(
            appointment__patient__in=began, appointment__status=Appointment.Status.COMPLETED,
            appointment__starts_at__gt=now - _LOOK_BACK, service__is_active=True,
        )
        .exclude(service__in=services)
        .values_list("service_id", "appointment_id", "appointment__patient_id", "appointment__starts_at")
    )  # fmt: skip
    if not is_known:
        unexamined = Q(service__group__is_consultation=True) | Q(service__group__is_prevention=True)
        others = others.filter(unexamined, appointment__in=visits).exclude(service__need__in_widget=False)
    same: dict[int, set[int]] = {}
    after: dict[int, set[int]] = {}
    for service_id, visit_id, patient_id, at in others:
        if visit_id in visits:
            same.setdefault(service_id, set()).add(patient_id)
        elif timedelta(0) < at - began[patient_id] <= timedelta(days=60):
            after.setdefault(service_id, set()).add(patient_id)
    people = len(began)
    rated = [(len(who) / people, pk, "В тот же визит") for pk, who in same.items()]
    rated += [(len(who) / people, pk, "Следом, в ближайшие два месяца") for pk, who in after.items()]
    rated = sorted((row for row in rated if row[0] >= _USUAL_SHARE), key=lambda row: (-row[0], row[1]))[:4]
    rows = Service.objects.in_bulk([pk for _, pk, _ in rated])
    return [
        Suggestion(rows[pk], f"{how} эту услугу выбирают {round(share * 100)} из 100 пациентов", "together", share)
        for share, pk, how in rated
    ]


def _booked(patient: Patient, now: datetime) -> set[int]:
    """Services for which the patient has a time already."""
    return set(
        AppointmentService.objects.filter(
            appointment__in=Appointment.objects.upcoming(now).filter(patient=patient)
        ).values_list("service_id", flat=True)
    )

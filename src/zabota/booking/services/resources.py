"""Doctors, rooms and devices of the schedule, their week, days that differ, what services need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise

from django.db import transaction

from zabota.booking.facts import PerformersChanged
from zabota.booking.models import ExceptionDay, Resource, ServiceNeed, WorkingHours
from zabota.clinic.models import Branch, Clinic, Doctor, Service
from zabota.kernel import audit, facts
from zabota.kernel.audit import Actor
from zabota.kernel.errors import BadInput

_LONGEST_EXCEPTION = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class DayHours:
    """Hours of one weekday as a form gives them: minutes after midnight; an end beyond 1440 is on the next day."""

    branch: Branch
    weekday: int
    begins_minute: int
    ends_minute: int
    is_break: bool = False


@transaction.atomic
def add_resource(*, clinic: Clinic, kind: str, name: str, branch: Branch, actor: Actor, now: datetime) -> Resource:
    """A room or a device of a branch. Doctors become resources by themselves."""
    name = name.strip()
    if kind not in (Resource.Kind.ROOM, Resource.Kind.DEVICE):
        raise BadInput("Добавить можно кабинет или оборудование.")
    if not name or len(name) > 200:
        raise BadInput("Назовите кабинет или оборудование.")
    if branch.clinic_id != clinic.pk:
        raise BadInput("Филиал должен быть из той же клиники.")
    _must_be_alone(Resource(clinic=clinic, kind=kind, branch=branch, name=name))
    row = Resource.objects.create(clinic=clinic, kind=kind, name=name, branch=branch)
    audit.record("booking.resource.changed", row, actor=actor, now=now)
    return row


@transaction.atomic
def change_resource(*, resource: Resource, name: str, is_active: bool, actor: Actor, now: datetime) -> Resource:
    """Rename, take out of the schedule or put back. What is booked stays booked."""
    row = Resource.objects.select_for_update(of=("self",)).get(pk=resource.pk)
    name = name.strip()
    if not name or len(name) > 200:
        raise BadInput("Назовите кабинет или оборудование.")
    row.name, row.is_active = (row.name if row.kind == Resource.Kind.DOCTOR else name), is_active
    if is_active and row.kind != Resource.Kind.DOCTOR:
        _must_be_alone(row)
    row.save(update_fields=["name", "is_active"])
    audit.record("booking.resource.changed", row, actor=actor, now=now, details={"is_active": is_active})
    return row


def _must_be_alone(row: Resource) -> None:
    """Two rooms of one branch under one name would not be told apart."""
    same = Resource.objects.filter(
        clinic=row.clinic_id, kind=row.kind, branch=row.branch_id, name=row.name, is_active=True
    )
    if same.exclude(pk=row.pk).exists():
        raise BadInput("С таким названием в этом филиале уже есть.")


@transaction.atomic
def set_week(*, resource: Resource, week: Sequence[DayHours], actor: Actor, now: datetime) -> None:
    """The whole week of a resource anew. Raises BadInput when hours of one day overlap or a break lies outside."""
    for row in week:
        if row.branch.clinic_id != resource.clinic_id:
            raise BadInput("Филиал должен быть из той же клиники.")
        if not (
            0 <= row.weekday <= 6 and 0 <= row.begins_minute < row.ends_minute <= 2880 and row.begins_minute < 1440
        ):
            raise BadInput("Часы приёма: начало должно быть раньше конца.")
        if row.begins_minute % 5 or row.ends_minute % 5:
            raise BadInput("Часы приёма указывайте с шагом 5 минут.")
    work = sorted((row for row in week if not row.is_break), key=lambda row: (row.weekday, row.begins_minute))
    for one, two in pairwise(work):
        if one.weekday == two.weekday and two.begins_minute < one.ends_minute:
            raise BadInput("Часы одного дня пересекаются. В двух филиалах сразу принимать нельзя.")
    for row in week:
        inside = any(
            each.weekday == row.weekday
            and each.branch == row.branch
            and each.begins_minute <= row.begins_minute
            and row.ends_minute <= each.ends_minute
            for each in work
        )
        if row.is_break and not inside:
            raise BadInput("Перерыв должен лежать внутри часов приёма.")
    WorkingHours.objects.filter(resource=resource).delete()
    write_week(resource, week)
    audit.record("booking.schedule.changed", resource, actor=actor, now=now)


def write_week(resource: Resource, week: Sequence[DayHours]) -> None:
    """The rows of a week that was checked or made by the program."""
    WorkingHours.objects.bulk_create(
        WorkingHours(
            resource=resource,
            branch=row.branch,
            weekday=row.weekday,
            begins_minute=row.begins_minute,
            ends_minute=row.ends_minute,
            kind=WorkingHours.Kind.BREAK if row.is_break else WorkingHours.Kind.WORK,
        )
        for row in week
    )


@transaction.atomic
def add_exception(
    *,
    clinic: Clinic,
    kind: str,
    first_on: date,
    last_on: date | None = None,
    resource: Resource | None = None,
    branch: Branch | None = None,
    begins_minute: int | None = None,
    ends_minute: int | None = None,
    note: str = "",
    actor: Actor,
    now: datetime,
) -> ExceptionDay:
    """A day off, a holiday or extra hours. Visits already booked stay: `displaced` lists them for the desk."""
    last_on = last_on or first_on
    if kind not in ExceptionDay.Kind.values:
        raise BadInput("Выберите: не принимает, праздник или дополнительный приём.")
    if last_on < first_on or last_on - first_on > _LONGEST_EXCEPTION:
        raise BadInput("Проверьте даты: конец раньше начала или период больше года.")
    if (resource is not None and resource.clinic_id != clinic.pk) or (
        branch is not None and branch.clinic_id != clinic.pk
    ):
        raise BadInput("Врач и филиал должны быть из той же клиники.")
    if (begins_minute is None) != (ends_minute is None):
        raise BadInput("Укажите и начало, и конец.")
    if begins_minute is not None and ends_minute is not None and not 0 <= begins_minute < ends_minute <= 2880:
        raise BadInput("Начало должно быть раньше конца.")
    if kind == ExceptionDay.Kind.EXTRA and (begins_minute is None or resource is None or branch is None):
        raise BadInput("Для дополнительного приёма укажите врача, филиал и часы.")
    row = ExceptionDay.objects.create(
        clinic=clinic,
        kind=kind,
        first_on=first_on,
        last_on=last_on,
        resource=resource,
        branch=branch,
        begins_minute=begins_minute,
        ends_minute=ends_minute,
        note=note.strip()[:200],
    )
    audit.record("booking.schedule.changed", row, actor=actor, now=now, details={"kind": kind})
    return row


@transaction.atomic
def remove_exception(*, exception: ExceptionDay, actor: Actor, now: datetime) -> None:
    """The day is as every week again."""
    audit.record("booking.schedule.changed", exception, actor=actor, now=now, details={"removed": exception.kind})
    exception.delete()


@transaction.atomic
def set_need(
    *,
    service: Service,
    minutes: int | None = None,
    buffer_before_minutes: int = 0,
    buffer_after_minutes: int = 0,
    needs: str = "",
    resources: Sequence[Resource] = (),
    doctors: Sequence[Doctor] = (),
    in_widget: bool = True,
    by_video: bool = False,
    actor: Actor,
    now: datetime,
) -> ServiceNeed:
    """How long a service takes, who performs it and what it needs."""
    if minutes is not None and not 5 <= minutes <= 480:
        raise BadInput("Длительность услуги от 5 минут до 8 часов.")
    if not (0 <= buffer_before_minutes <= 120 and 0 <= buffer_after_minutes <= 120):
        raise BadInput("Подготовка и уборка не дольше двух часов.")
    if needs not in ServiceNeed.Needs.values:
        raise BadInput("Выберите, что нужно для услуги.")
    if ({row.clinic_id for row in resources} | {row.clinic_id for row in doctors}) - {service.clinic_id}:
        raise BadInput("Врачи и кабинеты должны быть из той же клиники.")
    if any(row.kind == Resource.Kind.DOCTOR for row in resources):
        raise BadInput("Врачей услуги укажите отдельно от кабинетов.")
    need, _ = ServiceNeed.objects.update_or_create(
        service=service,
        defaults={
            "minutes": minutes,
            "buffer_before_minutes": buffer_before_minutes,
            "buffer_after_minutes": buffer_after_minutes,
            "needs": needs,
            "in_widget": in_widget,
            "by_video": by_video,
        },
    )
    need.resources.set(resources)
    before = set(need.doctors.values_list("pk", flat=True))
    need.doctors.set(doctors)
    if before != {row.pk for row in doctors}:
        facts.publish(PerformersChanged(clinic_id=service.clinic_id, service_id=service.pk), now=now)
    audit.record("booking.need.changed", need, actor=actor, now=now, clinic_id=service.clinic_id)
    return need

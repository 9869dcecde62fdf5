"""Another room or device for a visit. The patient is told nothing: their time stays as it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from django.db import transaction

from zabota.booking.models import Appointment, Resource
from zabota.booking.queries.needs import Need, need_of
from zabota.booking.queries.wanted import Wanted
from zabota.booking.services import seats
from zabota.booking.services.appointments import choose_seats
from zabota.booking.services.troubles import Outdated, SlotTaken
from zabota.clinic.models import Service
from zabota.kernel import audit
from zabota.kernel.audit import Actor
from zabota.kernel.errors import BadInput


def rooms_with(*, appointment: Appointment, room: Resource) -> list[Resource]:
    """What the visit would occupy with this room or device instead of its own. Raises BadInput for one that does not fit."""
    current = [each.resource for each in appointment.occupations.select_related("resource").order_by("resource_id")]
    if room.branch_id != appointment.branch_id or not room.is_active:
        raise BadInput(f"«{room.name}» в другом филиале или убран из расписания.")
    if room.kind not in {each.kind for each in current}:
        raise BadInput(f"Для этого визита не нужен {room.get_kind_display()}: перенесите его в такой же столбец.")
    if not _need(appointment).allows(room.kind, room.pk):
        raise BadInput(f"«{room.name}» не подходит для этой услуги. Что подходит, указано в «Режиме работы».")
    return [room if each.kind == room.kind else each for each in current]


@transaction.atomic
def change_rooms(
    *, appointment: Appointment, resources: list[Resource], expected_revision: int | None, actor: Actor, now: datetime
) -> Appointment:
    """The same time in other rooms; the same rooms change nothing. Raises SlotTaken, Outdated and BadInput."""
    row = Appointment.objects.select_for_update(of=("self",)).get(pk=appointment.pk)
    if expected_revision is not None and row.revision != expected_revision:
        raise Outdated
    if row.status not in Appointment.BOOKED or row.vanished_at is not None or row.branch is None:
        raise BadInput(f"Приём «{row.get_status_display()}» перенести нельзя.")
    held = set(row.occupations.values_list("resource_id", flat=True))
    if held == {each.pk for each in resources}:
        return row
    need = replace(_need(row), before=row.buffer_before_minutes, after=row.buffer_after_minutes)
    span = seats.span_of(row.starts_at, row.duration_minutes, need)
    wanted = Wanted.of(row.doctor, row.branch, row.starts_at, row.duration_minutes, _services(row))
    mine = [seats.resource_of(row.doctor)] if row.doctor is not None else []
    candidates = {each.pk for each in [*mine, *resources]}
    seats.lock_resources(candidates | held)
    seats.free_expired(candidates, now=now)
    seats.give_back(row)
    groups = [[each] for each in resources]
    chosen = choose_seats(row.doctor, mine, groups, span, row.starts_at, row.duration_minutes, wanted, but=row)
    if not seats.take(chosen, span, appointment=row):
        raise SlotTaken(wanted=wanted)
    audit.record("booking.appointment.rooms_changed", row, actor=actor, now=now)
    return row


def _need(row: Appointment) -> Need:
    return need_of(_services(row), online=row.kind == Appointment.Kind.ONLINE)


def _services(row: Appointment) -> list[Service]:
    return [line.service for line in row.lines.select_related("service")]

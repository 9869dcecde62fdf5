"""Random clinics for the tests of the sweep: every combination of history that the tables allow, by seed."""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import dataclass, field

from zabota.booking.models import Appointment, AppointmentService, Payment, ServiceNeed
from zabota.care.models import Plan, PlanStage
from zabota.clinic.models import Branch, Clinic, Doctor, Member, Service, ServiceGroup, User
from zabota.kernel.names import fold
from zabota.nextstep.models import Exemption, Recall, RecallMonths, Referral, Thresholds
from zabota.patients.models import Contact, Patient
from zabota.worklist.models import Reason, Task

S = Appointment.Status


@dataclass
class RandomClinic:
    """A clinic under way: its tables and the dice."""

    clinic: Clinic
    dice: random.Random
    now: dt.datetime
    branches: list[Branch] = field(default_factory=list)
    doctors: list[Doctor] = field(default_factory=list)
    services: list[Service] = field(default_factory=list)
    patients: list[Patient] = field(default_factory=list)
    member: Member | None = None
    made: int = 0

    @property
    def today(self) -> dt.date:
        return (self.now + dt.timedelta(hours=3)).date()

    def appointment(
        self, patient: Patient, days: int, status: str, *, hour: int | None = None, **fields: object
    ) -> Appointment:
        """An appointment so many days from today, at a whole hour of the clinic's day."""
        hour = self.dice.randint(9, 18) if hour is None else hour
        day = self.today + dt.timedelta(days=days)
        starts_at = dt.datetime.combine(day, dt.time(hour), dt.UTC) - dt.timedelta(hours=3)
        row = Appointment.objects.create(
            clinic=self.clinic,
            patient=patient,
            branch=self.dice.choice([*self.branches, None]),
            doctor=self.dice.choice([*self.doctors, None]),
            starts_at=starts_at,
            day=day,
            status=status,
            total_kopecks=self.dice.choice([0, 150_000, 450_000, 1_200_000, 7_777]),
            **fields,
        )
        # Who writes a booking down often leaves out what for.
        counts = [0, 0, 0, 1, 2] if status in Appointment.BOOKED else [0, 1, 1, 1, 2, 3]
        for service in self.dice.sample(self.services, self.dice.choice(counts)):
            AppointmentService.objects.create(appointment=row, service=service, price_kopecks=100)
        return row


def make_clinic(seed: int, *, now: dt.datetime, patients: int = 40, capacity: int = 1000) -> RandomClinic:
    """A clinic of all sorts of patients; equal seeds give equal clinics."""
    dice = random.Random(seed)
    clinic = Clinic.objects.create(name=f"Клиника {seed}", time_zone="Europe/Moscow")
    world = RandomClinic(clinic, dice, now)
    world.branches = [Branch.objects.create(clinic=clinic, name=name) for name in ("Центр", "Юг")]
    world.doctors = [Doctor.objects.create(clinic=clinic, name=f"Врач {n}", name_key=f"врач {n}") for n in range(4)]
    user = User.objects.create_user(f"a{seed}.{User.objects.count()}@test.test", None, name="Вера")
    world.member = Member.objects.create(user=user, clinic=clinic, role="administrator", daily_capacity=capacity)
    Thresholds.objects.create(clinic=clinic, any_visit_counts=dice.random() < 0.2)
    groups = [
        ServiceGroup.objects.create(
            clinic=clinic,
            name=f"Группа {n}",
            recall_interval_days=dice.choice([None, None, 0, 30, 90, 180, 182, 365]),
            late_factor=dice.choice(["1.50", "1.25", "1.33"]),
            sleeping_factor=dice.choice(["2.00", "2.17"]),
            is_consultation=n == 0,
            is_prevention=n in (1, 2),
            is_chronic=n == 3,
        )
        for n in range(6)
    ]
    for group in dice.sample(groups[1:], 2):
        RecallMonths.objects.create(group=group, months=dice.choice([1, 3, 6, 12]))
    for n in range(12):
        world.services.append(
            Service.objects.create(
                clinic=clinic,
                name=f"Услуга {n}",
                name_key=f"услуга {n}",
                group=dice.choice([*groups, None]),
                triggers_group=dice.choice([None, None, *groups[1:]]),
                recall_interval_days=dice.choice([None, None, None, 0, 45, 180]),
                is_active=dice.random() < 0.8,
            )
        )
    for service in dice.sample(world.services, 11):
        # Few services are open to everybody, else hardly a group would be closed to anybody.
        need = ServiceNeed.objects.create(service=service)
        need.doctors.set(dice.sample(world.doctors, dice.choice([0, 1, 1, 1, 1, 1, 1, 2])))
    for _ in range(patients):
        make_patient(world)
    return world


def make_patient(world: RandomClinic) -> Patient:
    """One more patient with a history."""
    dice = world.dice
    world.made += 1
    name = f"Пациент{world.made} Имя"
    registered = dice.choice([None, world.today - dt.timedelta(days=dice.randint(0, 900))])
    patient = Patient.objects.create(
        clinic=world.clinic,
        surname=name.split()[0],
        name="Имя",
        name_key=fold(name),
        branch=dice.choice([*world.branches, None]),
        registered_on=registered,
    )
    world.patients.append(patient)
    for n in range(dice.choice([0, 1, 1, 2])):
        reach = dice.choice(["unknown", "unknown", "reached", "wrong", "invalid"])
        Contact.objects.create(
            patient=patient, clinic=world.clinic, kind="phone", value=f"+7916{patient.pk:06d}{n}", reach=reach
        )
    oldest = dice.choice([5, 20, 100, 300, 400, 800, 1500])
    for _ in range(dice.choice([0, 0, 1, 1, 2, 3, 6])):
        world.appointment(patient, -dice.randint(0, oldest), S.COMPLETED, hour=9)
    for _ in range(dice.choice([0, 0, 0, 1, 2])):
        status = dice.choice(
            [S.NO_SHOW, S.CANCELLED_CLINIC, S.CANCELLED_PATIENT, S.MOVED, S.PLANNED, S.CONFIRMED, S.ARRIVED]
        )
        vanished = world.now if dice.random() < 0.2 else None
        world.appointment(patient, dice.randint(-150, 60), status, vanished_at=vanished)
    if dice.random() < 0.2:
        world.appointment(patient, dice.randint(1, 60), S.PLANNED)
    for _ in range(dice.choice([0, 0, 0, 1, 2])):
        make_plan(world, patient)
    if dice.random() < 0.1:
        Referral.objects.create(
            patient=patient,
            clinic=world.clinic,
            referred_on=world.today - dt.timedelta(days=dice.randint(0, 250)),
            is_acute=dice.random() < 0.5,
            recorded_at=world.now,
        )
    if dice.random() < 0.12:
        reason = dice.choice(["refused", "refused", "moved", "died", "finished"])
        until = (
            world.today + dt.timedelta(days=dice.randint(-3, 60))
            if reason == "refused" and dice.random() < 0.7
            else None
        )
        Exemption.objects.create(
            patient=patient, clinic=world.clinic, reason=reason, started_at=world.now, until_on=until
        )
    if dice.random() < 0.15:
        Payment.objects.create(
            clinic=world.clinic,
            patient=patient,
            paid_on=world.today - dt.timedelta(days=dice.randint(0, 900)),
            amount_kopecks=dice.choice([-5000, 900_000]),
        )
    if dice.random() < 0.15:
        Task.objects.create(
            clinic=world.clinic,
            patient=patient,
            reason=Reason.MANUAL,
            summary="Спросить",
            due_at=world.now,
            created_at=world.now,
            dedupe_key=f"manual:{patient.pk}",
            **_closed(world),
        )
    return patient


def _closed(world: RandomClinic) -> dict[str, object]:
    if world.dice.random() < 0.5:
        return {}
    assert world.member is not None
    at = world.now - dt.timedelta(days=world.dice.randint(0, 40))
    return {"state": "closed", "closed_at": at, "closed_by_id": world.member.user_id, "outcome": "resolved"}


def make_plan(world: RandomClinic, patient: Patient) -> Plan:
    """A treatment plan in any state."""
    dice = world.dice
    proposed = world.today - dt.timedelta(days=dice.randint(0, 400))
    state = dice.choice(list(Plan.State.values))
    plan = Plan.objects.create(
        clinic=world.clinic,
        patient=patient,
        title="План",
        state=state,
        proposed_on=proposed,
        agreed_on=proposed + dt.timedelta(days=2) if state in {"agreed", "in_progress", "finished"} else None,
        ended_on=proposed + dt.timedelta(days=30) if dice.random() < 0.4 else None,
    )
    for n in range(dice.choice([0, 1, 3])):
        done = proposed + dt.timedelta(days=n) if dice.random() < 0.6 else None
        PlanStage.objects.create(plan=plan, position=n, title=f"Этап {n}", done_on=done)
    return plan


def decide_about_recalls(world: RandomClinic) -> None:
    """People override, snooze and switch off some recalls."""
    for recall in Recall.objects.filter(clinic=world.clinic).order_by("patient_id", "group_id"):
        roll = world.dice.random()
        if roll < 0.15:
            day = max(recall.previous_on, world.today) + dt.timedelta(days=world.dice.randint(1, 90))
            Recall.objects.filter(pk=recall.pk).update(overridden_on=day, override_reason="по словам врача")
        elif roll < 0.3:
            Recall.objects.filter(pk=recall.pk).update(
                snoozed_until=world.today + dt.timedelta(days=world.dice.randint(-5, 40))
            )
        elif roll < 0.4:
            Recall.objects.filter(pk=recall.pk).update(is_disabled=True)
        elif roll < 0.5:
            Recall.objects.filter(pk=recall.pk).update(any_visit_counts=True)

"""The demo clinic's frame in the database: branches, doctors, services, sources, texts of consents, staff, goal."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Final

from zabota.clinic.api import ROLE_NAMES, Role, demo_password
from zabota.clinic.models import Branch, Clinic, Doctor, GoalPath, Member, Service, ServiceGroup, User
from zabota.integrations import api as integrations
from zabota.kernel.audit import Actor
from zabota.kernel.names import fold
from zabota.messaging import api as messaging
from zabota.nextstep.models import Thresholds
from zabota.ops.demo.catalogue import (
    ADDRESSES,
    BRANCH_PHONES,
    BRANCHES,
    CHANNELS,
    CHRONIC_CODES,
    CHRONIC_GROUP,
    CHRONIC_RECALL,
    CLINIC_NAME,
    CONSULTATIONS,
    DOCTORS,
    GROUP_RECALL,
    GROUPS,
    HYGIENE,
    PREVENTION,
    SERVICES,
    THERAPY,
    TIME_ZONE,
    price_history,
)
from zabota.ops.demo.spec import BURN_IN_DAYS, ClinicSpec
from zabota.ops.founding import furnish_clinic
from zabota.patients.models import ConsentText, Source


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the staff who may enter the demo."""

    login: str
    surname: str
    name: str
    patronymic: str
    role: Role
    doctor: int | None = None


STAFF: Final = (
    Person("anton@zabota.test", "Ветров", "Антон", "Михайлович", Role.OWNER),
    Person("vera@zabota.test", "Лисицына", "Вера", "Андреевна", Role.ADMINISTRATOR),
    Person("polina@zabota.test", "Жукова", "Полина", "Сергеевна", Role.ADMINISTRATOR),
    Person("sokolova@zabota.test", "Соколова", "Мария", "Викторовна", Role.DOCTOR, doctor=0),
    Person("marketing@zabota.test", "Громов", "Денис", "Олегович", Role.MARKETER),
    Person("quality@zabota.test", "Астахова", "Инна", "Павловна", Role.QUALITY),
)
#: Written by the program itself; the trail says so.
DEMO: Final = Actor(kind="demo")


@dataclass(frozen=True, slots=True)
class Frame:
    """What the rows of patients and visits refer to, in the order of the catalogue."""

    clinic: Clinic
    branches: list[Branch]
    doctors: list[Doctor]
    services: list[Service]
    sources: list[Source]
    texts: dict[str, ConsentText]
    clerk: User


def build(spec: ClinicSpec, truth: dict[str, Any], *, now: dt.datetime) -> Frame:
    """Write everything but patients and visits."""
    clinic = Clinic.objects.create(name=CLINIC_NAME, time_zone=TIME_ZONE, is_demo=True)
    branches = [
        Branch.objects.create(
            clinic=clinic, name=name, address=address, phone=phone, phone_area="495", time_zone=TIME_ZONE
        )
        for name, address, phone in zip(BRANCHES, ADDRESSES, BRANCH_PHONES, strict=True)
    ]
    doctors = []
    for one in DOCTORS:
        doctor = Doctor.objects.create(
            clinic=clinic, name=one.full_name, name_key=fold(one.full_name), speciality=one.speciality
        )
        doctor.branches.set([branches[i] for i in sorted({shift[1] for shift in one.shifts})])
        doctors.append(doctor)
    services = _services(spec, clinic)
    newcomers_a_month = max(1.0, truth["people"] / spec.months * 0.6)
    sources = [
        Source.objects.create(
            clinic=clinic,
            name=channel.name,
            name_key=fold(channel.name),
            monthly_cost_kopecks=round(newcomers_a_month * channel.share * channel.cost) * 100,
        )
        for channel in CHANNELS
    ]
    # The papers were there before the first patient.
    opened = dt.datetime.combine(spec.start, dt.time(9), dt.UTC) - dt.timedelta(days=BURN_IN_DAYS)
    furnish_clinic(clinic, actor=DEMO, now=now, papers_since=opened)
    texts = {text.purpose: text for text in ConsentText.objects.filter(clinic=clinic)}
    users = _staff(clinic, doctors)
    Thresholds.objects.create(clinic=clinic)
    _channels(clinic, now)
    return Frame(clinic, branches, doctors, services, sources, texts, users[1])


def _channels(clinic: Clinic, now: dt.datetime) -> None:
    """A phone and a mailbox inside the program: the demo clinic writes to nobody outside."""
    for provider, title in ((integrations.PHONE, "Телефон демо-клиники"), (integrations.MAIL, "Почта демо-клиники")):
        account = messaging.save_account(clinic=clinic, provider=provider, title=title, values={}, actor=DEMO, now=now)
        messaging.switch_account(account=account, is_on=True, actor=DEMO, now=now)


def _services(spec: ClinicSpec, clinic: Clinic) -> list[Service]:
    groups = [
        ServiceGroup.objects.create(
            clinic=clinic, name=name, recall_interval_days=days, is_prevention=kind in (HYGIENE, PREVENTION)
        )
        for kind, (name, days) in enumerate(zip(GROUPS, GROUP_RECALL, strict=True))
    ]
    consultations = ServiceGroup.objects.create(clinic=clinic, name=CONSULTATIONS, is_consultation=True)
    chronic = ServiceGroup.objects.create(
        clinic=clinic, name=CHRONIC_GROUP, recall_interval_days=CHRONIC_RECALL, is_chronic=True
    )
    today = {step.service: step.kopecks for step in price_history(spec)}
    return [
        Service.objects.create(
            clinic=clinic,
            group=consultations if one.consultation else (chronic if one.code in CHRONIC_CODES else groups[one.kind]),
            code=one.code,
            name=one.name,
            name_key=fold(one.name),
            price_kopecks=today[number],
            duration_minutes=one.minutes,
            recall_interval_days=one.recall_days or None,
            # Half a year after any treatment of teeth it is time for hygiene.
            triggers_group=groups[HYGIENE] if one.kind == THERAPY and not one.consultation else None,
        )
        for number, one in enumerate(SERVICES)
    ]


def _staff(clinic: Clinic, doctors: list[Doctor]) -> list[User]:
    users = []
    for person in STAFF:
        user = User.objects.create_user(
            person.login,
            demo_password(),
            surname=person.surname,
            name=person.name,
            patronymic=person.patronymic,
        )
        doctor = None if person.doctor is None else doctors[person.doctor]
        works = person.role == Role.ADMINISTRATOR
        Member.objects.create(
            user=user, clinic=clinic, role=person.role, doctor=doctor, daily_capacity=40 if works else 0
        )
        users.append(user)
    return users


def set_goal(spec: ClinicSpec, clinic: Clinic, *, now: float, before: float, on: dt.date) -> None:
    """From where retention stands on a day back to where it was, in three stages of a year."""
    target = max(round(before, 2), round(now + 0.05, 2))
    titles = ("Никто не забыт: у каждого запись или задача", "Вернулись спящие", "Причины падения устранены")
    stages = [
        {
            "on": (spec.as_of + dt.timedelta(days=days)).isoformat(),
            "value": round(now + (target - now) * share, 3),
            "title": title,
        }
        for days, share, title in zip((91, 182, 365), (0.2, 0.5, 1.0), titles, strict=True)
    ]
    stages[0] |= {"value": 1.0, "by": "coverage"}
    GoalPath.objects.create(
        clinic=clinic,
        measure="R3",
        baseline=round(now, 4),
        baseline_on=on,
        target=target,
        target_on=spec.as_of + dt.timedelta(days=365),
        stages=stages,
    )


def demo_logins() -> list[tuple[str, str, str]]:
    """Who may enter the demo clinic: role with name, login, password. Empty when there is no demo clinic."""
    by_login = {user.email: user for user in User.objects.filter(memberships__clinic__is_demo=True, is_active=True)}
    logins = []
    for person in STAFF:
        user = by_login.get(person.login)
        if user is not None:
            known = user.check_password(demo_password())
            who = f"{ROLE_NAMES[person.role]}, {user.short_name}"
            logins.append((who, person.login, demo_password() if known else "пароль изменён"))
    return logins

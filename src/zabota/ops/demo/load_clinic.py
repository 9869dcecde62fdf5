"""The demo clinic's frame in the database: branches, doctors, services, sources, texts of consents, staff, goal."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings

from zabota.clinic.api import ROLE_NAMES, Role
from zabota.clinic.models import Branch, Clinic, Doctor, GoalPath, Member, Service, ServiceGroup, User
from zabota.kernel.names import fold
from zabota.nextstep.models import Thresholds
from zabota.ops.demo.catalogue import (
    ADDRESSES,
    BRANCHES,
    CHANNELS,
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
from zabota.ops.demo.spec import ClinicSpec
from zabota.patients.models import ConsentPurpose, ConsentText, Source


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
PURPOSES: Final = (ConsentPurpose.PROCESSING, ConsentPurpose.ADVERTISING, ConsentPurpose.QUALITY_CALLS)
TEXTS: Final = {
    ConsentPurpose.PROCESSING: "Согласен на обработку персональных данных для записи, ведения карты и оказания медицинской помощи.",
    ConsentPurpose.ADVERTISING: "Согласен получать от клиники рекламные сообщения. Отказаться можно в любой день, на лечение это не влияет.",
    ConsentPurpose.QUALITY_CALLS: "Согласен, чтобы клиника звонила после приёма и спрашивала о качестве помощи.",
}


@dataclass(frozen=True, slots=True)
class Frame:
    """What the rows of patients and visits refer to, in the order of the catalogue."""

    clinic: Clinic
    branches: list[Branch]
    doctors: list[Doctor]
    services: list[Service]
    sources: list[Source]
    texts: dict[ConsentPurpose, ConsentText]
    clerk: User


def build(spec: ClinicSpec, truth: dict[str, Any], *, now: dt.datetime) -> Frame:
    """Write everything but patients and visits."""
    clinic = Clinic.objects.create(name=CLINIC_NAME, time_zone=TIME_ZONE, is_demo=True)
    branches = [
        Branch.objects.create(clinic=clinic, name=name, address=address, phone_area="495", time_zone=TIME_ZONE)
        for name, address in zip(BRANCHES, ADDRESSES, strict=True)
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
    texts = {purpose: _text(clinic, purpose, now) for purpose in PURPOSES}
    users = _staff(clinic, doctors)
    Thresholds.objects.create(clinic=clinic)
    _goal(spec, clinic, truth)
    return Frame(clinic, branches, doctors, services, sources, texts, users[1])


def _services(spec: ClinicSpec, clinic: Clinic) -> list[Service]:
    groups = [
        ServiceGroup.objects.create(
            clinic=clinic, name=name, recall_interval_days=days, is_prevention=kind in (HYGIENE, PREVENTION)
        )
        for kind, (name, days) in enumerate(zip(GROUPS, GROUP_RECALL, strict=True))
    ]
    consultations = ServiceGroup.objects.create(clinic=clinic, name=CONSULTATIONS, is_consultation=True)
    today = {step.service: step.kopecks for step in price_history(spec)}
    return [
        Service.objects.create(
            clinic=clinic,
            group=consultations if one.consultation else groups[one.kind],
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


def _text(clinic: Clinic, purpose: ConsentPurpose, now: dt.datetime) -> ConsentText:
    text = TEXTS[purpose]
    return ConsentText.objects.create(
        clinic=clinic,
        purpose=purpose,
        version=1,
        text=text,
        text_hash=hashlib.sha256(text.encode()).hexdigest(),
        data_list="Фамилия, имя, отчество, дата рождения, телефон, электронная почта",
        actions_list="Сбор, запись, хранение, уточнение, использование, удаление",
        term="До отзыва согласия",
        how_to_revoke="Заявлением на стойке или письмом на адрес клиники",
        operator_name=f"ООО «{CLINIC_NAME}»",
        operator_address=f"Москва, {ADDRESSES[0]}",
        published_at=now,
    )


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


def _goal(spec: ClinicSpec, clinic: Clinic, truth: dict[str, Any]) -> None:
    """From where retention stands now back to where it was, in three stages of a year."""
    now, before = truth["retention"]["now"]["value"], truth["retention"]["year_before"]["value"]
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
    GoalPath.objects.create(
        clinic=clinic,
        measure="R3",
        baseline=round(now, 4),
        baseline_on=spec.as_of,
        target=target,
        target_on=spec.as_of + dt.timedelta(days=365),
        stages=stages,
    )


def demo_password() -> str:
    """The password of the demo's logins: one for this installation, so that no password is known to the world."""
    digest = hmac.new(settings.SECRET_KEY.encode(), b"demo logins", hashlib.sha256).digest()
    return "zabota-" + base64.b32encode(digest)[:8].decode().lower()


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

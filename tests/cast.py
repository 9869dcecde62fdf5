"""The cast that returns in tests: clinic «Улыбка» with its people and two patients, and Oleg of another clinic.

Rows with personal data are asked for within a scope: take the fixture `in_clinic`, or open `clinic_scope` yourself.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator

import pytest
from django.core.cache import cache
from django.test import Client

from zabota.clinic.models import Branch, Clinic, Doctor, Member, Service, ServiceGroup, User
from zabota.clinic.rules.rights import Role
from zabota.kernel import clock
from zabota.kernel.audit import Actor
from zabota.kernel.names import fold
from zabota.kernel.scope import clinic_scope
from zabota.patients.models import Contact, Patient

#: Password of everybody in the cast; long and not among the common ones.
PASSWORD = "тихая-гавань-17"


@pytest.fixture(autouse=True)
def nothing_remembered() -> None:
    """Counters of tries live in the cache; one test's tries are not another's."""
    cache.clear()


@pytest.fixture
def now() -> dt.datetime:
    """The instant of the test, read once."""
    return clock.now()


@pytest.fixture
def smile(db: None) -> Clinic:
    """Clinic «Улыбка» in Moscow."""
    return Clinic.objects.create(name="Улыбка", time_zone="Europe/Moscow")


@pytest.fixture
def centre(smile: Clinic) -> Branch:
    """Branch «Центр» of «Улыбка»."""
    return Branch.objects.create(clinic=smile, name="Центр", phone_area="495")


@pytest.fixture
def north(smile: Clinic) -> Branch:
    """Branch «Север» of «Улыбка»."""
    return Branch.objects.create(clinic=smile, name="Север", phone_area="495")


@pytest.fixture
def other_clinic(db: None) -> Clinic:
    """Clinic «Родник», which must see nothing of «Улыбка»."""
    return Clinic.objects.create(name="Родник", time_zone="Asia/Yekaterinburg")


@pytest.fixture
def new_member(db: None) -> Callable[..., Member]:
    """Makes a person of a clinic: `new_member(clinic, Role.ADMINISTRATOR, "Вера", "Орлова", branches=[centre])`."""

    def make(
        clinic: Clinic,
        role: Role,
        name: str,
        surname: str,
        *,
        patronymic: str = "",
        branches: list[Branch] | None = None,
        doctor: Doctor | None = None,
        capacity: int = 40,
    ) -> Member:
        email = f"{role.value}.{User.objects.count()}@{'ulybka' if clinic.name == 'Улыбка' else 'rodnik'}.test"
        user = User.objects.create_user(email, PASSWORD, name=name, surname=surname, patronymic=patronymic)
        member = Member.objects.create(user=user, clinic=clinic, role=role, doctor=doctor, daily_capacity=capacity)
        member.branches.set(branches or [])
        return member

    return make


@pytest.fixture
def anton(smile: Clinic, new_member: Callable[..., Member]) -> Member:
    """The owner of «Улыбка»."""
    return new_member(smile, Role.OWNER, "Антон", "Белов", patronymic="Ильич")


@pytest.fixture
def vera(smile: Clinic, centre: Branch, north: Branch, new_member: Callable[..., Member]) -> Member:
    """The administrator at the desk of «Центр»; what is only at «Север» is not hers."""
    return new_member(smile, Role.ADMINISTRATOR, "Вера", "Орлова", patronymic="Павловна", branches=[centre])


@pytest.fixture
def doctor_sokolova(smile: Clinic, centre: Branch) -> Doctor:
    """Dr Sokolova as the clinic's system knows her."""
    doctor = Doctor.objects.create(
        clinic=smile,
        name="Соколова Мария Викторовна",
        name_key=fold("Соколова Мария Викторовна"),
        speciality="терапевт",
    )
    doctor.branches.set([centre])
    return doctor


@pytest.fixture
def sokolova(smile: Clinic, doctor_sokolova: Doctor, new_member: Callable[..., Member]) -> Member:
    """Dr Sokolova's own account."""
    return new_member(smile, Role.DOCTOR, "Мария", "Соколова", patronymic="Викторовна", doctor=doctor_sokolova)


@pytest.fixture
def marina(smile: Clinic, new_member: Callable[..., Member]) -> Member:
    """The marketer."""
    return new_member(smile, Role.MARKETER, "Марина", "Фомина")


@pytest.fixture
def coordinator(smile: Clinic, new_member: Callable[..., Member]) -> Member:
    """The coordinator of long courses."""
    return new_member(smile, Role.COORDINATOR, "Инна", "Котова")


@pytest.fixture
def quality(smile: Clinic, new_member: Callable[..., Member]) -> Member:
    """The quality controller, who is the chief doctor."""
    return new_member(smile, Role.QUALITY, "Лев", "Громов")


@pytest.fixture
def oleg(other_clinic: Clinic, new_member: Callable[..., Member]) -> Member:
    """The owner of another clinic, who must see nothing."""
    return new_member(other_clinic, Role.OWNER, "Олег", "Чужой")


@pytest.fixture
def hygiene(smile: Clinic) -> ServiceGroup:
    """Hygiene, recalled every half a year."""
    return ServiceGroup.objects.create(clinic=smile, name="Гигиена", recall_interval_days=182, is_prevention=True)


@pytest.fixture
def cleaning(smile: Clinic, hygiene: ServiceGroup) -> Service:
    """The one service of hygiene, 4 500 ₽."""
    return Service.objects.create(
        clinic=smile,
        group=hygiene,
        name="Профессиональная чистка",
        name_key=fold("Профессиональная чистка"),
        price_kopecks=450_000,
    )


@pytest.fixture
def new_patient(db: None) -> Callable[..., Patient]:
    """Makes a card: `new_patient(clinic, "Кузнецова Мила Андреевна", phone="+79161234567", branch=centre)`."""

    def make(
        clinic: Clinic, full_name: str, *, phone: str = "", branch: Branch | None = None, **fields: object
    ) -> Patient:
        surname, name, patronymic = (*full_name.split(" "), "", "")[:3]
        with clinic_scope(clinic.pk):
            patient = Patient.objects.create(
                clinic=clinic,
                surname=surname,
                name=name,
                patronymic=patronymic,
                name_key=fold(full_name),
                branch=branch,
                **fields,
            )
            if phone:
                Contact.objects.create(patient=patient, clinic=clinic, kind=Contact.Kind.PHONE, value=phone)
        return patient

    return make


@pytest.fixture
def mila(smile: Clinic, centre: Branch, new_patient: Callable[..., Patient]) -> Patient:
    """Mila the loyal patient of «Центр»."""
    return new_patient(
        smile, "Кузнецова Мила Андреевна", phone="+79161234567", branch=centre, born_on=dt.date(1987, 4, 9), sex="f"
    )


@pytest.fixture
def pyotr(smile: Clinic, centre: Branch, new_patient: Callable[..., Patient]) -> Patient:
    """Pyotr, who withdraws his consent."""
    return new_patient(
        smile, "Сергеев Пётр Ильич", phone="+79167654321", branch=centre, born_on=dt.date(1959, 11, 2), sex="m"
    )


@pytest.fixture
def stranger(other_clinic: Clinic, new_patient: Callable[..., Patient]) -> Patient:
    """A patient of another clinic."""
    return new_patient(other_clinic, "Чужая Анна Петровна", phone="+79220001122")


@pytest.fixture
def in_clinic(smile: Clinic) -> Iterator[Clinic]:
    """The test runs within the scope of «Улыбка»."""
    with clinic_scope(smile.pk):
        yield smile


@pytest.fixture
def actor(vera: Member) -> Actor:
    """Vera as the one who acts."""
    return Actor(user_id=vera.user_id)


@pytest.fixture
def log_in() -> Callable[[Member], Client]:
    """A browser in which this person has logged in."""

    def enter(member: Member) -> Client:
        client = Client()
        client.force_login(member.user, backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    return enter


@pytest.fixture
def as_anton(anton: Member, log_in: Callable[[Member], Client]) -> Client:
    """The owner's browser."""
    return log_in(anton)


@pytest.fixture
def as_vera(vera: Member, log_in: Callable[[Member], Client]) -> Client:
    """The administrator's browser."""
    return log_in(vera)


@pytest.fixture
def as_sokolova(sokolova: Member, log_in: Callable[[Member], Client]) -> Client:
    """The doctor's browser."""
    return log_in(sokolova)


@pytest.fixture
def as_marina(marina: Member, log_in: Callable[[Member], Client]) -> Client:
    """The marketer's browser."""
    return log_in(marina)


@pytest.fixture
def as_coordinator(coordinator: Member, log_in: Callable[[Member], Client]) -> Client:
    """The coordinator's browser."""
    return log_in(coordinator)


@pytest.fixture
def as_quality(quality: Member, log_in: Callable[[Member], Client]) -> Client:
    """The quality controller's browser."""
    return log_in(quality)


@pytest.fixture
def as_oleg(oleg: Member, log_in: Callable[[Member], Client]) -> Client:
    """The browser of another clinic's owner."""
    return log_in(oleg)


@pytest.fixture
def as_nobody(db: None) -> Client:
    """A browser in which nobody has logged in."""
    return Client()

"""What the demo clinic offers: branches, doctors with their hours, services with prices, channels with costs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np

from zabota.ops.demo.spec import TIMING, ClinicSpec, Ints

CLINIC_NAME: Final = "Улыбка и здоровье"
TIME_ZONE: Final = "Europe/Moscow"
BRANCHES: Final = ("Центр", "Юг")
CENTRE, SOUTH = 0, 1

# Kinds of episodes: why a patient comes. A kind belongs to one group of services, but consultations.
THERAPY, HYGIENE, PREVENTION, WOMEN, SKIN, BEAUTY = range(6)
KINDS: Final = ("therapy", "hygiene", "prevention", "women", "skin", "beauty")
GROUPS: Final = (
    "Терапия зубов",
    "Гигиена полости рта",
    "Профилактика и отбеливание",
    "Гинекология",
    "Дерматология",
    "Косметология",
)
# Days between visits that are expected within a group.
GROUP_RECALL: Final = (180, 180, 365, 365, 180, 90)
CONSULTATIONS: Final = "Консультации"
# Patients of these services are seen for years; in the database they have a group of their own.
CHRONIC_GROUP: Final = "Хронические болезни кожи"
CHRONIC_CODES: Final = frozenset({"DR-04"})
CHRONIC_RECALL: Final = 90
ADDRESSES: Final = ("ул. Садовая, 12", "Южный проспект, 48")
# No number of Moscow begins with a nought: nobody is called by mistake.
BRANCH_PHONES: Final = ("+7 495 000-12-12", "+7 495 000-48-48")
RAISED_GROUP: Final = HYGIENE
RAISE: Final = 1.28


@dataclass(frozen=True, slots=True)
class Doctor:
    """One doctor: weekdays (0 is Monday) with branch and shift in minutes after midnight."""

    surname: str
    name: str
    patronymic: str
    speciality: str
    shifts: tuple[tuple[int, int, int, int], ...]
    leave: tuple[int, int]  # day of the year when the summer and the winter leave begin

    @property
    def full_name(self) -> str:
        return f"{self.surname} {self.name} {self.patronymic}"

    @property
    def short_name(self) -> str:
        return f"{self.surname} {self.name[0]}. {self.patronymic[0]}."


def _week(branch: int, days: str, begin: int, end: int) -> tuple[tuple[int, int, int, int], ...]:
    return tuple((int(d), branch, begin * 60, (min(end, 17) if d == "5" else end) * 60) for d in days)


SPECIALITIES: Final = (
    "Стоматолог-терапевт",
    "Гигиенист стоматологический",
    "Акушер-гинеколог",
    "Дерматолог-косметолог",
)
DOCTORS: Final = (
    Doctor("Соколова", "Мария", "Викторовна", SPECIALITIES[0], _week(CENTRE, "01234", 8, 17), (188, 20)),
    Doctor("Рябов", "Илья", "Андреевич", SPECIALITIES[0], _week(CENTRE, "012345", 9, 20), (209, 34)),
    Doctor("Гордеев", "Антон", "Павлович", SPECIALITIES[0], _week(SOUTH, "12345", 9, 19), (195, 41)),
    Doctor(
        "Лаптева",
        "Ольга",
        "Игоревна",
        SPECIALITIES[1],
        _week(CENTRE, "024", 9, 19) + _week(SOUTH, "13", 9, 19),
        (202, 48),
    ),
    Doctor(
        "Назарова",
        "Дарья",
        "Олеговна",
        SPECIALITIES[1],
        _week(SOUTH, "0245", 9, 19) + _week(CENTRE, "1", 9, 19),
        (216, 27),
    ),
    Doctor(
        "Ермакова",
        "Наталья",
        "Борисовна",
        SPECIALITIES[2],
        _week(CENTRE, "0145", 9, 19) + _week(SOUTH, "23", 9, 19),
        (181, 55),
    ),
    Doctor("Кравцова", "Елена", "Сергеевна", SPECIALITIES[3], _week(CENTRE, "12345", 9, 18), (223, 62)),
    Doctor("Мельник", "Тимур", "Рустамович", SPECIALITIES[3], _week(SOUTH, "01234", 10, 19), (230, 13)),
)
FALLEN_DOCTOR: Final = 1
DENTISTS: Final = (0, 1, 2)
DENTIST_SHARES: Final = (0.23, 0.53, 0.24)
HYGIENISTS: Final = (3, 4)
HYGIENIST_SHARES: Final = (0.54, 0.46)
WOMEN_DOCTOR: Final = 5
SKIN_DOCTORS: Final = (6, 7)
SKIN_SHARES: Final = (0.56, 0.44)
LEAVE_DAYS: Final = (14, 6)


@dataclass(frozen=True, slots=True)
class Service:
    """One service: price in roubles at the first exported day, recall interval in days (0: none)."""

    code: str
    name: str
    kind: int
    price: int
    minutes: int
    recall_days: int
    # Weight among its kind as the first visit of an episode, and as a later one.
    first: float
    later: float
    children: bool = False
    consultation: bool = False


SERVICES: Final = (
    Service("ST-01", "Консультация стоматолога", THERAPY, 1500, 30, 0, 0, 0, consultation=True),
    Service("ST-02", "Осмотр стоматолога, контрольный", THERAPY, 900, 30, 180, 3, 0.4),
    Service("ST-03", "Лечение кариеса", THERAPY, 6900, 45, 180, 4, 3),
    Service("ST-04", "Лечение пульпита, один канал", THERAPY, 11800, 60, 180, 1, 1.4),
    Service("ST-05", "Лечение пульпита, три канала", THERAPY, 17900, 75, 180, 0.6, 1),
    Service("ST-06", "Художественная реставрация зуба", THERAPY, 9800, 60, 180, 0.6, 1.5),
    Service("ST-07", "Лечение молочного зуба", THERAPY, 4600, 45, 180, 5, 4, children=True),
    Service("GG-01", "Профессиональная гигиена полости рта", HYGIENE, 5400, 60, 180, 5, 3),
    Service("GG-02", "Гигиена с чисткой Air Flow", HYGIENE, 6800, 60, 180, 3, 2),
    Service("GG-03", "Гигиена при брекетах", HYGIENE, 4900, 60, 90, 1, 1),
    Service("GG-04", "Детская гигиена", HYGIENE, 3600, 30, 180, 6, 5, children=True),
    Service("PF-01", "Фторирование эмали", PREVENTION, 2400, 30, 180, 4, 3),
    Service("PF-02", "Отбеливание зубов", PREVENTION, 18900, 90, 365, 1, 0.6),
    Service("PF-03", "Герметизация фиссур", PREVENTION, 2900, 30, 365, 5, 4, children=True),
    Service("GN-01", "Приём гинеколога, первичный", WOMEN, 2900, 30, 0, 0, 0, consultation=True),
    Service("GN-02", "Приём гинеколога, повторный", WOMEN, 2300, 30, 180, 2, 4),
    Service("GN-03", "Профилактический осмотр с цитологией", WOMEN, 4400, 30, 365, 4, 0.5),
    Service("GN-04", "УЗИ органов малого таза", WOMEN, 3300, 30, 365, 2, 2),
    Service("GN-05", "Кольпоскопия", WOMEN, 3700, 30, 365, 0.6, 1),
    Service("GN-06", "Наблюдение беременности, приём", WOMEN, 3900, 30, 30, 0.5, 1),
    Service("DR-01", "Приём дерматолога, первичный", SKIN, 2700, 30, 0, 0, 0, consultation=True),
    Service("DR-02", "Приём дерматолога, повторный", SKIN, 2100, 30, 90, 3, 4),
    Service("DR-03", "Дерматоскопия родинок", SKIN, 3400, 30, 365, 3, 0.5),
    Service("DR-04", "Лечение акне, приём", SKIN, 2900, 30, 60, 2, 3),
    Service("DR-05", "Удаление новообразования лазером", SKIN, 4700, 30, 0, 1, 1),
    Service("DR-06", "Детский приём дерматолога", SKIN, 2600, 30, 180, 5, 4, children=True),
    Service("KS-01", "Чистка лица", BEAUTY, 4200, 60, 60, 4, 2),
    Service("KS-02", "Пилинг", BEAUTY, 5100, 45, 60, 3, 3),
    Service("KS-03", "Мезотерапия", BEAUTY, 7900, 45, 90, 1.5, 3),
    Service("KS-04", "Биоревитализация", BEAUTY, 14900, 45, 120, 1.5, 2),
)


@dataclass(frozen=True, slots=True)
class Channel:
    """Where patients come from: share of new patients and roubles spent per new patient."""

    name: str
    share: float
    cost: int


# The last one is the channel that grows; its share is that before the growth.
CHANNELS: Final = (
    Channel("Рекомендация знакомых", 0.26, 0),
    Channel("Яндекс", 0.17, 1900),
    Channel("2ГИС", 0.13, 900),
    Channel("Сайт клиники", 0.12, 700),
    Channel("ВКонтакте", 0.08, 1100),
    Channel("ДМС", 0.08, 0),
    Channel("Вывеска", 0.07, 300),
    Channel("Купонный сервис", 0.09, 2400),
)
GROWN_CHANNEL: Final = len(CHANNELS) - 1
INSURED_CHANNEL: Final = 5
UNKNOWN_CHANNEL: Final = -1
UNKNOWN_SHARE: Final = 0.06


@dataclass(frozen=True, slots=True)
class PriceStep:
    """A price of a service from a day on."""

    service: int
    since: date
    kopecks: int


def price_history(spec: ClinicSpec) -> list[PriceStep]:
    """Prices from the first day on: a small yearly rise for all, and the steep one where it is planted."""
    steps = [PriceStep(i, spec.start, s.price * 100) for i, s in enumerate(SERVICES)]
    yearly = spec.start + timedelta(days=240)
    steep = spec.as_of - timedelta(days=TIMING.price)
    for i, service in enumerate(SERVICES):
        # Every third service keeps its price: not everything rises everywhere.
        risen = service.price if i % 3 == 0 else round(service.price * 1.05 / 50) * 50
        if risen != service.price and yearly < spec.as_of:
            steps.append(PriceStep(i, yearly, risen * 100))
        if "price" in spec.causes and service.kind == RAISED_GROUP and steep > spec.start:
            steps.append(PriceStep(i, steep, round(risen * RAISE / 100) * 100 * 100))
    return sorted(steps, key=lambda step: (step.since, step.service))


def price_table(spec: ClinicSpec, days: int) -> Ints:
    """Price in kopecks per service and day."""
    table = np.zeros((len(SERVICES), days), dtype=np.int64)
    for step in price_history(spec):
        table[step.service, max(0, (step.since - spec.start).days) :] = step.kopecks
    return table

"""An export of three visits of two people who share a phone, line by line."""

from __future__ import annotations

import datetime as dt

from zabota.booking.models import Appointment, AppointmentService, Payment
from zabota.clinic.models import Doctor, Service
from zabota.kernel import clock
from zabota.kernel.audit import Actor
from zabota.patients.models import Consent, Contact, Patient
from zabota.worklist.models import Task

HEADER = "Код визита;Код пациента;ФИО;Дата рождения;Телефон;Дата приёма;Филиал;Врач;Услуга;Сумма;Оплачено;Статус;Источник;Согласие на рекламу"
MILA = "7;Соколова Мила Андреевна;12.05.1990;8 (916) 123-45-67"
PYOTR = "8;Громов Пётр Ильич;03.11.1978;+7 916 123-45-67"
ACTOR = Actor(kind="import")


def day(offset: int) -> str:
    """A day this many days from now, as an export writes it."""
    return f"{clock.now().date() + dt.timedelta(days=offset):%d.%m.%Y} 10:00"


def export(*rows: str) -> str:
    """A file of a clinic's system."""
    return "\r\n".join([HEADER, *rows]) + "\r\n"


def everything() -> list[int]:
    """Numbers of rows that a second load must not change."""
    models = (Patient, Contact, Appointment, AppointmentService, Payment, Consent, Doctor, Service, Task)
    return [model.objects.count() for model in models]

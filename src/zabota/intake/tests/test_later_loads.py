"""What a later load says of the same visits and money, and what is left of it when it is taken back."""

from __future__ import annotations

import datetime as dt

import pytest

from zabota.booking.models import Appointment, AppointmentService
from zabota.intake.tests.conftest import Load
from zabota.kernel import clock

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_clinic")]

MILA = "7;Соколова Мила Андреевна;12.05.1990"


def on(offset: int) -> str:
    """A day this many days from now, as an export writes it."""
    return f"{clock.now().date() + dt.timedelta(days=offset):%d.%m.%Y} 10:00"


def priced(*rows: str) -> str:
    """An export with quantities and discounts."""
    header = "Код визита;Код пациента;ФИО;Дата рождения;Дата приёма;Врач;Услуга;Количество;Цена;Сумма;Оплачено;Статус"
    return "\r\n".join([header, *rows]) + "\r\n"


def test_a_visit_costs_what_its_lines_cost_with_their_number_and_discount(load: Load) -> None:
    load(
        priced(
            f"v1;{MILA};{on(-30)};Рябов И. А.;Пломба;2;1000;1800;1800;Завершён",
            f"v1;{MILA};{on(-30)};Рябов И. А.;Снимок;3;100;;300;Завершён",
            f"v2;{MILA};{on(-20)};Рябов И. А.;Осмотр;1;500;500;500;Завершён",
        )
    )
    assert dict(Appointment.objects.values_list("ext_id", "total_kopecks")) == {"v1": 210_000, "v2": 50_000}
    lines = AppointmentService.objects.order_by("pk").values_list("quantity", "price_kopecks", "total_kopecks")
    assert list(lines) == [(2, 100_000, 180_000), (3, 10_000, 30_000), (1, 50_000, None)]


def test_a_row_that_names_no_service_is_part_of_what_the_visit_cost(load: Load) -> None:
    load(
        priced(
            f"v1;{MILA};{on(-30)};Рябов И. А.;Пломба;1;1000;1000;1000;Завершён",
            f"v1;{MILA};{on(-30)};Рябов И. А.;;1;400;400;400;Завершён",
        )
    )
    visit = Appointment.objects.get()
    assert (visit.total_kopecks, visit.lines.get().total_kopecks) == (140_000, 140_000)

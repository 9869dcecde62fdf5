"""Categories and price lists of an export become groups and services of the clinic, and leave with an undone load."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from zabota.clinic.api import sort_services
from zabota.clinic.models import Service, ServiceGroup
from zabota.intake.models import Batch
from zabota.intake.tests.conftest import Load
from zabota.kernel import clock
from zabota.kernel.audit import Actor

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_clinic")]

VISITS = """Код визита;Код пациента;ФИО;Дата рождения;Дата приёма;Услуга;Группа услуг;Стоимость;Статус\r
v1;7;Соколова Мила Андреевна;12.05.1990;12.05.2026 10:00;Чистка;Гигиена;4900;Завершён\r
v2;7;Соколова Мила Андреевна;12.05.1990;14.05.2026 10:00;Отбеливание;ГИГИЕНА ;9000;Завершён\r
v3;7;Соколова Мила Андреевна;12.05.1990;15.05.2026 10:00;Осмотр;;500;Завершён\r
"""
PRICES = """Код услуги;Наименование услуги;Группа услуг;Цена;Длительность\r
A1;Чистка;Гигиена;5200;40\r
B2;Брекеты;Ортодонтия;90000;60\r
"""


def groups() -> dict[str, str | None]:
    return {row.name: row.group.name if row.group else None for row in Service.objects.select_related("group")}


def test_services_of_an_export_come_into_the_groups_it_names(load: Load) -> None:
    batch = load(VISITS)
    assert groups() == {"Чистка": "Гигиена", "Отбеливание": "Гигиена", "Осмотр": None}
    assert batch.result["written"]["new_groups"] == 1
    assert ServiceGroup.objects.get().recall_interval_days is None


def test_a_group_that_somebody_made_is_found_and_a_service_without_one_comes_into_it(load: Load, smile) -> None:
    own = ServiceGroup.objects.create(clinic=smile, name="гигиена", recall_interval_days=180)
    Service.objects.create(clinic=smile, name="Отбеливание", name_key="отбеливание")
    batch = load(VISITS)
    assert groups() == {"Чистка": "гигиена", "Отбеливание": "гигиена", "Осмотр": None}
    assert batch.result["written"].get("new_groups", 0) == 0 and own.services.count() == 2


def test_a_service_stays_where_a_person_put_it(load: Load, smile, anton) -> None:
    load(VISITS)
    kept = Service.objects.get(name="Отбеливание")
    sort_services(
        clinic=smile, services=[kept.public_id], group=None, actor=Actor(user_id=anton.user_id), now=clock.now()
    )
    load(VISITS, PRICES)
    assert groups()["Отбеливание"] is None


def test_the_latest_price_list_holds_and_undo_brings_the_former_price_back(
    load: Load, undo: Callable[[Batch], Batch], check: Load
) -> None:
    load(VISITS, PRICES)
    later = PRICES.replace("5200;40", "5600;45")
    shown = check(VISITS, later).preview
    assert shown["services"] == {"new": 0, "changed": 1, "same": 3, "repriced": 1, "grouped": 0}
    assert shown["examples"]["repriced"] == [{"name": "Чистка", "from": 520_000, "to": 560_000}]
    batch = load(VISITS, later)
    told = Service.objects.get(name="Чистка")
    assert (told.price_kopecks, told.duration_minutes) == (560_000, 45)
    assert batch.result["written"]["services_changed"] == 1
    undo(batch)
    told.refresh_from_db()
    assert (told.price_kopecks, told.duration_minutes) == (520_000, 40)


def test_what_a_visit_cost_does_not_change_the_price_of_its_service(load: Load) -> None:
    load(VISITS, PRICES)
    load(VISITS.replace("4900", "100"))
    assert Service.objects.get(name="Чистка").price_kopecks == 520_000


def test_undo_takes_services_out_of_the_group_again(load: Load, undo: Callable[[Batch], Batch], smile) -> None:
    Service.objects.create(clinic=smile, name="Отбеливание", name_key="отбеливание")
    undo(load(VISITS))
    assert groups() == {"Отбеливание": None} and not ServiceGroup.objects.exists()


def test_a_price_list_brings_services_with_price_and_duration(load: Load) -> None:
    load(VISITS, PRICES)
    told = {row.name: (row.code, row.price_kopecks, row.duration_minutes) for row in Service.objects.all()}
    assert told["Чистка"] == ("A1", 520_000, 40)
    assert told["Брекеты"] == ("B2", 9_000_000, 60)
    assert groups()["Брекеты"] == "Ортодонтия"


def test_undo_takes_back_groups_and_services(load: Load, undo: Callable[[Batch], Batch]) -> None:
    undo(load(VISITS, PRICES))
    assert not Service.objects.exists() and not ServiceGroup.objects.exists()

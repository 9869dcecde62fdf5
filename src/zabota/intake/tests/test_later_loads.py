"""What a later load says of the same visits and money, and what is left of it when it is taken back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest

from zabota.booking import api as booking
from zabota.booking.models import Appointment, AppointmentService, Payment, Resource, WaitlistEntry
from zabota.clinic.models import Branch, Clinic, Doctor, Member, Service
from zabota.intake.models import Batch, Change
from zabota.intake.tests.conftest import Load
from zabota.kernel import audit, clock
from zabota.kernel.audit import Actor
from zabota.messaging.models import ChannelAccount, Conversation
from zabota.patients.models import Patient
from zabota.visits.models import AnswerSheet, Questionnaire

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


HEADER = "Код визита;Код пациента;ФИО;Дата рождения;Дата приёма;Филиал;Врач;Услуга;Сумма;Статус;Причина отмены"


def visits(*rows: str) -> str:
    """An export of visits."""
    return "\r\n".join([HEADER, *rows]) + "\r\n"


def shape(ext_id: str) -> tuple[object, ...]:
    """What a visit is: its doctor, branch, services with prices, total, state and why it was cancelled."""
    row = Appointment.objects.get(ext_id=ext_id)
    lines = sorted(row.lines.values_list("service__name", "price_kopecks"))
    doctor, branch = row.doctor and row.doctor.name, row.branch and row.branch.name
    return doctor, branch, lines, row.total_kopecks, row.status, row.cancel_reason


def test_a_later_export_tells_services_doctor_branch_and_reason_and_undo_takes_them_back(
    load: Load, undo: Callable[[Batch], Batch]
) -> None:
    load(
        visits(
            f"v1;{MILA};{on(-3)};Центр;Рябов И. А.;;;Запланирован;",
            f"v2;{MILA};{on(-2)};Центр;Рябов И. А.;Осмотр;500;Запланирован;",
            f"v3;{MILA};{on(-1)};Центр;Рябов И. А.;Осмотр;500;Завершён;",
        )
    )
    before = [shape(f"v{number}") for number in (1, 2, 3)]
    second = load(
        visits(
            f"v1;{MILA};{on(-3)};Север;Котова Е. В.;Имплантация;40000;Завершён;",
            f"v1;{MILA};{on(-3)};Север;Котова Е. В.;Снимок;1000;Завершён;",
            f"v2;{MILA};{on(-2)};Центр;Рябов И. А.;Осмотр;500;Отменён пациентом;заболела",
            f"v3;{MILA};{on(-1)};Центр;Рябов И. А.;Осмотр;700;Завершён;",
        )
    )
    implant = [("Имплантация", 4_000_000), ("Снимок", 100_000)]
    assert shape("v1") == ("Котова Е. В.", "Север", implant, 4_100_000, "completed", "")
    assert shape("v2") == ("Рябов И. А.", "Центр", [("Осмотр", 50_000)], 50_000, "cancelled_patient", "заболела")
    assert shape("v3")[2:4] == ([("Осмотр", 70_000)], 70_000)
    assert second.result["visits"]["changed"] == 3
    undo(second)
    assert [shape(f"v{number}") for number in (1, 2, 3)] == before


def test_what_a_later_export_does_not_tell_stays(load: Load) -> None:
    load(visits(f"v1;{MILA};{on(-3)};Центр;Рябов И. А.;Осмотр;500;Завершён;"))
    before = shape("v1")
    header = "Код визита;Код пациента;ФИО;Дата рождения;Дата приёма;Статус"
    again = load(f"{header}\r\nv1;{MILA};{on(-3)};Завершён\r\n")
    assert again.result["visits"]["changed"] == 0
    load(f"{header};Услуга\r\nv1;{MILA};{on(-3)};Завершён;Осмотр\r\nv1;{MILA};{on(-3)};Завершён;Снимок\r\n")
    assert shape("v1") == (*before[:2], [("Осмотр", 50_000), ("Снимок", 0)], *before[3:])


def test_lines_with_quantities_are_the_same_when_loaded_again(load: Load) -> None:
    text = priced(
        f"v1;{MILA};{on(-30)};Рябов И. А.;Пломба;2;1000;1800;1800;Завершён",
        f"v1;{MILA};{on(-30)};Рябов И. А.;Анестезия;0,335;1000;;300;Завершён",
    )
    load(text)
    assert load(text).result["visits"]["changed"] == 0


def vanished() -> set[str]:
    """Visits that are marked as no longer told."""
    return set(Appointment.objects.exclude(vanished_at=None).values_list("ext_id", flat=True))


def test_branches_that_export_for_themselves_do_not_make_each_others_visits_vanish(
    load: Load, centre: Branch, smile: Clinic
) -> None:
    north = Branch.objects.create(clinic=smile, name="Север", time_zone=smile.time_zone)
    header = "Код визита;Код пациента;ФИО;Дата рождения;Дата приёма;Услуга;Статус"

    def own(name: str, *offsets: int) -> str:
        rows = [f"{name}{each};{MILA};{on(-each)};Осмотр;Завершён" for each in offsets]
        return "\r\n".join([header, *rows]) + "\r\n"

    load(own("c", 40, 20, 10), branch=centre)
    load(own("n", 40, 20, 10), branch=north)
    load(visits(*(f"w{each};{MILA};{on(-each)};Запад;Рябов И. А.;Осмотр;500;Завершён;" for each in (40, 10))))
    assert not vanished()
    load(own("n", 40, 10), branch=north)
    assert vanished() == {"n20"}


def test_a_visit_whose_row_is_refused_now_has_not_vanished(load: Load) -> None:
    rows = [f"v{each};{MILA};{on(-each)};Центр;Рябов И. А.;Осмотр;500;Завершён;" for each in (40, 30, 20, 10)]
    load(visits(*rows))
    batch = load(visits(rows[0], rows[1].replace("Завершён", "Ждёт чуда"), rows[3]))
    assert batch.result["rows"]["rejected"] == 1
    assert vanished() == {"v20"}


def test_corrected_rows_of_a_load_make_nothing_else_vanish(load: Load) -> None:
    rows = [f"v{each};{MILA};{on(-each)};Центр;Рябов И. А.;Осмотр;500;Завершён;" for each in (40, 30, 20, 10)]
    load(visits(*rows))
    header, *corrected = visits(rows[0], rows[3]).splitlines()
    load("\r\n".join([f"{header};Причина отказа", *(f"{row};нет даты" for row in corrected)]) + "\r\n")
    assert not vanished()


def test_a_refused_row_without_a_number_keeps_the_visits_of_its_day(load: Load) -> None:
    header = "ФИО;Дата рождения;Дата приёма;Врач;Статус"
    rows = [f"Соколова Мила Андреевна;12.05.1990;{on(-each)};Рябов И. А.;Завершён" for each in (40, 30, 20, 10)]
    load("\r\n".join([header, *rows]) + "\r\n")
    load("\r\n".join([header, rows[0], rows[1].replace("Завершён", "Ждёт чуда"), rows[3]]) + "\r\n")
    days = Appointment.objects.exclude(vanished_at=None).values_list("day", flat=True)
    assert list(days) == [clock.now().date() - dt.timedelta(days=20)]
    Appointment.objects.update(vanished_at=None)
    load("\r\n".join([header, rows[0], rows[1].replace(on(-30), "31.02.2025"), rows[3]]) + "\r\n")
    assert not vanished()


def test_undo_keeps_visits_that_people_marked_moved_or_answered_about(
    load: Load, undo: Callable[[Batch], Batch], vera: Member
) -> None:
    batch = load(visits(*(f"v{n};{MILA};{on(n)};Центр;Рябов И. А.;Осмотр;500;Запланирован;" for n in range(1, 6))))
    rows = {row.ext_id: row for row in Appointment.objects.all()}
    now = clock.now()
    audit.record("booking.appointment.moved", rows["v1"], actor=Actor(user_id=vera.user_id), now=now)
    Appointment.objects.filter(ext_id="v2").update(confirmed_at=now)
    audit.record("booking.appointment.marked", rows["v3"], actor=Actor(user_id=vera.user_id), now=now)
    sheet = Questionnaire.objects.create(clinic=vera.clinic, title="Перед приёмом")
    AnswerSheet.objects.create(
        clinic=vera.clinic, patient=rows["v4"].patient, appointment=rows["v4"], questionnaire=sheet, filled_at=now
    )
    undone = undo(batch)
    assert undone.state == Batch.State.UNDONE
    assert set(Appointment.objects.values_list("ext_id", flat=True)) == {"v1", "v2", "v3", "v4"}
    assert (undone.result["undone"]["visits_removed"], undone.result["undone"]["visits_kept"]) == (1, 4)
    assert AnswerSheet.objects.count() == Patient.objects.count() == 1


def test_undo_keeps_a_card_that_waits_talks_or_was_corrected(
    load: Load, undo: Callable[[Batch], Batch], vera: Member
) -> None:
    people = ("Ждущая Анна", "Пишущая Инна", "Правленая Нина", "Ничья Зоя", "Виденная Ася")
    rows = (f"v{n};{n};{name} Юрьевна;12.05.199{n};{on(-9)};;;Осмотр;5;Завершён;" for n, name in enumerate(people))
    batch = load(visits(*rows))
    cards = {row.surname: row for row in Patient.objects.all()}
    now, actor = clock.now(), Actor(user_id=vera.user_id)
    WaitlistEntry.objects.create(clinic=vera.clinic, patient=cards["Ждущая"], created_at=now)
    account = ChannelAccount.objects.create(
        clinic=vera.clinic, channel="email", provider="smtp", title="почта", created_at=now
    )
    Conversation.objects.create(
        clinic=vera.clinic, patient=cards["Пишущая"], channel="email", account=account, address="inna@example.org",
        last_at=now, created_at=now,
    )  # fmt: skip
    audit.record("patients.card.edited", cards["Правленая"], actor=actor, now=now)
    audit.record("patients.card.viewed", cards["Виденная"], actor=actor, now=now)
    assert undo(batch).state == Batch.State.UNDONE
    assert set(Patient.objects.values_list("surname", flat=True)) == {"Ждущая", "Пишущая", "Правленая"}
    assert WaitlistEntry.objects.exists() and Conversation.objects.exists()


def test_undo_leaves_what_somebody_corrected_since(load: Load, undo: Callable[[Batch], Batch]) -> None:
    load(visits(f"v1;{MILA.replace('12.05.1990', '')};{on(-3)};Центр;Рябов И. А.;Осмотр;500;Запланирован;"))
    second = load(visits(f"v1;{MILA};{on(-3)};Центр;Рябов И. А.;Осмотр;700;Завершён;"))
    Patient.objects.update(born_on=dt.date(1990, 5, 21))
    undo(second)
    assert Patient.objects.get().born_on == dt.date(1990, 5, 21)
    assert shape("v1")[2:5] == ([("Осмотр", 50_000)], 50_000, "planned")


def test_loads_are_undone_in_any_order(load: Load, undo: Callable[[Batch], Batch]) -> None:
    first = f"v1;{MILA};{on(-3)};Центр;Рябов И. А.;Осмотр;500;Запланирован;"
    load(visits(first))
    before = shape("v1")
    second = load(visits(first.replace("500;Запланирован", "700;Завершён")))
    third = load(visits(first.replace("500;Запланирован", "900;Завершён")))
    undo(second)
    assert shape("v1")[2:5] == ([("Осмотр", 90_000)], 90_000, "planned")
    undo(third)
    assert shape("v1") == before


def test_undo_takes_back_doctors_services_and_branches_that_nobody_needs(
    load: Load, undo: Callable[[Batch], Batch], vera: Member
) -> None:
    load(visits(f"v1;{MILA};{on(-9)};Центр;Рябов И. А.;Осмотр;500;Завершён;"))
    made = ("Лишний Л. Л.", "Нужный Н. Н.", "Правленый П. П.")
    batch = load(
        visits(*(f"w{n};{MILA};{on(-3 - n)};Окраина;{name};Лишняя;5;Завершён;" for n, name in enumerate(made)))
    )
    assert Change.objects.filter(kind="created", batch=batch).count() == 5
    doctors = {row.name: row for row in Doctor.objects.all()}
    Resource.objects.create(clinic=vera.clinic, kind="doctor", name="Н", doctor=doctors["Нужный Н. Н."])
    audit.record(
        "clinic.doctor.changed", doctors["Правленый П. П."], actor=Actor(user_id=vera.user_id), now=clock.now()
    )
    undone = undo(batch)
    assert undone.result["undone"]["catalogue_removed"] == 3
    assert set(Doctor.objects.values_list("name", flat=True)) == {"Рябов И. А.", "Нужный Н. Н.", "Правленый П. П."}
    assert list(Service.objects.values_list("name", flat=True)) == ["Осмотр"]
    assert not Branch.objects.filter(name="Окраина").exists()


def test_a_load_whose_undoing_failed_is_undone_again(load: Load, undo: Callable[[Batch], Batch]) -> None:
    batch = load(visits(f"v1;{MILA};{on(-3)};Центр;Рябов И. А.;Осмотр;500;Завершён;"))
    Batch.objects.filter(pk=batch.pk).update(state=Batch.State.FAILED)
    assert undo(batch).state == Batch.State.UNDONE
    assert not Appointment.objects.exists()


PAID = "Код визита;Код пациента;ФИО;Дата рождения;Дата приёма;Услуга;Сумма;Оплачено;Статус"
TABLE = "Код оплаты;Код визита;Код пациента;ФИО;Дата оплаты;Сумма;Способ оплаты"


def told(header: str, *rows: str) -> str:
    """A table of an export."""
    return "\r\n".join([header, *rows]) + "\r\n"


def money() -> list[tuple[str, str, int]]:
    """Id, day and amount of each payment."""
    rows = Payment.objects.order_by("ext_id").values_list("ext_id", "paid_on", "amount_kopecks")
    return [(ext_id, f"{day:%d.%m.%Y} 10:00", amount) for ext_id, day, amount in rows]


def test_what_was_paid_for_a_visit_follows_the_export_and_undo_puts_it_back(
    load: Load, undo: Callable[[Batch], Batch]
) -> None:
    load(
        told(
            PAID,
            f"v1;{MILA};{on(-30)};Пломба;5000;1000;Завершён",
            f"v2;{MILA};{on(-20)};Осмотр;500;500;Завершён",
            f"v3;{MILA};{on(-10)};Снимок;300;300;Завершён",
        )
    )
    before = money()
    second = load(
        told(
            PAID,
            f"v1;{MILA};{on(-30)};Пломба;5000;5000;Завершён",
            f"v2;{MILA};{on(-20)};Осмотр;500;500;Не пришёл",
            f"v3;{MILA};{on(-10)};Снимок;300;;Завершён",
        )
    )
    assert money() == [("v:v1", on(-30), 500_000), ("v:v3", on(-10), 30_000)]
    undo(second)
    assert money() == before


def test_a_corrected_payment_of_a_table_is_corrected_and_undo_puts_it_back(
    load: Load, undo: Callable[[Batch], Batch]
) -> None:
    visit = told(PAID, f"v1;{MILA};{on(-30)};Пломба;5000;5000;Завершён")
    load(visit, told(TABLE, f"p1;v1;7;Соколова Мила Андреевна;{on(-30)};5000;наличные"))
    before = money()
    second = load(visit, told(TABLE, f"p1;v1;7;Соколова Мила Андреевна;{on(-29)};4000;наличные"))
    assert money() == [("p1", on(-29), 400_000)]
    undo(second)
    assert money() == before == [("p1", on(-30), 500_000)]


def test_money_that_a_table_told_is_not_taken_from_the_visits_again(load: Load) -> None:
    visit = told(PAID, f"v1;{MILA};{on(-30)};Пломба;5000;5000;Завершён")
    load(visit, told(TABLE, f"p1;v1;7;Соколова Мила Андреевна;{on(-30)};5000;наличные"))
    load(told(PAID, *visit.splitlines()[1:], f"v2;{MILA};{on(-5)};Осмотр;500;500;Завершён"))
    assert money() == [("p1", on(-30), 500_000), ("v:v2", on(-5), 50_000)]


def test_a_table_takes_the_place_of_what_visits_told_and_undo_gives_it_back(
    load: Load, undo: Callable[[Batch], Batch]
) -> None:
    visit = told(PAID, f"v1;{MILA};{on(-30)};Пломба;5000;5000;Завершён")
    first = load(visit)
    before = money()
    second = load(visit, told(TABLE, f"p1;v1;7;Соколова Мила Андреевна;{on(-30)};5000;наличные"))
    assert money() == [("p1", on(-30), 500_000)]
    undo(second)
    assert money() == before == [("v:v1", on(-30), 500_000)]
    undo(first)
    assert not Payment.objects.exists() and not Patient.objects.exists()


def booked(day: str, status: str = "Запланирован") -> str:
    """An export with one visit to come."""
    return priced(f"v1;{MILA};{day};Рябов И. А.;Осмотр;1;500;500;;{status}")


def test_an_export_that_still_plans_a_visit_does_not_revive_it(load: Load, actor: Actor) -> None:
    load(booked(on(5)))
    booking.cancel(appointment=Appointment.objects.get(), by_patient=True, actor=actor, now=clock.now())

    load(booked(on(5)))
    assert Appointment.objects.get().status == "cancelled_patient"

    load(booked(on(6)))
    assert Appointment.objects.get().status == "planned", "the program of the clinic gave it another time since"


def test_an_export_that_still_has_the_former_time_does_not_move_a_visit_back(load: Load, actor: Actor) -> None:
    load(booked(on(5)))
    visit = Appointment.objects.get()
    new = visit.starts_at + dt.timedelta(days=2, hours=1)
    booking.move_appointment(
        appointment=visit, starts_at=new, expected_revision=None, by_patient=True, actor=actor, now=clock.now()
    )

    load(booked(on(5)))
    assert (Appointment.objects.get().starts_at, Appointment.objects.get().revision) == (new, 1)

    load(booked(on(9)))
    visit.refresh_from_db()
    assert (visit.day - clock.now().date()).days == 9
    assert (visit.revision, visit.told_at) == (2, None), "links about the former time are stale"


def test_a_visit_confirmed_here_stays_confirmed_until_the_export_moves_it(load: Load, actor: Actor) -> None:
    load(booked(on(5)))
    booking.mark_status(appointment=Appointment.objects.get(), status="confirmed", actor=actor, now=clock.now())

    load(booked(on(5)))
    assert Appointment.objects.get().status == "confirmed"

    load(booked(on(6)))
    assert Appointment.objects.get().status == "planned"

"""What a load promises: nothing twice, nothing lost, everything can be taken back."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from django.db import connection

from zabota.analytics.models import StoredReport
from zabota.booking.models import Appointment, Payment
from zabota.care.models import Plan
from zabota.clinic.models import Branch, Clinic
from zabota.intake import loads
from zabota.intake.models import Batch, Change
from zabota.intake.services import visits as made
from zabota.intake.services.visits import HAS_ID, visits_of
from zabota.intake.tests.few_visits import ACTOR, HEADER, MILA, PYOTR, day, everything, export
from zabota.kernel import clock
from zabota.kernel.errors import AlreadyDone
from zabota.kernel.models import AuditEntry
from zabota.nextstep.models import PatientState, ViolationDay
from zabota.patients.models import Consent, Contact, DuplicateCandidate, Household, Patient
from zabota.worklist.models import Task

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_clinic")]


def test_rows_of_an_export_become_cards_visits_and_payments(load: Callable[..., Batch], first: str) -> None:
    batch = load(first)
    assert batch.state == Batch.State.LOADED
    assert batch.result["written"]["patients_created"] == 2
    mila = Patient.objects.get(surname="Соколова")
    assert (mila.name, str(mila.born_on)) == ("Мила", "1990-05-12")
    assert list(mila.contacts.values_list("value", flat=True)) == ["+79161234567"]
    visit = Appointment.objects.get(ext_id="v1")
    assert (visit.status, visit.total_kopecks, visit.branch.name) == ("completed", 490_000, "Центр")
    assert visit.lines.get().service.name == "Гигиена"
    assert set(Payment.objects.values_list("amount_kopecks", flat=True)) == {490_000, 150_000}


def test_what_stands_beside_a_number_in_its_cell_is_kept_with_it(load: Callable[..., Batch]) -> None:
    """Whose it is, when to call, the extension: none is a reason to refuse a row, and none is lost."""
    cell = '"8 916 123-45-67 (звонить после 18), муж +7 903 000-11-22, 8 (495) 123-45-67 доб. 12"'
    mila = f"7;Соколова Мила Андреевна;12.05.1990;{cell}"
    rest = "Центр;Рябов И. А.;Гигиена;4 900,00;4 900,00;Завершён;Яндекс;Да"
    again = f"v2;7;Соколова Мила Андреевна;12.05.1990;+7 903 000-11-22 Пётр;{day(-40)};{rest}"

    load(export(f"v1;{mila};{day(-200)};{rest}", again))

    kept = Contact.objects.order_by("value").values_list("value", "extension", "comment")
    assert list(kept) == [
        ("+74951234567", "12", ""), ("+79030001122", "", "муж"), ("+79161234567", "", "звонить после 18")
    ]  # fmt: skip


def test_time_without_a_zone_is_the_time_of_the_branch(load: Callable[..., Batch], first: str, centre: Branch) -> None:
    centre.time_zone = "Asia/Kamchatka"
    centre.save()
    load(first)
    visit = Appointment.objects.get(ext_id="v1")
    assert visit.starts_at.astimezone(dt.UTC).hour == 22
    assert visit.day == clock.now().date() - dt.timedelta(days=200)


def test_a_branch_spelt_otherwise_keeps_its_time(load: Callable[..., Batch], first: str, centre: Branch) -> None:
    centre.time_zone = "Asia/Kamchatka"
    centre.save()
    load(first.replace("Центр", "ЦЕНТР"))
    visit = Appointment.objects.get(ext_id="v1")
    assert (visit.branch, visit.starts_at.astimezone(dt.UTC).hour) == (centre, 22)


def test_cells_left_unread_are_kept_as_remarks_beside_the_refused_rows(load: Callable[..., Batch], first: str) -> None:
    rows = [line for line in first.split("\r\n") if not line.startswith("v2")]
    batch = load("\r\n".join(rows).replace("8 (916) 123-45-67", "7,9161E+10").replace(day(20), "31.02.2026"))
    refused, remark = batch.issues.get(is_refusal=True), batch.issues.get(is_refusal=False)
    assert (refused.code, refused.row) == ("date_impossible", 3)
    assert (remark.code, remark.row, remark.column, remark.value) == ("phone_scientific", 2, "Телефон", "7,9161E+10")
    assert [(each["code"], each["count"]) for each in batch.result["remarks"]] == [("phone_scientific", 1)]
    assert Patient.objects.get().surname == "Соколова"


def test_the_same_file_twice_changes_nothing(load: Callable[..., Batch], first: str) -> None:
    load(first)
    before = everything()
    again = load(first)
    assert everything() == before
    assert again.result["visits"]["same"] == 3
    assert not Change.objects.filter(batch=again).exists()


def test_people_without_number_and_birth_date_are_found_again_by_the_same_file(load: Callable[..., Batch]) -> None:
    text = "ФИО;Телефон;Дата приёма;Врач\r\n" + f"Лебедева Анна;89031112233;{day(-30)};Рябов И. А.\r\n"
    load(text)
    load(text)
    assert Patient.objects.count() == 1


def test_namesakes_with_different_phones_stay_two_people(load: Callable[..., Batch]) -> None:
    text = "ФИО;Телефон;Дата приёма;Врач\r\n"
    text += f"Лебедева Анна;89031112233;{day(-30)};Рябов И. А.\r\nЛебедева Анна;89037778899;{day(-20)};Рябов И. А.\r\n"
    load(text)
    assert Patient.objects.count() == 2


def test_a_family_on_one_phone_is_never_one_person(load: Callable[..., Batch], first: str) -> None:
    load(first)
    assert Patient.objects.count() == 2
    assert Household.objects.get().members.count() == 2


def test_a_later_export_moves_a_visit_and_says_what_was_before(load: Callable[..., Batch], first: str) -> None:
    load(first)
    later = load(first.replace("Запланирован", "Отменён пациентом"))
    assert later.result["visits"]["status_changed"] == 1
    assert Appointment.objects.get(ext_id="v3").status == "cancelled_patient"
    assert Change.objects.get(batch=later).before == {"status": "planned"}


def test_a_row_that_vanished_is_marked_and_no_longer_counts_as_booked(load: Callable[..., Batch], first: str) -> None:
    load(first)
    kept = [line for line in first.splitlines() if not line.startswith("v3")]
    kept.append(f"v4;{PYOTR};{day(30)};Центр;Рябов И. А.;Осмотр;1 500,00;0;Запланирован;Сайт;Нет")
    load("\r\n".join(kept))
    gone = Appointment.objects.get(ext_id="v3")
    assert gone.vanished_at is not None
    mila = Patient.objects.get(surname="Соколова")
    assert Task.objects.open().filter(patient=mila).exists()


def test_a_vanished_row_that_comes_back_counts_again(load: Callable[..., Batch], first: str) -> None:
    load(first)
    kept = [line for line in first.splitlines() if not line.startswith("v2")]
    load("\r\n".join(kept))
    assert Appointment.objects.get(ext_id="v2").vanished_at is not None
    load(first)
    assert Appointment.objects.get(ext_id="v2").vanished_at is None


def test_a_partial_export_marks_nothing_as_vanished(load: Callable[..., Batch], first: str) -> None:
    load(first)
    kept = [line for line in first.splitlines() if not line.startswith("v2")]
    load("\r\n".join(kept), complete=False)
    assert not Appointment.objects.exclude(vanished_at=None).exists()


def test_after_a_load_nobody_is_without_a_next_step(load: Callable[..., Batch], first: str) -> None:
    load(first)
    pyotr = Patient.objects.get(surname="Громов")
    assert Task.objects.open().filter(patient=pyotr).count() == 1
    assert PatientState.objects.filter(patient=pyotr).exists()
    assert ViolationDay.objects.get().left_after == 0


def test_import_grants_no_consent(load: Callable[..., Batch], first: str) -> None:
    load(first)
    states = dict(Consent.objects.values_list("patient__surname", "state"))
    assert states == {"Соколова": Consent.State.UNPROVEN, "Громов": Consent.State.REFUSED}


def test_a_new_number_with_the_same_name_and_birth_date_is_a_pair_to_decide(
    load: Callable[..., Batch], first: str
) -> None:
    load(first)
    twin = MILA.replace("7;", "77;", 1)
    load(export(f"v9;{twin};{day(-10)};Центр;Рябов И. А.;Осмотр;1 500,00;0;Завершён;Сайт;Нет"), complete=False)
    assert Patient.objects.filter(surname="Соколова").count() == 2
    assert DuplicateCandidate.objects.filter(state="open").count() == 1


def test_a_load_fills_empty_fields_and_overwrites_nothing(load: Callable[..., Batch], first: str) -> None:
    load(first.replace("12.05.1990", ""))
    mila = Patient.objects.get(surname="Соколова")
    assert mila.born_on is None
    mila.patronymic = "Аркадьевна"
    mila.save()
    load(first)
    mila.refresh_from_db()
    assert (str(mila.born_on), mila.patronymic) == ("1990-05-12", "Аркадьевна")


def test_a_finished_load_says_what_was_new_when_it_began(load: Callable[..., Batch], first: str) -> None:
    batch = load(first)
    assert [batch.result[what]["new"] for what in ("patients", "visits", "services")] == [2, 3, 2]
    assert len(batch.result["examples"]["new_patients"]) == 2
    again = load(first)
    assert [again.result[what]["new"] for what in ("patients", "visits", "services")] == [0, 0, 0]


def test_refused_rows_come_back_as_a_file_that_can_be_corrected_and_loaded(
    load: Callable[..., Batch], first: str, tmp_path: Path
) -> None:
    broken = first.replace(day(-40), "31.02.2025 10:00")
    batch = load(broken)
    assert batch.result["rows"]["rejected"] == 1
    assert batch.issues.get(is_refusal=True).row == 3
    (written,) = loads.write_rejected_rows(batch, tmp_path / "refused.csv")
    text = written.read_bytes().decode("cp1251")
    assert "31.02.2025" in text and "Причина" in text
    load(text.replace("31.02.2025 10:00", day(-40)), complete=False)
    assert Appointment.objects.filter(ext_id="v2", status="completed").exists()


def test_a_step_out_of_turn_is_refused_in_words(load: Callable[..., Batch], first: str) -> None:
    batch = load(first)
    with pytest.raises(AlreadyDone):
        loads.run_step_now(batch=batch, step="load", actor=ACTOR, now=clock.now())


def test_every_step_of_a_load_leaves_an_audit_row(load: Callable[..., Batch], first: str) -> None:
    load(first)
    actions = set(AuditEntry.objects.filter(action__startswith="intake.").values_list("action", flat=True))
    assert {"intake.files.received", "intake.columns.chosen", "intake.batch.load", "intake.batch.loaded"} <= actions


def test_the_wizard_loads_in_the_background(smile: Clinic, first: str, run_jobs: Callable[[], None]) -> None:
    batch = loads.receive_files(
        clinic=smile, uploads=[loads.Upload("v.csv", io.BytesIO(first.encode("cp1251")))], actor=ACTOR, now=clock.now()
    )
    run_jobs()
    batch.refresh_from_db()
    assert batch.facts["files"][0]["kind"] == "visits"
    loads.choose_columns(
        batch=batch, mapping=None, branch=None, system="file", is_complete=True,
        remember_as="", signature="", actor=ACTOR, now=clock.now(),
    )  # fmt: skip
    for step, state in (("check", "checked"), ("load", "loaded"), ("undo", "undone")):
        loads.start_step(batch=batch, step=step, actor=ACTOR, now=clock.now())
        run_jobs()
        batch.refresh_from_db()
        assert batch.state == state, (batch.error, batch.stage)


def test_a_saved_mapping_is_taken_for_the_next_file_with_the_same_headers(
    smile: Clinic, first: str, run_jobs: Callable[[], None]
) -> None:
    def receive() -> Batch:
        upload = loads.Upload("v.csv", io.BytesIO(first.encode("cp1251")))
        batch = loads.receive_files(clinic=smile, uploads=[upload], actor=ACTOR, now=clock.now())
        run_jobs()
        batch.refresh_from_db()
        return batch

    batch = receive()
    mapping = {"version": 1, "columns": {"Источник": ""}}
    loads.choose_columns(
        batch=batch, mapping=mapping, branch=None, system="file", is_complete=True, remember_as="наша выгрузка",
        signature=batch.facts["signature"], actor=ACTOR, now=clock.now(),
    )  # fmt: skip
    assert receive().mapping == mapping


def test_after_a_load_the_reports_are_computed_anew(
    load: Callable[..., Batch], first: str, smile: Clinic, run_jobs: Callable[[], None]
) -> None:
    load(first)
    run_jobs()
    assert StoredReport.objects.filter(clinic=smile, kind="audit").exists()


def test_rows_that_are_there_already_are_found_through_the_index_of_ids(smile: Clinic) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL proves the condition of a partial index by itself")
    for model, index in ((Appointment, "appointment_ext_once"), (Payment, "payment_ext_once"), (Plan, "plan_ext_once")):
        rows = model.objects.filter(HAS_ID, clinic=smile, system="export", ext_id__in=["1", "2"])

        assert index in rows.values_list("ext_id", flat=True).explain()


def test_address_of_an_export_stands_on_the_card_with_its_area_and_is_taken_back(load: Callable[..., Batch]) -> None:
    header = f"{HEADER};Адрес;Район;Дата создания записи"
    booked = f"{clock.now().date() - dt.timedelta(days=210):%d.%m.%Y} 12:00"
    text = (
        f"{header}\r\n"
        f"v1;{MILA};{day(-200)};Центр;Рябов И. А.;Гигиена;4 900,00;4 900,00;Завершён;Яндекс;Да;Химки, ул. Ленина, 5;;{booked}\r\n"
        f"v2;{PYOTR};{day(-40)};Центр;Рябов И. А.;Осмотр;1 500,00;1 500,00;Завершён;Сайт;Нет;;р-н Арбат;\r\n"
    )
    batch = load(text)
    mila, pyotr = Patient.objects.get(surname="Соколова"), Patient.objects.get(surname="Громов")
    assert (mila.address, mila.area) == ("Химки, ул. Ленина, 5", "Химки")
    assert (pyotr.address, pyotr.area) == ("", "Арбат")
    visit = Appointment.objects.get(ext_id="v1")
    assert visit.booked_at is not None
    assert (visit.starts_at - visit.booked_at).days == 9
    assert Appointment.objects.get(ext_id="v2").booked_at is None
    assert batch.state == Batch.State.LOADED


def test_a_later_export_fills_an_address_that_was_not_known(load: Callable[..., Batch], first: str) -> None:
    load(first)
    assert Patient.objects.get(surname="Соколова").area == ""
    rows = first.strip().split("\r\n")
    load("\r\n".join([f"{rows[0]};Адрес", *(f"{row};г. Тула, ул. Новая, 1" for row in rows[1:])]) + "\r\n")
    assert set(Patient.objects.values_list("area", flat=True)) == {"Тула"}


def test_a_later_export_fills_when_known_visits_were_booked_and_undo_takes_it_back(
    load: Callable[..., Batch], first: str
) -> None:
    load(first)
    rows = first.strip().split("\r\n")
    on = {"v1": -205, "v2": -40, "v3": -1}
    with_booking = [f"{rows[0]};Дата записи", *(f"{row};{day(on[row[:2]])}" for row in rows[1:])]
    second = load("\r\n".join(with_booking) + "\r\n")
    assert second.result["written"]["visits_changed"] == 3
    visits = {row.ext_id: row for row in Appointment.objects.all()}
    assert {name: (row.starts_at - row.booked_at).days for name, row in visits.items()} == {"v1": 5, "v2": 0, "v3": 21}
    assert all(row.day == row.starts_at.date() for row in visits.values())
    # What is known stays: another moment, or none at all, changes nothing.
    other = [with_booking[0], *(f"{row};{day(-300)}" for row in rows[1:])]
    assert load("\r\n".join(other) + "\r\n").result["written"].get("visits_changed", 0) == 0
    load(first)
    assert Appointment.objects.get(ext_id="v1").booked_at == visits["v1"].booked_at
    loads.run_step_now(batch=second, step="undo", actor=ACTOR, now=clock.now())
    assert not Appointment.objects.exclude(booked_at=None).exists()
    assert Appointment.objects.count() == 3


def test_visits_are_the_same_however_many_are_made_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = pl.DataFrame(
        {
            "visit": [2, 0, 1, 2, 4], "row": [5, 1, 2, 3, 4], "card_key": list("caacd"), "branch": ["Центр"] * 5,
            "starts_at": [dt.datetime(2026, 5, day, 10) for day in (3, 1, 2, 3, 5)], "status": ["completed"] * 5,
            "visit_ext_id": ["v2", "v0", "v1", "v2", "v4"], "service": ["Осмотр", "Гигиена", "Осмотр", "Снимок", None],
            "total_kopecks": [1, 2, 3, 4, 5],
        }
    )  # fmt: skip
    whole = visits_of(frame, zones={}, default_zone="Europe/Moscow")
    monkeypatch.setattr(made, "_PORTION", 2)

    assert visits_of(frame, zones={}, default_zone="Europe/Moscow") == whole
    assert [(each.ext_id, len(each.lines)) for each in whole] == [("v0", 1), ("v1", 1), ("v2", 2), ("v4", 0)]

"""Control of the work at the desk: figures, the rows behind them, files, reassignment, who may look."""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile

import pytest

from zabota.clinic.rules.rights import Role
from zabota.desk.control.csv import safe_cell
from zabota.kernel import clock
from zabota.kernel.ids import new_public_id
from zabota.kernel.models import AuditEntry
from zabota.kernel.scope import clinic_scope
from zabota.nextstep.models import PatientState, TypeChange, ViolationDay
from zabota.worklist.models import Absence, Task, TaskEvent

DAY = dt.timedelta(days=1)


@pytest.fixture
def new_contact(smile, centre, mila):
    """One contact as it stands in the history: `new_contact(vera, "refused", seconds=3)`."""

    def make(member, outcome, *, patient=mila, seconds=120, comment="", ago=dt.timedelta(hours=1), branch=centre):
        now = clock.now()
        with clinic_scope(smile.pk):
            task = Task.objects.create(
                clinic=smile,
                patient=patient,
                branch=branch,
                reason="recall_due",
                summary="Пора: Гигиена",
                owner=member,
                due_at=now - DAY,
                stake_kopecks=100_000,
                dedupe_key=new_public_id(),
                created_at=now - 3 * DAY,
            )
            return TaskEvent.objects.create(
                task=task,
                clinic=smile,
                kind="attempt",
                at=now - ago,
                member=member,
                outcome=outcome,
                seconds=seconds,
                comment=comment,
            )

    return make


def text_of(response) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


def test_page_shows_people_ageing_and_signs(as_quality, new_contact, vera, smile, in_clinic):
    ViolationDay.objects.create(
        clinic=smile, on=clock.now().date(), found=3, tasks_created=3, left_after=0, swept_at=clock.now()
    )
    new_contact(vera, "refused", seconds=3)
    new_contact(vera, "thinks")
    page = text_of(as_quality.get("/control/?period=week"))
    assert "Орлова В. П." in page
    assert "закрыто за секунды:&nbsp;1" in page
    assert "1–3 дня" in page
    assert "50 % контактов" in page
    assert "найдено за день 3" in page


def test_each_figure_opens_the_contacts_behind_it(as_quality, new_contact, vera, pyotr):
    quick, _ = new_contact(vera, "refused", seconds=3, patient=pyotr), new_contact(vera, "thinks")
    page = text_of(as_quality.get(f"/control/contacts/?period=week&member={vera.pk}&sign=quick"))
    assert "Сергеев Пётр Ильич" in page
    assert "Кузнецова" not in page
    assert f"/tasks/{quick.task.public_id}/" in page
    assert "Кузнецова" in text_of(as_quality.get("/control/contacts/?period=week&outcome=thinks"))
    assert "Таких контактов нет" in text_of(as_quality.get("/control/contacts/?period=today&outcome=booked"))


def test_tasks_are_found_by_owner_age_and_lateness(as_quality, new_contact, vera, coordinator):
    new_contact(vera, "thinks")
    for query, found in (
        (f"owner={vera.pk}&state=overdue", True),
        (f"owner={coordinator.pk}", False),
        ("owner=none", False),
        ("age=days3", True),
        ("age=older", False),
        ("reason=recall_due", True),
        ("state=closed", False),
        ("owner=9%27&age=x&reason=y&state=z&page=zzz", False),
    ):
        assert ("Кузнецова" in text_of(as_quality.get(f"/control/tasks/?{query}"))) is found, query


def test_people_are_a_file_named_by_the_period(as_quality, new_contact, vera):
    new_contact(vera, "thinks")
    people = as_quality.get("/control/people.csv?period=week")
    assert people["Content-Disposition"] == 'attachment; filename="kontrol-week.csv"'
    assert "Орлова Вера Павловна;1;" in people.content.decode("utf-8-sig")


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x", "\tx", "\rx"])
def test_dangerous_cell_is_made_text(text):
    assert safe_cell(text) == f"'{text}"


def test_numbers_stay_numbers():
    assert (safe_cell(-5), safe_cell(0.5), safe_cell(None)) == ("-5", "0,50", "")


def test_absence_moves_tasks_at_once_and_until_the_day(as_quality, new_contact, vera, coordinator, in_clinic, smile):
    event = new_contact(vera, "no_answer")
    last_on = (clock.now() + 3 * DAY).date()
    as_quality.post("/control/reassign/", {"from": vera.pk, "to": "", "last_on": last_on.isoformat()})
    event.task.refresh_from_db()
    assert event.task.owner == coordinator
    assert Absence.objects.get(member=vera).last_on == last_on
    as_quality.post("/control/reassign/", {"from": vera.pk, "back": "1"})
    assert not Absence.objects.filter(member=vera, last_on__gte=clock.now().date()).exists()
    nobody = as_quality.post("/control/reassign/", {"from": "999999"}, follow=True)
    assert "Выберите, кого нет" in text_of(nobody)


def test_controller_of_one_branch_sees_this_branch_only(new_member, log_in, smile, north, new_contact, vera):
    new_contact(vera, "thinks")
    lev = log_in(new_member(smile, Role.QUALITY, "Лев", "Юг", branches=[north]))
    page = text_of(lev.get("/control/?period=week"))
    assert "Орлова" not in page
    assert "Кузнецова" not in text_of(lev.get("/control/contacts/?period=week"))


@pytest.mark.parametrize("path", ["", "contacts/", "tasks/", "people.csv", "tasks.csv", "contacts.csv"])
def test_only_control_may_look(path, as_vera, as_marina, as_sokolova, as_coordinator, as_oleg, new_contact, vera):
    new_contact(vera, "thinks")
    for client in (as_vera, as_marina, as_sokolova, as_coordinator):
        assert client.get(f"/control/{path}").status_code == 404
    stranger = as_oleg.get(f"/control/{path}")
    assert stranger.status_code == 200
    assert "Кузнецова" not in stranger.content.decode()


def test_empty_clinic_is_taught(as_quality):
    page = text_of(as_quality.get("/control/"))
    assert "Открытых задач нет" in page


def test_queries_do_not_grow(page_budget, as_quality, new_contact, vera):
    page_budget(as_quality, "/control/?period=week", queries=14, add_row=lambda: new_contact(vera, "thinks"))


def test_queries_of_the_lists_do_not_grow(page_budget, as_quality, new_contact, vera):
    page_budget(as_quality, "/control/contacts/?period=week", queries=7, add_row=lambda: new_contact(vera, "thinks"))


def test_queries_of_the_tasks_do_not_grow(page_budget, as_quality, new_contact, vera):
    page_budget(as_quality, "/control/tasks/", queries=7, add_row=lambda: new_contact(vera, "thinks"))


FIGURES = ["people", "ages"]
LISTS = ["contacts", "tasks"]


@pytest.mark.parametrize("form", ["csv", "xlsx"])
@pytest.mark.parametrize("table", [*FIGURES, *LISTS])
def test_every_table_is_a_file_in_which_nothing_is_a_formula(table, form, as_anton, new_contact, vera):
    event = new_contact(vera, "thinks", comment="=HYPERLINK(1)")
    with clinic_scope(event.clinic_id):
        Task.objects.filter(pk=event.task_id).update(summary="=1+1")
    body = as_anton.get(f"/control/{table}.{form}?period=week").content
    if form == "xlsx":
        sheets = zipfile.ZipFile(io.BytesIO(body))
        assert b"<f>" not in sheets.read("xl/worksheets/sheet1.xml")
        text = sheets.read("xl/sharedStrings.xml").decode()
    else:
        text = body.decode("utf-8-sig")
        assert not any(cell.strip('"').startswith("=") for cell in re.split(r"[;\n]", text))
    assert {"people": "Орлова Вера", "ages": "1–3 дня"}.get(table, "Кузнецова Мила") in text
    assert as_anton.get(f"/control/{table}.pdf").status_code == 404


def test_files_of_patients_are_for_whoever_may_take_them_and_the_trail_keeps_who_did(
    as_quality, as_anton, new_contact, vera, anton
):
    new_contact(vera, "thinks")
    for table in LISTS:
        assert as_quality.get(f"/control/{table}.csv").status_code == 404
        assert f"/control/{table}.csv" not in as_quality.get(f"/control/{table}/").content.decode()
        assert f"/control/{table}.xlsx" in as_anton.get(f"/control/{table}/").content.decode()
        as_anton.get(f"/control/{table}.csv")
    taken = AuditEntry.objects.filter(action="worklist.list.exported")
    assert [(each.actor_id, each.details["rows"]) for each in taken] == [(anton.user_id, 1)] * 2


def test_file_of_tasks_holds_what_the_filters_leave(as_anton, new_contact, vera, coordinator):
    new_contact(vera, "thinks")
    assert "Кузнецова" in as_anton.get(f"/control/tasks.csv?owner={vera.pk}").content.decode()
    assert "Кузнецова" not in as_anton.get(f"/control/tasks.csv?owner={coordinator.pk}").content.decode()


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_rule_gives_who_falls_asleep_and_who_went_where_as_files(form, as_anton, as_quality, smile, mila, in_clinic):
    today = clock.today(smile.time_zone)
    PatientState.objects.update_or_create(
        patient=mila,
        defaults={
            "clinic": smile,
            "type": "prevention",
            "since_on": today - DAY,
            "swept_at": clock.now(),
            "sleeping_on": today + 3 * DAY,
            "next_transition_on": today + 3 * DAY,
            "last_visit_on": today - 250 * DAY,
            "value_kopecks": 4_800_000,
        },
    )
    TypeChange.objects.create(clinic=smile, patient=mila, on=today, before="new", after="prevention")

    def text(name):
        body = as_anton.get(f"/rule/{name}.{form}").content
        if form == "csv":
            return body.decode("utf-8-sig")
        return zipfile.ZipFile(io.BytesIO(body)).read("xl/sharedStrings.xml").decode()

    assert "Кузнецова Мила Андреевна" in text("sleepers")
    assert f"{today:%Y-%m}" in text("flow")
    assert "Группа" in text("groups")
    assert as_quality.get(f"/rule/sleepers.{form}").status_code == 404
    assert as_quality.get(f"/rule/flow.{form}").status_code == 200
    assert AuditEntry.objects.filter(action="nextstep.list.exported").count() == 1
    assert f"/rule/sleepers.{form}" in as_anton.get("/rule/").content.decode()


def test_list_of_tasks_names_the_day_until_which_one_waits_only_while_it_waits(as_quality, new_contact, vera):
    task = new_contact(vera, "no_answer").task
    for hidden, waits in ((clock.now() - dt.timedelta(hours=1), False), (clock.now() + DAY, True)):
        with clinic_scope(task.clinic_id):
            Task.objects.filter(pk=task.pk).update(hidden_until=hidden)
        assert ("ждёт до" in text_of(as_quality.get("/control/tasks/"))) is waits

"""The screen «Сегодня»: what it shows, what a press does, who may see it."""

from __future__ import annotations

import datetime as dt
import json
import re
from zoneinfo import ZoneInfo

import pytest

from zabota.booking.models import Appointment
from zabota.clinic.rules.rights import Role
from zabota.desk.today.tasks import looked_once_a_day
from zabota.kernel import clock
from zabota.kernel.ids import new_public_id
from zabota.kernel.models import AuditEntry
from zabota.kernel.scope import clinic_scope
from zabota.patients.models import Contact, Household
from zabota.worklist import api as worklist
from zabota.worklist.models import Reason, Script, Task, TaskEvent

DAY = dt.timedelta(days=1)
HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def new_task(smile, centre, now):
    def make(patient, owner=None, **fields):
        with clinic_scope(smile.pk):
            return Task.objects.create(
                **(
                    {
                        "clinic": smile,
                        "patient": patient,
                        "branch": patient.branch or centre,
                        "reason": Reason.RECALL_DUE,
                        "summary": "Пора: Гигиена",
                        "owner": owner,
                        "due_at": now + DAY,
                        "value_kopecks": 6_200_000,
                        "chance": 0.41,
                        "stake_kopecks": 2_542_000,
                        "dedupe_key": new_public_id(),
                        "created_at": now - DAY,
                    }
                    | fields
                )
            )

    return make


@pytest.fixture
def two(new_task, mila, pyotr, vera, smile, now):
    worklist.ensure_scripts(clinic=smile, now=now)
    return new_task(mila, vera, stake_kopecks=9_000_000), new_task(pyotr, vera)


def text_of(response) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


def fresh(task):
    with clinic_scope(task.clinic_id):
        return Task.objects.get(pk=task.pk)


def press(client, task, outcome, **data):
    return client.post(f"/today/{task.public_id}/outcome/{outcome}/", {"version": fresh(task).version, **data}, **HTMX)


def test_first_person_is_open_with_script_phone_and_the_reason_of_the_order(as_vera, two):
    page = text_of(as_vera.get("/today/"))
    assert "Кузнецова Мила Андреевна" in page
    assert "Мила Андреевна, здравствуйте. Клиника «Улыбка», меня зовут Вера." in page
    assert 'href="tel:+79161234567"' in page
    assert "62 000 ₽ в год × 0,41 = 90 000 ₽" in page
    assert "0 из 2" in page


def test_phone_of_the_others_is_nowhere_on_the_page(as_vera, two):
    assert "7654321" not in as_vera.get("/today/").content.decode().replace(" ", "").replace("-", "")


def test_opening_a_person_leaves_a_trail_and_a_stamp(as_vera, two, vera, in_clinic):
    as_vera.get(f"/today/{two[1].public_id}/", **HTMX)
    assert TaskEvent.objects.filter(task=two[1], kind="opened", member=vera).count() == 1
    assert AuditEntry.objects.filter(action="worklist.task.viewed", patient_id=two[1].patient_id).exists()


def test_asking_for_the_queue_stamps_nothing_and_answers_204_when_nothing_is_new(
    as_vera, two, in_clinic, new_task, mila, vera
):
    page = as_vera.get("/today/").content.decode()
    seen = re.search(r"seen=([0-9a-f]+)", page).group(1)
    address = f"/today/queue/?seen={seen}&current={two[0].public_id}&version=0"
    before = TaskEvent.objects.count()
    quiet = as_vera.get(address, **HTMX)
    assert (quiet.status_code, quiet.content) == (204, b"")
    new_task(mila, vera, is_urgent=True, summary="Ответить на жалобу")
    told = as_vera.get(address, **HTMX)
    assert told.status_code == 200
    assert "Ответить на жалобу" in text_of(told)
    assert as_vera.get(address, headers={"If-None-Match": told["ETag"]}, **HTMX).status_code == 204
    assert TaskEvent.objects.count() == before


def test_queue_says_when_the_open_task_was_changed_by_somebody_else(as_vera, two, anton, in_clinic, now, actor):
    as_vera.get("/today/")
    worklist.record_outcome(task=two[0], member=anton, outcome="no_answer", actor=actor, now=clock.now())
    told = as_vera.get(f"/today/queue/?seen=0&current={two[0].public_id}&version=0", **HTMX)
    assert "изменил кто-то другой" in text_of(told)


def test_outcome_opens_the_next_person_and_can_be_taken_back(as_vera, two):
    answer = press(as_vera, two[0], "no_answer")
    page = text_of(answer)
    assert 'id="board"' in page
    assert f'data-task="{two[1].public_id}"' in page
    assert "undo" in answer["HX-Trigger-After-Swap"]
    assert answer["HX-Push-Url"] == f"/today/{two[1].public_id}/"
    back = as_vera.post(f"/today/{two[0].public_id}/undo/", **HTMX)
    assert back["HX-Retarget"] == "#board"
    assert f'data-task="{two[0].public_id}"' in text_of(back)
    assert fresh(two[0]).attempts == 0


def test_works_without_scripts(as_vera, two):
    form = as_vera.get(f"/today/{two[0].public_id}/outcome/refused/")
    assert "Лечится в другой клинике" in text_of(form)
    answer = as_vera.post(
        f"/today/{two[0].public_id}/outcome/refused/", {"version": 0, "reason": "no_need"}, follow=True
    )
    assert answer.redirect_chain[0][0] == f"/today/?done={two[0].public_id}"
    assert "отказ записан" in text_of(answer)
    assert f"/today/{two[0].public_id}/undo/" in text_of(answer)
    as_vera.post(f"/today/{two[0].public_id}/undo/")
    assert fresh(two[0]).state == "open"


def test_mistake_stands_beside_its_form(as_vera, two):
    answer = press(as_vera, two[0], "booked")
    assert answer.status_code == 422
    assert answer["HX-Retarget"] == "#error-booked"
    assert "требует записи" in text_of(answer)
    plain = as_vera.post(f"/today/{two[0].public_id}/outcome/refused/", {"reason": "other"})
    assert plain.status_code == 422
    assert "нужны два слова" in text_of(plain)


def test_second_of_two_is_told_and_goes_on(as_vera, as_anton, two, in_clinic):
    press(as_anton, two[0], "resolved", reason="answered")
    answer = as_vera.post(f"/today/{two[0].public_id}/outcome/no_answer/", {"version": 0}, **HTMX)
    assert answer.status_code == 200
    assert "\\u0443\\u0436\\u0435" in answer["HX-Trigger-After-Swap"]
    assert TaskEvent.objects.filter(kind="attempt").count() == 1
    assert f'data-task="{two[1].public_id}"' in text_of(answer)


def test_booking_beside_the_person_closes_the_task(as_vera, two, doctor_sokolova, in_clinic):
    day = (clock.now() + 3 * DAY).date().isoformat()
    answer = as_vera.post(
        f"/today/{two[0].public_id}/book/",
        {"version": 0, "doctor": doctor_sokolova.public_id, "day": day, "time": "10:00"},
        **HTMX,
    )
    assert answer.status_code == 200
    made = Appointment.objects.get()
    assert made.doctor == doctor_sokolova
    assert fresh(two[0]).appointment_id == made.pk
    as_vera.post(f"/today/{two[0].public_id}/undo/", **HTMX)
    assert Appointment.objects.upcoming(clock.now()).count() == 0


def test_impossible_time_is_refused_in_words(as_vera, two, doctor_sokolova):
    data = {"version": 0, "doctor": doctor_sokolova.public_id}
    for day, time, words in (
        ("2020-01-01", "10:00", "уже прошло"),
        ("", "", "Укажите день"),
        ("завтра", "10:00", "дату"),
    ):
        answer = as_vera.post(f"/today/{two[0].public_id}/book/", data | {"day": day, "time": time}, **HTMX)
        assert (answer.status_code, answer["HX-Retarget"]) == (422, "#error-book")
        assert words in text_of(answer)


def test_child_is_spoken_about_with_the_parent(as_vera, new_patient, new_task, smile, centre, vera, now):
    worklist.ensure_scripts(clinic=smile, now=now)
    child = new_patient(
        smile, "Ефимов Илья", phone="+79160000077", branch=centre, born_on=now.date() - 7 * 366 * DAY, sex="m"
    )
    new_task(child, vera)
    page = text_of(as_vera.get("/today/"))
    assert "говорите с мамой или папой Ильи" in page
    assert "<mark>Имя родителя</mark>, здравствуйте" in page


def test_family_with_a_task_of_its_own_is_named(as_vera, two, smile, in_clinic):
    home = Household.objects.create(clinic=smile)
    for task in two:
        task.patient.household = home
        task.patient.save()
    page = text_of(as_vera.get("/today/"))
    assert "спросите сразу" in page


def test_empty_queue_teaches_and_offers_the_common_one(as_vera, new_task, mila, vera):
    assert "Задачи появляются сами" in text_of(as_vera.get("/today/"))
    task = new_task(mila)
    assert "Взять ещё" in text_of(as_vera.get("/today/"))
    as_vera.post("/today/more/", **HTMX)
    assert fresh(task).owner == vera


def test_all_done_says_so(as_vera, new_task, mila, vera):
    press(as_vera, new_task(mila, vera), "resolved", reason="answered")
    assert "На сегодня всё" in text_of(as_vera.get("/today/"))


def test_take_hand_over_and_put_off(as_vera, as_anton, two, anton, vera, coordinator):
    task = two[0]
    as_vera.post(
        f"/today/{task.public_id}/hand/", {"version": 0, "to": coordinator.pk, "comment": "ваш пациент"}, **HTMX
    )
    assert fresh(task).owner == coordinator
    as_vera.post(f"/today/{task.public_id}/take/", {"version": 1}, **HTMX)
    assert fresh(task).owner == vera
    as_vera.post(f"/today/{task.public_id}/snooze/", {"version": 2, "until": (clock.now() + DAY).isoformat()}, **HTMX)
    assert fresh(task).hidden_until is not None
    page = text_of(as_vera.get(f"/tasks/{task.public_id}/"))
    assert "ваш пациент" in page
    assert "Отложена" in page


@pytest.mark.parametrize("action", ["snooze", "hand"])
def test_putting_off_and_handing_over_can_be_taken_back(as_vera, two, coordinator, action):
    task = two[0]
    data = {"version": 0, "to": coordinator.pk, "until": (clock.now() + DAY).isoformat()}
    told = json.loads(as_vera.post(f"/today/{task.public_id}/{action}/", data, **HTMX)["HX-Trigger-After-Swap"])
    assert (fresh(task).owner, bool(fresh(task).hidden_until)) != (task.owner, False)
    back = as_vera.post(told["toast"]["undo"], **HTMX)
    assert f'data-task="{task.public_id}"' in text_of(back)
    assert (fresh(task).owner, fresh(task).hidden_until) == (task.owner, None)


def test_outcome_that_was_taken_back_stands_struck_once(as_vera, two, mila):
    press(as_vera, two[0], "refused", reason="no_need")
    as_vera.post(f"/today/{two[0].public_id}/undo/", **HTMX)
    for address in (f"/patients/{mila.public_id}/", f"/today/{two[0].public_id}/", f"/tasks/{two[0].public_id}/"):
        history = re.findall(r'<(?:ol|ul|div) class="timeline.*?</(?:ol|ul|div)>', text_of(as_vera.get(address)))
        assert len(re.findall(r"<s>Отказ[^<]*</s> отменено", "".join(history))) == 1
        assert "".join(history).count("Отказ") == 1


def test_hand_written_task_reaches_the_colleague(as_vera, mila, coordinator, in_clinic):
    assert as_vera.post(f"/tasks/new/{mila.public_id}/", {"summary": ""}).status_code == 422
    as_vera.post(f"/tasks/new/{mila.public_id}/", {"summary": "Узнать про снимок", "owner": coordinator.pk})
    task = Task.objects.get()
    assert (task.owner, task.reason) == (coordinator, Reason.MANUAL)


def test_nobody_else_sees_a_task(two, as_sokolova, as_marina, as_oleg, as_nobody, log_in, new_member, smile, north):
    nina = log_in(new_member(smile, Role.ADMINISTRATOR, "Нина", "Юг", branches=[north]))
    address = f"/today/{two[0].public_id}/"
    for client in (as_sokolova, as_marina, as_oleg, nina):
        assert client.get(address).status_code == 404
        assert client.post(address + "outcome/no_answer/").status_code == 404
        assert client.get(f"/tasks/{two[0].public_id}/").status_code == 404
    assert as_nobody.get(address).status_code == 302
    assert as_sokolova.get("/today/").status_code == 404
    assert as_oleg.get("/today/").status_code == 200


def test_quality_controller_works_the_refusal_that_was_escalated(
    as_vera, as_quality, new_task, mila, vera, quality, in_clinic
):
    task = new_task(mila, vera, reason=Reason.NOT_STARTED)
    press(as_vera, task, "refused", reason="expensive")
    assert "Отказ от лечения. Дорого" in text_of(as_quality.get("/today/"))


def test_get_changes_nothing_but_the_trail(as_vera, two, in_clinic):
    for name in (
        "outcome/booked",
        "outcome/call_back",
        "outcome/thinks",
        "outcome/resolved",
        "outcome/wrong_number",
        "hand",
        "snooze",
        "book",
    ):
        assert as_vera.get(f"/today/{two[0].public_id}/{name}/").status_code == 200
    assert fresh(two[0]).version == 0
    for name in ("take", "undo"):
        assert as_vera.get(f"/today/{two[0].public_id}/{name}/").status_code == 405


def test_broken_input_is_answered_in_words(as_vera, two):
    for data in (
        {"version": "x", "call_at": "скоро"},
        {"call_at": "2026-99-99T10:00"},
        {"call_at": "9999-12-31T23:59"},
    ):
        answer = as_vera.post(f"/today/{two[0].public_id}/outcome/call_back/", data, **HTMX)
        assert answer.status_code == 422, data
    assert as_vera.post(f"/today/{two[0].public_id}/outcome/nonsense/").status_code == 404
    assert as_vera.post(
        f"/today/{two[0].public_id}/outcome/wrong_number/", {"contact": "9" * 30}, **HTMX
    ).status_code in {200, 422}


def test_owner_edits_a_script_and_a_defect_is_explained(as_anton, as_vera, smile, now, in_clinic):
    worklist.ensure_scripts(clinic=smile, now=now)
    assert as_vera.get("/scripts/").status_code == 404
    assert "Пора на профилактику" in text_of(as_anton.get("/scripts/"))
    bad = as_anton.post("/scripts/recall_due/", {"title": "Т", "text": "Здравствуйте, {скидка}", "version": 1})
    assert bad.status_code == 422
    assert "Подстановки {скидка} нет" in text_of(bad)
    as_anton.post("/scripts/recall_due/", {"title": "Т", "text": "Здравствуйте, {имя}.", "advice": "", "version": 1})
    assert Script.objects.get(reason="recall_due", is_current=True).version == 2
    stale = as_anton.post("/scripts/recall_due/", {"title": "Т", "text": "Другое", "version": 1})
    assert "сохранил кто-то другой" in text_of(stale)


def test_wrong_number_stays_with_the_person_and_shows_the_next_phone(as_vera, two, smile, mila, in_clinic):
    Contact.objects.create(patient=mila, clinic=smile, kind="phone", value="+79160000001")
    first = Contact.objects.get(value="+79161234567")
    page = text_of(press(as_vera, two[0], "wrong_number", contact=first.pk))
    assert f'data-task="{two[0].public_id}"' in page
    assert 'href="tel:+79160000001"' in page


def test_queries_of_the_page_do_not_grow_with_the_queue(
    page_budget, as_vera, new_task, new_patient, smile, centre, vera, now
):
    worklist.ensure_scripts(clinic=smile, now=now)
    number = iter(range(100))

    def add():
        patient = new_patient(
            smile, f"Пациент{next(number)} Иван Иванович", phone=f"+7916{next(number):07}", branch=centre
        )
        new_task(patient, vera)

    page_budget(as_vera, "/today/", queries=29, add_row=add)


def test_opening_a_task_again_and_again_is_one_line_of_its_history_a_day() -> None:
    zone = ZoneInfo("Europe/Moscow")
    noon = dt.datetime(2026, 11, 20, 9, tzinfo=dt.UTC)
    events = [
        TaskEvent(kind=TaskEvent.Kind.OPENED, member_id=1, at=noon + dt.timedelta(hours=2)),
        TaskEvent(kind=TaskEvent.Kind.ATTEMPT, member_id=1, at=noon + dt.timedelta(hours=1)),
        TaskEvent(kind=TaskEvent.Kind.OPENED, member_id=2, at=noon),
        TaskEvent(kind=TaskEvent.Kind.OPENED, member_id=1, at=noon),
        TaskEvent(kind=TaskEvent.Kind.OPENED, member_id=1, at=noon - dt.timedelta(days=1)),
    ]

    assert looked_once_a_day(events, zone) == [*events[:3], events[4]]


def test_number_that_was_found_is_dialled_at_once(as_vera, two, mila, smile):
    with clinic_scope(smile.pk):
        mila.contacts.update(reach="wrong")
    page = text_of(as_vera.get("/today/"))
    assert "Рабочего номера нет" in page
    assert "нет рабочего номера" in page
    with clinic_scope(smile.pk):
        Contact.objects.create(patient=mila, clinic=smile, kind="phone", value="+79160000009")
    page = text_of(as_vera.get("/today/"))
    assert "абочего номера" not in page
    assert "здравствуйте. Клиника" in page


def test_task_is_not_handed_to_whoever_has_left_the_queue_nor_to_the_common_one_instead(as_vera, two, sokolova, vera):
    task = two[0]
    for gone in ("", sokolova.pk, "9999999"):
        answer = as_vera.post(f"/today/{task.public_id}/hand/", {"to": gone, "version": 0}, **HTMX)
        assert "больше не работает с очередью" in json.loads(answer["HX-Trigger-After-Swap"])["toast"]["text"]
    assert fresh(task).owner_id == vera.pk


def test_task_is_put_up_for_people_of_the_patient_s_branch(as_vera, mila, new_member, smile, north, now):
    zoya = new_member(smile, Role.ADMINISTRATOR, "Зоя", "Север", branches=[north])
    address = f"/tasks/new/{mila.public_id}/"
    assert "Север З." not in text_of(as_vera.get(address))
    answer = as_vera.post(address, {"summary": "Спросить про снимок", "owner": zoya.pk})
    assert answer.status_code == 422
    assert "не работает в филиале" in text_of(answer)
    late = as_vera.post(address, {"summary": "Спросить", "call_at": "2020-01-01T10:00"})
    assert "Это время уже прошло" in text_of(late)


def test_task_of_another_branch_is_told_of_without_a_link_that_would_open_nothing(
    as_vera, as_anton, new_task, mila, vera, north
):
    task = new_task(mila, None, branch=north, summary="Спросить на Севере")
    card = f"/patients/{mila.public_id}/"
    shown = as_vera.get(card).content.decode()
    assert "Спросить на Севере" in shown
    assert f"/tasks/{task.public_id}/" not in shown
    assert as_vera.get(f"/tasks/{task.public_id}/").status_code == 404
    assert f"/tasks/{task.public_id}/" in as_anton.get(card).content.decode()
    # What was handed to her is hers to open, whatever its branch.
    with clinic_scope(task.clinic_id):
        Task.objects.filter(pk=task.pk).update(owner=vera)
    assert f"/tasks/{task.public_id}/" in as_vera.get(card).content.decode()


def test_relative_with_a_task_of_another_branch_is_named_without_a_link(
    as_vera, two, new_task, new_patient, smile, centre, north
):
    with clinic_scope(smile.pk):
        household = Household.objects.create(clinic=smile)
        child = new_patient(smile, "Кузнецов Ян Андреевич", branch=centre)
        two[0].patient.household = child.household = household
        two[0].patient.save()
        child.save()
    theirs = new_task(child, None, branch=north, summary="Осмотр ребёнка")
    page = as_vera.get(f"/today/{two[0].public_id}/").content.decode()
    assert "Осмотр ребёнка" in page
    assert theirs.public_id not in page


@pytest.mark.parametrize(("state", "says"), [("arrived", "в клинике"), ("no_show", "неявка")])
def test_state_of_a_visit_suits_men_and_women(state, says):
    assert Appointment.Status(state).label == says

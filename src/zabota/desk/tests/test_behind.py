"""The patients behind a cause: who may look, whose branches, filters, files, one click into the queue."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from types import SimpleNamespace

import numpy as np
import pytest
from django.utils import timezone
from python_calamine import CalamineWorkbook

from zabota.analytics.models import Behind, StoredReport
from zabota.analytics.services.behind import pack, unpack
from zabota.clinic.rules.rights import Role
from zabota.desk.insight.files import book_answer
from zabota.desk.insight.people import step_words
from zabota.kernel import clock
from zabota.kernel.models import AuditEntry
from zabota.kernel.scope import clinic_scope
from zabota.nextstep.models import Exemption, PatientState
from zabota.patients.models import Contact, Patient
from zabota.ui import formats
from zabota.worklist import api as worklist
from zabota.worklist.models import Reason, Task

pytestmark = pytest.mark.django_db


@pytest.fixture
def listed(smile, centre, north):
    """A report whose cause has four patients: dear without a phone, cheap, of «Север», outside the rule."""
    with clinic_scope(smile.pk):
        people = [
            Patient.objects.create(clinic=smile, surname=surname, name="Анна", name_key=surname.lower(), branch=branch)
            for surname, branch in (("Дорогая", centre), ("Тихая", centre), ("Северная", north), ("Уехавшая", centre))
        ]
        now = clock.now()
        for place, patient in enumerate(people):
            PatientState.objects.create(
                patient=patient, clinic=smile, type="sleeping", rule="sleeping.interval", since_on=dt.date(2026, 1, 1),
                last_visit_on=dt.date(2025, 1 + place, 1), visits=2, value_kopecks=(9 - place) * 100_000, swept_at=now,
            )  # fmt: skip
        Contact.objects.create(clinic=smile, patient=people[1], kind="phone", value="+79161234567")
        Exemption.objects.create(patient=people[3], clinic=smile, reason="moved", started_at=now)
        report = StoredReport.objects.create(
            clinic=smile, kind="audit", as_of=dt.date(2026, 11, 1), computed_at=now, data={}
        )
        ids = np.array(sorted(patient.pk for patient in people))
        Behind.objects.create(
            clinic=smile, report=report, place=0, title="Врач: Рябов И. А.", count=4, patients=pack(ids)
        )
    return report


def address(report: StoredReport, tail: str = "") -> str:
    """The list of the first cause."""
    return f"/insight/{report.public_id}/people/0/{tail}"


def test_packed_ids_come_back_in_order() -> None:
    ids = np.array([3, 8, 900_000_000_000])
    assert unpack(pack(ids)) == ids.tolist()
    assert unpack(pack(np.zeros(0, np.int64))) == []


def test_list_shows_who_did_not_return_the_dearest_first(listed, as_anton) -> None:
    text = as_anton.get(address(listed)).content.decode()
    assert "Врач: Рябов И. А." in text
    assert text.index("Дорогая") < text.index("Тихая") < text.index("Северная")
    assert "9\u00a0000\u00a0₽" in text


def test_list_is_filtered_by_step_and_phone(listed, as_anton) -> None:
    text = as_anton.get(address(listed) + "?reach=yes").content.decode()
    assert "Тихая" in text
    assert "Дорогая" not in text
    text = as_anton.get(address(listed) + "?step=left").content.decode()
    assert "Уехавшая" in text
    assert "Тихая" not in text


def test_roles_without_the_report_and_another_clinic_see_nothing(listed, as_vera, as_sokolova, as_oleg) -> None:
    assert [each.get(address(listed)).status_code for each in (as_vera, as_sokolova, as_oleg)] == [404, 404, 404]


def test_whole_clinic_s_report_is_closed_to_who_is_limited_to_a_branch(
    listed, smile, centre, new_member, log_in
) -> None:
    limited = log_in(new_member(smile, Role.QUALITY, "Инна", "Астахова", branches=[centre]))
    assert limited.get(address(listed)).status_code == 404
    StoredReport.objects.filter(pk=listed.pk).update(scope=str(centre.pk))
    text = limited.get(address(listed)).content.decode()
    assert "Дорогая" in text
    assert "Северная" not in text


def test_files_are_the_owner_s_and_the_trail_keeps_who_took_them(listed, as_anton, as_quality) -> None:
    assert as_quality.get(address(listed, "list.csv")).status_code == 404
    assert "Тихая" in as_anton.get(address(listed, "list.csv?reach=yes")).content.decode("utf-8-sig")
    book = as_anton.get(address(listed, "list.xlsx")).content
    assert "Дорогая" in zipfile.ZipFile(io.BytesIO(book)).read("xl/sharedStrings.xml").decode()
    assert AuditEntry.objects.filter(action="analytics.people.exported").count() == 2


def test_a_name_cannot_act_as_a_formula_in_a_book(listed, as_anton, smile) -> None:
    with clinic_scope(smile.pk):
        Patient.objects.filter(surname="Дорогая").update(surname="=1+1")
    book = zipfile.ZipFile(io.BytesIO(as_anton.get(address(listed, "list.xlsx")).content))
    assert "<f>" not in book.read("xl/worksheets/sheet1.xml").decode()


def test_one_click_makes_tasks_only_for_those_without_a_step_and_once(listed, as_anton, smile) -> None:
    assert as_anton.get(address(listed, "send/")).status_code == 405
    text = as_anton.post(address(listed, "send/"), follow=True).content.decode()
    assert "В очередь на неделю: 3\u00a0новые задачи; вне правила 1" in text
    text = as_anton.post(address(listed, "send/"), follow=True).content.decode()
    assert "Новых задач нет" in text
    with clinic_scope(smile.pk):
        assert Task.objects.open().count() == 3
        task = Task.objects.get(patient__surname="Тихая")
        assert task.reason == "sleeping"
        assert "Врач: Рябов И. А." in task.summary


def test_one_click_brings_forward_what_waits_for_a_later_day_and_leaves_what_somebody_works_on(
    listed, as_anton, smile, vera, actor
) -> None:
    now = clock.now()
    with clinic_scope(smile.pk):
        for surname in ("Дорогая", "Тихая", "Северная"):
            worklist.create_task(
                patient=Patient.objects.get(surname=surname), reason=Reason.RECALL_DUE, summary="Пора: Гигиена",
                due_at=now + dt.timedelta(days=30), hidden_until=now + dt.timedelta(days=20), actor=actor, now=now, owner=vera,
            )  # fmt: skip
        promised = Task.objects.get(patient__surname="Тихая")
        worklist.snooze_task(task=promised, member=vera, until=now + dt.timedelta(days=10), actor=actor, now=now)
        kept = Task.objects.get(pk=promised.pk).due_at
    assert "Отправить в очередь, 2" in as_anton.get(address(listed)).content.decode()

    text = as_anton.post(address(listed, "send/"), follow=True).content.decode()

    assert "В очередь на неделю: приближено 2; ещё 1 уже записаны или в работе; вне правила 1" in text
    with clinic_scope(smile.pk):
        assert Task.objects.get(pk=promised.pk).due_at == kept
        task = Task.objects.get(patient__surname="Дорогая")
        assert (task.owner, task.hidden_until, task.due_at < now + dt.timedelta(days=8)) == (vera, None, True)
        assert task.summary == "Пора: Гигиена. Из отчёта: Врач: Рябов И. А."
        assert [event.comment for event in task.events.filter(kind="forward")] == ["Из отчёта: Врач: Рябов И. А."]
    assert "Новых задач нет" in as_anton.post(address(listed, "send/"), follow=True).content.decode()


def test_marketer_looks_but_sends_nobody_to_the_queue(listed, as_marina) -> None:
    assert as_marina.get(address(listed)).status_code == 200
    assert as_marina.post(address(listed, "send/")).status_code == 404


def test_limited_head_gets_the_report_of_own_branches(smile, centre, north, new_member, log_in) -> None:
    member = new_member(smile, Role.QUALITY, "Инна", "Астахова", branches=[centre])
    StoredReport.objects.create(
        clinic=smile, kind="audit", as_of=dt.date(2026, 11, 1), computed_at=clock.now(), data={}
    )
    text = log_in(member).get("/audit/").content.decode()
    assert "Отчёта пока нет" in text


def test_day_of_a_file_is_that_of_the_clinic_and_not_of_greenwich(smile) -> None:
    night = dt.datetime(2026, 11, 24, 22, 30, tzinfo=dt.UTC)  # 25 November, half past one at night in Moscow
    person = SimpleNamespace(booked_at=night, task_due_at=None, left="")
    with timezone.override(smile.time_zone):
        assert step_words(person) == f"запись {formats.day_short(dt.date(2026, 11, 25))}"
        book = book_answer("записи", [("Записи", ("Когда",), [(night,)])])
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(book.content)).get_sheet_by_index(0).to_python()
    assert str(sheet[1][0])[:10] == "2026-11-25"


def test_the_way_back_leads_to_the_page_that_was_left(listed, as_anton) -> None:
    assert 'href="/audit/#why"' in as_anton.get(address(listed)).content.decode()
    listed.kind = "where"
    filters = {"branch": ["Центр"], "service_group": ["Гигиена"]}
    listed.params = {"now_end": "2026-11-12", "before_end": "2025-11-12", "days": 365, "filters": filters}
    listed.save()
    text = as_anton.get(address(listed)).content.decode()
    assert "/insight/where/?to=2026-11-12&amp;before=2025-11-12&amp;days=365&amp;branch=" in text
    assert "&amp;group=" in text

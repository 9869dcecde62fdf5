"""The wizard of loads as its pages promise it: several files at once, each with its own columns."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from zabota.booking.models import Appointment
from zabota.clinic.models import Clinic
from zabota.intake import loads
from zabota.intake.models import Batch
from zabota.intake.models import SavedMapping as Kept
from zabota.kernel import clock
from zabota.kernel.audit import Actor
from zabota.kernel.errors import BadInput
from zabota.ops.cli import main
from zabota.patients.models import Patient

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_clinic")]

VISITS = "Код;Код клиента;Пациент;Дата приёма;Врач;Услуга;Сумма;Статус\r\nv1;7;Соколова Мила Андреевна;12.05.2026 10:00;Рябов И. А.;Гигиена;4900;Завершён\r\n"
PEOPLE = "Код;ФИО;Дата рождения;Телефон\r\n7;Соколова Мила Андреевна;12.05.1990;89161234567\r\n"
#: One header is the visit in one file and the person in the other; two headers are one field.
CHOSEN = [{"Код": "visit_ext_id", "Код клиента": "patient_ext_id", "Пациент": "full_name"}, {"Код": "patient_ext_id", "ФИО": "full_name"}]  # fmt: skip


def uploads(**files: str) -> list[SimpleUploadedFile]:
    return [SimpleUploadedFile(f"{name}.csv", text.encode("cp1251")) for name, text in files.items()]


def chosen_in(batch: Batch) -> dict[str, str]:
    """What a person posts: every column as recognised, the doubtful ones as they decide."""
    return {
        f"field-{number}-{place}": CHOSEN[number].get(column["header"], column["field"] or "")
        for number, table in enumerate(batch.facts["files"])
        for place, column in enumerate(table["columns"])
    }


@pytest.fixture
def received(as_anton: Client, run_jobs: Callable[[], None]) -> Callable[..., Batch]:
    """Uploads texts as files of one load and has them recognised."""

    def receive(**files: str) -> Batch:
        as_anton.post(reverse("desk:intake"), {"files": uploads(**files)})
        run_jobs()
        return Batch.objects.latest("id")

    return receive


def test_two_files_that_name_one_field_differently_are_loaded_together(
    as_anton: Client, received: Callable[..., Batch], run_jobs: Callable[[], None]
) -> None:
    batch = received(visits=VISITS, people=PEOPLE)
    as_anton.post(reverse("desk:intake-columns", args=[batch.public_id]), chosen_in(batch))
    run_jobs()
    batch.refresh_from_db()
    assert batch.state == Batch.State.CHECKED, batch.error
    as_anton.post(reverse("desk:intake-step", args=[batch.public_id, "load"]))
    run_jobs()
    mila = Patient.objects.get()
    assert (str(mila.born_on), mila.external_ids.get().ext_id) == ("1990-05-12", "7")
    assert Appointment.objects.get().ext_id == "v1"


def test_what_a_whole_export_no_longer_names_vanishes_when_the_page_is_sent_as_it_stands(
    as_anton: Client, received: Callable[..., Batch], run_jobs: Callable[[], None]
) -> None:
    more = "".join(f"v{n};7;Соколова Мила Андреевна;{n + 12}.05.2026 10:00;Рябов И. А.;Гигиена;4900;Завершён\r\n" for n in (2, 3))  # fmt: skip
    for text, ticked in ((VISITS + more, True), (VISITS + more.replace("v2;", "v9;"), False), (VISITS + more.replace("v2;", "v9;"), True)):  # fmt: skip
        batch = received(visits=text)
        address = reverse("desk:intake-batch", args=[batch.public_id])
        box = re.search(
            r'<input type="checkbox" name="complete" value="([^"]*)" checked', as_anton.get(address).content.decode()
        )
        assert box
        sent = chosen_in(batch) | ({"complete": box[1]} if ticked else {})
        as_anton.post(reverse("desk:intake-columns", args=[batch.public_id]), sent)
        run_jobs()
        as_anton.post(reverse("desk:intake-step", args=[batch.public_id, "load"]))
        run_jobs()
        batch.refresh_from_db()
        assert batch.is_complete == ticked
        gone = Appointment.objects.get(ext_id="v2").vanished_at
        assert bool(gone) == (ticked and "v9" in text), "marked, not deleted"


def test_the_page_shows_again_what_was_chosen_for_each_file(as_anton: Client, received: Callable[..., Batch]) -> None:
    batch = received(visits=VISITS, people=PEOPLE)
    posted = {**chosen_in(batch), "field-0-3": "doctor"}  # the day is now the doctor: said to be wrong
    answer = as_anton.post(reverse("desk:intake-columns", args=[batch.public_id]), posted)
    assert answer.status_code == 422
    shown = {column["name"]: column["field"] for table in answer.context["tables"] for column in table["columns"]}
    assert (shown["field-0-0"], shown["field-1-0"], shown["field-0-3"]) == ("visit_ext_id", "patient_ext_id", "doctor")
    assert [table["file_name"] for table in answer.context["tables"]] == ["visits.csv", "people.csv"]


def test_columns_of_several_files_are_remembered_file_by_file(as_anton: Client, received: Callable[..., Batch]) -> None:
    batch = received(visits=VISITS, people=PEOPLE)
    as_anton.post(
        reverse("desk:intake-columns", args=[batch.public_id]), {**chosen_in(batch), "remember": "наша выгрузка"}
    )
    assert Kept.objects.get().name == "наша выгрузка"
    again = received(visits=VISITS, people=PEOPLE)
    page = as_anton.get(reverse("desk:intake-batch", args=[again.public_id]))
    shown = {column["name"]: column["field"] for table in page.context["tables"] for column in table["columns"]}
    assert (shown["field-0-0"], shown["field-1-0"]) == ("visit_ext_id", "patient_ext_id")


def test_saved_columns_are_named_when_taken_and_can_be_forgotten(
    as_anton: Client, received: Callable[..., Batch]
) -> None:
    first = received(visits=VISITS)
    as_anton.post(reverse("desk:intake-columns", args=[first.public_id]), {**chosen_in(first), "remember": "наша"})
    again = as_anton.get(reverse("desk:intake-batch", args=[received(visits=VISITS).public_id])).content.decode()
    assert "Столбцы взяли сохранённые: «наша»" in again
    assert "Не помнить столбцы «наша»" in as_anton.get(reverse("desk:intake")).content.decode()
    for _ in range(2):  # the second time there is nothing left to forget, which is said
        as_anton.post(reverse("desk:intake-forget"), {"kept": Kept.objects.values_list("pk", flat=True).first() or 1})
    assert not Kept.objects.exists()
    assert "Сохранённые столбцы" not in as_anton.get(reverse("desk:intake")).content.decode()


def test_from_the_check_one_can_go_back_to_the_columns(
    as_anton: Client, received: Callable[..., Batch], run_jobs: Callable[[], None]
) -> None:
    batch = received(visits=VISITS)
    address = reverse("desk:intake-batch", args=[batch.public_id])
    as_anton.post(reverse("desk:intake-columns", args=[batch.public_id]), chosen_in(batch))
    run_jobs()
    assert f'href="{address}?step=columns"' in as_anton.get(address).content.decode()
    back = as_anton.get(address, {"step": "columns"})
    assert back.context["stage"] == "columns" and 'id="columns"' in back.content.decode()
    as_anton.post(reverse("desk:intake-columns", args=[batch.public_id]), {**chosen_in(batch), "field-0-4": ""})
    run_jobs()
    batch.refresh_from_db()
    assert batch.state == Batch.State.CHECKED, batch.error


def test_a_file_without_dates_is_said_to_bring_no_visits(
    as_anton: Client, received: Callable[..., Batch], run_jobs: Callable[[], None]
) -> None:
    batch = received(visits="ФИО;Врач;Услуга\r\nСоколова Мила Андреевна;Рябов И. А.;Гигиена\r\n")
    address = reverse("desk:intake-batch", args=[batch.public_id])
    assert "Столбца с датой приёма нет" in as_anton.get(address).content.decode()
    assert (
        "Столбца с датой"
        not in as_anton.get(reverse("desk:intake-batch", args=[received(people=PEOPLE).public_id])).content.decode()
    )
    as_anton.post(reverse("desk:intake-columns", args=[batch.public_id]), {})
    run_jobs()
    page = as_anton.get(address).content.decode().replace("\u00a0", " ")
    assert "визитов среди них нет" in page and "Загрузить 1 карту" in page


def test_a_file_of_one_column_is_said_to_be_one(as_anton: Client, received: Callable[..., Batch]) -> None:
    batch = received(names="Фамилия\r\nСоколова\r\nРябов\r\n")
    page = as_anton.get(reverse("desk:intake-batch", args=[batch.public_id])).content.decode()
    assert "В файле один столбец" in page and "Все нужные столбцы разобраны" not in page


class TestReadingOtherwise:
    """What was recognised wrongly is said by a person, kept with the columns and taken the next time."""

    AMERICAN = VISITS.replace("12.05.2026", "03/04/2026")

    def test_order_of_dates_is_said_remembered_and_taken_again(
        self, as_anton: Client, received: Callable[..., Batch], run_jobs: Callable[[], None]
    ) -> None:
        for turn in ("said", "remembered"):
            batch = received(visits=self.AMERICAN)
            if turn == "said":
                assert batch.facts["files"][0]["date_form"] == "дд/мм/гггг"
                as_anton.post(reverse("desk:intake-read", args=[batch.public_id]), {"date_order": "mdy"})
                run_jobs()
                batch.refresh_from_db()
            assert batch.facts["files"][0]["date_form"] == "мм/дд/гггг"
            as_anton.post(
                reverse("desk:intake-columns", args=[batch.public_id]), {**chosen_in(batch), "remember": "Америка"}
            )
            run_jobs()
            batch.refresh_from_db()
            assert batch.preview["period"] == ["2026-03-04", "2026-03-04"]

    def test_row_of_the_header_and_encoding_are_said(
        self, as_anton: Client, received: Callable[..., Batch], run_jobs: Callable[[], None]
    ) -> None:
        batch = received(visits="Отчёт;за;май;всё;по;врачам;и;услугам\r\n" + VISITS)
        address = reverse("desk:intake-read", args=[batch.public_id])
        as_anton.post(address, {"header_row": "1", "encoding": "koi8-r"})
        run_jobs()
        batch.refresh_from_db()
        assert (batch.facts["files"][0]["header_row"], batch.facts["files"][0]["encoding"]) == (1, "koi8-r")
        page = as_anton.get(reverse("desk:intake-batch", args=[batch.public_id])).content.decode()
        assert "Прочитано не так?" in page and '<option value="koi8-r" selected' in page
        as_anton.post(address, {"header_row": "2"})
        run_jobs()
        batch.refresh_from_db()
        assert batch.facts["files"][0]["columns"][0]["header"] == "Код"

    def test_a_row_that_is_not_there_is_said_and_can_be_mended(
        self, as_anton: Client, received: Callable[..., Batch], run_jobs: Callable[[], None]
    ) -> None:
        batch = received(visits=VISITS)
        address = reverse("desk:intake-read", args=[batch.public_id])
        as_anton.post(address, {"header_row": "90"})
        run_jobs()
        page = as_anton.get(reverse("desk:intake-batch", args=[batch.public_id])).content.decode()
        assert "нет строки 90" in page and "Прочитано не так?" in page
        as_anton.post(address, {})
        run_jobs()
        batch.refresh_from_db()
        assert (batch.state, len(batch.facts["files"][0]["columns"])) == (Batch.State.UPLOADED, 8)
        assert "от трёх до пяти цифр" in as_anton.post(address, {"area_code": "49"}, follow=True).content.decode()

    def test_a_load_that_is_written_is_read_no_more(
        self, as_anton: Client, received: Callable[..., Batch], run_jobs: Callable[[], None]
    ) -> None:
        batch = received(visits=VISITS)
        as_anton.post(reverse("desk:intake-columns", args=[batch.public_id]), chosen_in(batch))
        run_jobs()
        as_anton.post(reverse("desk:intake-step", args=[batch.public_id, "load"]))
        run_jobs()
        as_anton.post(reverse("desk:intake-read", args=[batch.public_id]), {"header_row": "2"})
        batch.refresh_from_db()
        assert batch.state == Batch.State.LOADED
        page = as_anton.get(reverse("desk:intake-batch", args=[batch.public_id])).content.decode()
        assert "Прочитано не так?" not in page


def test_columns_that_are_no_columns_of_ours_are_refused_before_anything_begins(smile: Clinic) -> None:
    actor = Actor(kind="import")
    batch = loads.receive_files(
        clinic=smile, uploads=[loads.Upload("v.csv", io.BytesIO(VISITS.encode()))], actor=actor, now=clock.now()
    )
    with pytest.raises(BadInput):
        loads.choose_columns(
            batch=batch, mapping={"version": 1, "columns": {"Код": "нет такого"}}, branch=None, system="file",
            is_complete=True, remember_as="", signature="", actor=actor, now=clock.now(),
        )  # fmt: skip


def test_a_load_whose_kept_columns_can_no_longer_be_used_fails_in_words(
    as_anton: Client, received: Callable[..., Batch], run_jobs: Callable[[], None]
) -> None:
    batch = received(visits=VISITS)
    Batch.objects.filter(pk=batch.pk).update(
        state=Batch.State.MAPPED, mapping={"version": 1, "columns": {"Код": "нет такого"}}
    )
    loads.start_step(batch=batch, step="check", actor=Actor(kind="import"), now=clock.now())
    run_jobs()
    batch.refresh_from_db()
    assert (batch.state, "нет такого" in batch.error) == (Batch.State.FAILED, True)
    assert as_anton.get(reverse("desk:intake-batch", args=[batch.public_id])).status_code == 200


class TestRefusedRows:
    """What was not taken can be had, corrected and loaded again."""

    BAD = VISITS.replace("12.05.2026", "31.02.2026")

    def checked(self, as_anton: Client, batch: Batch, run_jobs: Callable[[], None]) -> Batch:
        posted = {
            f"field-{number}-{place}": column["field"] or ""
            for number, table in enumerate(batch.facts["files"])
            for place, column in enumerate(table["columns"])
        }
        as_anton.post(reverse("desk:intake-columns", args=[batch.public_id]), posted)
        run_jobs()
        batch.refresh_from_db()
        assert batch.state == Batch.State.CHECKED, batch.error
        return batch

    def test_refused_rows_of_every_file_come_in_one_archive(
        self, as_anton: Client, received: Callable[..., Batch], run_jobs: Callable[[], None]
    ) -> None:
        batch = self.checked(as_anton, received(centre=self.BAD, north=self.BAD.replace("v1", "v2")), run_jobs)
        answer = as_anton.get(reverse("desk:intake-refused", args=[batch.public_id]))
        with zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))) as archive:
            texts = {name: archive.read(name).decode("cp1251") for name in archive.namelist()}
        assert list(texts) == ["centre - отклонённые.csv", "north - отклонённые.csv"]
        assert "v1;" in texts["centre - отклонённые.csv"] and "v2;" in texts["north - отклонённые.csv"]

    def test_the_corrected_file_takes_the_columns_that_were_saved_for_the_whole_one(
        self, as_anton: Client, received: Callable[..., Batch], run_jobs: Callable[[], None]
    ) -> None:
        whole = received(centre=self.BAD)
        as_anton.post(
            reverse("desk:intake-columns", args=[whole.public_id]), {**chosen_in(whole), "remember": "наша выгрузка"}
        )
        run_jobs()
        answer = as_anton.get(reverse("desk:intake-refused", args=[whole.public_id]))
        again = received(mended=b"".join(answer.streaming_content).decode("cp1251").replace("31.02", "12.05"))
        assert "Причина отказа" in [column["header"] for column in again.facts["files"][0]["columns"]]
        assert (again.facts["saved_name"], again.mapping is not None) == ("наша выгрузка", True)

    def test_rows_are_named_with_their_file_when_there_are_several(
        self, as_anton: Client, received: Callable[..., Batch], run_jobs: Callable[[], None]
    ) -> None:
        several = self.checked(
            as_anton, received(centre=VISITS, people=PEOPLE.replace("89161234567", "7E+10"), north=self.BAD), run_jobs
        )
        page = as_anton.get(reverse("desk:intake-batch", args=[several.public_id])).content.decode()
        assert re.search(r"<td[^>]*>north\.csv</td><td[^>]*>\d+</td><td[^>]*><code>31\.02\.2026", page)
        assert re.search(r"<td[^>]*>people\.csv</td><td[^>]*>\d+</td><td[^>]*><code>7E\+10", page)
        alone = self.checked(as_anton, received(centre=self.BAD), run_jobs)
        page = as_anton.get(reverse("desk:intake-batch", args=[alone.public_id])).content.decode()
        assert "31.02.2026" in page and '<th scope="col">Файл</th>' not in page

    def test_the_file_is_there_although_the_export_can_no_longer_be_read(
        self, as_anton: Client, received: Callable[..., Batch], run_jobs: Callable[[], None]
    ) -> None:
        batch = self.checked(as_anton, received(centre=self.BAD), run_jobs)
        loads.file_paths(batch)[0].write_bytes(b"")
        answer = as_anton.get(reverse("desk:intake-refused", args=[batch.public_id]))
        assert "31.02.2026" in b"".join(answer.streaming_content).decode("cp1251")
        assert "attachment" in answer["Content-Disposition"]

    def test_cells_left_unread_are_told_on_the_page(
        self, as_anton: Client, received: Callable[..., Batch], run_jobs: Callable[[], None]
    ) -> None:
        batch = self.checked(as_anton, received(people=PEOPLE.replace("89161234567", "7,9161E+10")), run_jobs)
        page = as_anton.get(reverse("desk:intake-batch", args=[batch.public_id])).content.decode()
        assert "Не разобрали 1\u00a0ячейку" in page and "7,9161E+10" in page and "Все строки приняты" in page

    def test_numbers_that_stand_on_different_people_are_named_on_the_page(
        self, as_anton: Client, received: Callable[..., Batch], run_jobs: Callable[[], None]
    ) -> None:
        other = VISITS.splitlines()[1].replace("v1;7;Соколова Мила Андреевна", "v2;7;Чернов Игорь Львович")
        batch = self.checked(as_anton, received(visits=f"{VISITS}{other}\r\n"), run_jobs)
        page = as_anton.get(reverse("desk:intake-batch", args=[batch.public_id])).content.decode()
        assert re.search(r"номер\sстоит у разных людей:</b> 7\. У каждого человека своя карта", page)

    def test_it_leaves_with_the_load_and_is_not_offered_when_all_rows_were_taken(
        self, as_anton: Client, received: Callable[..., Batch], run_jobs: Callable[[], None]
    ) -> None:
        batch = self.checked(as_anton, received(centre=self.BAD), run_jobs)
        kept = loads.refused_file(batch)
        as_anton.post(reverse("desk:intake-discard", args=[batch.public_id]))
        assert kept is not None and not kept[0].exists()
        clean = self.checked(as_anton, received(centre=VISITS), run_jobs)
        address = reverse("desk:intake-refused", args=[clean.public_id])
        assert address not in as_anton.get(reverse("desk:intake-batch", args=[clean.public_id])).content.decode()
        assert as_anton.get(address).status_code == 404


class TestCommand:
    """`zabota import` takes the same choices from a file."""

    @pytest.fixture
    def files(self, tmp_path: Path) -> list[str]:
        paths = [tmp_path / "visits.csv", tmp_path / "people.csv"]
        for path, text in zip(paths, (VISITS, PEOPLE), strict=True):
            path.write_text(text, encoding="utf-8")
        return [str(path) for path in paths]

    def test_guessed_columns_of_all_files_are_written_and_taken_back(
        self, smile: Clinic, files: list[str], tmp_path: Path
    ) -> None:
        mapping = tmp_path / "columns.json"
        assert main(["import", *files, "--save-mapping", str(mapping)]) == 0
        text = mapping.read_text(encoding="utf-8")
        assert "Код клиента" in text and "Дата рождения" in text
        assert main(["import", *files, "--mapping", str(mapping)]) == 0
        assert (Patient.objects.count(), Appointment.objects.count()) == (1, 1)

    def test_columns_saved_in_the_browser_are_taken_by_the_command(
        self, as_anton: Client, received: Callable[..., Batch], files: list[str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        batch = received(visits=VISITS, people=PEOPLE)
        as_anton.post(
            reverse("desk:intake-columns", args=[batch.public_id]), {**chosen_in(batch), "remember": "наша выгрузка"}
        )
        assert main(["import", *files]) == 0
        assert "Столбцы взяты сохранённые: «наша выгрузка»." in capsys.readouterr().out
        assert Patient.objects.get().external_ids.get().ext_id == "7"

    def test_a_wrong_file_of_columns_is_one_line_and_opens_no_load(
        self, smile: Clinic, files: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        mapping = tmp_path / "columns.json"
        mapping.write_text('{"version": 1, "columns": {"Код": "нет такого"}}', encoding="utf-8")
        assert main(["import", *files, "--mapping", str(mapping)]) == 2
        assert "нет такого" in capsys.readouterr().err
        assert not Batch.objects.exists()


def test_numbers_that_stand_on_different_people_are_told_in_the_terminal(
    smile: Clinic, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "visits.csv"
    other = VISITS.splitlines()[1].replace("v1;7;Соколова Мила Андреевна", "v2;7;Чернов Игорь Львович")
    path.write_text(VISITS + other + "\r\n", encoding="cp1251")
    assert main(["import", str(path), "--dry-run"]) == 0
    assert "Номеров, под которыми стоят разные люди: 1 (например, 7)" in capsys.readouterr().out

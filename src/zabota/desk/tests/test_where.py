"""«Где упало»: asked by an address, answered in the background, found again by a colleague; saved views; files."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from functools import cache

import polars as pl
import pytest
from django_tasks_db.models import DBTaskResult

from zabota.analytics.api import Rows, audit
from zabota.analytics.models import SavedView
from zabota.analytics.rules.where import FILTERS, VALUES, CannotCompare, Question, answer
from zabota.analytics.rules.wording import money
from zabota.analytics.services.behind import keep_behind
from zabota.analytics.services.keeping import keep_report
from zabota.analytics.services.where import key_of
from zabota.analytics.services.where_view import where_view
from zabota.analytics.tests.clinics import AS_OF, NAMES, Clinic, visits_of
from zabota.clinic.rules.rights import Role
from zabota.kernel import clock
from zabota.kernel.scope import clinic_scope

YEAR = dt.timedelta(days=365)


@cache
def frame_of(*causes: str, months: int = 40) -> pl.DataFrame:
    return visits_of(Clinic(causes=causes, patients=4000, months=months))


def of_audit(frame: pl.DataFrame) -> tuple[Question, dict]:
    """The comparison of the audit and its figures."""
    report = audit(frame, today=AS_OF, rows=Rows(frame.height, frame.height, 0, 0, 0))
    main = report.retention
    return Question(main.now.return_to, main.year_before.return_to, main.window_days), report.to_json()


#: One cause, two, a change of mix, prices, waiting, a fall common to all, nothing, young cohorts, a season, days not exported.
TEN = {
    "single": ("doctor",), "double": ("doctor", "price"), "mix": ("channel_mix",), "price": ("price",), "wait": ("wait",),
    "uniform": ("uniform",), "none": (), "young": ("young",), "season": ("season",), "gap": ("gap",),
}  # fmt: skip
NAMED = {
    "single": "врач Котова Е. В.", "double": "", "mix": "источник «Купоны»", "price": "подорожавшие услуги",
    "wait": "ожидание приёма больше двух недель",
}  # fmt: skip


@pytest.mark.parametrize("name", list(TEN))
@pytest.mark.django_db
def test_page_and_audit_give_the_same_figures_and_name_what_was_planted(name, smile, as_anton) -> None:
    """The file of the audit and the page, each with its own words, of ten clinics whose truth is known."""
    frame = frame_of(*TEN[name])
    question, report = of_audit(frame)
    found = answer(frame, question).data
    assert found["retention"] == report["retention"]
    assert json.loads(json.dumps(found["drivers"])) == json.loads(json.dumps(report["drivers"]))
    assert found["common"]["change_pp"] == report["common"]["change_pp"]
    wanted = {NAMES[cause] for cause in TEN[name] if cause in NAMES}
    kept = [
        (each["dimension"], None if each["dimension"] == "price" else each["value"], each["kind"])
        for each in found["drivers"]
    ]
    assert set(kept) == wanted
    assert len(kept) == len(wanted)
    priced = [each for each in found["composition"]["effects"] if each["dimension"] == "price"]
    if "price" in TEN[name]:
        (named,) = [each for each in found["drivers"] if each["dimension"] == "price"]
        assert priced[0]["effect_pp"] == pytest.approx(named["effect_pp"], abs=0.3)
    assert [each for each in priced if not each["low_pp"] <= 0 <= each["high_pp"]] == priced * ("price" in TEN[name])
    data = json.loads(json.dumps(found))
    keep_report(smile, "where", AS_OF, data, clock.now(), key=key_of(question), params=question.to_json())
    text = as_anton.get(
        f"{PATH}?to={question.now_end}&before={question.before_end}&days={question.days}"
    ).content.decode()
    assert ("При прежних ценах было бы" in text) == ("price" in TEN[name])
    if wanted:
        assert f"главное — {NAMED[name]}" in text or f"выделяется: {NAMED[name]}" in text
    else:
        said = "у всех одинаково" if name == "uniform" else "Ничего значимого"
        assert said in text
        assert "Отдельных причин нет" in text


def test_people_behind_a_cause_were_there_and_did_not_come() -> None:
    frame = frame_of("doctor")
    question, _ = of_audit(frame)
    found = answer(frame, question)
    period = found.explained.comparison.now
    behind = set(found.people[found.explained.behind(0)].tolist())
    done = frame.filter((pl.col("status") == "completed") & pl.col("person").is_in(list(behind)))
    base = done.filter(pl.col("day").is_between(period.base_from, period.base_to))
    assert set(base["person"].to_list()) == behind
    assert done.filter(pl.col("day").is_between(period.return_from, period.return_to)).height == 0
    everybody = found.explained.behind(-1)
    assert len(everybody) == int((~found.explained.now.came).sum()) > len(behind) > 0


def test_filter_narrows_the_base_to_those_who_fit() -> None:
    frame = frame_of("doctor")
    question, report = of_audit(frame)
    branch = frame["branch"].drop_nulls().unique().sort()[0]
    narrow = answer(frame, Question(question.now_end, question.before_end, question.days, {"branch": (branch,)}))
    whole = report["retention"]["now"]["denominator"]
    assert 0 < narrow.data["retention"]["now"]["denominator"] < whole
    assert all(each["dimension"] != "branch" for each in narrow.data["accounts"])


@pytest.mark.parametrize(
    ("name", "value"),
    [("sex", "женщины"), ("service", ""), ("price", "цена прежняя"), ("age", "30–44 года")],
)
def test_patients_are_narrowed_by_whatever_the_data_tell(name: str, value: str) -> None:
    frame = frame_of("doctor", "price")
    question, report = of_audit(frame)
    value = value or frame["service"].drop_nulls().mode().sort()[0]
    assert name in FILTERS and (name == "service" or value in VALUES[name])
    narrow = answer(frame, dataclasses.replace(question, filters={name: (value,)}))
    whole = report["retention"]["now"]["denominator"]
    assert 0 < narrow.data["retention"]["now"]["denominator"] < whole


def test_the_page_says_what_to_begin_with(smile, as_anton) -> None:
    frame = frame_of("doctor")
    question, _ = of_audit(frame)
    found = answer(frame, question).data
    first = found["actions"][0]
    assert "Котова Е. В." in first["title"] and first["patients"] > 0
    assert answer(frame_of(), question).data["actions"] == []
    assert where_view(found)["actions"] == found["actions"]


def test_a_fall_common_to_all_has_its_certainty_its_money_and_its_patients(smile, as_anton) -> None:
    frame = frame_of("uniform")
    question, _ = of_audit(frame)
    found = answer(frame, question)
    report = keep_report(
        smile, "where", AS_OF, json.loads(json.dumps(found.data)), clock.now(), key=key_of(question),
        params=question.to_json(),
    )  # fmt: skip
    numbers = list(range(1, int(found.people.max()) + 2))
    with clinic_scope(smile.pk):
        keep_behind(report=report, explained=found.explained, people=found.people, cards=numbers)
    view = where_view(found.data)
    (row,) = view["why"]["rows"]
    main = found.data["retention"]
    away = round(-main["change_pp"] * main["now"]["denominator"] / 100)
    assert (row["title"], row["value"], row["low"], row["high"]) == (
        "Общее для всех", main["change_pp"], main["low_pp"], main["high_pp"],
    )  # fmt: skip
    assert row["money"] == f"−{money(away * found.data['yearly_value_kopecks'])}"
    text = as_anton.get(f"{PATH}?to={question.now_end}&before={question.before_end}&days={question.days}")
    page = text.content.decode()
    assert f"Цена: {money(away * found.data['yearly_value_kopecks'])} за год." in page
    assert f"/insight/{report.public_id}/people/all/" in page
    assert "у всех одинаково" in page and "каждая причина отдельно" not in page
    assert view["between"] in page


def test_no_sentence_calls_a_change_of_mix_a_change_of_everybody() -> None:
    """Whoever waited for weeks comes back seldom: the others did not begin to stay away."""
    frame = frame_of("wait")
    question, _ = of_audit(frame)
    said = " ".join(where_view(answer(frame, question).data)["says"])
    assert "во всех группах" not in said
    assert "названная перемена коснулась всех групп одинаково" in said


def test_nobody_behaves_otherwise_where_nothing_changed() -> None:
    frame = frame_of()
    question, _ = of_audit(frame)
    view = where_view(answer(frame, question).data)
    assert "вести себя иначе" not in " ".join(view["says"])
    assert view["why"]["rows"] == [] and view["between"]


def test_a_condition_that_cannot_be_asked_says_what_it_waits_for() -> None:
    frame = frame_of("doctor")
    question, _ = of_audit(frame)
    with pytest.raises(CannotCompare, match="Отобрать по ответам после приёма в эти периоды нельзя: их пока мало"):
        answer(frame, dataclasses.replace(question, filters={"feedback": ("всё хорошо",)}))


def test_periods_of_different_seasons_are_held_against_the_same_months_before() -> None:
    frame = frame_of("season")
    found = answer(frame, Question(dt.date(2026, 8, 31), dt.date(2026, 5, 31), 90)).data
    season = found["season"]
    assert season["same"] is False
    assert season["seasonal_pp"] is not None
    assert season["left_low_pp"] <= 0 <= season["left_high_pp"]


def test_question_beyond_the_data_is_refused_in_words() -> None:
    with pytest.raises(CannotCompare, match="начинаются"):
        answer(frame_of(months=20), Question(AS_OF, AS_OF - YEAR, 365))
    with pytest.raises(CannotCompare, match="нужно хотя бы"):
        answer(
            frame_of("doctor"), Question(AS_OF, AS_OF - YEAR, 365, {"age": ("до 18 лет",), "doctor": ("нет такого",)})
        )


def test_a_period_that_ends_long_after_the_data_is_refused_and_one_up_to_their_end_is_not() -> None:
    end = dt.date(2026, 8, 31)
    told = frame_of().filter(pl.col("day") <= end)
    with pytest.raises(CannotCompare, match="кончаются 31 августа 2026"):
        answer(told, Question(AS_OF, AS_OF - YEAR, 365))
    found = answer(told, Question(end, end - YEAR, 365)).data
    assert found["retention"]["significant"] is False


def test_a_gap_that_is_not_a_whole_year_away_is_left_out_of_both_periods() -> None:
    frame = frame_of()
    end = dt.date(2026, 9, 30)
    holes = frame.filter(~pl.col("day").is_between(dt.date(2026, 8, 1), dt.date(2026, 8, 31)))
    found = answer(holes, Question(end, end - dt.timedelta(days=180), 180)).data
    (gap,) = [each for each in found["artefacts"] if each["code"] == "gap"]
    assert gap["split"] is True
    assert abs(found["retention"]["change_pp"]) < abs(found["retention"]["change_pp"] + gap["effect_pp"])


def test_missed_visits_that_were_once_written_as_visits_are_told_apart() -> None:
    frame = frame_of("recoding", months=48)
    question, _ = of_audit(frame)
    found = answer(frame, question).data
    (recoded,) = [each for each in found["artefacts"] if each["code"] == "status_recoding"]
    assert recoded["effect_pp"] < 0
    assert not recoded["split"]
    assert any("отмены и неявки учитывают иначе" in each["text"] for each in where_view(found)["artefacts"])


def test_cards_that_were_united_are_told_apart_with_what_they_would_have_done() -> None:
    frame = frame_of("doctor").with_columns(card=pl.col("person").cast(pl.Int64))
    question, _ = of_audit(frame)
    assert not [each for each in answer(frame, question).data["artefacts"] if each["code"] == "merged_cards"]
    later = (pl.col("day") > AS_OF - YEAR) & (pl.col("person") % 10 == 0)
    apart = frame.with_columns(card=pl.when(later).then(pl.col("person") + 1_000_000).otherwise("card"))
    found = answer(apart, question).data
    (united,) = [each for each in found["artefacts"] if each["code"] == "merged_cards"]
    assert united["effect_pp"] < -3
    assert united["count"] > 50
    assert any("объединен" in each["text"] for each in where_view(found)["artefacts"])


PATH = "/insight/where/"
ASKED = f"{PATH}?to=2026-11-12&before=2025-11-12&days=365"


@pytest.fixture
def stored(smile):
    """The answer for «Улыбка», as the worker keeps it."""
    frame = frame_of("doctor")
    question, _ = of_audit(frame)
    found = answer(frame, question)
    data = json.loads(json.dumps(found.data))
    keep_report(smile, "where", AS_OF, data, clock.now(), key=key_of(question), params=question.to_json())
    return f"{PATH}?to={question.now_end}&before={question.before_end}&days={question.days}"


pytestmark = pytest.mark.django_db


def test_unanswered_question_waits_for_a_click_and_looking_asks_nothing(as_anton) -> None:
    text = as_anton.get(ASKED).content.decode()
    assert "Этот вопрос ещё не задавали" in text
    assert not DBTaskResult.objects.exists()
    as_anton.post(PATH, {"to": "2026-11-12", "before": "2025-11-12", "days": "365"})
    answer = as_anton.post(PATH, {"to": "2026-11-12", "before": "2025-11-12", "days": "365"})
    assert DBTaskResult.objects.filter(task_path="zabota.analytics.jobs.where").count() == 1
    assert answer.headers["Location"] == ASKED
    assert "hx-get" in as_anton.get(ASKED).content.decode()
    DBTaskResult.objects.update(status="SUCCESSFUL")
    assert as_anton.get(ASKED.replace("where/?", "where/state/?")).headers["HX-Redirect"] == ASKED


def test_answer_says_cause_certainty_money_and_counterfactual(stored, as_anton) -> None:
    text = as_anton.get(stored).content.decode()
    assert "главное — врач Котова Е. В." in text
    assert "Если бы не врач Котова Е. В., вернулись бы" in text
    assert "95\u00a0% интервал" in text
    assert "за год." in text
    assert "Сравниваем одинаковые месяцы" in text


def test_a_dimension_that_cannot_be_said_is_named_with_what_it_waits_for(stored, as_anton) -> None:
    text = as_anton.get(stored).content.decode()
    assert "Не разложили по " in text
    assert "ответам после приёма — их пока мало" in text


def test_link_opens_the_same_for_a_colleague_with_rights_and_nothing_for_others(
    stored, as_quality, as_marina, as_vera, as_oleg
) -> None:
    assert "Котова" in as_quality.get(stored).content.decode()
    assert "Котова" in as_marina.get(stored).content.decode()
    assert as_vera.get(stored).status_code == 404
    assert "Котова" not in as_oleg.get(stored).content.decode()


def test_limited_colleague_is_not_shown_figures_of_all_branches(
    stored, smile, centre, north, new_member, log_in
) -> None:
    limited = log_in(new_member(smile, Role.QUALITY, "Инна", "Астахова", branches=[centre]))
    text = limited.get(stored).content.decode()
    assert "Котова" not in text
    assert "Показаны только ваши филиалы" in text


@pytest.mark.parametrize("table", ["drivers", "accounts", "composition", "pairs"])
@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_every_table_is_a_file(stored, as_anton, table, form) -> None:
    tail = stored.split("?")[1]
    answer = as_anton.get(f"{PATH}{table}.{form}?{tail}")
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"].endswith(f'.{form}"')
    assert as_anton.get(f"{PATH}{table}.exe?{tail}").status_code == 404
    assert as_anton.get(f"{PATH}other.csv?{tail}").status_code == 404


@pytest.mark.parametrize(
    ("tail", "says"),
    [
        ("to=2026-02-31", "Такого дня нет"),
        ("to=2026-01-01&before=2026-02-01", "раньше основного"),
        ("days=3", "Длина периода"),
        ("days=99999999", "раньше основного|Посчитать"),
        ("to=2999-01-01", "ещё не кончился"),
    ],
)
def test_odd_addresses_get_a_clear_sentence(as_anton, tail, says) -> None:
    text = as_anton.get(f"{PATH}?{tail}").content.decode()
    assert any(each in text for each in says.split("|"))


def test_saved_view_is_found_by_colleagues_and_dropped_by_its_author(as_anton, as_quality, as_marina, as_oleg) -> None:
    tail = ASKED.split("?")[1]
    as_quality.post("/insight/saved/", {"page": "where", "name": "Год к году", "query": tail})
    view = SavedView.objects.get()
    text = as_marina.get(PATH).content.decode()
    assert "Год к году" in text
    assert f"/insight/saved/{view.public_id}/drop/" not in text
    assert "Сохранённые виды" in as_oleg.get(PATH).content.decode()
    assert as_marina.post(f"/insight/saved/{view.public_id}/drop/").status_code == 404
    assert as_oleg.post(f"/insight/saved/{view.public_id}/drop/").status_code == 404
    again = as_anton.post("/insight/saved/", {"page": "where", "name": "Год к году", "query": tail}, follow=True)
    assert "уже есть" in again.content.decode()
    as_quality.post(f"/insight/saved/{view.public_id}/drop/")
    assert not SavedView.objects.exists()


def test_every_drawing_is_a_picture_and_every_table_two_files(stored, as_anton) -> None:
    text = as_anton.get(stored).content.decode()
    assert 'data-drawing="why"' in text
    assert "data-drawn" in text
    assert text.count('data-picture="svg"') == text.count('data-picture="png"') == 2
    for table in ("drivers", "composition", "pairs"):
        for form in ("csv", "xlsx"):
            assert f"{PATH}{table}.{form}?" in text


@pytest.mark.django_db
def test_question_of_an_address_is_worked_on_by_itself_and_only_by_a_post(smile, as_anton) -> None:
    end = clock.now().date()
    address = f"{PATH}?to={end}&before={end - YEAR}&days=90"
    text = as_anton.get(address).content.decode()
    assert 'hx-trigger="load, submit"' in text
    assert not DBTaskResult.objects.filter(task_path__contains="analytics").exists()
    answered = as_anton.post(
        PATH, {"to": str(end), "before": str(end - YEAR), "days": "90"}, headers={"HX-Request": "true"}
    )
    assert answered["HX-Redirect"].startswith(f"{PATH}?to={end}")
    assert DBTaskResult.objects.filter(task_path__contains="analytics").count() == 1
    assert 'hx-trigger="load, submit"' not in as_anton.get(address).content.decode()
    assert 'hx-trigger="load, submit"' not in as_anton.get(PATH).content.decode()


def test_first_question_of_a_limited_person_is_that_of_their_own_report(
    smile, centre, north, new_member, log_in
) -> None:
    def keep(scope: str, to: str, days_ago: int) -> None:
        ends = {"now": {"to": to}, "year_before": {"to": "2025-01-31"}, "window_days": 180}
        keep_report(smile, "audit", AS_OF, {"retention": ends}, clock.now() - dt.timedelta(days=days_ago), scope=scope)

    keep(str(centre.pk), "2026-01-31", 3)
    keep("", "2026-02-28", 2)
    keep(str(north.pk), "2026-03-31", 1)
    limited = log_in(new_member(smile, Role.MARKETER, "Ян", "Узкий", branches=[centre]))
    text = limited.get(PATH).content.decode()
    assert "2026-01-31" in text
    assert "2026-03-31" not in text

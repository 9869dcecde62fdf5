"""Pure rules of the worklist: when to call again, what passed, scripts, signs of formal work."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from zabota.worklist.models import Reason
from zabota.worklist.rules import formal
from zabota.worklist.rules.calls import another_way, may_call, next_try, quick_times
from zabota.worklist.rules.elapsed import elapsed
from zabota.worklist.rules.library import DEFAULT_SCRIPTS
from zabota.worklist.rules.script_text import plain, problems, render

MOSCOW = ZoneInfo("Europe/Moscow")


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=MOSCOW)


def test_first_silence_comes_back_later_the_same_day():
    assert next_try(attempts=1, local_now=local("2026-11-24 10:02")) == local("2026-11-24 13:05")


def test_evening_silence_comes_back_on_another_day_and_another_part_of_it():
    assert next_try(attempts=1, local_now=local("2026-11-24 18:40")) == local("2026-11-25 13:00")


def test_pauses_grow_and_stay_in_calling_hours_and_out_of_sundays():
    start = local("2026-11-24 10:00")
    tries = [next_try(attempts=number, local_now=start) for number in range(1, 12)]
    pauses = [moment - start for moment in tries]
    assert pauses == sorted(pauses)
    assert all(may_call(moment) for moment in tries)
    assert all(moment.weekday() != 6 for moment in tries[1:])


def test_quick_times_never_offer_the_night():
    assert {choice.code for choice in quick_times(local("2026-11-24 19:45"))} == {
        "tomorrow",
        "tomorrow_evening",
        "monday",
    }
    assert "1h" in {choice.code for choice in quick_times(local("2026-11-24 12:00"))}


def test_after_three_silences_another_time_and_channel_are_advised():
    tried = [local("2026-11-20 10:00"), local("2026-11-21 10:30"), local("2026-11-22 11:00")]
    assert another_way(attempts=2, tried=tried[:2], has_email=True, other_phones=1) == []
    advice = " ".join(another_way(attempts=3, tried=tried, has_email=True, other_phones=1))
    assert "вечером" in advice
    assert "другой номер" in advice
    assert "почта" in advice


@pytest.mark.parametrize(
    ("since", "words"),
    [
        ("2026-11-23", "прошёл день"),
        ("2026-11-21", "прошло 3\u00a0дня"),
        ("2026-11-17", "прошла неделя"),
        ("2026-11-03", "прошло 3\u00a0недели"),
        ("2026-10-24", "прошёл месяц"),
        ("2026-08-24", "прошло 3\u00a0месяца"),
        ("2026-05-24", "прошло полгода"),
        ("2026-01-24", "прошло 10\u00a0месяцев"),
        ("2025-11-24", "прошёл год"),
        ("2025-05-24", "прошло полтора года"),
        ("2024-11-20", "прошло 2\u00a0года"),
        ("2021-11-24", "прошло 5\u00a0лет"),
        ("2005-11-24", "прошёл 21\u00a0год"),
    ],
)
def test_elapsed_is_said_as_people_say_it(since: str, words: str):
    assert elapsed(date.fromisoformat(since), date(2026, 11, 24)) == words


def test_script_fills_values_and_capitalises_at_the_beginning_of_a_sentence():
    text = "{имя}, здравствуйте. {прошло} с последнего визита ({услуга}).\n\nВаш врач: {врач}."
    paragraphs = render(
        text, {"имя": "Мила Андреевна", "прошло": "прошло полгода", "услуга": "Чистка", "врач": "Соколова М. В."}
    )
    assert plain(paragraphs) == (
        "Мила Андреевна, здравствуйте. Прошло полгода с последнего визита (чистка).\n\nВаш врач: Соколова М. В."
    )


def test_unknown_value_is_marked_for_the_speaker():
    part = next(part for part in render("Меня зовут {сотрудник}.", {})[0] if part.marked)
    assert part.text == "ваше имя"


def test_text_of_a_script_is_never_run_as_a_template():
    text = "{{имя}} {имя.__class__} {0} %(x)s {% load ui %}"
    assert problems(text)
    assert plain(render("{имя}", {"имя": "{клиника} {{ x }}"})) == "{клиника} {{ x }}"


def test_unknown_placeholder_and_stray_brace_are_named():
    assert "{скидка}" in problems("Здравствуйте, {скидка}.")[0]
    assert "без пары" in problems("Здравствуйте, {имя.")[0]
    assert problems("   ")


def test_every_reason_has_a_caring_script_of_its_own():
    assert {script.reason for script in DEFAULT_SCRIPTS} == set(Reason.values)
    for script in DEFAULT_SCRIPTS:
        assert problems(script.text) == []
        assert "!" not in script.text + script.advice
        assert script.advice


def test_improbable_series_is_found_and_an_ordinary_one_is_not():
    mix = {"no_answer": 0.5, "refused": 0.1, "booked": 0.4}
    assert formal.improbable_series(["refused"] * 6 + ["booked"], mix) == set(range(6))
    assert formal.improbable_series(["no_answer"] * 6 + ["booked"], mix) == set()
    assert formal.improbable_series(["refused"] * 4, mix) == set()


def test_outcome_that_everybody_has_is_never_improbable():
    assert formal.improbable_series(["no_answer"] * 30, {"no_answer": 1.0}) == set()


def test_same_words_three_times_are_noticed_and_short_ones_are_not():
    comments = ["Подумает и перезвонит сама.", "подумает, и перезвонит сама", "Подумает и перезвонит сама", "дорого"]
    assert formal.same_comments([*comments, "дорого", "дорого"]) == {0, 1, 2}


def test_time_that_is_not_known_is_no_sign():
    spoken = frozenset({"booked"})
    assert not formal.is_quick(outcome="booked", seconds=None, spoken=spoken)
    assert formal.is_quick(outcome="booked", seconds=5, spoken=spoken)
    assert not formal.is_quick(outcome="no_answer", seconds=10, spoken=spoken)


def test_breaks_are_not_working_time():
    assert formal.working_seconds([0, 600, 1200, 9000, 9300]) == 1500


def test_interval_of_a_small_share_is_wide():
    share = formal.share_with_interval(1, 10)
    assert share is not None
    assert share.low < 0.03
    assert share.high > 0.35
    assert formal.share_with_interval(0, 0) is None

"""Russian writing of numbers, money, dates and words."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from zabota.ui import formats

NBSP = "\u00a0"


@pytest.mark.parametrize(
    ("kopecks", "text"),
    [
        (4_800_000, "48 000 ₽"),
        (0, "0 ₽"),
        (99_900, "999 ₽"),
        (123_450, "1 234,50 ₽"),
        (-4_800_000, "−48 000 ₽"),
        (1, "0,01 ₽"),
    ],
)
def test_money_is_written_in_roubles_with_a_space_that_never_breaks(kopecks: int, text: str) -> None:
    assert formats.money(kopecks) == text.replace(" ", NBSP)


@pytest.mark.parametrize(
    ("kopecks", "text"),
    [
        (1_440_000_000, "14,4 млн ₽"),
        (32_000_000, "320 тыс. ₽"),
        (85_000, "850 ₽"),
        (485_000, "4 850 ₽"),
        (99_999_900, "1,0 млн ₽"),
        (-1_440_000_000, "−14,4 млн ₽"),
        (250_000_000_000, "2,5 млрд ₽"),
    ],
)
def test_large_money_is_short_enough_to_read_at_a_glance(kopecks: int, text: str) -> None:
    assert formats.money_short(kopecks) == text.replace(" ", NBSP)


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 визитов"), (1, "1 визит"), (2, "2 визита"), (4, "4 визита"), (5, "5 визитов"), (11, "11 визитов"),
        (12, "12 визитов"), (14, "14 визитов"), (21, "21 визит"), (22, "22 визита"), (111, "111 визитов"),
        (1_001, "1 001 визит"), (112, "112 визитов"),
    ],
)  # fmt: skip
def test_plural_forms_are_right(count: int, text: str) -> None:
    assert formats.plural(count, "визит,визита,визитов") == text.replace(" ", NBSP)


def test_a_difference_of_shares_is_in_percentage_points_with_a_real_minus() -> None:
    assert formats.pp(-0.08) == "−8 п. п.".replace(" ", NBSP)
    assert formats.pp(0.038, 1) == "+3,8 п. п.".replace(" ", NBSP)
    assert formats.pp(0) == "0 п. п.".replace(" ", NBSP)


def test_a_share_is_written_in_per_cent_and_rounded_as_by_hand() -> None:
    assert formats.percent(0.51) == f"51{NBSP}%"
    assert formats.percent(0.525, 1) == f"52,5{NBSP}%"
    assert formats.percent(0.285) == f"29{NBSP}%"


def test_a_rounded_nothing_has_no_minus() -> None:
    assert formats.number(-0.2) == "0"
    assert formats.signed(-0.2) == "0"


def test_dates_are_written_as_one_speaks() -> None:
    moment = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
    assert formats.ru_date(moment) == f"вт, 24{NBSP}ноября, 10:00"
    assert formats.day(moment.date()) == f"24{NBSP}ноября{NBSP}2026"
    assert formats.day_short(date(2026, 5, 9)) == f"9{NBSP}мая"
    assert formats.month(date(2026, 5, 9)) == f"май{NBSP}2026"


def test_a_far_day_of_another_year_tells_the_year() -> None:
    today = date(2026, 11, 23)
    assert formats.day_near(date(2026, 9, 4), today) == f"4{NBSP}сен"
    assert formats.day_near(date(2027, 1, 14), today) == f"14{NBSP}янв"
    assert formats.day_near(date(2027, 9, 4), today) == f"4{NBSP}сен{NBSP}2027"


def test_a_period_says_the_month_once_when_it_is_one() -> None:
    assert formats.period(date(2026, 11, 1), date(2026, 11, 20)) == f"1–20{NBSP}ноября{NBSP}2026"
    assert formats.period(date(2026, 9, 21), date(2026, 10, 20)) == f"21{NBSP}сентября – 20{NBSP}октября{NBSP}2026"
    assert formats.period(date(2025, 12, 31), date(2026, 1, 1)).count("20") == 2
    assert formats.period(date(2026, 1, 1), date(2026, 1, 1)) == f"1{NBSP}января{NBSP}2026"


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2026, 11, 20, 9, 30, tzinfo=UTC), "сегодня, 9:30"),
        (datetime(2026, 11, 19, 17, 20, tzinfo=UTC), "вчера, 17:20"),
        (datetime(2026, 11, 21, 8, 5, tzinfo=UTC), "завтра, 8:05"),
        (datetime(2026, 6, 17, 18, 40, tzinfo=UTC), f"17{NBSP}июн, 18:40"),
        (datetime(2024, 6, 17, 18, 40, tzinfo=UTC), f"17{NBSP}июн{NBSP}2024"),
    ],
)
def test_a_moment_is_told_from_today(moment: datetime, text: str) -> None:
    assert formats.when(moment, datetime(2026, 11, 20, 12, 0, tzinfo=UTC)) == text


@pytest.mark.parametrize(
    ("due", "text"),
    [
        (date(2026, 11, 20), "сегодня"),
        (date(2026, 11, 21), "завтра"),
        (date(2026, 11, 23), "осталось 3 дня"),
        (date(2026, 12, 11), "остался 21 день"),
        (date(2026, 11, 18), "просрочено на 2 дня"),
        (date(2026, 11, 9), "просрочено на 11 дней"),
    ],
)
def test_days_left_agree_with_their_number(due: date, text: str) -> None:
    assert formats.days_left(due, date(2026, 11, 20)).replace(NBSP, " ") == text


def test_a_phone_is_grouped_and_a_masked_one_hides_its_middle() -> None:
    assert formats.phone("+79161234567") == f"+7{NBSP}916{NBSP}123-45-67"
    assert formats.phone_masked("+79161234567") == f"+7{NBSP}916{NBSP}···-45-67"
    assert formats.phone("+375291234567") == f"+375{NBSP}291{NBSP}234{NBSP}567"
    assert formats.phone("") == "—"
    assert formats.phone("7,90300E+10") == formats.phone_masked("7,90300E+10") == "7,90300E+10", "no number is made up"


def test_minutes_become_hours_and_days() -> None:
    assert formats.duration(40) == f"40{NBSP}мин"
    assert formats.duration(112) == f"1{NBSP}ч{NBSP}52{NBSP}мин"
    assert formats.duration(120) == f"2{NBSP}ч"
    assert formats.duration(3 * 24 * 60) == f"3{NBSP}дня"


def test_dotted_days_of_a_sentence_are_written_as_the_other_days_of_the_screen() -> None:
    assert formats.dates_short("Визит 05.10.2026, записи нет") == f"Визит 5{NBSP}окт{NBSP}2026, записи нет"
    assert formats.dates_short("Версия 99.99.2026") == "Версия 99.99.2026"


def test_sum_in_a_summary_has_no_kopecks() -> None:
    assert formats.roubles(24_067_750) == f"240{NBSP}678{NBSP}₽"

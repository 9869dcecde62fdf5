"""Dates, money and other single values as they are written (I4, I7)."""

from datetime import date, time

import pytest

from zabota.intake.rules.dates import DateForm, Moment, decide_form, read_moment, read_time
from zabota.intake.rules.money import read_money, read_quantity
from zabota.intake.rules.values import birth_row, code_of, email_row, minutes_row, name_row, said

TODAY = date(2026, 11, 22)
FORM = decide_form([], today=TODAY)
BIRTH = decide_form([], today=TODAY, birth=True)
DAY, NINE_THIRTY = date(2026, 11, 25), time(9, 30)


@pytest.mark.parametrize(
    "written",
    ["25.11.2026 9:30", "25.11.2026 09:30:00", "2026-11-25 09:30", "2026-11-25T09:30:00+03:00", "2026-11-25T09:30:00.000Z", "2026-11-25 09:30:00+03", "20261125093000", "202611250930", "25.11.26 9:30", "25/11/2026 9.30",
     "25 ноября 2026 г. 9:30", "25 ноя 2026 9:30", "25-ноя-26 9:30", "ср, 25.11.2026 в 9:30", "25.11.2026 (ср) 9-30", "Nov 25, 2026 9:30 AM", "9:30 25.11.2026", "25.11.2026, 9:30", "2026.11.25 9:30", "46351.395833333336", "'25.11.2026 9:30", "25.11.2026\u00a09:30", "25.11.2026 9ч30"],
)  # fmt: skip
def test_day_with_time_is_read_however_it_is_written(written: str) -> None:
    assert read_moment(written, FORM) == Moment(DAY, NINE_THIRTY)


@pytest.mark.parametrize(
    "written",
    [
        "25.11.2026",
        "25.11.26",
        "2026-11-25",
        "25/11/2026",
        "25-11-2026",
        "20261125",
        "46351",
        "25 ноября 2026",
        "25.11.2026 г.",
        "Среда 25.11.2026",
    ],
)
def test_day_without_time_is_read_without_inventing_one(written: str) -> None:
    assert read_moment(written, FORM) == Moment(DAY)


@pytest.mark.parametrize(
    "written",
    [
        "25.11.2026 10:30-11:00",
        "25.11.2026 10:30 - 11:00",
        "25.11.2026 10:30–11:00",
        "25.11.2026 10-30-11-00",
        "25.11.2026 с 10:30 до 11:00",
    ],
)
def test_span_gives_start_and_length(written: str) -> None:
    moment = read_moment(written, FORM)
    assert isinstance(moment, Moment)
    assert (moment.at, moment.minutes) == (time(10, 30), 30)


@pytest.mark.parametrize(
    "written",
    [
        "",
        "-",
        "нет",
        "01.01.0001",
        "01.01.0001 0:00:00",
        "0001-01-01",
        "00.00.0000",
        "0000-00-00",
        "30.12.1899",
        "0",
        ".  .",
        "NULL",
    ],
)
def test_empty_dates_of_systems_are_no_dates(written: str) -> None:
    assert read_moment(written, FORM) is None


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("31.02.2025", "date_impossible"),
        ("45.01.2025", "date_impossible"),
        ("29.02.2025", "date_impossible"),
        ("вчера", "date_unreadable"),
        ("25.11.2026 25:61", "date_unreadable"),
        ("99999", "date_unreadable"),
    ],
)
def test_what_is_no_date_is_named(written: str, problem: str) -> None:
    assert read_moment(written, FORM) == problem


def test_serial_days_of_excel_know_the_day_that_never_was() -> None:
    assert [read_moment(text, FORM) for text in ("59", "60", "61")] == [
        Moment(date(1900, 2, 28)),
        Moment(date(1900, 2, 28)),
        Moment(date(1900, 3, 1)),
    ]


def test_calendar_of_1904_is_four_years_and_a_day_later() -> None:
    assert read_moment("44889.395833333336", DateForm(epoch_1904=True)) == Moment(DAY, NINE_THIRTY)


def test_two_digit_year_of_a_birth_belongs_to_the_past_and_of_a_visit_to_our_days() -> None:
    assert birth_row("12.05.80", BIRTH, TODAY) == (date(1980, 5, 12), None)
    assert birth_row("12.05.26", BIRTH, TODAY) == (date(2026, 5, 12), None)
    assert birth_row("12.05.27", BIRTH, TODAY) == (date(1927, 5, 12), None)
    assert read_moment("12.05.27", FORM) == Moment(date(2027, 5, 12))


def test_month_before_day_is_believed_only_when_the_column_proves_it() -> None:
    assert decide_form(["03/04/2026", "03/25/2026"], today=TODAY).order == "mdy"
    assert decide_form(["03/04/2026", "25/03/2026"], today=TODAY).order == "dmy"
    assert decide_form(["03/04/2026"], today=TODAY).order == "dmy"


def test_birth_in_the_future_or_beyond_110_years_is_put_aside() -> None:
    assert birth_row("12.05.2031", BIRTH, TODAY)[1] == "birth_future"
    assert birth_row("12.05.1899", BIRTH, TODAY) == (None, "birth_too_old")
    assert birth_row("01.01.1900", BIRTH, TODAY) == (None, None)  # the usual stub
    assert birth_row("1985", BIRTH, TODAY) == (None, "birth_unreadable")  # a day is not invented


@pytest.mark.parametrize(
    "written",
    ["9:30", "09:30:00", "9.30", "09-30", "0.395833333333333", "0,3958333333", "30.12.1899 9:30:00", "9:30-10:00"],
)
def test_column_of_times_is_read(written: str) -> None:
    assert read_time("9") == (time(9), None) and read_time("30") is None  # the hour alone
    read = read_time(written)
    assert read is not None and read[0] == NINE_THIRTY


@pytest.mark.parametrize(
    ("written", "kopecks"),
    [("1 234,50 ₽", 123450), ("1\u00a0234,50", 123450), ("1\u202f234,50 руб.", 123450), ("1234.5", 123450), ("1,234.50", 123450), ("1.234,50", 123450), ("-500", -50000), ("(500)", -50000), ("500-", -50000),
     ("бесплатно", 0), ("0", 0), ("4500р", 450000), ("4 500 руб. 50 коп.", 450050), ("4500-00", 450000), ("4500 (карта)", 450000), ("нал 4500", 450000), ("ДМС", 0), ("возврат 500", -50000), ("1'500", 150000), ("1,500", 150000), ("0,5", 50), ("", None), ("1e4", 1000000), ("−300", -30000)],
)  # fmt: skip
def test_money_is_read_to_the_kopeck(written: str, kopecks: int | None) -> None:
    assert read_money(written) == kopecks


@pytest.mark.parametrize("written", ["4500р+допл", "1500/2000", "договор 12", "+79161234567890", "много", "1,23,4"])
def test_what_is_not_one_number_is_no_money(written: str) -> None:
    assert read_money(written) == "money_unreadable"


def test_small_values_are_read() -> None:
    assert (read_quantity("2"), read_quantity("1,000"), read_quantity("3 шт."), read_quantity("много")) == (
        2.0,
        1.0,
        3.0,
        None,
    )
    assert [minutes_row(text)[0] for text in ("30", "30 мин", "1 ч 30 мин", "0:45", "01:00:00", "3600")] == [
        30,
        30,
        90,
        45,
        60,
        60,
    ]
    assert email_row("Почта: Mila@Example.RU ")[0] == "mila@example.ru"
    assert (said("  Яндекс  Карты "), said("не указан"), said("-")) == ("Яндекс Карты", None, None)
    assert [code_of(text) for text in ("№ 1024", "1024.0", "1 024", "00017", "0", "1204/2")] == [
        "1024",
        "1024",
        "1024",
        "00017",
        None,
        "1204/2",
    ]


def test_remarks_beside_a_name_are_cut_off_and_a_birth_date_is_used() -> None:
    assert name_row("Иванов Иван Иванович (папа), 12.05.1980", name_first=False) == (
        "Иванов",
        "Иван",
        "Иванович",
        date(1980, 5, 12),
        None,
    )
    assert name_row("Иванов Иван 8-916-123-45-67", name_first=False)[:2] == ("Иванов", "Иван")

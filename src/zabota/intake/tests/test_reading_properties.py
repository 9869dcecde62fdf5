"""Promises of reading that hold for any export: forms do not matter, rows add up, order plays no part."""

import tempfile
from datetime import date, datetime, time, timedelta
from pathlib import Path

import polars as pl
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from zabota.intake.rules.dates import DateForm, Moment, read_moment
from zabota.intake.rules.money import read_money
from zabota.intake.tests.office_files import xlsx_file
from zabota.intake.tests.reading_support import HEADER, read_here, text_file
from zabota.kernel.names import fold, spell
from zabota.kernel.phones import read_phones, show_phone

SLOW = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])

DAYS = st.dates(min_value=date(1990, 1, 1), max_value=date(2030, 12, 31))
TIMES = st.times().map(lambda at: at.replace(microsecond=0))
MONTHS = ["января", "февраля", "марта", "апреля", "мая", "июня", "июля", "августа", "сентября", "октября", "ноября", "декабря"]  # fmt: skip


def dotted(day: date, at: time) -> str:
    return f"{day:%d.%m.%Y} {at.hour}:{at:%M:%S}"


def serial(day: date, at: time) -> str:
    seconds = at.hour * 3600 + at.minute * 60 + at.second
    return repr((day - date(1899, 12, 30)).days + seconds / 86400)


FORMS = [
    dotted,
    lambda day, at: f"{day:%d.%m.%Y} {at:%H:%M}",
    lambda day, at: datetime.combine(day, at).isoformat(),
    lambda day, at: datetime.combine(day, at).isoformat(" "),
    lambda day, at: f"{day:%Y%m%d}{at:%H%M%S}",
    lambda day, at: f"{day:%d/%m/%Y} {at:%H:%M}",
    lambda day, at: f"{day.day} {MONTHS[day.month - 1]} {day.year} г. {at:%H:%M}",
    lambda day, at: f"{day:%d.%m.%Y} {at:%H:%M}-{(datetime.combine(day, at) + timedelta(minutes=30)):%H:%M}",
    serial,
]


@given(DAYS, TIMES, st.sampled_from(FORMS))
def test_moment_is_read_back_from_any_form(day: date, at: time, form: object) -> None:
    read = read_moment(form(day, at), DateForm())  # type: ignore[operator]
    assert isinstance(read, Moment) and read.day == day
    assert read.at is None or (read.at.hour, read.at.minute) == (at.hour, at.minute) or form is serial
    if form is serial and read.at is not None:
        assert abs((datetime.combine(day, read.at) - datetime.combine(day, at)).total_seconds()) <= 2 or at.second in (
            58,
            59,
            1,
            2,
        )


@given(
    st.integers(min_value=-(10**11), max_value=10**11),
    st.sampled_from([" ", "\u00a0", "\u202f", ""]),
    st.sampled_from([",", "."]),
    st.sampled_from(["", " ₽", " руб.", "р"]),
)
def test_money_is_read_back_from_any_form(kopecks: int, gap: str, mark: str, unit: str) -> None:
    roubles, rest = divmod(abs(kopecks), 100)
    written = f"{'-' if kopecks < 0 else ''}{roubles:,}".replace(",", gap) + f"{mark}{rest:02}{unit}"
    assert read_money(written) == kopecks


@given(
    st.integers(min_value=0, max_value=9_999_999),
    st.sampled_from(["903", "916", "925", "999"]),
    st.sampled_from(["8{}{}", "+7{}{}", "7{}{}", "8 ({}) {}", "+7 {} {}", "{}{}", "810 7 {} {}"]),
)
def test_phone_is_read_back_from_any_form(number: int, code: str, form: str) -> None:
    digits = f"{number:07}"
    if len(set(code + digits)) == 1 or len(set((code + digits)[-9:])) == 1:
        return
    e164 = f"+7{code}{digits}"
    assert [phone.e164 for phone in read_phones(form.format(code, digits)).phones] == [e164]
    assert [phone.e164 for phone in read_phones(show_phone(e164)).phones] == [e164]


@given(st.text(max_size=60))
def test_folding_is_stable_and_spelling_changes_no_identity(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert (
        fold(spell(text)) == fold(text)
        or not text.isprintable()
        or any(not character.isalnum() and character not in " -" for character in text)
        or not text.isascii()
    )


@example("100000000000000000000000000")
@example("1e99999999")
@example("1e999")
@example("9" * 40)
@given(st.text(max_size=40))
def test_no_text_breaks_the_readers(text: str) -> None:
    read_phones(text)
    read_money(text)
    read_moment(text, DateForm())


NAMES = [
    "Лебедева Людмила Викторовна",
    "ЛЕБЕДЕВА ЛЮДМИЛА ВИКТОРОВНА",
    "Рябинин Пётр Ильич",
    "Рябинин Петр Ильич",
    "Тест",
    "ООО Ромашка",
    "",
    "Орлова Анна",
]
CELLS = st.tuples(
    st.sampled_from(["", "1", "2", "3"]),
    st.sampled_from(["", "20418", "7733"]),
    st.sampled_from(NAMES),
    st.sampled_from(["", "12.05.1980", "1980-05-12", "01.01.2027", "31.02.1980"]),
    st.sampled_from(["", "8 916 123-45-67", "+79161234567", "7,9161E+10", "мама 89031114817"]),
    st.sampled_from(
        ["", "28.02.2026 14:00", "2026-02-28 14:00", "28.02.2026", "31.02.2026", "01.12.2027 10:00", "46081.5"]
    ),
    st.sampled_from(["Соколова М. В.", "СОКОЛОВА М.В.", "Рябов И. А.", ""]),
    st.sampled_from(["Осмотр", "осмотр", "Рентген", ""]),
    st.sampled_from(["1 200", "1200,00", "много", ""]),
    st.sampled_from(["Завершён", "Не пришёл", "Запланирован", "Отменён", "Пришёл", "Оп-ля", ""]),
    st.sampled_from(["Яндекс", "яндекс", ""]),
).map(list)
TABLES = st.lists(
    st.one_of(CELLS, st.just([""] * len(HEADER)), st.just(["Итого", *[""] * (len(HEADER) - 1)])),
    min_size=1,
    max_size=25,
)


def shape(path: Path) -> tuple[object, ...]:
    reading = read_here(path)
    counts = reading.rows
    assert counts.read == counts.accepted + counts.rejected + counts.duplicates + counts.ignored
    assert counts.rejected == len(reading.rejections)
    assert counts.duplicates == reading.duplicates.height
    done = reading.visits.filter(pl.col("status") == "completed")
    assert done.height == counts.accepted
    assert done.filter(pl.col("person").is_null() | pl.col("visit").is_null()).height == 0
    columns = ["person", "visit", "day", "starts_at", "status", "service", "doctor", "channel"]
    return counts, sorted(reading.visits.select(columns).rows(), key=repr), sorted(r.code for r in reading.rejections)


@SLOW
@given(TABLES, st.randoms(use_true_random=False))
def test_rows_add_up_and_their_order_changes_nothing_but_their_numbers(rows: list[list[str]], random: object) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    sure = ["0", "999", "Кузнецова Вера Павловна", "01.02.1990", "89261112233", "05.03.2026 12:00", "Рябов И. А.", "Осмотр", "500", "Завершён", "Яндекс"]  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        one = text_file(Path(folder) / "a.csv", [HEADER, sure, *rows])
        other = text_file(Path(folder) / "b.csv", [HEADER, sure, *shuffled])
        assert shape(one) == shape(other)


@SLOW
@given(
    TABLES,
    st.sampled_from(["cp1251", "utf-8", "utf-8-sig", "utf-16"]),
    st.sampled_from([";", ",", "\t", "|"]),
    st.integers(0, 3),
)
def test_form_of_the_file_changes_nothing(rows: list[list[str]], encoding: str, delimiter: str, titles: int) -> None:
    sure = ["0", "999", "Кузнецова Вера Павловна", "01.02.1990", "89261112233", "05.03.2026 12:00", "Рябов И. А.", "Осмотр", "500", "Завершён", "Яндекс"]  # fmt: skip
    table = [HEADER, sure, *rows, [*sure[:1], "998", *sure[2:]]]
    with tempfile.TemporaryDirectory() as folder:
        text = shape(
            text_file(Path(folder) / "a.csv", [["Отчёт"]] * titles + table, encoding=encoding, delimiter=delimiter)
        )
        book = shape(xlsx_file(Path(folder) / "a.xlsx", [["Отчёт"]] * titles + table))
    assert text == book

"""Wordings: only known placeholders, never run as a template; what the law says of them; what they cost."""

from __future__ import annotations

import pytest

from zabota.messaging.rules.defaults import DEFAULTS
from zabota.messaging.rules.lint import (
    PARTS_BUDGET,
    WARNING_LINE,
    check_template,
    check_text,
    errors,
    with_required_lines,
)
from zabota.messaging.rules.parts import count_parts, split_parts
from zabota.messaging.rules.text import (
    PLACEHOLDERS,
    TextWrong,
    ValueMissing,
    compile_text,
    render,
    render_within,
    shortened,
)

#: The longest that the tables allow, and a short link on a host of our own.
WORST = {
    "имя": "Константин Константинович",
    "имя_коротко": "Константин",
    "кому": "Константину Константиновичу",
    "кого": "Константина Константиновича",
    "клиника": "Многопрофильный медицинский центр семейного здоровья и профилактики «Улыбка» на набережной",
    "адрес": "город Москва, улица Академика Королёва, дом 15, корпус 2, строение 7",
    "телефон": "+7 495 123-45-67",
    "дата": "25.11",
    "день": "воскресенье",
    "время": "10:00",
    "прежняя_дата": "20.11",
    "прежнее_время": "10:30",
    "ссылка": "k.ru/a7Fq2x",
    "отписка": "k.ru/u/a7Fq2x",
    "код": "482913",
    "до": "18:00",
    "визиты": "10:00, 11:30",
    "как_доехать": "метро «ВДНХ», парковка во дворе",
    "врач": "Соколова М. В.",
    "услуга": "Удаление зуба",
    "подготовка": "Сдать анализы",
    "советы": "Не есть два часа",
    "сводка": "16.11 – 22.11.2026: 182 визита, впервые 25 пациентов, выручка 1,2 млн ₽.",
}


@pytest.mark.parametrize(
    "attack",
    [
        "{{ x.__class__ }}",
        "{% include 'settings' %}",
        "{% debug %}",
        "{p.__init__.__globals__[settings].SECRET_KEY}",
        "{имя.__class__}",
        "{имя!r}",
        "{имя:>1000000000}",
        "{0}",
        "{}",
        "{имя",
        "имя}",
        "[[{имя}]]",
        "[{имя}",
        "{имя}]",
    ],
)
def test_nothing_but_known_placeholders_is_accepted(attack):
    with pytest.raises(TextWrong):
        compile_text(attack)
    assert errors(check_text(attack, message_class="service"))


@pytest.mark.parametrize("value", ["{код}", "{{ 7 }}", "{% debug %}", "[{имя}]", "%s {0} $имя"])
def test_a_value_is_data_and_is_never_read_as_a_text_again(value):
    assert render("Здравствуйте, {имя}.", {"имя": value, "код": "тайна"}) == f"Здравствуйте, {value}."


def test_a_value_cannot_break_a_line_of_control():
    assert render("{имя}", {"имя": "Анна\r\x00\x1b\u2028Bcc: x"}) == "Анна    Bcc: x"


def test_what_stands_in_brackets_is_left_out_when_nothing_is_known():
    text = "Ждём вас {время}[, {адрес}]."
    assert render(text, {"время": "10:00", "адрес": ""}) == "Ждём вас 10:00."
    assert render(text, {"время": "10:00", "адрес": "Ленина 5"}) == "Ждём вас 10:00, Ленина 5."


def test_a_value_outside_brackets_must_be_there():
    with pytest.raises(ValueMissing, match="время"):
        render("Ждём вас {время}", {})


def test_an_initial_ends_the_sentence_with_its_own_dot():
    assert render("Вас ждёт {врач}. Ссылка", {"врач": "Соколова М. В."}) == "Вас ждёт Соколова М. В. Ссылка"


@pytest.mark.parametrize(
    ("text", "encoding", "parts"),
    [
        ("", "GSM-7", 1),
        ("a" * 160, "GSM-7", 1),
        ("a" * 161, "GSM-7", 2),
        ("a" * 306, "GSM-7", 2),
        ("a" * 307, "GSM-7", 3),
        ("a" * 159 + "€", "GSM-7", 2),
        ("я" * 70, "UCS-2", 1),
        ("я" * 71, "UCS-2", 2),
        ("я" * 134, "UCS-2", 2),
        ("я" * 135, "UCS-2", 3),
        ("я" * 68 + "😀", "UCS-2", 1),
        ("я" * 69 + "😀", "UCS-2", 2),
        ("a" * 152 + "я", "UCS-2", 3),
        ("№" + "a" * 69, "UCS-2", 1),
        (WARNING_LINE, "UCS-2", 1),
        ("Ждём Вас 25.11 в 10:00, «Улыбка», Ленина 5. Ответить: k.ru/a7Fq2x", "UCS-2", 1),
        ("Иван, ждём Вас 25.11 в 10:00, «Улыбка», Ленина 5. Подтвердить/отменить: k.ru/a7Fq2x", "UCS-2", 2),
        (f"Скидка 10% на осмотр до 30.11. «Улыбка» {WARNING_LINE} Отказ: k.ru/u/a7Fq2x", "UCS-2", 2),
    ],
)
def test_parts_are_counted_as_operators_bill_them(text, encoding, parts):
    counted = count_parts(text)
    assert (counted.encoding, counted.parts) == (encoding, parts)
    assert "".join(split_parts(text)) == text
    assert len(split_parts(text)) == parts


def test_a_pair_is_never_cut_between_two_parts():
    for text in ("я" * 66 + "😀" * 40, "a" * 152 + "€" * 40):
        for part in split_parts(text):
            part.encode("utf-16-le").decode("utf-16-le")
            assert count_parts(part).parts == 1


@pytest.mark.parametrize("default", DEFAULTS, ids=lambda each: each.key)
def test_built_in_texts_are_lawful_and_fit_their_budget_with_the_longest_names(default):
    findings = check_template(
        default.texts, message_class=default.message_class, detail=default.detail, subject=default.subject
    )
    assert errors(findings) == []
    budget = PARTS_BUDGET[default.message_class]
    assert count_parts(render_within(default.sms, WORST, budget=budget)).parts <= budget
    if default.detail == "d0":
        for text in (*default.texts.values(), default.subject):
            shown = render(text, WORST).lower()
            for told in ("стоматолог", "соколова", "удаление", "анализ", "диагноз", "лечени"):
                assert told not in shown


def test_a_short_name_and_address_are_shown_whole():
    default = next(each for each in DEFAULTS if each.key == "reminder_48h")
    values = WORST | {"клиника": "Улыбка", "адрес": "Ленина 5"}
    assert render_within(default.sms, values, budget=1) == (
        "Ждём вас 25.11 в 10:00, «Улыбка», Ленина 5. Ответить: k.ru/a7Fq2x"
    )


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Ждём вас {дата}. Скидка 10%: {ссылка}", "mixed"),
        ("Иван, для вас акция {ссылка}", "mixed"),
        ("Ждём вас. Подарок за визит", "mixed"),
        ("Чистка 4 500 ₽, {ссылка}", "mixed"),
        ("У нас новая услуга: {ссылка}", "mixed"),
        ("Вам начислены бонусы", "mixed"),
        ("Ваши анализы готовы: {ссылка}", "health"),
        ("План лечения: {ссылка}", "health"),
        ("Вас ждёт {врач}", "detail"),
        ("Вас ждёт стоматолог", "medical_name"),
    ],
)
def test_a_service_text_carries_no_advertising_and_no_secret(text, code):
    assert code in {each.code for each in errors(check_text(text, message_class="service"))}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Скидка на осмотр. Отказ: {отписка}", "no_warning"),
        (f"Скидка на осмотр. {WARNING_LINE}", "no_opt_out"),
        (f"Мы лучшая клиника. {WARNING_LINE} {{отписка}}", "superlative"),
        (f"Клиника № 1. {WARNING_LINE} {{отписка}}", "superlative"),
        (f"Гарантируем результат. {WARNING_LINE} {{отписка}}", "superlative"),
        (f"У вас кариес? Приходите. {WARNING_LINE} {{отписка}}", "assumed_illness"),
        (f"Наши пациенты говорят: помогло. {WARNING_LINE} {{отписка}}", "testimonial"),
        (f"Анна полностью излечилась у нас. {WARNING_LINE} {{отписка}}", "cure_case"),
        (f"Прошло обязательное клиническое исследование. {WARNING_LINE} {{отписка}}", "mandatory_study"),
        (f"Прерывание беременности. {WARNING_LINE} {{отписка}}", "abortion"),
        (f"Розыгрыш чисток. {WARNING_LINE} {{отписка}}", "raffle"),
        (f"Для {{врач}}. {WARNING_LINE} {{отписка}}", "detail"),
    ],
)
def test_what_advertising_of_medicine_may_not_say_is_refused(text, code):
    assert code in {each.code for each in errors(check_text(text, message_class="marketing"))}


def test_the_obligatory_lines_are_put_in_where_they_are_missing():
    text = with_required_lines("Скидка 10% на осмотр до 30.11. «{клиника}»")
    assert errors(check_text(text, message_class="marketing")) == []
    assert with_required_lines(text) == text


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Код {код}: {ссылка}", "otp_link"),
        ("Код {код}, https://k.ru", "otp_link"),
        ("Код {код}. Скидка ждёт", "mixed"),
        ("Ваш код скоро придёт", "otp_code"),
    ],
)
def test_a_message_with_a_code_holds_the_code_and_nothing_else(text, code):
    assert code in {each.code for each in errors(check_text(text, message_class="otp"))}


def test_a_subject_of_a_letter_is_read_on_a_locked_screen():
    found = check_template({"": "Ждём вас {дата}"}, message_class="service", detail="d1", subject="{врач}: {услуга}")
    assert "subject_detail" in {each.code for each in errors(found)}
    broken = check_template({"": "Ждём вас"}, message_class="service", subject="Ждём\r\nBcc: x@y.ru")
    assert "subject_line" in {each.code for each in errors(broken)}


def test_a_text_longer_than_its_channel_is_refused():
    found = check_text("Ждём вас " * 100, message_class="service", channel="sms")
    assert "too_long" in {each.code for each in errors(found)}


def test_every_placeholder_has_words_for_the_editor():
    assert set(WORST) == set(PLACEHOLDERS)


@pytest.mark.parametrize(
    ("name", "longest", "short"),
    [
        ("Улыбка и здоровье", 14, "Улыбка"),
        ("Улыбка и здоровье", 17, "Улыбка и здоровье"),
        ("Клиника имени Пирогова", 14, "Клиника"),
        ("Семейная стоматология на Садовой", 25, "Семейная стоматология"),
    ],
)
def test_a_shortened_name_of_the_clinic_does_not_break_off_at_a_word_that_joins(
    name: str, longest: int, short: str
) -> None:
    assert shortened(name, longest) == short

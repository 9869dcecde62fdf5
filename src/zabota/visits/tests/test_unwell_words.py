"""Words of patients: what alarms is told from what calms, in every form a word takes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zabota.visits.rules.unwell import says_unwell


@pytest.mark.parametrize(
    ("text", "unwell"),
    [
        ("Болит", True), ("болит сильно, помогите", True), ("Появилась кровь", True), ("стало хуже", True),
        ("температура 38", True), ("Не болит", False), ("боли нет", False), ("уже не больно, спасибо", False),
        ("без отёка и боли", False), ("Спасибо большое!", False), ("Всё хорошо", False), ("еду в больницу", False),
        ("", False), ("Не проходит, болит", True), ("Болит, таблетки не помогают", True), ("Не помогает и болит", True),
        ("Ничего не помогает, болит", True), ("Болит. Не спал ночь", True), ("Всю ночь болело", True),
        ("болела голова", True), ("Нет, болит", True), ("нет болит", True), ("боль не проходит", True),
        ("боль не прошла", True), ("температура не падает", True), ("Не болит, но кровь", True),
        ("боль прошла - появилась сыпь", True), ("стало болеть", True), ("ничего не болит", False),
        ("без сильной боли", False), ("боль уже прошла", False), ("ни боли, ни отёка", False), ("больше не болит", False),
        ("крови не было", False), ("не чувствую боли", False), ("перестало болеть", False), ("ничего плохого", False),
        ("нет боли и отёка", False), ("сильные боли", True),
    ],
)  # fmt: skip
def test_words_that_worry_are_told_from_those_that_calm(text: str, unwell: bool) -> None:
    assert says_unwell(text) is unwell


#: Each in the forms people write; an urgent task wherever they stand alone.
DONE = ["болит", "болят", "заболел", "заболела", "заболело", "разболелся", "разболелась", "побаливает", "приболело", "ноет", "ноют", "ныло", "дёргает", "дергает", "тошнит", "стошнило", "вырвало", "немеет", "задыхаюсь", "кровит", "кровоточит", "кровоточат", "закровила", "отекла", "отекло", "отекает", "опухла", "опухло", "распухла", "припухло", "гноится", "загноилась", "воспалилась", "воспалился", "пульсирует", "стреляет", "жжёт", "жжет", "щиплет", "чешется", "чешутся", "зудит", "знобит", "лихорадит", "кружится", "сводит", "балит"]  # fmt: skip
THERE = ["боль", "боли", "болью", "болей", "больно", "больнее", "болезненно", "болезненная", "кровь", "крови", "кровью", "кровотечение", "кровоподтёк", "отёк", "отек", "отёки", "отёком", "отёчность", "опухоль", "припухлость", "шишка", "флюс", "гематома", "гной", "гноя", "нагноение", "температура", "температуры", "температуру", "жар", "озноб", "лихорадка", "тошнота", "рвота", "онемение", "воспаление", "сыпь", "высыпания", "зуд", "жжение", "обморок", "судорога", "судороги", "одышка", "головокружение"]  # fmt: skip
#: Like the words above, and never a complaint.
ALIKE = ["большой", "больше", "большинство", "большие", "больница", "больницу", "больничный", "больничного", "кровать", "кровати", "кровля", "кровный", "гном", "жара", "жарко", "жаркое", "истёк", "сдача", "ныряю", "ноябрь", "ноябре", "ночь", "ноготь", "немецкий", "стрелка", "сыпать", "чешский", "зудов", "приборы", "выспалась", "высыпалась", "плохонько", "хужее", "хорошо", "обморозки", "аллея", "болгарский", "болтик", "болельщик", "отель", "отечество", "пухлый", "воспитание", "пульс", "жетон", "щипцы"]  # fmt: skip


@pytest.mark.parametrize("word", [*DONE, *THERE])
def test_each_form_alarms_alone_with_and_without_a_question(word: str) -> None:
    for text in (word, word.upper(), f"Здравствуйте! {word}...", f"со вчерашнего вечера {word}\nИванова"):
        assert says_unwell(text)
        assert says_unwell(text, asked=False)


@pytest.mark.parametrize("word", DONE)
def test_not_doing_it_is_no_alarm(word: str) -> None:
    for text in (f"не {word}", f"Уже не {word}, спасибо", f"больше не {word}", f"ничего не {word}. До свидания"):
        assert not says_unwell(text)
        assert not says_unwell(text, asked=False)


@pytest.mark.parametrize(
    "word", ["боли", "крови", "отёка", "температуры", "тошноты", "рвоты", "сыпи", "зуда", "онемения"]
)
def test_not_having_it_is_no_alarm(word: str) -> None:
    for text in (f"{word} нет", f"без {word}", f"нет ни боли, ни {word}", f"{word} больше нет", f"не было {word} и отёка",
                 f"никакой {word}", f"без сильной {word}"):  # fmt: skip
        assert not says_unwell(text)
        assert not says_unwell(text, asked=False)


@pytest.mark.parametrize("word", ALIKE)
def test_words_that_only_look_alike_do_not_alarm(word: str) -> None:
    assert not says_unwell(word)


@pytest.mark.parametrize(
    ("text", "unwell"),
    [
        ("болит зуб, запишите меня", True), ("кровит десна", True), ("Температура 38,5 после укола", True), ("температура 37.2", True),
        ("Температура 36,6, всё хорошо", False), ("температура тела 36.6", False), ("температура нормальная", False), ("температура 36,6, но болит", True),
        ("не сильно болит", True), ("болит немного, но терпимо", True), ("не болит, только отёк", True), ("Кровь не останавливается", True),
        ("кровь остановилась", False), ("отёк спал", False), ("боль утихла", False), ("онемение не проходит", True), ("не отходит заморозка", True),
        ("не могу открыть рот", True), ("швы разошлись", True), ("вызвали скорую помощь", True), ("в скором времени приду", False), ("больной зуб", True),
        ("Мне плохо", True), ("чувствую себя хуже", True), ("у вас плохо работает сайт", False), ("плохо слышно было", False), ("ужасно неудобно", False),
        ("Будет больно?", False), ("Это больно?", False), ("больно ли ставить имплант", False), ("боюсь боли", False), ("сдал анализ крови", False),
        ("группа крови вторая", False), ("у меня аллергия на лидокаин", False), ("Помогите перенести запись", False), ("помогите, сильно болит", True),
        ("Заболела, перенесите запись", False), ("температура, не приду завтра", False), ("Заболел зуб, перенесите на сегодня", True),
        ("зуб болит, не смогу прийти", True), ("Я ваш больной Иванов, запишите", False), ("Здравствуйте, можно записаться на чистку?", False), ("", False),
    ],
)  # fmt: skip
def test_unasked_only_pain_itself_alarms(text: str, unwell: bool) -> None:
    assert says_unwell(text, asked=False) is unwell


@given(text=st.text(max_size=200))
def test_any_text_is_read_and_what_alarms_unasked_alarms_when_asked(text: str) -> None:
    assert says_unwell(text) or not says_unwell(text, asked=False)


CALM = st.sampled_from(["добрый день", "спасибо", "не болит", "боли нет", "всё хорошо", "до встречи в пятницу"])


@given(calm=st.lists(CALM, max_size=4), word=st.sampled_from(DONE), place=st.integers(0, 4))
def test_one_alarming_sentence_among_calm_ones_is_heard(calm: list[str], word: str, place: int) -> None:
    sentences = [*calm[:place], f"очень {word}", *calm[place:]]
    assert says_unwell(". ".join(sentences), asked=False)
    assert not says_unwell(". ".join(calm))

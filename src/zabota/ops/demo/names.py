"""Russian names of invented people: lists with honest frequencies, endings by sex, patronymics from a father's name."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

from zabota.ops.demo.spec import Bools, Ints


def _words(text: str) -> list[str]:
    return text.split()


# Masculine forms; the feminine is made by `feminine`. Sorted by how common they are.
SURNAMES: Final = tuple(
    _words("""Иванов Смирнов Кузнецов Попов Васильев Петров Соколов Михайлов Новиков Фёдоров Морозов Волков Алексеев Лебедев
    Семёнов Егоров Павлов Козлов Степанов Николаев Орлов Андреев Макаров Никитин Захаров Зайцев Соловьёв Борисов Яковлев
    Григорьев Романов Воробьёв Сергеев Кузьмин Фролов Александров Дмитриев Королёв Гусев Киселёв Ильин Максимов Поляков
    Сорокин Виноградов Ковалёв Белов Медведев Антонов Тарасов Жуков Баранов Филиппов Комаров Давыдов Беляев Герасимов
    Богданов Осипов Сидоров Матвеев Титов Марков Миронов Крылов Куликов Карпов Власов Мельников Денисов Гаврилов Тихонов
    Казаков Афанасьев Данилов Савельев Тимофеев Фомин Чернов Абрамов Мартынов Ефимов Федотов Щербаков Назаров Калинин
    Исаев Чернышёв Быков Маслов Родионов Коновалов Лазарев Воронин Климов Филатов Пономарёв Голубев Кудрявцев Прохоров
    Наумов Потапов Журавлёв Овчинников Трофимов Леонов Соболев Ермаков Колесников Гончаров Емельянов Никифоров Грачёв
    Котов Гришин Ефремов Архипов Громов Кириллов Малышев Панов Моисеев Румянцев Акимов Кондратьев Бирюков Горбунов
    Анисимов Ерёмин Тихомиров Галкин Лукьянов Михеев Скворцов Юдин Белоусов Нестеров Симонов Прокофьев Харитонов Князев
    Цветков Левин Митрофанов Воронов Аксёнов Софронов Мальцев Логинов Горшков Савин Краснов Майоров Демидов Елисеев
    Рыбаков Сафонов Плотников Демин Хохлов Фадеев Молчанов Игнатов Литвинов Ершов Ушаков Дементьев Рябинин Мухин
    Калашников Леонтьев Лобанов Кузин Корнеев Евдокимов Бородин Платонов Некрасов Балашов Бобров Жданов Блинов Игнатьев
    Коротков Муравьёв Крюков Беляков Богомолов Дроздов Лавров Зуев Петухов Ларин Никулин Серов Терентьев Зотов Устинов
    Фокин Самойлов Константинов Сахаров Шишкин Самсонов Черкасов Чистяков Носов Спиридонов Карасёв Авдеев Воронцов
    Зверев Владимиров Селезнёв Нечаев Кудряшов Седов Фирсов Андрианов Панфилов Головин Терехов Ульянов Шестаков Агеев
    Никонов Селиванов Баженов Гордеев Кожевников Пахомов Зимин Костин Широков Филимонов Ларионов Овсянников Сазонов
    Суворов Нефёдов Корнилов Любимов Львов Горбачёв Копылов Лукин Токарев Кулешов Шилов Большаков Панкратов Родин
    Шаповалов Покровский Бочаров Никольский Маркин Горелов Агафонов Березин Ермолаев Зубков Куприянов Трифонов Масленников
    Круглов Третьяков Колосов Рожков Артамонов Шмелёв Лаптев Лапшин Федосеев Зиновьев Зорин Уткин Столяров Зубов Ткачёв
    Дорофеев Антипов Завьялов Свиридов Золотарёв Кулаков Мещеряков Макеев Дьяконов Гуляев Петровский Бондарев Поздняков
    Панин Вавилов Рогов Снегирёв Островский Троицкий Вишневский Белинский Озеров Ковальский Садовский Раевский Высоцкий
    Толстой Полевой Луговой Черных Белых Седых Долгих Шевченко Бондаренко Ткаченко Кравченко Коваленко Тимошенко
    Петренко Мороз Ковальчук Мельник Бойко Гаврилюк Шевчук Савчук Ким Пак Цой Шмидт Вебер Миллер Хасанов Юсупов
    Каримов Ахметов Гарипов Сафин Валиев Мусин Алиев Мамедов Гусейнов Исмаилов Ибрагимов Рахимов Саидов Усманов Юнусов
    Саркисян Григорян Петросян Арутюнян Акопян Манукян Беридзе Гелашвили Кобахидзе Магомедов Гаджиев Хабибуллин
    Сулейманов Закиров Галиев Шакиров Нуриев Дугаров Цыренов Бадмаев""")
)
EASTERN: Final = frozenset(
    _words("""Хасанов Юсупов Каримов Ахметов Гарипов Сафин Валиев Мусин Алиев Мамедов Гусейнов Исмаилов Ибрагимов Рахимов
    Саидов Усманов Юнусов Магомедов Гаджиев Хабибуллин Сулейманов Закиров Галиев Шакиров Нуриев""")
)
WITH_OGLY: Final = frozenset(("Алиев", "Мамедов", "Гусейнов", "Исмаилов", "Ибрагимов"))

MEN_OLD: Final = _words("""Александр Сергей Владимир Николай Виктор Юрий Анатолий Валерий Михаил Алексей Андрей Василий Иван Пётр
 Геннадий Борис Вячеслав Евгений Павел Леонид Станислав Фёдор Константин Игорь Олег Григорий Семён Лев Эдуард Аркадий""")
MEN: Final = _words("""Александр Сергей Андрей Дмитрий Алексей Евгений Михаил Максим Иван Павел Роман Антон Денис Игорь Олег
 Илья Владимир Кирилл Никита Николай Константин Артём Виталий Вадим Станислав Егор Пётр Тимур Руслан Георгий Степан
 Григорий Глеб Фёдор Семён Ярослав Тимофей Матвей Лев Марк Даниил Богдан Арсений Герман""")
BOYS: Final = _words("""Артём Михаил Александр Максим Марк Иван Дмитрий Лев Тимофей Матвей Роман Кирилл Никита Егор Илья Алексей
 Мирон Фёдор Константин Степан Арсений Даниил Андрей Ярослав Глеб Савелий Платон Пётр Елисей Лука""")
WOMEN_OLD: Final = _words("""Татьяна Галина Людмила Валентина Нина Надежда Любовь Ольга Елена Вера Лидия Тамара Раиса Светлана
 Наталья Ирина Мария Зоя Антонина Зинаида Лариса Марина Алевтина Клавдия Евгения Нелли Эмма Римма Майя""")
WOMEN: Final = _words("""Елена Ольга Наталья Ирина Анна Светлана Екатерина Татьяна Марина Юлия Мария Анастасия Оксана Надежда
 Виктория Людмила Евгения Дарья Ксения Алёна Вера Алина Полина Яна Кристина Диана Александра Валерия Елизавета Жанна
 Софья Вероника Инна Алла Лариса Маргарита Анжела Эльвира Регина Снежана Наталия Лилия Камилла Милена Ульяна""")
GIRLS: Final = _words("""София Анна Мария Алиса Виктория Полина Ева Василиса Александра Варвара Ксения Дарья Екатерина Елизавета
 Арина Вероника Милана Анастасия Таисия Вера Ульяна Злата Кира Стефания Агата Майя Мирослава Серафима Есения""")
EASTERN_MEN: Final = _words(
    "Рустам Тимур Ринат Марат Ильдар Руслан Азат Дамир Эльдар Тагир Рашид Фарид Айрат Камиль Ренат Анвар"
)
EASTERN_WOMEN: Final = _words(
    "Диляра Алсу Гульнара Лейла Айгуль Альбина Эльмира Зарина Динара Мадина Амина Регина Зульфия"
)

_SPECIAL_PATRONYMICS: Final = {
    "Илья": "Ильич", "Никита": "Никитич", "Лука": "Лукич", "Лев": "Львович", "Павел": "Павлович", "Пётр": "Петрович",
    "Дмитрий": "Дмитриевич", "Михаил": "Михайлович", "Георгий": "Георгиевич",
}  # fmt: skip
_OF_WOMEN: Final = {"Ильич": "Ильинична", "Никитич": "Никитична", "Лукич": "Лукинична"}


def patronymic(father: str, woman: bool) -> str:
    """The patronymic a child of `father` bears."""
    man = _SPECIAL_PATRONYMICS.get(father)
    if man is None:
        if father.endswith("ий"):
            man = father[:-2] + "ьевич"
        elif father.endswith(("й", "ь")):
            man = father[:-1] + "евич"
        else:
            man = father + "ович"
    if not woman:
        return man
    return _OF_WOMEN.get(man, man[:-2] + "на")


def feminine(surname: str) -> str:
    """A woman's form of a surname given in its masculine form."""
    if surname.endswith(("ов", "ев", "ёв", "ин", "ын")):
        return surname + "а"
    if surname.endswith(("ский", "цкий")):
        return surname[:-2] + "ая"
    if surname.endswith("ой") and surname != "Цой":
        return surname[:-2] + "ая"
    return surname


def surname_ranks(rng: np.random.Generator, count: int) -> Ints:
    """Surnames by their frequency: common ones often, rare ones seldom."""
    weights = 1.0 / (np.arange(len(SURNAMES)) + 14.0)
    return rng.choice(len(SURNAMES), count, p=weights / weights.sum())


def gather(words: list[str], index: Ints) -> pl.Series:
    """Words by their places in a list; fast for millions of rows."""
    return pl.Series(words, dtype=pl.String).gather(index)


def surnames(ranks: Ints, woman: Bools, double: Ints) -> pl.Series:
    """Surnames with endings; `double` is the rank of a second surname or -1."""
    both = [*SURNAMES, *(feminine(s) for s in SURNAMES)]
    shift = np.where(woman, len(SURNAMES), 0)
    single = gather(both, ranks + shift)
    second = gather(both, np.maximum(double, 0) + shift)
    frame = pl.DataFrame({"one": single, "two": second, "double": double})
    return frame.select(
        pl.when((pl.col("double") >= 0) & (pl.col("one") != pl.col("two")))
        .then(pl.col("one") + "-" + pl.col("two"))
        .otherwise(pl.col("one"))
    ).to_series()


def given_names(rng: np.random.Generator, woman: Bools, birth_year: Ints, ranks: Ints) -> tuple[list[str], Ints]:
    """Names that fit sex, generation and origin: a list of words and the place of each person's name in it."""
    eastern_rank = np.isin(ranks, [i for i, s in enumerate(SURNAMES) if s in EASTERN])
    eastern = eastern_rank & (rng.random(len(ranks)) < 0.85)
    generation = np.where(birth_year < 1965, 0, np.where(birth_year < 2006, 1, 2))
    pools = (MEN_OLD, MEN, BOYS, WOMEN_OLD, WOMEN, GIRLS, EASTERN_MEN, EASTERN_WOMEN)
    pool = np.where(eastern, np.where(woman, 7, 6), generation + np.where(woman, 3, 0))
    words: list[str] = []
    place = np.zeros(len(ranks), dtype=np.int64)
    for number, names in enumerate(pools):
        rows = np.flatnonzero(pool == number)
        weights = 1.0 / (np.arange(len(names)) + 5.0)
        place[rows] = len(words) + rng.choice(len(names), len(rows), p=weights / weights.sum())
        words.extend(names)
    return words, place


def fathers(rng: np.random.Generator, birth_year: Ints, ranks: Ints) -> tuple[list[str], Ints]:
    """The fathers' names of people born in these years."""
    return given_names(rng, np.zeros(len(ranks), dtype=np.bool_), birth_year - 28, ranks)


def patronymics(words: list[str], father: Ints, woman: Bools) -> pl.Series:
    """Patronymics for fathers given as places in `words`."""
    both = [*(patronymic(w, woman=False) for w in words), *(patronymic(w, woman=True) for w in words)]
    return gather(both, father + np.where(woman, len(words), 0))


_ROMAN: Final = dict(
    zip("абвгдеёжзийклмнопрстуфхцчшщъыьэюя", _words("a b v g d e e zh z i y k l m n o p r s t u f kh ts ch sh sch _ y _ e yu ya"), strict=True)
)  # fmt: skip


def latin(word: str) -> str:
    """A name as people spell it in their mailbox."""
    return "".join(_ROMAN.get(letter, letter) for letter in word.lower()).replace("_", "").replace("-", "")

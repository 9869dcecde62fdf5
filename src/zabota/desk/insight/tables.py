"""Tables of the report and of the pulse for files."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from django.http import Http404

from zabota.analytics import reports

Json = Mapping[str, Any]
Table = tuple[Sequence[str], list[Sequence[object]]]


def audit_table(name: str, data: Json) -> Table:
    """A table of the report by its name."""
    return _of(AUDIT_TABLES, name, data)


def pulse_table(name: str, data: Json) -> Table:
    """A table of the pulse by its name."""
    return _of({"series": _series, "drivers": drivers, "violations": _violations}, name, data)


WHERE_TABLES: Final = {
    "drivers": "Причины",
    "accounts": "Разложение",
    "composition": "Состав, цены и поведение",
    "pairs": "Пары признаков",
}


def where_table(name: str, data: Json) -> Table:
    """A table of «Где упало» by its name."""
    makers = {"drivers": drivers, "accounts": _accounts, "composition": _composition, "pairs": _pairs}
    return _of(makers, name, data)


def _of(makers: Mapping[str, Callable[[Json], Table]], name: str, data: Json) -> Table:
    if name not in makers:
        raise Http404
    return makers[name](data)


def _account_of_rows(data: Json) -> Table:
    words = {
        "read": "Прочитано", "accepted": "Принято", "ignored": "Не учтено", "duplicates": "Повторы",
        "rejected": "Не принято",
    }  # fmt: skip
    return ("Строки выгрузки", "Сколько"), [(word, data["rows"][name]) for name, word in words.items()]


def _warnings(data: Json) -> Table:
    return ("Недостаток", "Что нашли и что сделали"), [(each["code"], each["text"]) for each in data["warnings"]]


def _refused(data: Json) -> Table:
    header = ("Строка", "Столбец", "Ячейка", "Почему")
    return header, [(each["row"], each["column"], each["value"], each["code"]) for each in data["rejections"]]


def _curve(data: Json) -> Table:
    found = data["return_curve"]
    header = ("Дней с первого визита", "Вернулись, %", "От", "До")
    lines = zip(found["days"], found["value"], found["low"], found["high"], strict=True)
    return header, [(days, *(_percent(each) for each in shares)) for days, *shares in lines]


def _measures(data: Json) -> Table:
    header = (
        "Показатель",
        "Код",
        "Когда",
        "Доля, %",
        "От",
        "До",
        "Вернулись",
        "Всего",
        "База с",
        "База по",
        "Возврат по",
    )
    rows: list[Sequence[object]] = []
    for measure in (data["retention"], *data["measures"]):
        for label, name in (("сейчас", "now"), ("год назад", "year_before")):
            share = measure[name]
            rows.append(
                (
                    measure["title"], measure["definition"], label, _percent(share["value"]), _percent(share["low"]),
                    _percent(share["high"]), share["numerator"], share["denominator"], share["base_from"],
                    share["base_to"], share["return_to"],
                )
            )  # fmt: skip
    return header, rows


def drivers(data: Json) -> Table:
    """The causes with all their figures."""
    header = (
        "Причина", "Вид", "Вклад, п. п.", "От", "До", "p", "Пациентов", "Не вернулись", "Руб. за год", "Было, %",
        "Стало, %", "Ожидалось, %",
    )  # fmt: skip
    rows: list[Sequence[object]] = [
        (
            f"{each['title'].rpartition(', ')[0]}", "состав" if each["kind"] == "mix" else "поведение",
            each["effect_pp"], each["low_pp"], each["high_pp"], f"{each['p']:.4f}".replace(".", ","), each["patients"],
            each["lost_patients"], each["money_kopecks"] / 100, _percent(each["rate_before"]),
            _percent(each["rate_now"]), _percent(each["rate_expected"]),
        )
        for each in data["drivers"]
    ]  # fmt: skip
    if data["common"]["change_pp"] is not None:
        rows.append(("Общее для всех", "", data["common"]["change_pp"]))
    return header, rows


def _accounts(data: Json) -> Table:
    header = (
        "Признак", "Значение", "Пациентов раньше", "Пациентов сейчас", "Возврат раньше, %", "Возврат сейчас, %",
        "Поведение, п. п.", "Состав, п. п.",
    )  # fmt: skip
    rows: list[Sequence[object]] = [
        (
            account["title"], row["value"], row["patients_before"], row["patients_now"], _percent(row["rate_before"]),
            _percent(row["rate_now"]), row["rate_pp"], row["mix_pp"],
        )
        for account in data["accounts"]
        for row in account["rows"]
    ]  # fmt: skip
    return header, rows


def _composition(data: Json) -> Table:
    header = ("Что изменилось", "Вклад, п. п.", "От", "До", "Возврат без этого, %")
    found = data["composition"] or {"effects": []}
    rows: list[Sequence[object]] = [
        (
            f"{'' if each['dimension'] == 'price' else 'Состав: '}{reports.dimension_words(each['dimension'])}",
            each["effect_pp"], each["low_pp"], each["high_pp"], _percent(each["retention_without"]),
        )
        for each in found["effects"]
    ]  # fmt: skip
    if data["composition"]:
        rows.append(("Остальное поведение", found["rate_pp"], found["rate_low_pp"], found["rate_high_pp"]))
    return header, rows


def _pairs(data: Json) -> Table:
    header = ("Первый признак", "Второй признак", "Поведение, п. п.", "Состав, п. п.", "Сочетаний")
    return header, [
        (*map(reports.dimension_words, each["dimensions"]), each["rate_pp"], each["mix_pp"], each["cells"])
        for each in data["pairs"]["accounts"]
    ]


def _cohorts(data: Json) -> Table:
    longest = max((len(each["cells"]) for each in data["cohorts"]), default=0)
    header = (
        "Месяц",
        "Новых",
        "За 180 дней, %",
        "От",
        "До",
        "Созрело",
        *(f"{k}-й месяц, %" for k in range(1, longest + 1)),
    )
    rows: list[Sequence[object]] = [
        (
            each["month"], each["size"], _percent(each["value"]), _percent(each["low"]), _percent(each["high"]),
            "да" if each["mature"] else "нет", *(_percent(cell["value"]) for cell in each["cells"]),
        )
        for each in data["cohorts"]
    ]  # fmt: skip
    return header, rows


def _next_step(data: Json) -> Table:
    header = ("Дней с визита от", "до", "Пациентов", "Приходят за год, %", "Руб. за год")
    return header, [
        (each["from_days"], each["to_days"], each["patients"], _percent(each["chance"]), each["value_kopecks"] / 100)
        for each in data["next_step"]["groups"]
    ]


def _series(data: Json) -> Table:
    header = ("На день", "Возврат, %", "От", "До", "Вернулись", "Всего")
    return header, [
        (
            each["on"], _percent(each["value"]), _percent(each["low"]), _percent(each["high"]), each["numerator"],
            each["denominator"],
        )
        for each in data["series"]
    ]  # fmt: skip


def _violations(data: Json) -> Table:
    header = ("День", "Под правилом", "Найдено без шага", "Осталось")
    return header, [(each["on"], each["under_rule"], each["found"], each["left"]) for each in data["violations"]]


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share


#: Tables of the report by their names in an address.
AUDIT_TABLES: Final[Mapping[str, Callable[[Json], Table]]] = {
    "rows": _account_of_rows,
    "warnings": _warnings,
    "measures": _measures,
    "drivers": drivers,
    "accounts": _accounts,
    "cohorts": _cohorts,
    "curve": _curve,
    "next-step": _next_step,
    "refused": _refused,
}

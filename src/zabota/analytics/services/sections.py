"""From the JSON of an audit to what its page says: headings computed from figures, positions of marks, no markup.

The page in the web and the printed file are both made from the JSON, so they cannot differ from it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from zabota.analytics.rules import wording
from zabota.analytics.rules.drivers import LEVEL
from zabota.analytics.rules.wording import NBSP, money, number, percent, plural
from zabota.analytics.services.causes import why_section
from zabota.analytics.services.cohorts import cohorts_section
from zabota.analytics.services.marks import day, interval, percents, place

Json = Mapping[str, Any]
View = dict[str, Any]

#: Of each warning: what it is called, how it touches the result, the tone of the badge.
WARNINGS: Final[dict[str, tuple[str, str, str]]] = {
    "gap": ("Пропуск в данных", "учтено", "warn"),
    "short_history": ("Короткая история", "учтено", "info"),
    "rejected_rows": ("Непринятые строки", "проверьте", "warn"),
    "duplicates": ("Повторы строк", "исправлено", "good"),
    "merged_cards": ("Повторные карты", "исправлено", "good"),
    "alike_cards": ("Похожие карты", "решите", "info"),
    "status_missing": ("Нет состояния визита", "проверьте", "warn"),
    "status_recoding": ("Изменился учёт отмен", "проверьте", "warn"),
    "channel_missing": ("Источник не указан", "влияет слабо", "none"),
    "channel_tracking": ("Изменился учёт источников", "учтено", "info"),
    "price_missing": ("Нет сумм", "деньги занижены", "warn"),
    "first_visit_spike": ("Много новых за один день", "проверьте", "warn"),
    "doctor_left": ("Врач больше не принимает", "к сведению", "none"),
    "young_cohorts": ("Молодые группы", "учтено", "info"),
    "early_visits": ("Визиты до начала данных", "учтено", "none"),
    "data_end": ("Конец данных", "учтено", "warn"),
    "season": ("Сезон", "учтено", "info"),
    "no_future": ("Нет будущих записей", "довыгрузите", "warn"),
}
REFUSED_SHOWN: Final = 50


def sections(data: Json, *, clinic: str, source: str, made_on: date, reasons: Mapping[str, str]) -> View:
    """Everything the templates of the report show. `reasons` says in words what a refusal code means."""
    return {
        "head": _head(data, clinic, source, made_on),
        "data": _data(data),
        "now": _now(data),
        "why": why_section(data),
        "cohorts": cohorts_section(data),
        "step": _step(data),
        "do": _actions(data),
        "defs": _definitions(data),
        "refused": _refused(data["rejections"], reasons),
    }


def _head(data: Json, clinic: str, source: str, made_on: date) -> View:
    covered = f"{_month(data['data']['from'])} – {_month(data['data']['to'])}"
    meta = [
        ("Данные", covered),
        ("Пациенты", number(data["patients"])),
        ("Визиты", number(data["visits"])),
        ("Источник", source or "выгрузка клиники"),
    ]
    return {
        "title": f"Возврат пациентов: {clinic}" if clinic else "Возврат пациентов: отчёт по выгрузке",
        "headline": data["headline"] if data["headline"].endswith(".") else f"{data['headline']}.",
        "lead": data["lead"],
        "meta": meta,
        "made": day(made_on),
        "as_of": day(data["as_of"]),
    }


def _data(data: Json) -> View:
    rows, warnings = data["rows"], data["warnings"]
    grave = [each for each in warnings if WARNINGS.get(each["code"], ("", "", "none"))[2] == "warn"]
    if data["retention"]["change_pp"] is None:
        title = "Данных пока мало для сравнения с прошлым годом"
    elif grave:
        title = f"Данных достаточно для выводов, но {plural(len(grave), 'место', 'места', 'мест')} стоит проверить"
    elif warnings:
        title = f"Данных достаточно для выводов, {plural(len(warnings), 'замечание учтено', 'замечания учтены', 'замечаний учтено')}"
    else:
        title = "Данных достаточно для выводов, недостатков не нашли"
    return {
        "title": title,
        "rows": [
            ("Прочитано", number(rows["read"]), "все строки выгрузки под заголовком"),
            ("Принято", number(rows["accepted"]), "завершённые визиты, по ним весь отчёт"),
            ("Не учтено", number(rows["ignored"]), "заголовки, итоги, пустые, отмены, неявки и будущие записи"),
            ("Повторы", number(rows["duplicates"]), "та же строка второй раз"),
            ("Не принято", number(rows["rejected"]), "строки с ошибкой, перечень в конце отчёта"),
        ],
        "warnings": [_warning(each) for each in warnings],
    }


def _warning(warning: Json) -> View:
    title, word, tone = WARNINGS.get(warning["code"], (warning["code"], "проверьте", "warn"))
    return {"title": title, "text": warning["text"], "word": word, "tone": tone}


def _now(data: Json) -> View:
    main = data["retention"]
    measures = [main, *sorted(data["measures"], key=lambda each: str(each["definition"]), reverse=True)]
    now, before = main["now"], main["year_before"]
    if now["value"] is None:
        title, text = "Сколько пациентов возвращается, по этим данным сказать нельзя", ""
    elif before["value"] is None:
        title, text = f"Вернулись {percent(now['value'])} пациентов, сравнить пока не с чем", ""
    else:
        title = (
            f"Вернулись {percent(now['value'])} пациентов, годом раньше {percent(before['value'])}"
            if main["significant"]
            else f"Вернулись {percent(now['value'])} пациентов, значимого изменения за год нет"
        )
        text = (
            f"Из {plural(now['denominator'], 'пациента', 'пациентов', 'пациентов')}, бывших на приёме "
            f"с {day(now['base_from'])} по {day(now['base_to'])}, с {day(now['return_from'])} по {day(now['return_to'])} "
            f"снова пришли {number(now['numerator'])}. Годом раньше {number(before['numerator'])} "
            f"из {number(before['denominator'])}."
        )
    return {
        "title": title,
        "text": text,
        "bars": [_dumbbell(each) for each in measures if each["now"]["value"] is not None],
        "ticks": _ticks(),
        "table": [_measure_row(each) for each in measures],
        "as_of": day(data["as_of"]),
        "alarms": alarms_said(data),
        "compared": before["value"] is not None,
    }


def alarms_said(data: Json) -> list[str]:
    """Each shown comparison that turns round among people alike, as a sentence; reports of older days have none."""
    titles = {each["definition"]: each["title"] for each in (data["retention"], *data.get("measures", ()))}
    return [
        wording.alarm_text(each["dimension"], each["total"], each["within"], measure=titles.get(each["definition"], ""))
        for each in data.get("alarms", ())
    ]


def _ticks() -> list[View]:
    anchors = {0: "start", 100: "end"}
    return [
        {"x": f"{value}%", "label": f"{value}{NBSP}%", "anchor": anchors.get(value, "middle")}
        for value in (0, 25, 50, 75, 100)
    ]


def _dumbbell(measure: Json) -> View:
    now, before = measure["now"], measure["year_before"]
    view: View = {
        "title": measure["title"],
        "code": measure["definition"],
        "sub": _counts(now) + (f", годом раньше {_counts(before)}" if before["value"] is not None else ""),
        "now": place(now["value"]),
        "now_low": place(now["low"]),
        "now_high": place(now["high"]),
        "label": percent(now["value"]),
        "says": f"{measure['title']}: {percent(now['value'])} сейчас",
        "anchor": "middle",
        "figure": "",
        "figure_sub": "",
    }
    if before["value"] is None:
        return view
    left = now["value"] <= before["value"]
    view |= {
        "before": place(before["value"]),
        "before_low": place(before["low"]),
        "before_high": place(before["high"]),
        "before_label": f"{percent(before['value'])} год назад",
        "says": f"{view['says']}, {percent(before['value'])} годом раньше",
        "anchor": "end" if left or now["value"] > 0.93 else "start",
        "shift": "6" if left else "-6",
        # At the right edge the longer label has no room beside its mark and goes below it.
        "before_anchor": "end" if before["value"] > 0.75 or not left else "start",
        "before_shift": "-6" if left and before["value"] <= 0.75 else "6",
        "before_below": left and before["value"] > 0.75,
        "figure": wording.points(measure["change_pp"]),
        "figure_sub": interval(measure["low_pp"], measure["high_pp"]),
    }
    return view


def _counts(share: Json) -> str:
    return f"{number(share['numerator'])} из {number(share['denominator'])}"


def _measure_row(measure: Json) -> View:
    now, before = measure["now"], measure["year_before"]
    change = measure["change_pp"]
    return {
        "code": measure["definition"],
        "title": measure["title"],
        "says": measure["says"],
        "counts": _counts(now) if now["value"] is not None else "нет данных",
        "now": percent(now["value"]),
        "now_sub": percents(now["low"], now["high"]),
        "before": percent(before["value"]),
        "before_sub": percents(before["low"], before["high"]),
        "change": "—" if change is None else wording.points(change),
        "change_sub": "" if change is None else interval(measure["low_pp"], measure["high_pp"]),
        "quiet": change is not None and not measure["significant"],
    }


def _step(data: Json) -> View:
    step = data["next_step"]
    groups = step["groups"]
    top = max((each["value_kopecks"] for each in groups), default=0) or 1
    known = max(step["known"], 1)
    if step["without"]:
        title = (
            f"{plural(step['without'], 'пациент', 'пациента', 'пациентов')} без следующего шага, "
            f"ожидаемая выручка {money(step['value_kopecks'])}"
        )
    else:
        title = "У всех пациентов последних двух лет есть следующий шаг"
    return {
        "title": title,
        "text": (
            f"Это {percent(step['without'] / known)} из {plural(step['known'], 'пациента', 'пациентов', 'пациентов')}, "
            f"бывших в клинике за последние два года. Записаны {number(step['booked'])}."
        ),
        "no_future": not step["has_future"],
        "groups": [
            {
                "title": _since(each["from_days"], each["to_days"]),
                "patients": number(each["patients"]),
                "chance": percent(each["chance"]),
                "width": f"{100 * each['value_kopecks'] / top:.1f}%",
                "value": money(each["value_kopecks"]),
            }
            for each in groups
        ],
        "without": number(step["without"]),
        "value": money(step["value_kopecks"]),
    }


def _since(first: int, last: int) -> str:
    """«Были от 2 до 4 месяцев назад»."""
    low, high = round(first / 30.4), round((last + 1) / 30.4)
    if not low:
        return f"Были за последние {plural(high, 'месяц', 'месяца', 'месяцев')}"
    return f"Не были от {low} до {plural(high, 'месяца', 'месяцев', 'месяцев')}"


def _actions(data: Json) -> View:
    return {
        "title": f"С чего начать: {plural(len(data['actions']), 'действие', 'действия', 'действий')}",
        "items": [
            {
                "title": each["title"],
                "text": each["text"],
                "check": each["check"],
                "patients": number(each["patients"]) if each["patients"] else "",
                "money": money(each["money_kopecks"]) if each["money_kopecks"] else "",
            }
            for each in data["actions"]
        ],
    }


def _definitions(data: Json) -> list[tuple[str, str]]:
    main = data["retention"]
    now, before = main["now"], main["year_before"]
    found = [("Визит", "Завершённый приём. Несколько приёмов в один день для возврата считаем одним.")]
    if now["base_from"]:
        text = f"Сейчас: с {day(now['base_from'])} по {day(now['base_to'])}."
        if before["base_from"]:
            text += f" Годом раньше: с {day(before['base_from'])} по {day(before['base_to'])}."
        found.append(("Базовый период", text))
    return [
        *found,
        (
            "Интервал",
            "95 %. Для долей по Уилсону; у изменения учтено, что часть людей стоит в обоих периодах. Разности считаем до округления.",
        ),
        (
            "Причина",
            "То, что отличается от остальных: на сколько пунктов меньше изменился бы возврат, если бы эта группа менялась как все. Названную причину исключаем и ищем следующую, чтобы не винить её спутников. Врача, услугу и филиал берём по последнему визиту базового периода.",
        ),
        (
            "Уверенность",
            f"Проверяем в трёх шкалах и поправляем на число сравнений по Бенджамини — Хохбергу, {100 * LEVEL:.0f}{NBSP}%. «Доказано» — p меньше 0,001, «вероятно» — остальное, что прошло поправку.",
        ),
        (
            "Деньги",
            f"Число не вернувшихся, умноженное на выручку с вернувшегося пациента за 12 месяцев, здесь {money(data['yearly_value_kopecks'])}. Это выручка, а не прибыль.",
        ),
        (
            "Незрелая ячейка",
            "Срок прошёл не у всех пациентов группы. За полгода показан ожидаемый итог по Каплану — Мейеру; в средние незрелые ячейки не входят.",
        ),
        (
            "Без следующего шага",
            "Пациент был в последние 24 месяца, и у него нет будущей записи. Ценность: вероятность прийти в течение года, какой она была год назад у таких же, умноженная на выручку за 12 месяцев.",
        ),
    ]


def _refused(rejections: Sequence[Json], reasons: Mapping[str, str]) -> View:
    counts = Counter(str(each["code"]) for each in rejections)
    return {
        "total": len(rejections),
        "title": f"Не принято: {plural(len(rejections), 'строка', 'строки', 'строк')}",
        "counts": [(reasons.get(code, code), number(count)) for code, count in counts.most_common()],
        "rows": [
            {
                "row": str(each["row"]),
                "file": each.get("file", ""),
                "column": each["column"],
                "value": _short(str(each["value"])) or "пусто",
                "reason": reasons.get(each["code"], each["code"]),
            }
            for each in rejections[:REFUSED_SHOWN]
        ],
        "more": number(len(rejections) - REFUSED_SHOWN) if len(rejections) > REFUSED_SHOWN else "",
    }


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 60 else f"{text[:59]}…"


def _month(text: str) -> str:
    year, month, _ = text.split("-")
    return f"{month}.{year}"

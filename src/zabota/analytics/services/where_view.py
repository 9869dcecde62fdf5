"""From the figures of «Где упало» to what its page says: the answer first, then what supports it. No markup."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from zabota.analytics.rules.wording import DIMENSIONS, WANTING, alarm_text, money, number, percent, plural, points
from zabota.analytics.services.causes import named, why_section
from zabota.analytics.services.marks import day, interval, tenths

Json = Mapping[str, Any]
View = dict[str, Any]

#: The dimension that is not a composition.
_PRICE: Final = "price"
#: «При прежнем составе …»
_COMPOSITION: Final = {
    "channel": "источников", "tenure": "новых и прежних пациентов", "service_group": "групп услуг", "service": "услуг",
    "doctor": "пациентов по врачам", "branch": "пациентов по филиалам", "age": "возрастов", "sex": "мужчин и женщин",
    "speciality": "специальностей", "wait": "ждавших приёма", "corridor": "ждавших в коридоре",
    "feedback": "ответов после приёма",
}  # fmt: skip
_EVERYWHERE: Final = {
    "doctor": "врачей", "channel": "источников", "service": "услуг", "service_group": "групп услуг", "branch": "филиалов",
    "age": "возрастов", "speciality": "специальностей", "sex": "мужчин и женщин", "tenure": "новых и прежних", "price": "цен",
    "wait": "сроков ожидания", "corridor": "сроков ожидания в коридоре", "feedback": "ответов после приёма",
}  # fmt: skip


def where_view(data: Json) -> View:
    """Everything between the form and the foot of the page."""
    main = data["retention"]
    why = why_section({**data, "lead": "", "ago": "раньше"})
    why["title"], why["text"] = _title(data), ""
    return {
        "title": _title(data),
        "lead": _lead(data),
        "why": why,
        "change": "—" if main["change_pp"] is None else points(main["change_pp"]),
        "between": "" if main["change_pp"] is None else interval(main["low_pp"], main["high_pp"]),
        "main": main,
        "says": [*_season(data), *_uniform(data), *_composition(data), *_alarms(data)],
        "artefacts": _artefacts(data),
        # Answers kept from before have none.
        "actions": data.get("actions", []),
        "composition": _composition_rows(data),
        "pairs": [_pair(each) for each in data["pairs"]["cells"]],
        "pair_accounts": [
            {
                "title": pair_words(each["dimensions"]),
                "rate": tenths(each["rate_pp"]),
                "mix": tenths(each["mix_pp"]),
                "cells": number(each["cells"]),
            }
            for each in data["pairs"]["accounts"]
        ],
        "accounts": [_account(each) for each in data["accounts"]],
        "wanting": _wanting(data),
        "tested": number(data["tested"]),
        "now_words": _period(main["now"]),
        "before_words": _period(main["year_before"]),
        "checked": why["checked"],
    }


def _title(data: Json) -> str:
    main, causes = data["retention"], data["drivers"]
    now, before = percent(main["now"]["value"]), percent(main["year_before"]["value"])
    days = main["window_days"]
    term = "за год" if days == 365 else f"за {plural(days, 'день', 'дня', 'дней')}"
    if not main["significant"]:
        if not causes:
            return f"Ничего значимого: возврат {term} {now}, раньше {before}"
        return f"Возврат {term} в целом без изменений ({now}, раньше {before}), но выделяется: {named(causes[0])}"
    verb = "снизился" if main["change_pp"] < 0 else "вырос"
    if not causes:
        return f"Возврат {term} {verb} с {before} до {now} у всех одинаково"
    return f"Возврат {term} {verb} с {before} до {now}: главное — {named(causes[0])}"


def _lead(data: Json) -> str:
    main, causes = data["retention"], data["drivers"]
    change = f"{points(main['change_pp'])} ({interval(main['low_pp'], main['high_pp'])})"
    if not main["significant"] and not causes:
        return f"Изменение {change} укладывается в случайные колебания. Причин, отличных от остальных, не нашли."
    said = f"Изменение {change}."
    if causes:
        first = causes[0]
        said += f" Если бы не {named(first)}, вернулись бы {percent(first['retention_without'])}."
        if first["money_kopecks"]:
            word = "Цена этой причины" if first["effect_pp"] < 0 else "Эта перемена принесла"
            said += f" {word}: {money(first['money_kopecks'])} за год."
    else:
        lost = round(main["change_pp"] * main["now"]["denominator"] / 100) * data["yearly_value_kopecks"]
        if lost:
            said += f" {'Цена' if lost < 0 else 'Это принесло'}: {money(abs(lost))} за год."
        said += " Отдельных причин нет: ищите то, что изменилось для всех, — запись, ожидание, цены в целом, связь с пациентами."
    return said


def _season(data: Json) -> list[str]:
    season = data["season"]
    if season["same"]:
        return ["Сравниваем одинаковые месяцы разных лет, поэтому сезон на разницу не влияет."]
    if season["seasonal_pp"] is None:
        return [
            "Периоды приходятся на разные месяцы, а год назад для сравнения данных не хватает: часть разницы может быть сезоном."
        ]
    chance = "в пределах случайного" if season["low_pp"] <= 0 <= season["high_pp"] else "это сезон"
    said = (
        f"Между этими же месяцами год назад возврат менялся на {points(season['seasonal_pp'])} "
        f"({interval(season['low_pp'], season['high_pp'])}): {chance}. "
    )
    left = f"{points(season['left_pp'])} ({interval(season['left_low_pp'], season['left_high_pp'])})"
    if season["left_low_pp"] <= 0 <= season["left_high_pp"]:
        return [said + f"Сверх сезона осталось {left}: в пределах случайного."]
    return [said + f"Сверх сезона осталось {left}."]


def _uniform(data: Json) -> list[str]:
    found = data["uniformity"]
    causes = data["drivers"]
    if found is None or not data["retention"]["significant"]:
        return []
    if causes and found["log_odds"]["uniform"]:
        # A cause whose people became more touches all doctors and services alike: that is no change common to everybody.
        alike = "По остальным признакам изменение равномерное: названная перемена коснулась всех групп одинаково."
        return [alike] if all(each["kind"] == "mix" for each in causes) else []
    ratio = found["odds_ratio"]
    way = f"{'снизились' if ratio < 1 else 'выросли'} {_times(ratio)}"
    if found["log_odds"]["uniform"]:
        also = (
            " В пунктах группы различаются лишь потому, что начинали с разного уровня."
            if not found["points"]["uniform"]
            else ""
        )
        return [f"Изменение равномерное: шансы вернуться {way} во всех группах.{also}"]
    uneven = [_EVERYWHERE.get(name, DIMENSIONS[name].lower()) for name in found["log_odds"]["uneven"][:3]]
    return [f"Изменение неравномерное и на шкале шансов (в среднем {way}): оно разное у разных {', '.join(uneven)}."]


def _times(ratio: float) -> str:
    """«в 1,4 раза»; what would be told as «в 1,0 раза» is told in percent."""
    most = max(ratio, 1 / max(ratio, 1e-9))
    said = f"на {100 * abs(ratio - 1):.1f} %" if most < 1.05 else f"в {most:.1f} раза"
    return said.replace(".", ",")


def _composition(data: Json) -> list[str]:
    found = data["composition"]
    if not found:
        return []
    now = percent(data["retention"]["now"]["value"])
    said, composed = [], False
    for each in sorted(found["effects"], key=lambda each: -abs(each["effect_pp"])):
        without = percent(each["retention_without"])
        if each["low_pp"] <= 0 <= each["high_pp"] or without == now:
            continue
        what, whose = ("прежних ценах", "цен")
        if each["dimension"] != _PRICE:
            what, whose = f"прежнем составе {_COMPOSITION[each['dimension']]}", "состава"
            composed = True
        said.append(
            f"При {what} было бы {without}, а не {now}: вклад {whose} {points(each['effect_pp'])} "
            f"({interval(each['low_pp'], each['high_pp'])})."
        )
    if not composed:
        changed = ": люди стали вести себя иначе" if data["retention"]["significant"] else ""
        said.append(f"Состав пациентов почти не изменил возврат{changed}.")
    return said


def _composition_rows(data: Json) -> list[View]:
    found = data["composition"]
    if not found:
        return []
    rows = [
        {
            "title": "Цены изменились сильнее прочих"
            if each["dimension"] == _PRICE
            else f"Состав {_COMPOSITION[each['dimension']]}",
            "points": tenths(each["effect_pp"]),
            "sub": interval(each["low_pp"], each["high_pp"]),
            "without": percent(each["retention_without"]),
        }
        for each in found["effects"]
    ]
    rate = {"title": "Остальное поведение: возвращаются иначе", "points": tenths(found["rate_pp"]), "without": ""}
    return [*rows, {**rate, "sub": interval(found["rate_low_pp"], found["rate_high_pp"])}]


def _alarms(data: Json) -> list[str]:
    found = [alarm_text(each["dimension"], each["total"], each["within"]) for each in data["alarms"]]
    if found:
        return [f"Внимание, парадокс Симпсона. {each}" for each in found]
    return ["Разница пересчитана внутри групп по каждому признаку: знака она нигде не меняет."]


def _artefacts(data: Json) -> list[View]:
    listed: list[View] = []
    for each in data["artefacts"]:
        listed.append({"text": _artefact(each, points(each["effect_pp"] or 0.0)), "split": each["split"]})
    said = {"gap", "doctor_left", "season", *(each["code"] for each in data["artefacts"])}
    listed += [{"text": each["text"], "split": False} for each in data["warnings"] if each["code"] not in said]
    gaps = [{"text": each["text"], "split": True} for each in data["warnings"] if each["code"] == "gap"]
    return [*gaps, *listed]


def _artefact(each: Json, effect: str) -> str:
    if each["code"] == "gap":
        return f"Пропуск в данных исказил бы изменение на {effect}; такие же дни убраны из обоих периодов."
    if each["code"] == "merged_cards":
        cards = plural(each["count"], "карта объединена", "карты объединены", "карт объединены")
        return f"{cards} с другими картами тех же людей: порознь они исказили бы изменение на {effect}."
    if each["code"] == "status_recoding":
        return (
            f"С {day(each['from'])} отмены и неявки учитывают иначе. На это приходится около {effect} изменения: "
            "столько дали бы неявки, записанные как визиты."
        )
    return f"{each['value']} больше не принимает: на пациентов этого врача приходится {effect} изменения."


def _pair(cell: Json) -> View:
    first, second = (
        f"{DIMENSIONS[name].lower()} «{value}»" for name, value in zip(cell["dimensions"], cell["values"], strict=True)
    )
    return {
        "title": f"{first[0].upper()}{first[1:]}, {second}",
        "points": tenths(cell["effect_pp"]),
        "rates": f"{percent(cell['rate_before'])} → {percent(cell['rate_now'])}",
        "patients": number(cell["patients"]),
    }


def _wanting(data: Json) -> str:
    """Why a dimension that somebody looks for is not among the accounts."""
    present = {each["dimension"] for each in data["accounts"]}
    absent = [f"{whose} — {why}" for name, (whose, why) in WANTING.items() if name not in present]
    return f"Не разложили по {'; по '.join(absent)}." if absent else ""


def _account(account: Json) -> View:
    return {
        "title": account["title"],
        "rate": tenths(account["rate_pp"]),
        "mix": tenths(account["mix_pp"]),
        "rows": [
            {
                "value": row["value"],
                "before": number(row["patients_before"]),
                "now": number(row["patients_now"]),
                "rate_before": percent(row["rate_before"]),
                "rate_now": percent(row["rate_now"]),
                "rate": tenths(row["rate_pp"]),
                "mix": tenths(row["mix_pp"]),
            }
            for row in account["rows"]
        ],
    }


def _period(share: Json) -> str:
    return f"были {day(share['base_from'])} – {day(share['base_to'])}, пришли снова до {day(share['return_to'])}"


def pair_words(names: Sequence[str]) -> str:
    """«Врач × Филиал»."""
    return " × ".join(DIMENSIONS[name] for name in names)

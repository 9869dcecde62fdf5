"""The section of the report that says what drove the change: causes on one axis, the common rest, what was not confirmed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from zabota.analytics.rules.wording import DIMENSIONS, NBSP, money, number, percent, plural
from zabota.analytics.services.marks import interval, tenths

Json = Mapping[str, Any]
View = dict[str, Any]

PROVEN: Final = 0.001
_NAMED: Final = {
    "doctor": "врач {}", "branch": "филиал «{}»", "channel": "источник «{}»", "service": "услуга «{}»",
    "service_group": "группа услуг «{}»", "speciality": "специальность «{}»", "age": "возраст {}",
    "wait": "ожидание приёма {}", "corridor": "ожидание в коридоре {}", "feedback": "ответ после приёма «{}»",
}  # fmt: skip
#: Points below which a remainder is not worth a row.
WORTH_A_ROW: Final = 0.05


def why_section(data: Json) -> View:
    """Rows with bars, the total, and the sentence on what was checked in vain."""
    main, causes = data["retention"], data["drivers"]
    view: View = {
        "title": _title(main, causes),
        "text": _text(data),
        "rows": [],
        "caused": bool(causes),
        "checked": _checked(data),
        "accounts": _accounts(data["accounts"]) if main["change_pp"] is not None else [],
    }
    if main["change_pp"] is None or not (causes or main["significant"]):
        return view
    people, value = main["now"]["denominator"], data["yearly_value_kopecks"]
    ago = data.get("ago", "год назад")
    lines = [_cause(each, ago) for each in causes] or [_alike(main)]
    common = data["common"]["change_pp"] or 0.0
    if causes and abs(common) >= WORTH_A_ROW:
        says = "Так изменился бы возврат без названных причин: общее для всех врачей, услуг и источников"
        lines.append(_rest("Общее для всех", says, common))
    overlap = main["change_pp"] - common - sum(each["effect_pp"] for each in causes)
    if causes and abs(overlap) >= WORTH_A_ROW:
        says = "Пациенты, которых касаются сразу две причины, и округление"
        lines.append(_rest("Пересечение причин", says, overlap))
    low = min(0.0, *(line["low"] for line in lines))
    high = max(0.0, *(line["high"] for line in lines))
    scale = (high - low) or 1.0
    view["rows"] = [_drawn(line, low, scale, people, value) for line in lines]
    view["total"] = {
        "points": tenths(main["change_pp"]),
        "points_sub": interval(main["low_pp"], main["high_pp"]),
        **_losses(main["change_pp"], people, value),
        "money_sub": _money_between(main["low_pp"], main["high_pp"], people, value),
    }
    return view


def title_of(cause: Json) -> str:
    """The heading of a cause without its figure: «Врач: Рябов И. А.»."""
    head, _, tail = str(cause["title"]).rpartition(", ")
    return head if head and tail.endswith("п.") else str(cause["title"])


def named(cause: Json) -> str:
    """A cause inside a sentence: «врач Рябов И. А.»."""
    if cause["dimension"] == "price":
        return "подорожавшие услуги" if "выросла" in cause["value"] else "подешевевшие услуги"
    return _NAMED.get(cause["dimension"], "группа «{}»").format(cause["value"])


def _title(main: Json, causes: list[Json]) -> str:
    change = main["change_pp"]
    if change is None:
        return "Что изменилось, по этим данным сказать нельзя"
    if not main["significant"] and not causes:
        return "За год ничего значимого не произошло"
    if not causes:
        return f"{'Снижение' if change < 0 else 'Рост'} на {_size(change)} общее для всех: отдельных причин нет"
    first = named(causes[0])
    if not main["significant"]:
        return f"В целом без изменений, но от остальных отличается: {first}"
    word = "Снижение" if change < 0 else "Рост"
    if len(causes) == 1:
        return f"{word} на {_size(change)}: от остальных отличается {first}"
    count = plural(len(causes), "причина", "причины", "причин")
    return f"{word} на {_size(change)}: {count}, главная — {first}"


def _size(change: float) -> str:
    return f"{abs(change):.1f}".replace(".", ",") + f"{NBSP}п.{NBSP}п."


def _text(data: Json) -> str:
    main, causes = data["retention"], data["drivers"]
    if main["change_pp"] is None:
        return "Для сравнения нужны визиты хотя бы за полтора года."
    if not causes:
        return str(data["lead"])
    said = f"Если бы не {'первая' if len(causes) > 1 else 'эта'} причина, вернулись бы {percent(causes[0]['retention_without'])}"
    if len(causes) > 1:
        said += f", если бы не вторая — {percent(causes[1]['retention_without'])}"
    return f"{said}. {data['common']['text']}".strip()


def _cause(cause: Json, ago: str) -> View:
    proven = cause["p"] < PROVEN
    return {
        "title": title_of(cause),
        "says": cause["text"],
        "short": _short(cause, ago),
        "companions": _companions(cause["companions"]),
        "value": cause["effect_pp"],
        "low": cause["low_pp"],
        "high": cause["high_pp"],
        "word": "доказано" if proven else "вероятно",
        "tone": "good" if proven else "info",
        "p": f"p{NBSP}<{NBSP}0,001" if proven else f"p{NBSP}={NBSP}{cause['p']:.3f}".replace(".", ","),
        "rest": False,
    }


def _short(cause: Json, ago: str) -> str:
    """One line under the name of a cause."""
    if cause["kind"] == "mix":
        return (
            f"Доля изменилась с {percent(cause['share_before'])} до {percent(cause['share_now'])}, "
            f"возвращаются из них {percent(cause['rate_now'])}"
        )
    return (
        f"Вернулись {percent(cause['rate_now'])}, {ago} {percent(cause['rate_before'])}; "
        f"как у остальных было бы {percent(cause['rate_expected'])}"
    )


def _companions(found: list[str]) -> str:
    if not found:
        return ""
    more = len(found) - 4
    return "Этим же объясняется: " + "; ".join(found[:4]) + (f" и ещё {number(more)}" if more > 0 else "")


def _alike(main: Json) -> View:
    """A change that nothing stands out of has its certainty and its money too."""
    says = "Изменилось одинаково у всех врачей, услуг, источников и филиалов: отдельной причины нет"
    return {
        **_rest("Общее для всех", says, main["change_pp"]), "low": main["low_pp"], "high": main["high_pp"],
        "word": "больше случайного", "tone": "info", "rest": False,
    }  # fmt: skip


def _rest(title: str, says: str, value: float) -> View:
    return {
        "title": title, "says": says, "short": says, "companions": "", "value": value, "low": value, "high": value,
        "word": "не разделено", "tone": "none", "p": "", "rest": True,
    }  # fmt: skip


def _drawn(line: View, low: float, scale: float, people: int, value: int) -> View:
    def at(point: float) -> float:
        return 100 * (point - low) / scale

    start, end = sorted((at(0.0), at(line["value"])))
    return {
        **line,
        "zero": f"{at(0.0):.1f}%",
        "x": f"{start:.1f}%",
        "width": f"{max(end - start, 0.4):.1f}%",
        "from": f"{at(line['low']):.1f}%",
        "to": f"{at(line['high']):.1f}%",
        "points": tenths(line["value"]),
        "points_sub": "" if line["rest"] else interval(line["low"], line["high"]),
        **_losses(line["value"], people, value),
        "money_sub": "" if line["rest"] else _money_between(line["low"], line["high"], people, value),
    }


def _losses(effect: float, people: int, value: int) -> View:
    """People and money of a number of points, with the sign of the points."""
    change = round(effect * people / 100)
    sign = "+" if change > 0 else "−" if change < 0 else ""
    return {
        "patients": f"{sign}{number(abs(change))}",
        "money": f"{sign}{money(abs(change) * value)}" if change and value else "—",
    }


def _money_between(low: float | None, high: float | None, people: int, value: int) -> str:
    """«−8,2…−6,3 млн»: the interval of the points in money."""
    if low is None or high is None or not value:
        return ""
    ends = [each * people / 100 * value / 100 for each in (low, high)]
    unit, word = (1_000_000, "млн") if max(map(abs, ends)) >= 1_000_000 else (1_000, "тыс.")
    return f"{interval(ends[0] / unit, ends[1] / unit)}{NBSP}{word}"


def _checked(data: Json) -> str:
    """Dimensions that were searched and gave no cause."""
    blamed = {each["dimension"] for each in data["drivers"]}
    vain = [
        DIMENSIONS.get(each["dimension"], each["title"]).lower()
        for each in data["accounts"]
        if each["dimension"] not in blamed
    ]
    if not vain:
        return ""
    return f"{', '.join(vain)}: ни одна группа не отличается от остальных больше, чем бывает случайно."


def _accounts(accounts: list[Json]) -> list[View]:
    return [
        {"title": each["title"], "rate": tenths(each["rate_pp"]), "mix": tenths(each["mix_pp"])} for each in accounts
    ]

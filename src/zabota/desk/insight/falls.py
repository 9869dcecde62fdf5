"""Rows of the waterfall: from the figure before, through what changed it, to the figure now, on one axis of retention."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from zabota.analytics import reports
from zabota.ui import formats

Json = Mapping[str, Any]
View = dict[str, Any]


def falls_of(main: Json, why: Mapping[str, Any], people: Mapping[int, View], *, before_word: str = "Год назад") -> View:
    """`falls` and `labels` of the axis; no rows when nothing was compared. `people` are links by place of the cause."""
    if not why["rows"] or main["change_pp"] is None:
        return {"falls": []}
    before, now = 100 * float(main["year_before"]["value"]), 100 * float(main["now"]["value"])
    level: float = before
    reached = [before, now]
    for row in why["rows"]:
        level += row["value"]
        reached += [level, level - row["value"] + row["low"], level - row["value"] + row["high"]]
    low = 5 * math.floor(min(reached) / 5)
    quarter = math.ceil((max(reached) - low) / 4) or 1
    high = low + 4 * quarter

    def at(value: float) -> float:
        return 100 * (value - low) / (high - low)

    falls: list[View] = [_total(before_word, main["year_before"], at, before=True)]
    level = before
    for place, row in enumerate(why["rows"]):
        after = level + row["value"]
        behind = {} if row["rest"] else people.get(place, {})
        falls.append(
            {
                "title": row["title"], "sub": row["short"], "from": min(at(level), at(after)), "to": max(at(level), at(after)),
                "low": None if row["rest"] else at(level + row["low"]), "high": None if row["rest"] else at(level + row["high"]),
                "figure": f"{row['points']}\u00a0п.\u00a0п.", "figure_sub": row["points_sub"], "money": row["money"],
                "money_sub": _people(row["patients"], because=not row["rest"]), "rest": row["rest"],
                "href": behind.get("url", ""), "href_label": _everybody(behind),
            }
        )  # fmt: skip
        level = after
    total = why["total"]
    last = _total("Сейчас", main["now"], at, before=False)
    away = people.get(reports.EVERYBODY, {})
    falls.append(
        {
            **last, "money": total["money"], "money_sub": _people(total["patients"]), "href": away.get("url", ""),
            "href_label": _everybody(away),
        }
    )  # fmt: skip
    return {"falls": falls, "labels": [f"{low + quarter * place}\u00a0%" for place in range(5)]}


def _total(title: str, share: Json, at: Callable[[float], float], *, before: bool) -> View:
    return {
        "title": title, "sub": f"{formats.number(share['numerator'])} из {formats.number(share['denominator'])}",
        "low": at(100 * share["low"]), "high": at(100 * share["high"]), "at": at(100 * share["value"]), "before": before,
        "figure": formats.percent(share["value"]), "figure_sub": f"{100 * share['low']:.0f}…{100 * share['high']:.0f}",
        "money": "", "money_sub": "",
    }  # fmt: skip


def _people(text: str, *, because: bool = False) -> str:
    """How many a difference is; of a cause it is said that they are its own: the list behind it holds all who stayed away."""
    count = int("".join(each for each in text if each.isdigit()) or 0)
    if because and text.startswith("−"):
        return formats.plural(count, "не вернулся,не вернулись,не вернулись") + " из\u2011за этого"
    return formats.plural(count, "пациент,пациента,пациентов")


def _everybody(behind: View) -> str:
    return f"В\u00a0списке все\u00a0{formats.number(behind['count'])}" if behind else ""

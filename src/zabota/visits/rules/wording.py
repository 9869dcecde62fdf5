"""Dates and times of visits as messages say them, and which text fits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

_WEEKDAYS = ("понедельник", "вторник", "среда", "четверг", "пятница", "суббота", "воскресенье")


#: Instead of an address: nobody shall come to the clinic for a visit by video. The shorter one where letters cost.
BY_VIDEO = {"адрес": "по видео: вход по ссылке за 15 минут до начала", "адрес_sms": "по видео"}


#: Text of a booking by video: it says how to enter.
ONLINE_BOOKED = "telemedicine_booked"


def template_of(kind: str, *, several: bool, moved: bool, pushed: bool, online: bool) -> str:
    """Key of the text: one moment may need different words."""
    if several:
        return "reminder_family"
    if kind == "booked":
        return "visit_moved" if moved else ONLINE_BOOKED if online else "visit_booked"
    if kind == "long":
        return "telemedicine" if online else "reminder_48h"
    if pushed:
        return "reminder_evening"
    if kind == "evening" and not online:  # there is no way to a visit by video
        return "before_visit"
    return "telemedicine" if online else "reminder_2h"


def words_of_visit(begins: datetime) -> dict[str, str]:
    """«25.11», «среда», «10:00» of a local time."""
    return {"дата": f"{begins:%d.%m}", "день": _WEEKDAYS[begins.weekday()], "время": clock_words(begins)}


def clock_words(at: datetime) -> str:
    """«9:30»."""
    return f"{at.hour}:{at:%M}"


def doctor_words(name: str) -> str:
    """«Соколова М. В.» of a full name; what is not one stays as it is."""
    parts = name.split()
    if len(parts) != 3 or any(len(part) < 2 for part in parts):
        return name
    return f"{parts[0]} {parts[1][0]}. {parts[2][0]}."


def several_times(begins: Sequence[datetime], *, pushed: bool = False) -> str:
    """«10:00, 10:40 и 12:00»: each time once, in order; `pushed`: there is no reminder on the day itself, and it says so."""
    times = [clock_words(each) for each in sorted(begins)]
    times = list(dict.fromkeys(times))
    told = times[0] if len(times) == 1 else f"{', '.join(times[:-1])} и {times[-1]}"
    return f"{told}, утром не напомним" if pushed else told

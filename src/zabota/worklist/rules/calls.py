"""When to call: pauses after no answer, quick choices of a call back, hours in which nobody is disturbed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

#: Hours in which a patient may be called, local time of the clinic.
OPENS = time(9, 0)
CLOSES = time(20, 0)
#: A promise of a call is late after this.
PROMISE_GRACE = timedelta(minutes=15)
#: After so many calls without an answer the page advises another channel or time.
ADVISE_AFTER = 3
#: A day further away than this is a mistake of the calendar.
FARTHEST = timedelta(days=366)
#: Days before "thinks" comes back when no date was agreed.
THINKS_DAYS = 7

_MORNING, _MIDDAY, _EVENING = time(10, 0), time(13, 0), time(18, 0)
#: Days to wait before attempt n+1, beginning with the third.
_DAYS = (1, 2, 4, 7, 14)


@dataclass(frozen=True, slots=True)
class QuickTime:
    """A ready choice in the dialog «Когда перезвонить»."""

    code: str
    label: str
    at: datetime


def next_try(*, attempts: int, local_now: datetime) -> datetime:
    """When to try again after `attempts` calls without an answer (this one included), local time.

    The first time later the same day, then on other days at another part of the day, with growing pauses.
    """
    if attempts <= 1:
        later = local_now + timedelta(hours=3)
        if later.date() == local_now.date() and later.time() <= time(19, 30):
            return _round(later)
    days = _DAYS[min(max(attempts - 1, 0), len(_DAYS) - 1)]
    return _at(_working_day(local_now.date() + timedelta(days=days)), _other_part(local_now.time()), local_now)


def quick_times(local_now: datetime) -> list[QuickTime]:
    """Choices of a call back that lie in calling hours."""
    choices = []
    for code, label, at in (
        ("1h", "Через час", _round(local_now + timedelta(hours=1))),
        ("3h", "Через три часа", _round(local_now + timedelta(hours=3))),
        ("evening", "Сегодня вечером, в 18:00", _at(local_now.date(), _EVENING, local_now)),
    ):
        if at.date() == local_now.date() and at > local_now and may_call(at):
            choices.append(QuickTime(code, label, at))
    tomorrow = local_now.date() + timedelta(days=1)
    choices.append(QuickTime("tomorrow", "Завтра утром, в 10:00", _at(tomorrow, _MORNING, local_now)))
    choices.append(QuickTime("tomorrow_evening", "Завтра вечером, в 18:00", _at(tomorrow, _EVENING, local_now)))
    monday = local_now.date() + timedelta(days=7 - local_now.weekday())
    if monday != tomorrow:
        choices.append(QuickTime("monday", "В понедельник, в 10:00", _at(monday, _MORNING, local_now)))
    return choices


def thinks_until(local_now: datetime) -> datetime:
    """When to come back to somebody who thinks and named no date."""
    return _at(_working_day(local_now.date() + timedelta(days=THINKS_DAYS)), _MORNING, local_now)


def wrong_time(at: datetime, now: datetime) -> str:
    """What is wrong with a time to call or to be done by; empty when it may be kept."""
    if at <= now:
        return "Это время уже прошло. Выберите время позже."
    return "Это дальше, чем через год. Проверьте дату." if at > now + FARTHEST else ""


def may_call(local: datetime) -> bool:
    """Whether this local time lies in calling hours."""
    return OPENS <= local.time() <= CLOSES


def another_way(*, attempts: int, tried: list[datetime], has_email: bool, other_phones: int) -> list[str]:
    """Advice after several calls without an answer; `tried` are the local times of those calls."""
    if attempts < ADVISE_AFTER:
        return []
    advice = []
    parts = {_part(moment.time()) for moment in tried}
    for part, words in (("evening", "вечером, после 18:00"), ("morning", "утром, до 11:00"), ("day", "днём, в обед")):
        if tried and part not in parts:
            advice.append(f"Ещё не пробовали {words}.")
            break
    if other_phones:
        advice.append("В карте есть другой номер: попробуйте его.")
    if has_email:
        advice.append("Есть электронная почта: напишите два предложения и предложите удобное время.")
    advice.append("Можно отправить одно сообщение: кто вы, почему звоните и когда перезвоните.")
    return advice


def _part(at: time) -> str:
    if at < time(12, 0):
        return "morning"
    return "day" if at < time(17, 0) else "evening"


def _other_part(at: time) -> time:
    return {"morning": _EVENING, "day": _MORNING, "evening": _MIDDAY}[_part(at)]


def _working_day(day: date) -> date:
    """Sunday is left in peace."""
    return day + timedelta(days=1) if day.weekday() == 6 else day


def _at(day: date, at: time, like: datetime) -> datetime:
    return datetime.combine(day, at, tzinfo=like.tzinfo)


def _round(moment: datetime) -> datetime:
    """Up to a multiple of five minutes."""
    up = moment + timedelta(minutes=-moment.minute % 5)
    return up.replace(second=0, microsecond=0)


def thinks_times(local_now: datetime) -> list[QuickTime]:
    """When to come back to somebody who wants to think; the first is the usual one."""
    choices = (
        ("week", "Через неделю", THINKS_DAYS),
        ("3d", "Через три дня", 3),
        ("2w", "Через две недели", 14),
        ("month", "Через месяц", 30),
    )
    return [
        QuickTime(code, label, _at(_working_day(local_now.date() + timedelta(days=days)), _MORNING, local_now))
        for code, label, days in choices
    ]

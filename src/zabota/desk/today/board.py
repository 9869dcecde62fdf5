"""The left column and the whole screen: the queue with its figures, the open person, the reason of the order."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from zabota.clinic.models import Member
from zabota.desk.access import StaffRequest, branches_of
from zabota.desk.today.person import Person, load_person
from zabota.desk.today.times import load_booking
from zabota.ui import formats
from zabota.worklist import api as worklist
from zabota.worklist.models import Outcome, Task

#: Lines of the queue on the screen; the rest waits behind them.
SHOWN = 40
#: What «Взять ещё» takes from the common queue.
MORE = 10
#: Buttons of outcomes: what is said on them, in the order of the digits.
LABELS: dict[str, str] = {
    Outcome.BOOKED: "Есть запись",
    Outcome.CALL_BACK: "Перезвонить в…",
    Outcome.THINKS: "Думает",
    Outcome.REFUSED: "Отказ: почему…",
    Outcome.NO_ANSWER: "Нет ответа",
    Outcome.WRONG_NUMBER: "Чужой номер",
    Outcome.RESOLVED: "Вопрос решён",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One person in the queue."""

    task: Task
    deadline: str
    tone: str
    has_phone: bool

    @property
    def stake_kopecks(self) -> int:
        """An estimate is shown in whole roubles."""
        return whole_roubles(self.task.stake_kopecks)


@dataclass(frozen=True, slots=True)
class Button:
    """An outcome with its digit."""

    code: str
    label: str
    digit: int
    #: Recorded at once, without a dialog.
    direct: bool = False
    disabled: bool = False


def load_queue(member: Member, now: datetime, current: Task | None, *, open_first: bool = False) -> dict[str, Any]:
    """The left column. `stamp` changes when anything in it does; with `open_first` its first person is the current one."""
    tasks = worklist.queue(member=member, now=now, limit=SHOWN)
    counts = worklist.day_counts(member=member, now=now)
    zone = ZoneInfo(member.clinic.time_zone)
    phoned = worklist.reachable([task.patient_id for task in tasks])
    lines = [Line(task, *deadline(task, now, zone), has_phone=task.patient_id in phoned) for task in tasks]
    if current is None and open_first and lines:
        current = lines[0].task
    text = repr([(line.task.pk, line.task.version, line.deadline, line.has_phone) for line in lines]) + repr(counts)
    if current is not None:
        text += f"{current.pk}:{current.version}:{current.state}"
    return {
        "lines": lines,
        "counts": counts,
        "waiting_stake": whole_roubles(counts.stake_kopecks),
        "rest": max(0, counts.waiting - len(lines)),
        "current": current,
        "stamp": hashlib.blake2s(text.encode(), digest_size=9).hexdigest(),
    }


def load_board(request: StaffRequest, now: datetime, current: Task | None) -> dict[str, Any]:
    """The whole screen. Without `current` the first person of the queue is open."""
    context = load_queue(request.member, now, current, open_first=True)
    current = context["current"]
    context["common"] = 0
    if current is None:
        common = worklist.common_queue(member=request.member, branch_ids=branches_of(request.member), now=now)
        context["common"] = common.count()
    return context | load_pane(request, now, current)


def load_pane(request: StaffRequest, now: datetime, current: Task | None) -> dict[str, Any]:
    """The middle and the right column, and the stamp that this person has the patient before them."""
    if current is None:
        return {"person": None}
    zone = ZoneInfo(request.clinic.time_zone)
    if current.state == Task.State.OPEN:
        worklist.open_task(task=current, member=request.member, actor=request.actor, now=now)
    person = load_person(current, member=request.member, now=now)
    local = now.astimezone(zone)
    return {
        "person": person,
        "current": current,
        "is_mine": current.owner_id == request.member.pk,
        "buttons": [_button(code, number, person) for number, code in enumerate(worklist.DESK_ORDER, 1)],
        "refusals": worklist.REFUSALS,
        "resolutions": worklist.RESOLUTIONS,
        "quick_times": worklist.quick_times(local),
        "thinks_times": worklist.thinks_times(local),
        "colleagues": [
            each for each in worklist.workers_at(request.clinic.pk, current.branch_id) if each.pk != current.owner_id
        ],
        "deadline": deadline(current, now, zone),
        "year_value": whole_roubles(current.value_kopecks),
        "order": explain_order(current, person, now, zone),
        "MORE": MORE,
    } | load_booking(request, person, now, None)


def _button(code: str, digit: int, person: Person) -> Button:
    is_wrong = code == Outcome.WRONG_NUMBER
    return Button(
        code=code,
        label=LABELS[code],
        digit=digit,
        direct=code == Outcome.NO_ANSWER or (is_wrong and len(person.phones) < 2),
        disabled=is_wrong and not person.phones,
    )


def whole_roubles(kopecks: int) -> int:
    """Rounded to a rouble: more digits than an estimate has would only pretend."""
    return round(kopecks / 100) * 100


def deadline(task: Task, now: datetime, zone: ZoneInfo) -> tuple[str, str]:
    """Words of the deadline and their tone."""
    local, due = now.astimezone(zone), task.due_at.astimezone(zone)
    if task.promised_at is not None:
        promised = task.promised_at.astimezone(zone)
        tone = "bad" if task.due_at < now else "warn" if promised.date() == local.date() else ""
        words = formats.clock(promised) if promised.date() == local.date() else formats.day_short(promised.date())
        return f"обещали {words}" if promised.date() <= local.date() else f"звонок {words}", tone
    if due.date() < local.date():
        return f"срок {formats.day_short(due.date())}", "bad"
    if due.date() == local.date():
        if task.is_urgent or task.due_at < now:
            return f"до {formats.clock(due)}", "bad"
        return "сегодня", "warn"
    return f"к {formats.day_short(due.date())}", ""


def explain_order(task: Task, person: Person, now: datetime, zone: ZoneInfo) -> list[str]:
    """Why this person stands where they stand, with their own numbers."""
    words, _ = deadline(task, now, zone)
    step = worklist.step_of(task, clinic=task.clinic, now=now)
    first = {
        0: f"Первая ступень: срочные, обещанные и просроченные ({words}).",
        1: "Вторая ступень: срок сегодня.",
        2: f"Третья ступень: срок впереди ({words}).",
    }[step]
    if task.is_urgent:
        first = "Первая ступень: отмечена как срочная."
    lines = [first]
    if task.stake_kopecks:
        lines.append(
            f"Внутри ступени выше тот, с кем можно потерять больше: {formats.money(whole_roubles(task.value_kopecks))} в год × "
            f"{formats.number(task.chance, 2)} = {formats.money(whole_roubles(task.stake_kopecks))}."
        )
        lines.append(
            "Первое число: сколько пациент приносит за год. Второе: насколько звонок повышает шанс, что он вернётся."
        )
    else:
        lines.append("Сумма пока неизвестна: визитов с ценой не было, внутри ступени такие идут последними.")
    return lines

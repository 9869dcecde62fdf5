"""What stands in the side menu for this person, and the figures every page shows."""

from __future__ import annotations

from typing import Any, Final

from django.http import HttpRequest
from django.urls import reverse

from zabota.clinic.api import Right, may

#: (label, url name, right): in the order of the menu; a page appears when its right is there.
MENU: tuple[tuple[str, str, Right], ...] = (
    ("Пульс", "desk:pulse", Right.PULSE_VIEW),
    ("Сегодня", "desk:today", Right.WORKLIST_WORK),
    ("Приём", "desk:reception", Right.RECEPTION_OWN),
    ("Самочувствие", "desk:aftercare", Right.RECEPTION_OWN),
    ("Пациенты", "desk:patients", Right.PATIENTS_VIEW),
    ("Расписание", "desk:calendar", Right.PATIENTS_VIEW),
    ("Лист ожидания", "desk:waitlist", Right.VISITS_BOOK),
    ("Диалоги", "desk:inbox", Right.INBOX_WORK),
    ("Контроль", "desk:control", Right.WORKLIST_CONTROL),
    ("Отчёт", "desk:audit", Right.AUDIT_VIEW),
    ("Где упало", "desk:where", Right.AUDIT_VIEW),
    ("Когорты", "desk:cohorts", Right.AUDIT_VIEW),
    ("Путь к цели", "desk:goal", Right.AUDIT_VIEW),
    ("Стратегия", "desk:strategy", Right.AUDIT_VIEW),
    ("За неделю", "desk:weekly", Right.AUDIT_VIEW),
    ("За месяц", "desk:monthly", Right.AUDIT_VIEW),
    ("Показатели", "desk:metrics", Right.AUDIT_VIEW),
    ("Кому звонить", "desk:calls", Right.AUDIT_VIEW),
    ("Правило двух «З»", "desk:rule", Right.WORKLIST_CONTROL),
    ("Сценарии разговора", "desk:scripts", Right.SETTINGS_EDIT),
    ("Отправка", "desk:messages", Right.INBOX_WORK),
    ("Тексты сообщений", "desk:messages-texts", Right.MESSAGES_EDIT),
    ("Напоминания", "desk:reminders", Right.MESSAGES_EDIT),
)

#: The same for the foot of the menu: what is opened rarely.
FOOT: tuple[tuple[str, str, Right], ...] = (
    ("Режим работы", "desk:schedule", Right.SCHEDULE_EDIT),
    ("Загрузка данных", "desk:intake", Right.INTAKE_RUN),
    ("Клиника", "desk:clinic", Right.SETTINGS_EDIT),
    ("Каналы", "desk:channels", Right.CHANNELS_EDIT),
    ("Сотрудники", "desk:staff", Right.STAFF_EDIT),
    ("Журнал", "desk:trail", Right.TRAIL_VIEW),
    ("Система", "desk:system", Right.SYSTEM_VIEW),
    ("Моя учётная запись", "mfa_index", Right.PROFILE_OWN),
)

#: Pages that stand in no menu belong to one that does.
BELONGS: Final = (
    ("desk:preparation", "desk:reminders"),
    ("desk:task", "desk:today"),
    ("desk:behind", "desk:where"),
    ("account_", "mfa_index"),
    ("usersessions_", "mfa_index"),
    ("mfa_", "mfa_index"),
)

#: Pages of the menu that show how much waits there; the figures come after the page, from `desk:menu-counts`.
COUNTERS: Final = {
    "desk:today": "today",
    "desk:calendar": "calendar",
    "desk:inbox": "inbox",
    "desk:aftercare": "aftercare",
}

#: Sections of the menu: title, whether it stands open, names of its pages. What is in none stands above them.
SECTIONS: tuple[tuple[str, bool, frozenset[str]], ...] = (
    (
        "Понимание",
        True,
        frozenset(
            f"desk:{name}"
            for name in ("audit", "where", "cohorts", "metrics", "calls", "goal", "strategy", "weekly", "monthly")
        ),
    ),
    ("Контроль", False, frozenset(f"desk:{name}" for name in ("control", "rule", "messages", "load"))),
    (
        "Настройка",
        False,
        frozenset(
            f"desk:{name}"
            for name in (
                "scripts", "messages-texts", "reminders", "preparation", "widget", "schedule", "channels",
                "clinic", "staff", "intake",
            )
        ),
    ),
)  # fmt: skip


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context of every staff page: menu, clinic, person."""
    member = getattr(request, "member", None)
    if member is None:
        return {"nav": [], "member": None}
    match = request.resolver_match
    here = match.view_name if match else ""
    here = next((home for begins, home in BELONGS if here.startswith(begins)), here)
    # «messages-texts» begins with «messages» too: the longest name is the page.
    current = max((name for _, name, _ in (*MENU, *FOOT) if _is_at(here, name)), key=len, default="")
    section_of = {name: title for title, _, names in SECTIONS for name in names}
    items: list[dict[str, Any]] = [
        {
            "label": label,
            "url": reverse(name),
            "current": name == current,
            "section": section_of.get(name, ""),
            "counter": COUNTERS.get(name, ""),
            "foot": foot and name not in section_of,
        }
        for foot, rows in ((False, MENU), (True, FOOT))
        for label, name, right in rows
        if may(member.role, right)
    ]
    if member.clinic.is_demo and may(member.role, Right.INBOX_WORK):
        name = "desk:demo-mailbox"
        items.append({"label": "Почта и телефон", "url": reverse(name), "current": _is_at(here, name), "foot": True})
    context: dict[str, Any] = {
        "nav": items,
        "nav_groups": _groups(items),
        "counts_url": reverse("desk:menu-counts"),
        "member": member,
        "clinic": member.clinic,
        "may_load": may(member.role, Right.INTAKE_RUN),
    }
    if may(member.role, Right.PATIENTS_VIEW):
        context["search_url"] = reverse("desk:patients")
        context["palette_url"] = reverse("desk:patient-search")
        context["search_label"] = "Найти пациента, телефон, карту"
        context["palette_label"] = "Раздел, действие, пациент"
    return context


def _groups(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Sections that have something for this person; the one with the page of now stands open."""
    groups = []
    for title, is_open, _ in SECTIONS:
        inside = [item for item in items if item.get("section") == title]
        if inside:
            groups.append(
                {"title": title, "open": is_open or any(item["current"] for item in inside), "items_": inside}
            )
    return groups


def _is_at(here: str, name: str) -> bool:
    """A list is current on its own pages and on those of one row: «patients», «patient», «patient-edit»."""
    row = name.removesuffix("s")
    return here in (name, row) or here.startswith((f"{name}-", f"{row}-"))

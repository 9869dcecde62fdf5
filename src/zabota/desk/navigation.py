"""What stands in the side menu for this person, and the figures every page shows."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from zabota.clinic.api import Right, may

#: (label, url name, right): in the order of the menu; a page appears when its right is there.
MENU: tuple[tuple[str, str, Right], ...] = (
    ("Пульс", "desk:pulse", Right.PULSE_VIEW),
    ("Сегодня", "desk:today", Right.WORKLIST_WORK),
    ("Приём", "desk:reception", Right.RECEPTION_OWN),
    ("Пациенты", "desk:patients", Right.PATIENTS_VIEW),
    ("Расписание", "desk:calendar", Right.PATIENTS_VIEW),
    ("Лист ожидания", "desk:waitlist", Right.VISITS_BOOK),
    ("Диалоги", "desk:inbox", Right.INBOX_WORK),
    ("Контроль", "desk:control", Right.WORKLIST_CONTROL),
    ("Отчёт", "desk:audit", Right.AUDIT_VIEW),
    ("Где упало", "desk:where", Right.AUDIT_VIEW),
    ("Показатели", "desk:metrics", Right.AUDIT_VIEW),
    ("Кому звонить", "desk:calls", Right.AUDIT_VIEW),
    ("Правило двух З", "desk:rule", Right.WORKLIST_CONTROL),
    ("Сценарии разговора", "desk:scripts", Right.SETTINGS_EDIT),
    ("Отправка", "desk:messages", Right.INBOX_WORK),
    ("Тексты сообщений", "desk:messages-texts", Right.MESSAGES_EDIT),
    ("Напоминания", "desk:reminders", Right.MESSAGES_EDIT),
    ("Самочувствие", "desk:aftercare", Right.RECEPTION_OWN),
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


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context of every staff page: menu, clinic, person."""
    member = getattr(request, "member", None)
    if member is None:
        return {"nav": [], "member": None}
    match = request.resolver_match
    here = match.view_name if match else ""
    items = [
        {"label": label, "url": reverse(name), "current": _is_at(here, name)}
        for label, name, right in MENU
        if may(member.role, right)
    ]
    items += [
        {"label": label, "url": reverse(name), "current": _is_at(here, name), "foot": True}
        for label, name, right in FOOT
        if may(member.role, right)
    ]
    if member.clinic.is_demo and may(member.role, Right.INBOX_WORK):
        name = "desk:demo-mailbox"
        items.append({"label": "Почта и телефон", "url": reverse(name), "current": _is_at(here, name), "foot": True})
    context: dict[str, Any] = {"nav": items, "member": member, "clinic": member.clinic}
    if may(member.role, Right.PATIENTS_VIEW):
        context["search_url"] = reverse("desk:patients")
        context["palette_url"] = reverse("desk:patient-search")
        context["search_label"] = "Найти пациента, телефон, карту"
        context["palette_label"] = "Раздел, действие, пациент"
    return context


def _is_at(here: str, name: str) -> bool:
    """A list is current on its own pages and on those of one row: «patients», «patient», «patient-edit»."""
    row = name.removesuffix("s")
    return here in (name, row) or here.startswith((f"{name}-", f"{row}-"))

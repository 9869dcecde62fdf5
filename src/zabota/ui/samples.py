"""Invented data of the page with every component: states of each, including the unhappy ones."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest

NAV: list[dict[str, Any]] = [
    {"label": "Основа", "url": "#basics", "badge": 23, "tone": "bad"},
    {"label": "Поля", "url": "#fields"},
    {"label": "Таблицы", "url": "#tables"},
    {"label": "Показатели", "url": "#stats", "badge": 4},
    {"label": "Графики", "url": "#charts", "badge": 2, "tone": "warn"},
    {"label": "Порядок", "url": "#flow"},
    {"label": "Окна", "url": "#overlays"},
    {"label": "Компоненты", "url": "/ui/", "current": True},
    {"label": "Рабочее место", "url": "/ui/workspace/"},
    {"label": "Страница без меню", "url": "/ui/plain/", "foot": True},
]

ICONS = [
    "alert", "clock", "message", "ok", "pay", "phone", "star", "calendar", "x", "down", "up", "right", "left",
    "arrow-right", "arrow-left", "search", "plus", "minus", "person", "people", "family", "download", "upload", "edit",
    "trash", "info", "question", "filter", "sort", "sort-up", "sort-down", "link", "print", "settings", "home", "heart",
    "chart", "pulse", "bell", "play", "pause", "stop", "mail", "lock", "eye", "undo", "refresh", "external", "more",
    "sun", "moon", "gift", "file", "flag", "tag", "path", "doctor", "inbox", "logout", "progress",
]  # fmt: skip


class SampleForm(forms.Form):
    """A form of Django with one field of each kind and two mistakes in it."""

    name = forms.CharField(label="Фамилия, имя, отчество", help_text="Как в паспорте, ё сохраняется")
    phone = forms.CharField(label="Телефон")
    reason = forms.ChoiceField(label="Повод", choices=[("control", "Контроль"), ("pain", "Боль")])
    channel = forms.ChoiceField(
        label="Куда писать", choices=[("max", "MAX"), ("sms", "SMS"), ("call", "Звонок")], widget=forms.RadioSelect
    )
    comment = forms.CharField(label="Заметка", required=False, widget=forms.Textarea(attrs={"rows": 3}))
    agree = forms.BooleanField(label="Согласен на напоминания о визитах", required=False)

    def clean_phone(self) -> str:
        """The sample number is never accepted."""
        raise forms.ValidationError("В номере не хватает цифр: нужно 10 после +7")


TREND = {
    "type": "line",
    "unit": "%",
    "min": 40,
    "max": 75,
    "today": "2026-11",
    "today_label": "сегодня, 20 ноября",
    "points": [
        {"x": x, "label": label, "y": y, "low": low, "high": high}
        for x, label, y, low, high in [
            ("2025-05", "май 2025", 69.3, 68, 70.6),
            ("2025-07", "июл", 69.0, 67.7, 70.3),
            ("2025-09", "сен", 68.6, 67.3, 69.9),
            ("2025-11", "ноя", 68.0, 66.7, 69.3),
            ("2026-01", "янв 2026", 65.1, 63.8, 66.4),
            ("2026-03", "мар", 61.8, 60.5, 63.1),
            ("2026-05", "май", 57.4, 56.1, 58.7),
            ("2026-07", "июл", 54.0, 52.7, 55.3),
            ("2026-09", "сен", 52.2, 50.9, 53.5),
            ("2026-11", "ноя", 51.0, 49.7, 52.3),
        ]
    ],
    "tail": [
        {"x": "2027-01", "label": "янв 2027", "y": 52.0, "low": 49.6, "high": 54.4},
        {"x": "2027-03", "label": "мар", "y": 53.4, "low": 50.2, "high": 56.6},
        {"x": "2027-04", "label": "апр", "y": 54.1, "low": 50.6, "high": 57.6},
    ],
    "goal": [
        {"x": "2026-07", "label": "июл", "y": 54},
        {"x": "2027-01", "label": "янв 2027", "y": 52},
        {"x": "2027-06", "label": "июн", "y": 58},
        {"x": "2027-12", "label": "дек 2027", "y": 65},
    ],
    "notes": [
        {"x": "2025-11", "text": "68 %", "strong": True},
        {"x": "2026-01", "text": "январь: ушла Ларина"},
        {"x": "2026-03", "text": "март: новые цены"},
    ],
    "goal_label": "цель 65 %",
    "tail_label": "ожидаем 54 % (51…58)",
}

FALL = {
    "type": "waterfall",
    "unit": "%",
    "min": 48,
    "max": 72,
    "items": [
        {"label": "Год назад", "total": 68.0},
        {"label": "Пациентов Лариной\nпередали Рябову", "change": -7.1, "low": -8.2, "high": -6.0},
        {"label": "Поток\nс агрегатора", "change": -4.3, "low": -5.0, "high": -3.6},
        {"label": "Гигиена\nподорожала", "change": -2.6, "low": -3.6, "high": -1.6},
        {"label": "Остальное", "change": -3.0, "low": -5.0, "high": -1.0, "rest": True},
        {"label": "Сейчас", "total": 51.0},
    ],
}

BARS = {
    "type": "bar",
    "unit": "",
    "items": [
        {"label": "План лечения начат и не закончен", "value": 8.2, "low": 6.9, "high": 9.5, "text": "8,2 млн ₽"},
        {"label": "Пора на профилактику", "value": 6.1, "low": 5.0, "high": 7.2, "text": "6,1 млн ₽"},
        {"label": "Не были дольше девяти месяцев", "value": 3.3, "low": 2.2, "high": 4.4, "text": "3,3 млн ₽"},
        {"label": "Была консультация, лечение не начато", "value": 3.1, "low": 2.1, "high": 4.1, "text": "3,1 млн ₽"},
        {"label": "Не пришли или отменили", "value": 2.4, "low": 1.8, "high": 3.0, "text": "2,4 млн ₽", "quiet": True},
    ],
}

_COHORTS = [
    ("ноя 25", 166, [10, 16, 21, 24, 27, 30, 32, 34, 36, 37, 39, 40]),
    ("дек", 151, [9, 16, 20, 24, 27, 29, 31, 33, 35, 36, 38]),
    ("янв 26", 168, [9, 15, 20, 23, 26, 28, 30, 32, 34, 35]),
    ("фев", 174, [9, 15, 20, 23, 26, 28, 30, 32, 34]),
    ("мар", 187, [8, 14, 18, 21, 24, 26, 28, 30]),
    ("апр", 183, [8, 13, 17, 20, 22, 24, 26]),
    ("май", 176, [8, 13, 17, 20, 22, 24]),
    ("июн", 182, [8, 13, 17, 20, 22]),
    ("июл", 171, [8, 13, 17, 20]),
    ("авг", 178, [9, 15, 20]),
    ("сен", 186, [9, 15]),
    ("окт", 181, [9]),
]

HEAT = {
    "type": "heat",
    "unit": "%",
    "columns": [str(month) for month in range(1, 13)],
    "rows": [
        {
            "label": label,
            "size": size,
            "cells": [{"value": value, "immature": at == len(values) - 1} for at, value in enumerate(values)],
        }
        for label, size, values in _COHORTS
    ],
}


def _heat_rows() -> list[dict[str, Any]]:
    rows = []
    for label, size, values in _COHORTS:
        cells: list[dict[str, Any]] = [
            {"value": value / 40, "text": str(value), "immature": at == len(values) - 1}
            for at, value in enumerate(values)
        ]
        cells += [{"value": None}] * (12 - len(values))
        rows.append({"label": label, "size": size, "cells": cells})
    return rows


FALLS: list[dict[str, Any]] = [
    {"title": "Год назад", "sub": "3 472 из 5 106", "at": 83.3, "low": 79.2, "high": 87.5, "figure": "68 %", "figure_sub": "67…69", "before": True},
    {"title": "Пациентов Лариной передали Рябову", "sub": "Вернулись 34 % (31…37) из 1 130, год назад у Лариной 68 %",
     "from": 53.8, "to": 83.3, "low": 49.2, "high": 58.3, "figure": "−7,1 п. п.", "figure_sub": "−8,2…−6,0",
     "money": "6,9 млн ₽", "money_sub": "5,8…8,0", "href": "#", "href_label": "384 пациента"},
    {"title": "Поток с агрегатора", "sub": "Его доля выросла с 9 до 24 %; возвращаются 31 %, с других каналов 57 %",
     "from": 35.8, "to": 53.8, "low": 32.9, "high": 38.8, "figure": "−4,3 п. п.", "figure_sub": "−5,0…−3,6",
     "money": "2,5 млн ₽", "money_sub": "2,1…2,9", "href": "#", "href_label": "233 пациента"},
    {"title": "Остальное", "sub": "Ожидание в коридоре, сезон, филиалы: порознь не доказано",
     "from": 12.5, "to": 25.0, "low": 4.2, "high": 20.8, "figure": "−3,0 п. п.", "figure_sub": "−5,0…−1,0",
     "money": "2,6 млн ₽", "money_sub": "0,9…4,3", "rest": True},
    {"title": "Сейчас", "sub": "2 760 из 5 412", "at": 12.5, "low": 8.3, "high": 16.7, "figure": "51 %", "figure_sub": "50…52", "money": "14,4 млн ₽",
     "money_sub": "12,9…15,9"},
]  # fmt: skip

PEOPLE = [
    ("Ефимова Анна Сергеевна", "Оценка 4 из 10 после визита: долго ждала", "до 12:40", "bad", 6_200_000),
    ("Громов Пётр Ильич", "Консультация имплантолога, лечение не начал", "сегодня", "warn", 4_800_000),
    ("Юсупова Диляра", "Просила перезвонить: график на декабрь", "11:30", "", 1_250_050),
    ("Белов Сергей Андреевич", "Неявка 19 ноября, новой записи нет", "к 28 ноя", "", None),
]


def found(words: str) -> list[dict[str, str]]:
    """People of the sample whose name holds the words, as a live search answers."""
    return [
        {"label": name, "hint": reason, "url": "#tables"}
        for name, reason, *_ in PEOPLE
        if words.lower() in name.lower()
    ]


def context(request: HttpRequest) -> dict[str, Any]:
    """All that the page with every component draws."""
    pages = Paginator(range(1840), 50)
    return {
        "nav": NAV,
        "search_url": "/ui/",
        "search_label": "Найти пациента, телефон, карту",
        "palette_url": "/ui/find/",
        "icons": ICONS,
        "form": SampleForm(data={"name": "Семёнова Зоя", "phone": "916", "reason": "pain", "channel": "max"}),
        "empty_form": SampleForm(),
        "options": [("1", "Номер карты, ключ"), ("2", "Фамилия, имя, отчество"), ("3", "Дата рождения")],
        "people": [
            {"name": name, "reason": reason, "due": due, "tone": tone, "kopecks": kopecks}
            for name, reason, due, tone, kopecks in PEOPLE
        ],
        "columns": [
            {"label": "Пациент", "url": "?sort=name", "sorted": "ascending"},
            {"label": "Почему"},
            {"label": "Срок", "url": "?sort=due"},
            {"label": "Ценность", "align": "r"},
        ],
        "pages": pages.get_page(request.GET.get("page", 7)),
        "tabs": [
            {"label": "Все", "url": "#flow", "current": True, "count": 46},
            {"label": "Визиты", "url": "#flow", "count": 9},
            {"label": "Сообщения", "url": "#flow"},
        ],
        "panels": [
            {"label": "Таблица", "panel": "panel-table", "current": True},
            {"label": "Кривые", "panel": "panel-lines"},
        ],
        "steps": [
            {"label": "Файл", "done": True, "url": "#flow"},
            {"label": "Столбцы", "current": True},
            {"label": "Проверка"},
            {"label": "Загрузка"},
            {"label": "Итог"},
        ],
        "trend": TREND,
        "fall": FALL,
        "bars": BARS,
        "heat": HEAT,
        "heat_columns": list(range(1, 13)),
        "heat_rows": _heat_rows(),
        "falls": FALLS,
        "fall_labels": ["48 %", "54 %", "60 %", "66 %", "72 %"],
    }


def plain_context() -> dict[str, Any]:
    """What the page without the menu draws."""
    return {"form": SampleForm()}

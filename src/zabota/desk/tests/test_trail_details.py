"""Details of the trail are told in words of people, not of tables."""

from __future__ import annotations

from typing import Any

import pytest

from zabota.desk.settings.trail_details import details_told


@pytest.mark.parametrize(
    ("object_type", "details", "told"),
    [
        (
            "clinic.GoalPath",
            {"baseline": 0.4965, "target": 0.6, "stages": 3},
            "исходно: 49,7 %; цель: 60,0 %; этапов: 3",
        ),
        (
            "clinic.ServiceGroup",
            {"fields": ["late_factor", "name"], "interval": 180},
            "поля: «опаздывает после, интервалов», «название»; интервал, дней: 180",
        ),
        (
            "nextstep.Thresholds",
            {"sleeping_days": 280, "newcomer_value_kopecks": 500_000},
            "спит после, дней: 280; ценность нового пациента в год: 5 000 ₽",
        ),
        ("intake.Batch", {"visits_created": 3, "plans_created": 0}, "новых визитов: 3"),
        (
            "patients.Merge",
            {"moved": {"patients.Note.patient": 2, "care.Plan.patient": 1}, "absorbed": 7},
            "перенесено строк: 3",
        ),
        ("patients.Patient", {"fields": ["branch", "surname"]}, "поля: «филиал», «фамилия»"),
        (
            "patients.Consent",
            {"purpose": "advertising", "state": "granted", "signature": "paper"},
            "цель: Рекламные сообщения; решение: дано; подпись: на бумаге",
        ),
        ("worklist.Task", {"reason": "no_need"}, "причина: Считает, что не нужно"),
        ("", {"door": "desk:intake"}, "страница: «Загрузка данных»"),
        ("", {"door": "desk:today-book"}, "страница: «Сегодня», desk:today-book"),
        ("", {"door": "desk:rule"}, "страница: «Правило двух „З“»"),
    ],
    ids=["goal", "group", "thresholds", "load", "merge", "card", "consent", "refusal", "section", "page", "quoted"],
)
def test_details_are_told_in_words(object_type: str, details: dict[str, Any], told: str) -> None:
    assert details_told(details, object_type).replace("\u00a0", " ") == told

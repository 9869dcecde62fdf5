"""What the clinic chooses about reminders and about booking on its site."""

from __future__ import annotations

from django import forms

from zabota.visits.models import VisitSettings


class SettingsForm(forms.ModelForm[VisitSettings]):
    """One form in three parts; the service checks what belongs together."""

    class Meta:
        model = VisitSettings
        fields = (
            "reminders_on",
            "confirm_on",
            "long_on",
            "long_hours",
            "evening_on",
            "evening_at",
            "short_on",
            "short_hours",
            "wellbeing_on",
            "answer_minutes",
            "widget_on",
            "widget_sites",
            "legal_line",
        )
        widgets = {
            "evening_at": forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
            "widget_sites": forms.Textarea(attrs={"rows": 3}),
        }
        help_texts = {
            "long_hours": "Записались позже — этого напоминания нет",
            "short_hours": "Если это ночь или раннее утро, скажем накануне вечером",
            "widget_sites": "По одному в строке: https://ulybka.ru. Пусто — только по ссылке",
            "legal_line": "Юридическое лицо, адрес, лицензия",
            "answer_minutes": "Столько времени у врача, когда пациенту плохо после приёма",
        }

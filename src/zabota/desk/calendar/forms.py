"""What is entered beside the grid, read into arguments of booking; mistakes in sentences."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from django import forms
from django.db.models import Q
from django.http import QueryDict

from zabota.clinic.models import Branch, Doctor, Service
from zabota.desk.calendar.asked import Asked

_DAY = {"required": "Укажите день.", "invalid": "Напишите день так: 24.11.2026."}
_TIME = {"required": "Укажите время.", "invalid": "Напишите время так: 15:30."}


class WhenForm(forms.Form):
    """To whom, on which day, at what time."""

    doctor = forms.ModelChoiceField(
        label="Врач",
        queryset=Doctor.objects.none(),
        to_field_name="public_id",
        empty_label="Любой свободный",
        error_messages={
            "required": "Выберите врача или одно из свободных времён.",
            "invalid_choice": "Этот врач здесь не принимает. Выберите другого.",
        },
    )
    day = forms.DateField(
        label="День", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), error_messages=_DAY
    )
    time = forms.TimeField(
        label="Время",
        widget=forms.TimeInput(attrs={"type": "time", "step": "300"}, format="%H:%M"),
        error_messages=_TIME,
    )
    duration_minutes = forms.IntegerField(
        label="Минут",
        min_value=5,
        max_value=480,
        required=False,
        error_messages={
            "invalid": "Сколько минут — числом.",
            "min_value": "Не меньше 5 минут.",
            "max_value": "Не больше 8 часов.",
        },
    )

    def __init__(self, *args: Any, asked: Asked, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.asked = asked
        self._offer("doctor", doctors_of(asked.branch))

    def _offer(self, name: str, rows: Any) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = rows

    def starts_at(self) -> datetime:
        """The instant that was chosen, by the clock of the branch."""
        chosen: date = self.cleaned_data["day"]
        at: time = self.cleaned_data["time"]
        return datetime.combine(chosen, at, self.asked.zone)


class BookForm(WhenForm):
    """A new appointment."""

    service = forms.ModelChoiceField(
        label="Услуга",
        queryset=Service.objects.none(),
        to_field_name="public_id",
        required=False,
        empty_label="Приём",
        error_messages={"invalid_choice": "Эта услуга больше не оказывается. Выберите другую."},
    )
    also = forms.ModelMultipleChoiceField(
        label="И ещё", queryset=Service.objects.none(), to_field_name="public_id", required=False
    )
    online = forms.BooleanField(label="По видео", required=False)
    comment = forms.CharField(
        label="Пометка",
        max_length=500,
        required=False,
        error_messages={"max_length": "Пометка длиннее 500 знаков: сократите её."},
    )
    field_order = ("service", "also", "online", "doctor", "day", "time", "duration_minutes", "comment")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        services = Service.objects.filter(clinic=self.asked.branch.clinic_id, is_active=True).order_by("name")
        self._offer("service", services)
        self._offer("also", services)

    def chosen_services(self, data: QueryDict) -> list[Service]:
        """What is chosen so far, whether the rest of the form is right or not."""
        ids = [data.get("service", ""), *data.getlist("also")]
        field = self.fields["service"]
        assert isinstance(field, forms.ModelChoiceField)
        known = {each.public_id: each for each in field.queryset.filter(public_id__in=ids)}  # type: ignore[union-attr]
        return [known[public_id] for public_id in dict.fromkeys(ids) if public_id in known]

    def services(self) -> list[Service]:
        """What was chosen, in order, each once."""
        first: Service | None = self.cleaned_data.get("service")
        chosen = [*([first] if first else []), *self.cleaned_data.get("also", [])]
        return list(dict.fromkeys(chosen))


class CancelForm(forms.Form):
    """Whose wish it was and why."""

    by = forms.ChoiceField(
        label="Кто отменяет",
        choices=[("patient", "Пациент"), ("clinic", "Клиника")],
        initial="patient",
        widget=forms.RadioSelect,
        error_messages={"required": "Отметьте, кто отменяет."},
    )
    reason = forms.CharField(
        label="Причина",
        max_length=200,
        required=False,
        error_messages={"max_length": "Причина длиннее 200 знаков: сократите её."},
    )


def doctors_of(branch: Branch) -> Any:
    """Doctors who receive in the branch; one without a branch receives everywhere."""
    here = Q(branches=branch) | Q(branches=None)
    return Doctor.objects.filter(here, clinic=branch.clinic_id, is_active=True).distinct().order_by("name")

"""What a patient waits for, as the desk writes it down."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils import timezone

from zabota.booking.models import Appointment, DayPart
from zabota.clinic.models import Branch, Clinic, Doctor, Service
from zabota.desk.waitlist.words import NOTICES
from zabota.ui import formats

_DAY = {"invalid": "Напишите день так: 24.11.2026."}


if TYPE_CHECKING:
    _Choice = forms.ModelChoiceField[Appointment]
else:
    _Choice = forms.ModelChoiceField


class _TimeField(_Choice):
    """Appointments by their time."""

    def label_from_instance(self, obj: Any) -> str:
        """«вт, 25 ноября, 10:00»."""
        return formats.ru_date(timezone.localtime(obj.starts_at))


class WishForm(forms.Form):
    """An entry of the waitlist."""

    service = forms.ModelChoiceField(
        label="Услуга", queryset=Service.objects.none(), to_field_name="public_id", required=False, empty_label="Приём"
    )
    doctor = forms.ModelChoiceField(
        label="Врач", queryset=Doctor.objects.none(), to_field_name="public_id", required=False, empty_label="Любой"
    )
    branch = forms.ModelChoiceField(
        label="Филиал", queryset=Branch.objects.none(), to_field_name="public_id", required=False,
        empty_label="Любой, где принимает врач",
    )  # fmt: skip
    appointment = _TimeField(
        label="Вместо записи",
        queryset=None,
        to_field_name="public_id",
        required=False,
        empty_label="Записи ещё нет",
        help_text="Её время освободится, когда пациент возьмёт более раннее",
    )
    online = forms.BooleanField(label="По видео", required=False)
    weekdays = forms.TypedMultipleChoiceField(
        label="Дни недели",
        choices=[(str(number), name) for number, name in enumerate(formats.WEEKDAYS)],
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Не отмечено ни одного — любой",
    )
    day_parts = forms.MultipleChoiceField(
        label="Время дня", choices=DayPart.choices, required=False, widget=forms.CheckboxSelectMultiple
    )
    earliest_on = forms.DateField(
        label="Не раньше", required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages=_DAY,
    )  # fmt: skip
    latest_on = forms.DateField(
        label="Не позже", required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages=_DAY,
    )  # fmt: skip
    notice_minutes = forms.TypedChoiceField(
        label="Предупредить", choices=tuple(NOTICES.items()), coerce=int, initial=180
    )
    priority = forms.TypedChoiceField(
        label="Срочность",
        choices=((0, "обычная"), (5, "болит или срывается план"), (-5, "может подождать")),
        coerce=int,
        initial=0,
    )

    def __init__(self, *args: Any, clinic: Clinic, branches: Any, booked: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._offer("service", Service.objects.filter(clinic=clinic, is_active=True).order_by("name"))
        self._offer("doctor", Doctor.objects.filter(clinic=clinic, is_active=True).order_by("name"))
        self._offer("branch", branches)
        self._offer("appointment", booked)

    def _offer(self, name: str, rows: Any) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = rows

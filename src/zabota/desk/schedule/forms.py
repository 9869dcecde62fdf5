"""Forms of rooms, special days and needs of services; mistakes in sentences, what was typed stays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.db.models import Q

from zabota.booking.models import ExceptionDay, Resource, ServiceNeed
from zabota.clinic.models import Branch, Clinic, Doctor
from zabota.desk.schedule.hours import read_hours
from zabota.kernel.errors import BadInput
from zabota.visits.api import video_server

_DAY = {"required": "Укажите день.", "invalid": "Напишите день так: 24.11.2026."}


def _day(label: str, *, required: bool = True) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, required=required, widget=widget, error_messages=_DAY)


if TYPE_CHECKING:
    _One = forms.ModelChoiceField[Resource]
    _Many = forms.ModelMultipleChoiceField[Resource]
else:
    _One, _Many = forms.ModelChoiceField, forms.ModelMultipleChoiceField


class _SeatField(_One):
    """A doctor, a room or a device."""

    def label_from_instance(self, obj: Resource) -> str:
        """«Кабинет 1, Центр»: rooms of two branches are often called the same."""
        return _named(obj)


class _SeatsField(_Many):
    """Rooms and devices."""

    def label_from_instance(self, obj: Resource) -> str:
        """The same."""
        return _named(obj)


def _named(row: Resource) -> str:
    return f"{row.name}, {row.branch.name}" if row.branch is not None else row.name


class RoomForm(forms.Form):
    """A room or a device."""

    kind = forms.ChoiceField(
        label="Что это", choices=[(Resource.Kind.ROOM.value, "Кабинет"), (Resource.Kind.DEVICE.value, "Оборудование")]
    )
    name = forms.CharField(label="Название", max_length=200, error_messages={"required": "Как это называют в клинике?"})
    branch = forms.ModelChoiceField(
        label="Филиал", queryset=Branch.objects.none(), to_field_name="public_id", empty_label=None
    )

    def __init__(self, *args: Any, branches: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["branch"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = branches


class ExceptionForm(forms.Form):
    """Days that differ."""

    kind = forms.ChoiceField(
        label="Что изменится",
        choices=[
            (ExceptionDay.Kind.OFF.value, "Не принимает: отпуск, учёба, болезнь"),
            (ExceptionDay.Kind.HOLIDAY.value, "Праздник: клиника закрыта"),
            (ExceptionDay.Kind.EXTRA.value, "Дополнительный приём"),
        ],
    )
    resource = _SeatField(
        label="Кто или что", queryset=Resource.objects.none(), to_field_name="public_id", required=False,
        empty_label="Вся клиника или филиал",
    )  # fmt: skip
    branch = forms.ModelChoiceField(
        label="Филиал", queryset=Branch.objects.none(), to_field_name="public_id", required=False, empty_label="Все"
    )
    first_on = _day("С")
    last_on = _day("По", required=False)
    hours = forms.CharField(
        label="Часы",
        max_length=40,
        required=False,
        help_text="Пусто — весь день. Пример: 14:00–18:00",
    )
    note = forms.CharField(label="Пометка", max_length=200, required=False)

    def __init__(self, *args: Any, clinic: Clinic, branches: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        seats = Resource.objects.filter(Q(branch=None) | Q(branch__in=branches), clinic=clinic, is_active=True)
        self._offer("resource", seats.select_related("branch").order_by("kind", "name"))
        self._offer("branch", branches)

    def _offer(self, name: str, rows: Any) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = rows

    def clean_hours(self) -> tuple[int, int] | None:
        """One span of a day."""
        try:
            spans = read_hours(self.cleaned_data["hours"])
        except BadInput as trouble:
            raise forms.ValidationError(trouble.text) from trouble
        if len(spans) > 1:
            raise forms.ValidationError("Один промежуток за раз: для второго добавьте ещё одну строку.")
        return spans[0] if spans else None


class NeedForm(forms.Form):
    """What a service needs."""

    minutes = forms.IntegerField(
        label="Длительность, минут", min_value=5, max_value=480, required=False,
        error_messages={"invalid": "Сколько минут — числом.", "min_value": "Не меньше 5 минут.",
                        "max_value": "Не больше 8 часов."},
    )  # fmt: skip
    buffer_before_minutes = forms.IntegerField(
        label="Подготовка до, минут", min_value=0, max_value=120, initial=0,
        error_messages={"invalid": "Сколько минут — числом.", "max_value": "Подготовка не дольше двух часов.",
                        "required": "Впишите 0, если подготовка не нужна."},
    )  # fmt: skip
    buffer_after_minutes = forms.IntegerField(
        label="Уборка после, минут", min_value=0, max_value=120, initial=0,
        error_messages={"invalid": "Сколько минут — числом.", "max_value": "Уборка не дольше двух часов.",
                        "required": "Впишите 0, если уборка не нужна."},
    )  # fmt: skip
    needs = forms.ChoiceField(label="Кроме врача нужны", choices=ServiceNeed.Needs.choices, required=False)
    resources = _SeatsField(
        label="Годятся только эти", queryset=Resource.objects.none(), to_field_name="public_id", required=False,
        widget=forms.CheckboxSelectMultiple, help_text="Не отмечено ни одного — любой свободный",
    )  # fmt: skip
    doctors = forms.ModelMultipleChoiceField(
        label="Делают", queryset=Doctor.objects.none(), to_field_name="public_id", required=False,
        widget=forms.CheckboxSelectMultiple, help_text="Не отмечено ни одного — все врачи",
    )  # fmt: skip
    in_widget = forms.BooleanField(label="Пациент может выбрать её на сайте", required=False)
    by_video = forms.BooleanField(label="Можно по видео", required=False)

    def __init__(self, *args: Any, clinic: Clinic, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rooms = Resource.objects.filter(clinic=clinic, is_active=True).exclude(kind=Resource.Kind.DOCTOR)
        for name, rows in (
            ("resources", rooms.select_related("branch").order_by("kind", "name")),
            ("doctors", Doctor.objects.filter(clinic=clinic, is_active=True).order_by("name")),
        ):
            field = self.fields[name]
            assert isinstance(field, forms.ModelMultipleChoiceField)
            field.queryset = rows
        if video_server(clinic) is None:
            self.fields["by_video"].help_text = "Записать так можно, когда подключён свой сервер видеосвязи Jitsi"

"""Forms of cards: registering, editing, contacts, booking, consents."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django import forms
from django.db.models import QuerySet

from zabota.clinic.models import Branch, Clinic, Doctor, Service
from zabota.kernel.errors import BadInput
from zabota.patients.models import Consent, Patient, Source

_REQUIRED = "Заполните это поле."


class _DateInput(forms.DateInput):
    input_type = "date"

    def __init__(self, **attrs: Any) -> None:
        super().__init__(attrs=attrs, format="%Y-%m-%d")


if TYPE_CHECKING:
    _BranchChoice = forms.ModelChoiceField[Branch]
else:
    _BranchChoice = forms.ModelChoiceField


class _BranchField(_BranchChoice):
    """A branch by its public id, among those this person may see."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(queryset=Branch.objects.none(), to_field_name="public_id", **kwargs)


class CardForm(forms.Form):
    """Fields of a card that people fill in."""

    surname = forms.CharField(label="Фамилия", max_length=100, required=False)
    name = forms.CharField(label="Имя", max_length=100, required=False)
    patronymic = forms.CharField(label="Отчество", max_length=100, required=False)
    born_on = forms.DateField(
        label="Дата рождения",
        required=False,
        widget=_DateInput(),
        error_messages={"invalid": "Напишите дату так: 12.05.1980."},
    )
    sex = forms.ChoiceField(
        label="Пол", choices=[("", "не указан"), ("f", "женский"), ("m", "мужской")], required=False
    )
    card_no = forms.CharField(label="Номер карты", max_length=40, required=False)
    branch = _BranchField(label="Филиал", required=False, empty_label="не указан")
    source = forms.CharField(
        label="Откуда узнали о нас",
        max_length=120,
        required=False,
        widget=forms.TextInput(attrs={"list": "sources", "autocomplete": "off"}),
    )
    address = forms.CharField(label="Адрес", max_length=300, required=False)
    area = forms.CharField(
        label="Район или населённый пункт",
        max_length=80,
        required=False,
        help_text="Можно не заполнять: возьмём из адреса",
    )
    alert = forms.CharField(
        label="Важно знать",
        max_length=300,
        required=False,
        help_text="Аллергии, страхи, пожелания: врач читает это первым",
    )

    def __init__(self, *args: Any, clinic: Clinic, branches: QuerySet[Branch], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        branch = self.fields["branch"]
        assert isinstance(branch, forms.ModelChoiceField)
        branch.queryset = branches
        self.sources = Source.objects.filter(clinic=clinic).values_list("name", flat=True)[:200]

    def clean(self) -> dict[str, Any]:
        """Somebody without any name cannot be called."""
        data = super().clean() or {}
        if not (data.get("surname") or data.get("name")) and not {"surname", "name"} & set(self.errors):
            self.add_error("surname", "Напишите фамилию или имя.")
        return data


class NewCardForm(CardForm):
    """A new card has contacts from the start."""

    phones = forms.CharField(label="Телефон", max_length=200, required=False, help_text="Можно несколько через запятую")
    email = forms.CharField(label="Почта", max_length=254, required=False)
    #: Ticked when the person saw the cards that look the same.
    anyway = forms.BooleanField(label="Это другой человек, завести карту", required=False)


class EditCardForm(CardForm):
    """The day since which the patient comes may be corrected.

    The page carries what each field held when it was opened: only what this person changed is saved, and a field that a
    colleague changed meanwhile is told of before it is overwritten.
    """

    registered_on = forms.DateField(
        label="С нами с",
        required=False,
        widget=_DateInput(),
        error_messages={"invalid": "Напишите дату так: 12.05.2024."},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.show_hidden_initial = True
        self._told: set[str] = set()

    def clean(self) -> dict[str, Any]:
        """A change of the same field by a colleague is shown, not lost."""
        data = super().clean()
        for name in self.changed_data:
            there = self._text(self[name].initial)
            if self._seen(name) != there and self._text(data.get(name)) != there:
                self._told.add(name)
                now = f"стало «{there}»" if there else "поле очистили"
                self.add_error(
                    name, f"Пока вы правили карту, это поле изменил коллега: {now}. Проверьте и сохраните ещё раз."
                )
        return data

    def first_values(self) -> list[tuple[str, str]]:
        """Names and values of the hidden fields with what this person saw."""
        return [
            (
                bound.html_initial_name,
                self._seen(bound.name) if self._is_known(bound.name) else self._text(bound.initial),
            )
            for bound in self
        ]

    @property
    def changes(self) -> dict[str, Any]:
        """Fields that this person changed, cleaned."""
        return {name: self.cleaned_data[name] for name in self.changed_data}

    def _is_known(self, name: str) -> bool:
        return self.is_bound and name not in self._told

    def _seen(self, name: str) -> str:
        return str(self.data.get(self[name].html_initial_name, ""))

    def _text(self, value: Any) -> str:
        if isinstance(value, Branch):
            return value.public_id
        return "" if value is None else str(value)


class BookForm(forms.Form):
    """The next visit: doctor, day and time, service."""

    doctor = forms.ModelChoiceField(
        label="Врач",
        queryset=Doctor.objects.none(),
        to_field_name="public_id",
        error_messages={"required": "Выберите врача.", "invalid_choice": "Этого врача нет в списке. Выберите другого."},
    )
    branch = _BranchField(label="Филиал", required=False, empty_label=None)
    slot = forms.CharField(required=False, widget=forms.HiddenInput())
    day = forms.DateField(
        label="День", required=False, widget=_DateInput(), error_messages={"invalid": "Напишите день так: 25.11.2026."}
    )
    time = forms.TimeField(
        label="Время",
        required=False,
        widget=forms.TimeInput(attrs={"type": "time", "step": 300}, format="%H:%M"),
        error_messages={"invalid": "Напишите время так: 10:30."},
    )
    duration_minutes = forms.IntegerField(
        label="Минут",
        required=False,
        min_value=5,
        max_value=480,
        widget=forms.NumberInput(attrs={"placeholder": "по услуге"}),
        error_messages={
            "min_value": "От 5 до 480 минут.",
            "max_value": "От 5 до 480 минут.",
            "invalid": "Число минут.",
        },
    )
    service = forms.ModelChoiceField(
        label="Услуга",
        queryset=Service.objects.none(),
        to_field_name="public_id",
        required=False,
        empty_label="не указана",
    )
    online = forms.BooleanField(label="По видео", required=False)
    comment = forms.CharField(label="Комментарий", max_length=500, required=False)

    def __init__(
        self,
        *args: Any,
        doctors: QuerySet[Doctor],
        branches: QuerySet[Branch],
        services: QuerySet[Service],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        for name, rows in (("doctor", doctors), ("branch", branches), ("service", services)):
            choice = self.fields[name]
            assert isinstance(choice, forms.ModelChoiceField)
            choice.queryset = rows

    def starts_at(self, branch: Branch) -> datetime:
        """The chosen free time, or the day and time in the zone of the branch."""
        data = self.cleaned_data
        if data.get("slot"):
            try:
                chosen = datetime.fromisoformat(data["slot"])
            except ValueError:
                raise BadInput("Выберите время ещё раз.") from None
            if chosen.tzinfo is None:
                raise BadInput("Выберите время ещё раз.")
            return chosen
        if not data.get("day") or not data.get("time"):
            raise BadInput("Выберите свободное время или укажите день и время.")
        return datetime.combine(data["day"], data["time"], ZoneInfo(branch.time_zone))


class ConsentForm(forms.Form):
    """How decisions are signed; the decisions themselves are checkboxes of their own, none of them ticked before."""

    signature = forms.ChoiceField(
        label="Как подписано",
        choices=[
            (Consent.Signature.PAPER.value, "На бумаге"),
            (Consent.Signature.SIMPLE.value, "Простая электронная подпись"),
            (Consent.Signature.QUALIFIED.value, "Усиленная подпись"),
            (Consent.Signature.ORAL.value, "Устно, записано сотрудником"),
        ],
    )
    document = forms.CharField(label="Номер или место документа", max_length=300, required=False)


def card_initial(patient: Patient) -> dict[str, Any]:
    """What the form of an existing card begins with."""
    return {
        "surname": patient.surname,
        "name": patient.name,
        "patronymic": patient.patronymic,
        "born_on": patient.born_on,
        "sex": patient.sex,
        "card_no": patient.card_no,
        "branch": patient.branch.public_id if patient.branch else None,
        "source": patient.source.name if patient.source else "",
        "registered_on": patient.registered_on,
        "alert": patient.alert,
        "address": patient.address,
        "area": patient.area,
    }

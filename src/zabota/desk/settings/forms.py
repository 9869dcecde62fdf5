"""Forms of staff, clinic, services and goal. They offer only rows of the clinic they are given."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms

from zabota.clinic.api import ROLE_NAMES, Role, Stage, StageBy
from zabota.clinic.models import Branch, Clinic, Doctor, GoalPath, Member, Service, ServiceGroup

#: Zones of Russia and its neighbours from west to east, as people name them.
ZONES = (
    ("Europe/Kaliningrad", "Калининград, МСК−1"),
    ("Europe/Moscow", "Москва"),
    ("Europe/Minsk", "Минск, МСК"),
    ("Europe/Samara", "Самара, МСК+1"),
    ("Asia/Yekaterinburg", "Екатеринбург, МСК+2"),
    ("Asia/Almaty", "Алматы, МСК+2"),
    ("Asia/Omsk", "Омск, МСК+3"),
    ("Asia/Novosibirsk", "Новосибирск, МСК+4"),
    ("Asia/Krasnoyarsk", "Красноярск, МСК+4"),
    ("Asia/Irkutsk", "Иркутск, МСК+5"),
    ("Asia/Yakutsk", "Якутск, МСК+6"),
    ("Asia/Vladivostok", "Владивосток, МСК+7"),
    ("Asia/Magadan", "Магадан, МСК+8"),
    ("Asia/Kamchatka", "Камчатка, МСК+9"),
)


class PersonForm(forms.Form):
    """A person of the clinic."""

    surname = forms.CharField(label="Фамилия", max_length=100)
    name = forms.CharField(label="Имя", max_length=100)
    patronymic = forms.CharField(label="Отчество", max_length=100, required=False)
    role = forms.ChoiceField(
        label="Роль",
        choices=[(role.value, ROLE_NAMES[role]) for role in Role],
        initial=Role.ADMINISTRATOR.value,
    )
    branches = forms.ModelMultipleChoiceField(
        label="Филиалы",
        queryset=Branch.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Ни одного не отмечено — видит все",
    )
    doctor = forms.ModelChoiceField(
        label="Это врач", queryset=Doctor.objects.none(), required=False, empty_label="не врач"
    )
    daily_capacity = forms.IntegerField(
        label="Контактов в день",
        min_value=0,
        max_value=500,
        initial=40,
        help_text="Столько людей для звонка программа даёт на день; 0 — не давать",
    )

    def __init__(self, *args: Any, clinic: Clinic, member: Member | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen = member.branches.values_list("pk", flat=True) if member else []
        self._offer(
            "branches", Branch.objects.filter(clinic=clinic, is_active=True) | Branch.objects.filter(pk__in=chosen)
        )
        doctors = Doctor.objects.filter(clinic=clinic, is_active=True)
        if member is not None and member.doctor_id:
            doctors |= Doctor.objects.filter(pk=member.doctor_id)
        self._offer("doctor", doctors)

    def _offer(self, name: str, rows: Any) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = rows.distinct()


class InviteForm(PersonForm):
    """A new person: the address is their login."""

    email = forms.EmailField(label="Почта", max_length=254, help_text="По ней входят. Письма программа не шлёт")
    field_order = ("surname", "name", "patronymic", "email", "role", "branches", "doctor", "daily_capacity")


class ClinicForm(forms.ModelForm[Clinic]):
    """The organisation."""

    time_zone = forms.ChoiceField(label="Часовой пояс", choices=ZONES)
    second_factor_for_all = forms.BooleanField(
        label="Второй шаг входа для всех сотрудников",
        required=False,
        help_text="После пароля — шесть цифр с телефона. Руководителю и контролёру качества он нужен всегда",
    )

    class Meta:
        model = Clinic
        fields = ("name", "time_zone", "second_factor_for_all")


class BranchForm(forms.ModelForm[Branch]):
    """A branch."""

    time_zone = forms.ChoiceField(label="Часовой пояс", choices=ZONES)
    phone_area = forms.RegexField(
        label="Код города",
        regex=r"^\d{3,5}$",
        required=False,
        help_text="Для телефонов, записанных без кода: 495",
        error_messages={"invalid": "От трёх до пяти цифр."},
    )
    is_active = forms.BooleanField(label="Принимает пациентов", required=False, initial=True)

    class Meta:
        model = Branch
        fields = (
            "name", "address", "phone", "phone_area", "time_zone", "is_active",
            "is_sensitive", "neutral_name", "neutral_sms", "neutral_email",
        )  # fmt: skip
        help_texts = {
            "is_sensitive": "Психиатрия, наркология, венерология, ВИЧ, репродукция: само название выдаёт, что лечат. "
            "Тогда в сообщениях, календаре и на страницах по ссылке стоит нейтральное название",
            "neutral_name": "Только чувствительному филиалу: «Медицинский центр на Лесной»",
            "neutral_sms": "Только чувствительному: имя или номер, согласованные с провайдером. Пусто — его SMS "
            "не уходят, сообщение идёт следующим каналом",
            "neutral_email": "Только чувствительному: с этого адреса уходят его письма. Пусто — писем нет",
        }

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("is_sensitive") and not " ".join(cleaned.get("neutral_name", "").split()):
            self.add_error("neutral_name", "Напишите название: его увидят вместо названия клиники и филиала.")
        return cleaned


class DoctorForm(forms.ModelForm[Doctor]):
    """A doctor."""

    is_active = forms.BooleanField(label="Принимает пациентов", required=False, initial=True)

    class Meta:
        model = Doctor
        fields = ("name", "speciality", "branches", "is_active")
        labels = {"branches": "Филиалы", "name": "Фамилия, имя, отчество"}
        widgets = {"branches": forms.CheckboxSelectMultiple}

    def __init__(self, *args: Any, clinic: Clinic, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["branches"]
        assert isinstance(field, forms.ModelMultipleChoiceField)
        field.queryset = Branch.objects.filter(clinic=clinic)


class NewGroupForm(forms.Form):
    """A group of services recalled together."""

    name = forms.CharField(label="Название", max_length=120)
    recall_interval_days = forms.IntegerField(
        label="Интервал возврата, дней", min_value=1, max_value=3660, required=False, help_text="182 — раз в полгода"
    )


class GroupForm(forms.ModelForm[ServiceGroup]):
    """Interval and thresholds of a group."""

    interval_months = forms.IntegerField(
        label="или месяцев", min_value=1, max_value=120, required=False, help_text="Дни или месяцы, не оба сразу"
    )
    late_factor = forms.DecimalField(label="Опаздывает после, интервалов", min_value=1, max_value=20, localize=True)
    sleeping_factor = forms.DecimalField(label="Спит после, интервалов", min_value=1, max_value=20, localize=True)
    lost_factor = forms.DecimalField(label="Потерян после, интервалов", min_value=1, max_value=20, localize=True)

    class Meta:
        model = ServiceGroup
        fields = (
            "name", "recall_interval_days", "late_factor", "sleeping_factor", "lost_factor",
            "is_prevention", "is_consultation", "is_chronic",
        )  # fmt: skip

    field_order = ("name", "recall_interval_days", "interval_months", "late_factor", "sleeping_factor", "lost_factor")


class ServiceForm(forms.ModelForm[Service]):
    """Where a service belongs."""

    group = forms.ModelChoiceField(
        label="Группа", queryset=ServiceGroup.objects.none(), required=False, empty_label="нет"
    )
    triggers_group = forms.ModelChoiceField(
        label="Чей срок начинает",
        queryset=ServiceGroup.objects.none(),
        required=False,
        empty_label="своей группы",
        help_text="Имплантация начинает срок ежегодного контроля",
    )
    recall_interval_days = forms.IntegerField(
        label="Свой интервал, дней", min_value=1, max_value=3660, required=False, help_text="Пусто — как у группы"
    )
    is_active = forms.BooleanField(label="Оказывается", required=False)

    class Meta:
        model = Service
        fields = ("group", "recall_interval_days", "triggers_group", "is_active")

    def __init__(self, *args: Any, clinic: Clinic, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("group", "triggers_group"):
            field = self.fields[name]
            assert isinstance(field, forms.ModelChoiceField)
            field.queryset = ServiceGroup.objects.filter(clinic=clinic)


def _day(label: str, *, required: bool = True) -> forms.DateField:
    return forms.DateField(
        label=label, required=required, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )


def _share(label: str, *, required: bool = True) -> forms.DecimalField:
    return forms.DecimalField(
        label=label, min_value=1, max_value=100, max_digits=5, decimal_places=2, required=required, localize=True
    )


#: What a stage of the goal path is judged by.
STAGE_BY = (("return", "сколько вернулись"), ("coverage", "у скольких есть запись или задача"))


class GoalForm(forms.Form):
    """The goal path in percents: where from, where to, up to four stages."""

    STAGES = 4

    baseline = _share("Было, %")
    baseline_on = _day("На дату")
    target = _share("Цель, %")
    target_on = _day("К дате")

    def __init__(self, data: Any = None, *, goal: GoalPath | None = None) -> None:
        initial: dict[str, Any] = {}
        stages: list[dict[str, Any]] = goal.stages if goal else []
        if goal:
            initial = {
                "baseline": _percent(goal.baseline),
                "baseline_on": goal.baseline_on,
                "target": _percent(goal.target),
                "target_on": goal.target_on,
            }
        for number, stage in enumerate(stages[: self.STAGES], start=1):
            initial |= {
                f"stage_{number}_on": dt.date.fromisoformat(stage["on"]),
                f"stage_{number}_value": _percent(stage["value"]),
                f"stage_{number}_title": stage.get("title", ""),
                f"stage_{number}_by": stage.get("by", "return"),
            }
        super().__init__(data, initial=initial)
        for number in range(1, self.STAGES + 1):
            self.fields[f"stage_{number}_on"] = _day("К дате", required=False)
            self.fields[f"stage_{number}_value"] = _share("Сколько, %", required=False)
            self.fields[f"stage_{number}_title"] = forms.CharField(label="Что сделано", max_length=120, required=False)
            self.fields[f"stage_{number}_by"] = forms.ChoiceField(label="Считаем", choices=STAGE_BY, required=False)

    def rows(self) -> list[tuple[Any, ...]]:
        """Fields of the stages, for the template."""
        return [
            tuple(self[f"stage_{number}_{name}"] for name in ("on", "by", "value", "title"))
            for number in range(1, self.STAGES + 1)
        ]

    def clean(self) -> dict[str, Any]:
        """A stage has both a day and a share, or neither."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for number in range(1, self.STAGES + 1):
            day, share = cleaned.get(f"stage_{number}_on"), cleaned.get(f"stage_{number}_value")
            if bool(day) != bool(share):
                self.add_error(f"stage_{number}_{'value' if day else 'on'}", "Укажите и дату, и долю.")
        return cleaned

    def stages(self) -> list[Stage]:
        """The stages as the clinic takes them."""
        found = []
        for number in range(1, self.STAGES + 1):
            day, share = self.cleaned_data.get(f"stage_{number}_on"), self.cleaned_data.get(f"stage_{number}_value")
            if day and share:
                title = self.cleaned_data.get(f"stage_{number}_title", "")
                by: StageBy = "coverage" if self.cleaned_data.get(f"stage_{number}_by") == "coverage" else "return"
                found.append(Stage(on=day, value=float(share) / 100, title=title, by=by))
        return found


def _percent(share: float) -> float:
    return round(share * 100, 2)

"""Forms of the rule: thresholds of the clinic, leaving the rule, referral, recall."""

from __future__ import annotations

from typing import Any

from django import forms

from zabota.nextstep.models import Exemption, Thresholds


class _DateInput(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


def _day(label: str, *, required: bool = True, hint: str = "") -> forms.DateField:
    return forms.DateField(
        label=label,
        required=required,
        help_text=hint,
        widget=_DateInput(),
        error_messages={"invalid": "Напишите дату так: 12.05.2027.", "required": "Выберите день."},
    )


class ThresholdsForm(forms.ModelForm[Thresholds]):
    """Clinic-wide thresholds; the value of a newcomer is asked for in roubles."""

    newcomer_value = forms.IntegerField(label="Ценность нового пациента в год, ₽", min_value=0, max_value=10_000_000)

    class Meta:
        model = Thresholds
        fields = (
            "sleeping_days",
            "lost_days",
            "new_days",
            "not_started_days",
            "treatment_pause_days",
            "referred_days",
            "missed_days",
            "task_due_days",
            "rest_days",
            "refusal_days",
            "any_visit_counts",
        )
        labels = {
            "sleeping_days": "Спит после, дней",
            "lost_days": "Потерян после, дней",
            "new_days": "Новый после первого визита, дней",
            "not_started_days": "Консультация без лечения после, дней",
            "treatment_pause_days": "Лечение прервано после, дней",
            "referred_days": "Помним направление, дней",
            "missed_days": "Неявка объясняет звонок, дней",
            "task_due_days": "Срок задачи, дней",
            "rest_days": "Пауза после закрытой задачи, дней",
            "refusal_days": "Отказ действует, дней",
            "any_visit_counts": "Любая запись закрывает напоминание",
        }
        help_texts = {
            "sleeping_days": "Для тех, у кого нет интервала возврата",
            "lost_days": "Для тех, у кого нет интервала возврата",
            "refusal_days": "Потом пациент возвращается в работу; «больше не звонить» действует всегда",
            "rest_days": "Если задачу закрыли без записи, следующая придёт не раньше",
            "any_visit_counts": "Иначе запись к другому врачу не отменяет приглашение на гигиену",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["newcomer_value"].initial = self.instance.newcomer_value_kopecks // 100
        self.fields["newcomer_value"].help_text = "Для тех, кто ещё ничего не оплатил: по ней они встают в очередь"

    def values(self) -> dict[str, Any]:
        """What the service is to change."""
        plain = {name: self.cleaned_data[name] for name in self.Meta.fields}
        return plain | {"newcomer_value_kopecks": self.cleaned_data["newcomer_value"] * 100}


class ExemptForm(forms.Form):
    """Why the patient is not to be called any more."""

    reason = forms.ChoiceField(label="Почему", choices=Exemption.Reason.choices)
    until_on = _day("До какого дня", required=False, hint="Только для «Просил не беспокоить»; пусто — насовсем")
    comment = forms.CharField(label="Подробности", max_length=300, required=False)


class ReferForm(forms.Form):
    """Where the patient was sent and when."""

    referred_on = _day("Когда направили")
    to = forms.CharField(label="Куда", max_length=200, required=False)
    is_acute = forms.BooleanField(label="Острое состояние: узнаем через два дня", required=False)


class OverrideForm(forms.Form):
    """Another due day of a recall."""

    due_on = _day("Другой срок", required=False)
    reason = forms.CharField(label="Почему", max_length=200, required=False)


class SnoozeForm(forms.Form):
    """Not before this day."""

    until = _day("Не раньше", required=False)


class AnyVisitForm(forms.Form):
    """Whether a booking for anything answers the recall."""

    counts = forms.BooleanField(required=False)


class DisableForm(forms.Form):
    """Never in this group."""

    reason = forms.CharField(label="Почему", max_length=200)

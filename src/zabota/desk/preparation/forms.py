"""Forms of texts before and after a visit and of questionnaires."""

from __future__ import annotations

from typing import Any

from django import forms

from zabota.clinic.models import Clinic, ServiceGroup
from zabota.visits.models import VisitText


class TextForm(forms.ModelForm[VisitText]):
    """Texts of one subject; an empty one is taken from the next wider."""

    class Meta:
        model = VisitText
        fields = ("prepare", "ask", "take", "way", "after", "care_call_days", "wellbeing_hours")
        widgets = {name: forms.Textarea(attrs={"rows": 4}) for name in ("prepare", "ask", "take", "way", "after")}
        help_texts = {
            "prepare": "Что сделать до визита: еда, лекарства, одежда",
            "ask": "Вопросы, которые пациенту стоит задать",
            "way": "Метро, вход, парковка, ступени",
            "after": "Что можно и чего нельзя после того, что сделали",
            "care_call_days": "Поставит задачу позвонить; пусто — не звоним",
            "wellbeing_hours": "Пришлёт вопрос в одно касание; пусто — не спрашиваем",
        }


class SheetForm(forms.Form):
    """A questionnaire: its questions one a line."""

    title = forms.CharField(label="Название", max_length=120)
    group = forms.ModelChoiceField(
        label="Для каких визитов", queryset=ServiceGroup.objects.none(), required=False, empty_label="для всех"
    )
    questions = forms.CharField(
        label="Вопросы, по одному в строке",
        widget=forms.Textarea(attrs={"rows": 10}),
        help_text="«Есть аллергия на лекарства?!» — да или нет, «да» тревожит врача. "
        "«Боитесь лечить зубы?: нет / немного / очень!» — один ответ. "
        "«Есть ли у вас: [диабет! / гипертония! / ничего]» — несколько. «Что принимаете…» — своими словами.",
    )
    is_active = forms.BooleanField(label="Спрашивать перед визитом", required=False, initial=True)

    def __init__(self, *args: Any, clinic: Clinic, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        group = self.fields["group"]
        assert isinstance(group, forms.ModelChoiceField)
        group.queryset = ServiceGroup.objects.filter(clinic=clinic)

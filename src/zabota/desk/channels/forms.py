"""The form of an account, built from what its provider asks for. A stored secret is never shown again."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms

from zabota.messaging.api import AccountField, Traits
from zabota.messaging.models import ChannelAccount

_LONG = frozenset({"ca_bundle"})


class AccountForm(forms.Form):
    """Title, fields of the provider, price and speed; abroad also the day of the notification."""

    title = forms.CharField(label="Название", max_length=120, help_text="Так канал называется в программе.")

    def __init__(self, *args: Any, traits: Traits, account: ChannelAccount | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.traits, self.account = traits, account
        self.initial.setdefault("title", account.title if account else traits.title)
        for each in traits.fields:
            self.fields[each.name] = _field(each, stored=account.values.get(each.name, "") if account else None)
        if traits.channel == "sms":
            self.fields["price"] = forms.DecimalField(
                label="Цена одной части, ₽",
                min_value=Decimal(0),
                max_value=Decimal(10_000),
                decimal_places=2,
                initial=(Decimal(account.price_kopecks) / 100).normalize() if account else None,
                required=False,
                help_text="По ней считается стоимость рассылки до отправки.",
            )
        self.fields["per_second"] = forms.FloatField(
            label="Сообщений в секунду",
            min_value=0.01,
            max_value=traits.per_second,
            initial=account.per_second if account else min(traits.per_second, 50.0),
            help_text=f"Провайдер принимает до {traits.per_second:g}.",
        )
        if traits.is_foreign:
            self.fields["cross_border_on"] = forms.DateField(
                label="Уведомление РКН о трансграничной передаче подано",
                initial=account.cross_border_on if account else None,
                required=False,
                widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
                help_text="Сервер провайдера за границей: без уведомления канал не включится (ст. 12 152-ФЗ).",
            )

    def parts(self) -> dict[str, Any]:
        """What was entered, as messages want it."""
        given = self.cleaned_data
        return {
            "title": given["title"],
            "values": {each.name: given.get(each.name, "") for each in self.traits.fields},
            "price_kopecks": round((given.get("price") or Decimal(0)) * 100),
            "per_second": given["per_second"],
            "cross_border_on": given.get("cross_border_on"),
        }


def _field(each: AccountField, *, stored: str | None) -> forms.CharField:
    """`stored` is None for a new account."""
    is_kept = bool(each.is_secret and stored)
    widget: forms.Widget = forms.TextInput(attrs={"autocomplete": "off"})
    if each.is_secret:
        widget = forms.PasswordInput(render_value=False, attrs={"autocomplete": "new-password"})
    elif each.name in _LONG:
        widget = forms.Textarea(attrs={"rows": 4})
    return forms.CharField(
        label=each.label,
        required=each.is_required and not is_kept,
        max_length=20_000,
        widget=widget,
        initial=None if each.is_secret else (each.default if stored is None else stored),
        help_text="Сохранён. Оставьте пустым, чтобы не менять." if is_kept else each.help_text,
    )


class ReasonForm(forms.Form):
    """Why the owner allows what the table of the law does not."""

    reason = forms.CharField(label="Почему разрешаете", min_length=10, max_length=300)

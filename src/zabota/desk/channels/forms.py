"""The form of an account, built from what its provider asks for. A stored secret is never shown again."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms

from zabota.messaging import api as messaging
from zabota.messaging.api import AccountField, Channel, Traits
from zabota.messaging.models import ChannelAccount, MessagingRules

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
            initial=f"{account.per_second if account else min(traits.per_second, 50.0):g}",
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


class RulesForm(forms.Form):
    """Hours, the order of channels, limits. Channels that are shut to the clinic are not offered."""

    _TIME = ("service_from", "service_till", "marketing_from", "marketing_till")

    service_from = forms.TimeField(label="Сервисные с", help_text="Записи, напоминания, ответы на вопросы")
    service_till = forms.TimeField(label="Сервисные до")
    marketing_from = forms.TimeField(label="Реклама с")
    marketing_till = forms.TimeField(label="Реклама до")
    cascade_minutes = forms.IntegerField(
        label="Ждать доставки, минут", help_text="Не доставлено за это время — пишем следующим путём"
    )
    has_call = forms.BooleanField(
        label="Никак не дошло — задача позвонить",
        required=False,
        help_text="Если снять, о недошедшем напоминании никто не узнает",
    )
    marketing_cap = forms.IntegerField(label="Рекламных, не больше", help_text="Всех рассылок вместе, одному человеку")
    marketing_cap_days = forms.IntegerField(label="За столько дней")
    day_cap = forms.IntegerField(
        label="Сообщений в день, после которых реклама ждёт", help_text="Считаются и напоминания"
    )
    service_day_cap = forms.IntegerField(
        label="Сервисных в день, не больше", help_text="Больше — похоже на ошибку: остальные не уйдут"
    )

    def __init__(self, *args: Any, rules: MessagingRules, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        open_ones = [
            (code, title)
            for code, title in messaging.CHANNEL_TITLES.items()
            if code != Channel.CALL and not (rules.is_listed and code in messaging.FOREIGN_MESSENGERS)
        ]
        order = [each for each in rules.cascade if each != Channel.CALL]
        self._ways = [f"way_{place}" for place in range(len(open_ones))]
        for place, name in enumerate(self._ways):
            self.fields[name] = forms.ChoiceField(
                label="Сначала" if not place else f"Путь {place + 1}",
                choices=[("", "—"), *open_ones],
                required=not place,
                initial=order[place] if place < len(order) else "",
            )
        self.initial["has_call"] = Channel.CALL in rules.cascade
        for name in self.fields:
            if name in self._TIME:
                self.fields[name].widget = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
            if hasattr(rules, name):
                self.initial[name] = getattr(rules, name)
            if name in messaging.BOUNDS:
                least, greatest = messaging.BOUNDS[name]
                self.fields[name] = _number(self.fields[name], least, greatest)

    @property
    def ways(self) -> list[forms.BoundField]:
        """The fields of the order."""
        return [self[name] for name in self._ways]

    def clean(self) -> dict[str, Any]:
        """Hours that make sense, each channel once."""
        given = super().clean() or {}
        for kind in ("service", "marketing"):
            since, till = given.get(f"{kind}_from"), given.get(f"{kind}_till")
            if since and till and since >= till:
                self.add_error(f"{kind}_till", "Конец часов должен быть позже начала.")
        chosen: set[str] = set()
        for name in self._ways:
            way = given.get(name, "")
            if way and way in chosen:
                self.add_error(name, "Этот канал уже выбран выше.")
            chosen.add(way)
        return given

    def parts(self) -> dict[str, Any]:
        """What was entered, as messages want it."""
        given = self.cleaned_data
        ways = [given[name] for name in self._ways if given[name]]
        names = (*self._TIME, "cascade_minutes", *(each for each in messaging.BOUNDS if each != "cascade_minutes"))
        cascade = [*ways, Channel.CALL.value] if given["has_call"] else ways
        return {"cascade": cascade, **{name: given[name] for name in names}}


def _number(known: forms.Field, least: int, greatest: int) -> forms.IntegerField:
    return forms.IntegerField(
        label=known.label, help_text=known.help_text, min_value=least, max_value=greatest, initial=known.initial
    )


class ReasonForm(forms.Form):
    """Why the owner allows what the table of the law does not."""

    reason = forms.CharField(label="Почему разрешаете", min_length=10, max_length=300)

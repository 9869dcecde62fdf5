"""Accounts at providers: entered, tried, switched on and off; secrets are written and never shown."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import Mapping
from datetime import date, datetime

from django.db import transaction

from zabota.clinic.models import Clinic
from zabota.kernel import audit
from zabota.kernel.audit import SYSTEM, Actor
from zabota.kernel.errors import BadInput
from zabota.kernel.scope import clinic_scope
from zabota.messaging.models import ChannelAccount, ChannelTrouble
from zabota.messaging.models.accounts import new_hook_token
from zabota.messaging.models.fields import Lost, SecretLost
from zabota.messaging.rules.transport import Account, SendResult, Traits
from zabota.messaging.rules.words import REASONS
from zabota.messaging.services.registry import traits_of, transport_of
from zabota.messaging.services.rules import ensure_rules, is_shut
from zabota.patients.api import add_recipient
from zabota.patients.models import ConsentPurpose

_TOKEN, _SECRET = "_hook_token", "_hook_secret"
#: Consents whose data a provider of a channel receives.
_TOLD_OF = (ConsentPurpose.PROCESSING, ConsentPurpose.ADVERTISING)
#: A mail server on this machine is nobody else.
_INSIDE = frozenset({"localhost", "127.0.0.1", "::1"})


@transaction.atomic
def save_account(
    *,
    clinic: Clinic,
    provider: str,
    title: str,
    values: Mapping[str, str],
    account: ChannelAccount | None = None,
    price_kopecks: int = 0,
    per_second: float | None = None,
    cross_border_on: date | None = None,
    actor: Actor,
    now: datetime,
) -> ChannelAccount:
    """Enter or change an account; an empty secret keeps the one that is there. Raises BadInput with what is missing."""
    traits = _traits(provider)
    # Keys that nothing opens any more are entered anew, and the provider is told a new address.
    kept = (
        dict(account.values)
        if account and not is_lost(account)
        else {_TOKEN: new_hook_token(), _SECRET: secrets.token_urlsafe(32)}
    )
    for each in traits.fields:
        given = values.get(each.name, "").strip()
        if given or not each.is_secret:
            kept[each.name] = given or ("" if account else each.default)
        if each.is_required and not kept.get(each.name):
            raise BadInput(f"Заполните поле «{each.label}».")
    if price_kopecks < 0 or price_kopecks > 1_000_000:
        raise BadInput("Цена части указывается в копейках: от 0 до 1 000 000.")
    speed = traits.per_second if per_second is None else per_second
    if not 0 < speed <= max(traits.per_second, 0.01):
        raise BadInput(f"Провайдер принимает до {traits.per_second:g} сообщений в секунду.")
    ensure_rules(clinic_id=clinic.pk)
    row = account or ChannelAccount(clinic=clinic, provider=provider, channel=traits.channel, created_at=now)
    row.title = " ".join(title.split())[:120] or traits.title
    row.values, row.price_kopecks, row.per_second = kept, price_kopecks, speed
    row.hook_hash = hook_hash(provider, kept[_TOKEN])
    row.cross_border_on = cross_border_on or row.cross_border_on
    row.open_until_at, row.failures = None, 0
    row.save()
    details = {"provider": provider, "fields": sorted(name for name in values if values[name])}
    audit.record("messaging.account.saved", row, actor=actor, now=now, details=details)
    return row


@transaction.atomic
def switch_account(*, account: ChannelAccount, is_on: bool, actor: Actor, now: datetime) -> ChannelAccount:
    """Switch a channel on or off. Abroad needs the day on which the notification was given."""
    traits = _traits(account.provider)
    if is_on and is_shut(account.clinic_id, account.channel):
        raise BadInput(REASONS["foreign_messenger"] + ".")
    if is_on and traits.is_foreign and account.cross_border_on is None:
        raise BadInput("Сервер провайдера за границей: укажите дату уведомления о трансграничной передаче.")
    account.is_on = is_on
    account.save(update_fields=["is_on"])
    if not is_on:
        ChannelTrouble.objects.filter(account=account, ended_at=None).update(ended_at=now)
    audit.record(
        "messaging.account.switched",
        account,
        actor=actor,
        now=now,
        details={"provider": account.provider, "is_on": is_on},
    )
    if is_on and (name := recipient_of(account)):
        add_recipient(clinic=account.clinic, name=name, purposes=_TOLD_OF, actor=actor, now=now)
    return account


def name_recipients(*, now: datetime) -> int:
    """Channels that were on before consents named their providers are named too. Returns how many texts changed."""
    changed = 0
    for account in ChannelAccount.objects.filter(is_on=True).select_related("clinic").order_by("id"):
        if is_lost(account) or traits_of(account.provider) is None or not (name := recipient_of(account)):
            continue
        with clinic_scope(account.clinic_id):
            changed += len(add_recipient(clinic=account.clinic, name=name, purposes=_TOLD_OF, actor=SYSTEM, now=now))
    return changed


def recipient_of(account: ChannelAccount) -> str:
    """How the provider is named among those to whom data are given; empty for one inside the house."""
    traits = _traits(account.provider)
    if not traits.is_third_party:
        return ""
    host = str(account.values.get("host", "")).strip().lower()
    if host in _INSIDE:
        return ""
    name = f"{traits.title} ({host})" if host else traits.title
    return f"{name}, за пределами России" if traits.is_foreign else name


def try_account(*, account: ChannelAccount) -> SendResult:
    """Ask the provider whether key, money and certificate are in order. Nothing is sent; call it outside a transaction."""
    transport = transport_of(account.provider)
    if transport is None:
        raise BadInput("Этот провайдер больше не поддерживается.")
    view = account_view(account)

    async def ask() -> SendResult:
        try:
            return await transport.check(view)
        finally:
            await transport.release()

    return asyncio.run(ask())


def is_lost(account: ChannelAccount) -> bool:
    """True when the secret key of the installation was changed and the keys of this account cannot be read."""
    return isinstance(account.values, Lost)


def account_view(account: ChannelAccount) -> Account:
    """The account as an adapter sees it, opened. Raises SecretLost."""
    values = account.values
    if isinstance(values, Lost):
        raise SecretLost
    return Account(
        id=account.pk,
        values={name: value for name, value in values.items() if not name.startswith("_")},
        hook_token=values.get(_TOKEN, ""),
        hook_secret=values.get(_SECRET, ""),
    )


def account_by_hook(provider: str, token: str) -> ChannelAccount | None:
    """The account whose webhook was called; found by a hash, so that neither time nor a copy of the table tells the address."""
    return ChannelAccount.objects.filter(hook_hash=hook_hash(provider, token)).first()


def hook_hash(provider: str, token: str) -> str:
    """What is stored of the random part of a webhook's address."""
    return hashlib.sha256(f"{provider}:{token}".encode()).hexdigest()


def _traits(provider: str) -> Traits:
    traits = traits_of(provider)
    if traits is None:
        raise BadInput("Такого провайдера нет.")
    return traits

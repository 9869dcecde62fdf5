"""Front door of channels: what pages need beyond the contract of a transport."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Protocol, runtime_checkable

from django.conf import settings

from zabota.integrations.demo.box import Arrived, arrived
from zabota.integrations.demo.transport import MAIL, PHONE
from zabota.integrations.fetching import GivesPictures
from zabota.integrations.pictures import DEMO_LARGEST, Picture, keep_picture, kept_picture
from zabota.integrations.registry import DEMO
from zabota.integrations.smtp.domain import Line, examine
from zabota.kernel import audit
from zabota.kernel.audit import Actor
from zabota.messaging.api import Account, SendResult, Verdict, account_view, is_lost, transports
from zabota.messaging.models import ChannelAccount

__all__ = [
    "DEMO",
    "DEMO_LARGEST",
    "MAIL",
    "PHONE",
    "Arrived",
    "Line",
    "Picture",
    "arrived",
    "bot_link",
    "domain_lines",
    "gives_pictures",
    "hook_address",
    "keep_picture",
    "kept_picture",
    "subscribe",
    "subscribes",
]

#: Providers that sign nothing: the secret stands in the address that the clinic gives them.
_UNSIGNED = frozenset({"smsaero", "exolve"})
#: Providers that call no address.
_SILENT = frozenset({"smpp", *DEMO})


@runtime_checkable
class Subscribes(Protocol):
    """A provider that is told by its interface where to call back."""

    async def subscribe(self, account: Account, url: str) -> SendResult:
        """Tell it."""
        ...

    async def release(self) -> None:
        """Close what is kept open."""
        ...


def gives_pictures(account: ChannelAccount) -> bool:
    """Whether pictures of this channel are fetched and shown here; those of others stay with their provider."""
    return isinstance(transports().get(account.provider), GivesPictures)


def hook_address(account: ChannelAccount) -> str:
    """The address that the provider calls; empty for providers that call nobody."""
    if account.provider in _SILENT or is_lost(account):
        return ""
    view = account_view(account)
    address = f"{settings.PUBLIC_URL}/api/hooks/{account.provider}/{view.hook_token}"
    return f"{address}?secret={view.hook_secret}" if account.provider in _UNSIGNED else address


def domain_lines(account: ChannelAccount) -> list[Line]:
    """What DNS says of the domain that letters of this account come from. Call it outside a transaction."""
    return examine(account_view(account)) if account.provider == "smtp" else []


def subscribes(provider: str) -> bool:
    """True when the address is told by the program, not by a person in the provider's cabinet."""
    return isinstance(transports().get(provider), Subscribes)


def subscribe(*, account: ChannelAccount, actor: Actor, now: datetime) -> SendResult:
    """Tell the provider where to call back. Call it outside a transaction."""
    transport = transports()[account.provider]
    if not isinstance(transport, Subscribes):
        raise TypeError(f"{account.provider} takes its address in its cabinet")
    view, address = account_view(account), hook_address(account)

    async def tell() -> SendResult:
        try:
            return await transport.subscribe(view, address)
        finally:
            await transport.release()

    result = asyncio.run(tell())
    if result.verdict is Verdict.ACCEPTED:
        audit.record("integrations.hook.told", account, actor=actor, now=now, details={"provider": account.provider})
    return result


def bot_link(account: ChannelAccount, token: str) -> str:
    """The link by which a person opens the clinic's bot and is recognised there; empty where there is no bot."""
    values = account.values
    name = values.get("bot_name", "").strip().lstrip("@")
    if account.provider == "max" and name:
        return f"https://max.ru/{name}?start={token}"
    if account.provider == "telegram" and name:
        return f"https://t.me/{name}?start={token}"
    if account.provider == "vk" and values.get("group_id"):
        return f"https://vk.me/club{values['group_id']}?ref={token}"
    return ""

"""Every adapter with an HTTP interface and an account for it at the emulator."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from tests.emulator.server import BY_NAME
from zabota.integrations.calls import Patience
from zabota.integrations.exolve.transport import ExolveTransport
from zabota.integrations.max.transport import MaxTransport
from zabota.integrations.smsaero.transport import SmsAeroTransport
from zabota.integrations.smsc.transport import SmscTransport
from zabota.integrations.smsru.transport import SmsRuTransport
from zabota.integrations.telegram.transport import TelegramTransport
from zabota.integrations.viber.transport import ViberTransport
from zabota.integrations.vk.transport import VkTransport
from zabota.integrations.whatsapp.transport import WhatsAppTransport
from zabota.messaging.api import Account

SECRET = "hook-secret"
#: For answers that come, on a machine however busy.
CALM = Patience(connect=5.0, total=15.0)
#: For answers that never come, so that waiting for them does not make the suite long.
SHORT = Patience(connect=0.5, total=0.4)


#: Seconds after which an adapter that waits for ever fails its test instead of holding up all others.
LIMIT = 30


def ask(transport: Any, coroutine: Any) -> Any:
    """Run one question in a loop of its own and close what the adapter kept open for it."""

    async def run() -> Any:
        try:
            async with asyncio.timeout(LIMIT):
                return await coroutine
        finally:
            await transport.release()

    return asyncio.run(run())


@dataclass(frozen=True)
class Contender:
    """An adapter under test."""

    make: Any
    values: dict[str, str]
    #: Which of the values is the key that can be revoked.
    key: str
    #: What signs calls back.
    signs_with: str = SECRET

    @property
    def name(self) -> str:
        return str(self.make.traits.provider)

    def account(self, url: str, **changed: str) -> Account:
        values = {**self.values, "base_url": url, **changed}
        return Account(id=1, values=values, hook_token="token", hook_secret=SECRET)

    def knows(self, kind: str) -> bool:
        return kind in BY_NAME[self.name].knows


CONTENDERS = (
    Contender(SmscTransport, {"login": "clinic", "password": "good"}, "password"),
    Contender(SmsAeroTransport, {"email": "a@clinic.test", "api_key": "good", "sign": "Clinic"}, "api_key"),
    Contender(ExolveTransport, {"api_key": "good", "number": "79000000000"}, "api_key"),
    Contender(SmsRuTransport, {"api_id": "good"}, "api_id", signs_with="good"),
    Contender(MaxTransport, {"token": "good", "bot_name": "clinic"}, "token"),
    Contender(TelegramTransport, {"token": "good", "bot_name": "clinic_bot"}, "token"),
    Contender(VkTransport, {"token": "good", "group_id": "4242", "confirmation": "c0nf1rm"}, "token"),
    Contender(
        WhatsAppTransport,
        {"token": "good", "phone_number_id": "100500", "app_secret": "app-secret"},
        "token",
        signs_with="app-secret",
    ),
    Contender(ViberTransport, {"token": "good", "sender": "Улыбка"}, "token", signs_with="good"),
)

"""All adapters of the house, told to messages when the program starts."""

from __future__ import annotations

from zabota.integrations.collecting import keep_packet
from zabota.integrations.demo.transport import MAIL, PHONE, DemoTransport
from zabota.integrations.exolve.transport import ExolveTransport
from zabota.integrations.max.transport import MaxTransport
from zabota.integrations.smpp.transport import SmppTransport
from zabota.integrations.smsaero.transport import SmsAeroTransport
from zabota.integrations.smsc.transport import SmscTransport
from zabota.integrations.smsru.transport import SmsRuTransport
from zabota.integrations.smtp.transport import SmtpTransport
from zabota.integrations.telegram.transport import TelegramTransport
from zabota.integrations.viber.transport import ViberTransport
from zabota.integrations.vk.transport import VkTransport
from zabota.integrations.whatsapp.transport import WhatsAppTransport
from zabota.messaging.api import Channel, Transport, register_transport

#: In the order in which the page of channels shows them: what a clinic in Russia begins with comes first.
TRANSPORTS: tuple[Transport, ...] = (
    MaxTransport(),
    SmscTransport(),
    SmsAeroTransport(),
    ExolveTransport(),
    SmsRuTransport(),
    SmppTransport(keep_packet),
    SmtpTransport(),
    VkTransport(),
    TelegramTransport(),
    WhatsAppTransport(),
    ViberTransport(),
    DemoTransport(PHONE, "Телефон демо-клиники", Channel.SMS),
    DemoTransport(MAIL, "Почта демо-клиники", Channel.EMAIL),
)

#: Providers that exist only where the clinic is a demonstration.
DEMO = frozenset({PHONE, MAIL})


def register_all() -> None:
    """Tell messages of every adapter."""
    for transport in TRANSPORTS:
        register_transport(transport)

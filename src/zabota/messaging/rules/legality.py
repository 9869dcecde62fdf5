"""What may be sent through which channel in Russia: a table with its date and source, which the owner may override with a reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from zabota.messaging.rules.transport import Channel


@dataclass(frozen=True, slots=True)
class Lawful:
    """A row of the table."""

    channel: str
    service: bool
    marketing: bool
    basis: str


#: Messengers of foreign owners: closed to the organisations that 41-ФЗ lists, whatever anybody allows.
FOREIGN_MESSENGERS = frozenset({Channel.TELEGRAM, Channel.WHATSAPP, Channel.VIBER})
#: Who is on that list, in the words of the question.
LISTED_WORDS = (
    "государственный орган или учреждение, организация с долей государства от 50 %, банк или другая финансовая "
    "организация, оператор связи, крупный маркетплейс"
)
#: The day on which the table was last held against the law.
CHECKED_ON = date(2026, 11, 1)
_RESTRICTED = "доступ ограничен, реклама запрещена: ч. 10.7 ст. 5 закона «О рекламе», с 01.09.2025"

TABLE: tuple[Lawful, ...] = (
    Lawful(Channel.MAX, True, True, "национальный мессенджер; бот пишет тому, кто написал первым"),
    Lawful(
        Channel.SMS, True, True, "согласие по ст. 44.1 закона «О связи»; абонент вправе запретить рассылки у оператора"
    ),
    Lawful(Channel.EMAIL, True, True, "согласие по ст. 18 закона «О рекламе», отписка в одно нажатие"),
    Lawful(Channel.VK, True, True, "ограничений не найдено; пишем тому, кто разрешил сообщения сообщества"),
    Lawful(Channel.TELEGRAM, True, False, _RESTRICTED),
    Lawful(Channel.WHATSAPP, False, False, "домен исключён из НСДИ 11.02.2026; " + _RESTRICTED),
    Lawful(Channel.VIBER, False, False, "доступ ограничен с 13.12.2024; " + _RESTRICTED),
    Lawful(Channel.CALL, True, True, "звонит человек: автоматический обзвон с рекламой запрещён, ст. 18 ч. 2"),
)

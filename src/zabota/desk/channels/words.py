"""Words about channels: what a provider costs, where to find its keys, what a check said."""

from __future__ import annotations

from zabota.messaging.api import Blame, SendResult, Verdict

_BY_PART = "За каждую часть SMS, по вашему договору."

#: What a provider takes money for.
COSTS: dict[str, str] = {
    "max": "За сообщения бота плата не берётся; боту нужна проверенная организация.",
    "smsc": _BY_PART,
    "smsaero": _BY_PART,
    "exolve": _BY_PART,
    "smsru": _BY_PART,
    "smpp": _BY_PART,
    "smtp": "По тарифу почтового сервера; отдельное письмо обычно не оплачивается.",
    "vk": "За сообщения сообщества плата не берётся.",
    "telegram": "За сообщения бота плата не берётся.",
    "whatsapp": "За каждое сообщение по шаблону, по тарифу Meta.",
    "viber": "За сообщения бота, по тарифу Viber.",
    "demo_phone": "Ничего: сообщения видны только на странице «Почта и телефон».",
    "demo_mail": "Ничего: письма видны только на странице «Почта и телефон».",
}

#: How calls of the provider are set up.
HOOKS: dict[str, str] = {
    "max": "Нажмите «Включить приём»: программа сама сообщит адрес боту.",
    "telegram": "Нажмите «Включить приём»: программа сама сообщит адрес боту.",
    "viber": "Нажмите «Включить приём»: программа сама сообщит адрес боту.",
    "vk": "Сообщество → Управление → Работа с API → Callback API: адрес и секретный ключ. Отметьте события «входящее "
    "сообщение», «разрешение» и «запрет на получение».",
    "whatsapp": "Meta for Developers → WhatsApp → Configuration: адрес и Verify token. Подпишитесь на messages.",
    "smsc": "Кабинет SMSC.ru → Настройки → Обработчики: адрес и секретный пароль, подпись SHA1.",
    "smsaero": "Кабинет SMS Aero → Настройки API: адрес для статусов. Секрет уже стоит в адресе.",
    "exolve": "Кабинет Exolve → Приложение → Вебхуки: адрес для SMS. Секрет уже стоит в адресе.",
    "smsru": "Кабинет SMS.ru → Программистам → Callback: адрес. Подпись считается по вашему api_id.",
    "smtp": "Только если возвраты разбирает ваш почтовый сервер: он отправляет письмо сюда как есть, с секретом в "
    "заголовке X-Zabota-Secret. Иначе укажите ящик возвратов.",
}

#: Providers to whom the clinic tells the secret by hand.
TELLS_SECRET = frozenset({"vk", "whatsapp", "smsc", "smtp"})

_TROUBLES: dict[Blame, str] = {
    Blame.KEY: "Провайдер не принял ключ. Проверьте его в кабинете провайдера и введите заново.",
    Blame.NO_MONEY: "На счёте у провайдера нет денег. Пополните счёт.",
    Blame.CERTIFICATE: "Сертификат сервера не прошёл проверку. Если у провайдера свой удостоверяющий центр, вставьте его "
    "корневой сертификат.",
    Blame.DOWN: "Провайдер не ответил. Проверьте адрес сервера и попробуйте ещё раз.",
    Blame.LIMIT: "Провайдер просит подождать. Попробуйте через минуту.",
}


def said(result: SendResult) -> str:
    """What a check said, for the owner."""
    if result.verdict is Verdict.ACCEPTED:
        return f"Всё в порядке: {result.detail}." if result.detail else "Всё в порядке."
    words = _TROUBLES.get(result.blame, "Провайдер не принял запрос. Проверьте поля и кабинет провайдера.")
    return f"{words} Ответ провайдера: {result.detail}." if result.detail else words

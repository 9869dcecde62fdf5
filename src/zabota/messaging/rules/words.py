"""Words of messages: channels, classes, states and reasons, as people read them."""

from __future__ import annotations

from zabota.messaging.rules.transport import Channel

CHANNEL_TITLES: dict[str, str] = {
    Channel.MAX: "MAX",
    Channel.SMS: "SMS",
    Channel.EMAIL: "Почта",
    Channel.TELEGRAM: "Telegram",
    Channel.VK: "ВКонтакте",
    Channel.WHATSAPP: "WhatsApp",
    Channel.VIBER: "Viber",
    Channel.CALL: "Звонок",
}
#: Channels whose address is a person's account that a bot may write to only after the person wrote first.
BOT_CHANNELS = frozenset({Channel.MAX, Channel.TELEGRAM, Channel.VK, Channel.WHATSAPP, Channel.VIBER})
#: What is tried for a message whose author did not say otherwise.
DEFAULT_CASCADE: tuple[str, ...] = (Channel.MAX, Channel.SMS, Channel.EMAIL, Channel.CALL)

SERVICE, OTP, MARKETING = "service", "otp", "marketing"
CLASS_TITLES: dict[str, str] = {
    SERVICE: "Сервисное",
    OTP: "Код подтверждения",
    MARKETING: "Реклама",
}

#: Why a message went, waited or did not go. Codes are stored, words are shown.
REASONS: dict[str, str] = {
    "sent": "Всё разрешено: отправлено",
    "quiet_hours": "Сейчас тихие часы у пациента: отправим позже",
    "per_person": "Канал просит паузу между сообщениями одному человеку",
    "too_late": "Опоздало: к этому времени сообщение уже не нужно",
    "quiet_until_late": "До конца тихих часов сообщение устареет",
    "no_advertising_consent": "Нет согласия на рекламу в этом канале",
    "processing_withdrawn": "Пациент отозвал согласие на обработку данных",
    "processing_refused": "Пациент отказал в обработке данных",
    "channel_unlawful": "Реклама в этом канале запрещена законом",
    "foreign_messenger": "Организациям из перечня 41-ФЗ нельзя писать через иностранные мессенджеры",
    "channel_not_for_service": "Канал выключен для сервисных сообщений",
    "cap_period": "Достигнут предел рекламных сообщений за период",
    "cap_day": "Достигнут предел сообщений за день: отправим завтра",
    "cap_day_service": "Слишком много сообщений за день: похоже на ошибку",
    "household": "Семье с этим номером такое сообщение уже ушло",
    "stale": "Визит с тех пор изменился",
    "guard": "Повод для сообщения исчез",
    "stopped": "Человек отписался от рекламы",
    "bad_address": "Этот адрес не принимает сообщений",
    "operator_blocked": "Абонент запретил рассылки у оператора",
    "bot_stopped": "Человек остановил бота",
    "complaint": "Человек пожаловался на рассылку",
    "contact_changed": "Этот телефон или адрес больше не числится за пациентом",
    "patient_gone": "Карты пациента больше нет",
    "no_person": "Рекламу нельзя отправить тому, кого нет в картотеке",
    "channel_off": "Канал выключен",
    "channel_down": "Канал не работал дольше, чем можно ждать",
    "no_erid": "У рекламы для мессенджера нет метки erid",
    "no_neutral_sender": "У чувствительного филиала нет нейтрального отправителя для этого канала",
    "no_address": "У пациента нет адреса для этого канала",
    "no_text": "В шаблоне нет текста для этого канала",
    "text_wrong": "Текст для другого канала не составить: подстановке нечего показать",
    "no_answer": "Нет ответа о доставке: пробуем другой канал",
    "refused": "Провайдер отказал",
    "later": "Провайдер просит подождать",
    "unknown": "Неизвестно, дошло ли: связь оборвалась после отправки",
    "account": "Кабинет провайдера не работает",
    "attempts": "Провайдер не принял сообщение за отведённое время",
    "delivered_before": "Уже дошло другим путём",
    "voided": "Отменено: повода больше нет",
    "sent_before_restore": "Ушло до восстановления базы: второй раз не отправляем",
    "paused": "Отправка остановлена",
}

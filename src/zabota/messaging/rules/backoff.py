"""What follows from a provider's answer: come again and when, end, or rest the whole account."""

from __future__ import annotations

from datetime import timedelta

from zabota.messaging.rules.transport import Blame

#: Pause after attempt n of one message, seconds.
PAUSES = (10, 60, 300, 900, 3600)
#: After so many tries a message that nobody refused is given up in this channel.
LAST_ATTEMPT = 12
#: Pause of an account that failed n times in a row, seconds: money and keys do not come back in a minute.
REST = {Blame.DOWN: (30, 60, 300, 900), Blame.LIMIT: (10, 30, 60, 300)}
REST_OTHERWISE = (300, 900, 3600)

TROUBLES: dict[str, str] = {
    Blame.KEY: "Провайдер не принимает ключ. Проверьте ключ в настройках канала.",
    Blame.NO_MONEY: "На счёте у провайдера кончились деньги. Пополните счёт.",
    Blame.CERTIFICATE: "Сертификат провайдера не прошёл проверку: отправка остановлена, чтобы сообщения не прочёл чужой.",
    Blame.DOWN: "Провайдер не отвечает. Сообщения ждут и уйдут, когда связь вернётся.",
    Blame.LIMIT: "Провайдер ограничил скорость. Сообщения уйдут позже.",
}
TROUBLE_OTHERWISE = "Провайдер не принимает сообщения. Проверьте кабинет провайдера."


def pause_of_message(attempts: int, *, retry_after: float | None = None, jitter: float = 0.0) -> timedelta:
    """How long one message waits; `jitter` from 0 to 1 spreads those that failed together."""
    seconds = PAUSES[min(max(attempts, 1), len(PAUSES)) - 1] * (1 + 0.5 * jitter)
    return timedelta(seconds=max(seconds, retry_after or 0.0))


def rest_of_account(blame: str, failures: int, *, retry_after: float | None = None) -> timedelta:
    """How long an account rests after its n-th failure in a row."""
    row = REST.get(Blame(blame), REST_OTHERWISE) if blame in Blame.__members__.values() else REST_OTHERWISE
    return timedelta(seconds=max(row[min(max(failures, 1), len(row)) - 1], retry_after or 0.0))


def trouble_words(blame: str) -> str:
    """What the owner reads."""
    return TROUBLES.get(blame, TROUBLE_OTHERWISE)

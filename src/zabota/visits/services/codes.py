"""Codes that prove a phone: few tries, few sendings, budgets for an address and for everybody; nothing tells who is known."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from hmac import compare_digest

import structlog
from django.db import DatabaseError, transaction
from django.utils.crypto import salted_hmac

from zabota.clinic.models import Clinic
from zabota.kernel.errors import Trouble
from zabota.kernel.phones import normalise_phone
from zabota.messaging.api import NewMessage, accounts_on, enqueue, text_held_back
from zabota.visits.models import PhoneCode

log = structlog.get_logger(__name__)

LIFE = timedelta(minutes=10)
TRIES = 5
#: Sendings: to one phone in ten minutes and a day, from one address an hour, from everywhere an hour.
PHONE_TEN_MINUTES, PHONE_DAY, ADDRESS_HOUR, ALL_HOUR = 3, 10, 20, 600
_KEPT = timedelta(days=1)
#: A bill that somebody else runs up: for the owner.
_ALARM = (
    "За час попросили больше {} кодов, остальные мы не отправили. Похоже, чужая программа перебирает телефоны за ваш "
    "счёт. Проверьте баланс SMS; если это не кончится, закройте запись на сайте на странице «Напоминания»."
)

#: Nobody gets a code that has no way to travel.
_NO_WAY = (
    "Запись на сайте открыта, а код подтверждения послать не через что: SMS не подключены или выключены. "
    "Включите канал SMS или закройте запись на сайте на странице «Напоминания»."
)


class PhoneWrong(Trouble):
    """Not a mobile number of this country."""

    code = "phone_wrong"
    text = "Нужен мобильный номер, например +7 916 123-45-67."


class TooManyCodes(Trouble):
    """The budget of codes is used up; `wait_seconds` says until when."""

    code = "too_many_codes"
    text = "Мы уже отправили несколько кодов. Подождите или позвоните в клинику."

    def __init__(self, wait_seconds: int, *, of_everybody: bool = False) -> None:
        super().__init__()
        self.wait_seconds, self.of_everybody = wait_seconds, of_everybody


class CodeWrong(Trouble):
    """Wrong, late, used or guessed too often: the words are the same."""

    code = "code_wrong"
    text = "Код не подошёл. Проверьте цифры или запросите новый."


class CodeUnchecked(Trouble):
    """The try could not be counted: nothing is said of the code, and nobody may guess meanwhile."""

    code = "code_unchecked"
    text = "Сейчас не получается проверить код. Попробуйте ещё раз через минуту или позвоните нам."


class CodeUnsent(Trouble):
    """Sendings could not be counted: no code has left."""

    code = "code_unsent"
    text = "Сейчас не получается отправить код. Попробуйте ещё раз через минуту или позвоните нам."


def read_mobile(typed: str) -> str:
    """The number in E.164. Raises PhoneWrong: codes go to +7 only, where they cost what an SMS costs."""
    number = normalise_phone(typed)
    if number is None or not number.startswith("+79") or len(number) != 12:
        raise PhoneWrong
    return number


def send_code(*, clinic: Clinic, phone: str, address: str, now: datetime) -> PhoneCode:
    """Send six digits to a phone, whoever it belongs to. Raises TooManyCodes; CodeUnsent when they cannot be counted or sent.

    The clinic's row is the lock under which sendings are counted, so that ten at once are not more than three.
    """
    if "sms" not in accounts_on(clinic.pk):
        text_held_back(clinic_id=clinic.pk, template_key="otp", words=_NO_WAY, now=now)
        raise CodeUnsent
    try:
        return _send(clinic, phone, address, now)
    except TooManyCodes as many:
        if many.of_everybody:
            log.error("codes_used_up", clinic_id=clinic.pk)
            text_held_back(clinic_id=clinic.pk, template_key="otp", words=_ALARM.format(ALL_HOUR), now=now)
        raise
    except DatabaseError as error:
        log.error("code_not_sent", error=type(error).__qualname__)
        raise CodeUnsent from None


@transaction.atomic
def _send(clinic: Clinic, phone: str, address: str, now: datetime) -> PhoneCode:
    Clinic.objects.select_for_update().get(pk=clinic.pk)
    phone_hash, ip_hash = _digest("phone", phone), _digest("address", address)
    for rows, most, span in (
        ({"phone_hash": phone_hash}, PHONE_TEN_MINUTES, timedelta(minutes=10)),
        ({"phone_hash": phone_hash}, PHONE_DAY, timedelta(days=1)),
        ({"ip_hash": ip_hash}, ADDRESS_HOUR, timedelta(hours=1)),
        ({}, ALL_HOUR, timedelta(hours=1)),
    ):
        sent = PhoneCode.objects.filter(**rows, sent_at__gt=now - span).order_by("-sent_at")
        times = list(sent.values_list("sent_at", flat=True)[:most])
        if len(times) >= most:
            raise TooManyCodes(max(1, int((times[-1] + span - now).total_seconds())), of_everybody=not rows)
    code = f"{secrets.randbelow(1_000_000):06}"
    # An older code of this phone dies with the new one.
    PhoneCode.objects.filter(clinic=clinic, phone_hash=phone_hash, used_at=None).update(expires_at=now)
    row = PhoneCode(clinic=clinic, phone_hash=phone_hash, ip_hash=ip_hash, sent_at=now, expires_at=now + LIFE)
    row.code_hash = _code_digest(row.public_id, phone, code)
    row.save()
    enqueue(
        clinic_id=clinic.pk,
        message=NewMessage(
            template_key="otp",
            idem_key=f"otp:{row.public_id}",
            not_before_at=now,
            expires_at=now + LIFE,
            context={"код": code},
            channels=("sms",),
            addresses={"sms": phone},
        ),
        now=now,
    )
    return row


def check_code(*, clinic: Clinic, public_id: str, phone: str, typed: str, now: datetime) -> None:
    """Use a code up. Raises CodeWrong; the try is counted even when the caller's work is rolled back.

    Raises CodeUnchecked when the try cannot be counted: an uncounted try would be a free guess.
    """
    digits = "".join(each for each in typed if each.isdigit())[:6]
    try:
        right = _use_up(clinic, public_id, phone, digits, now)
    except DatabaseError as error:
        log.error("code_not_checked", error=type(error).__qualname__)
        raise CodeUnchecked from None
    if not right:
        raise CodeWrong


def _use_up(clinic: Clinic, public_id: str, phone: str, digits: str, now: datetime) -> bool:
    with transaction.atomic():
        row = PhoneCode.objects.select_for_update().filter(clinic=clinic, public_id=public_id).first()
        if row is None or row.expires_at <= now or row.used_at is not None or row.tries >= TRIES:
            return False
        right = compare_digest(row.code_hash, _code_digest(row.public_id, phone, digits))
        row.tries += 1
        row.used_at = now if right else None
        row.save(update_fields=["tries", "used_at"])
    return right


def forget_old_codes(*, now: datetime) -> int:
    """Codes are kept for a day: until then they count for the limits."""
    return PhoneCode.objects.filter(sent_at__lt=now - _KEPT).delete()[0]


def _digest(what: str, value: str) -> str:
    return salted_hmac(f"zabota.visits.{what}", value, algorithm="sha256").hexdigest()


def _code_digest(public_id: str, phone: str, code: str) -> str:
    return _digest("code", f"{public_id}:{phone}:{code}")

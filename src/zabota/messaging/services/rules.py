"""Windows, caps, order of channels and what is lawful where: the clinic's own settings."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from zabota.clinic.models import Clinic
from zabota.kernel import audit
from zabota.kernel.audit import Actor
from zabota.kernel.errors import AlreadyDone, BadInput
from zabota.messaging.models import ChannelAccount, ChannelRule, ChannelTrouble, Decision, Message, MessagingRules
from zabota.messaging.rules.gate import Windows
from zabota.messaging.rules.legality import CHECKED_ON, FOREIGN_MESSENGERS, TABLE
from zabota.messaging.rules.states import RANKS
from zabota.messaging.rules.words import CHANNEL_TITLES, REASONS
from zabota.messaging.services.journal import digest_of, sent_before
from zabota.messaging.services.waking import wake

#: Settings that a person may change, with the least and the greatest that make sense.
_PORTION = 500
BOUNDS: dict[str, tuple[int, int]] = {
    "cascade_minutes": (1, 1440),
    "marketing_cap": (0, 30),
    "marketing_cap_days": (1, 365),
    "day_cap": (1, 20),
    "service_day_cap": (2, 50),
}
#: Why sending waits after the database was restored or copied. Only a person ends it.
RESTORED = "База восстановлена из копии или перенесена"
SWITCHES = ("erid_required",)
HOURS = ("service_from", "service_till", "marketing_from", "marketing_till")


def ensure_rules(*, clinic_id: int) -> MessagingRules:
    """The clinic's settings, made with the defaults when it has none; the table of law as well."""
    rules = MessagingRules.objects.filter(clinic_id=clinic_id).first()
    if rules is not None:
        return rules
    with transaction.atomic():
        rules, _ = MessagingRules.objects.get_or_create(clinic_id=clinic_id)
        ChannelRule.objects.bulk_create(
            [
                ChannelRule(
                    clinic_id=clinic_id,
                    channel=row.channel,
                    allows_service=row.service,
                    allows_marketing=row.marketing,
                    basis=row.basis,
                    checked_on=CHECKED_ON,
                )
                for row in TABLE
            ],
            ignore_conflicts=True,
        )
    return rules


def windows_of(rules: MessagingRules) -> Windows:
    """Hours and caps as the gate takes them."""
    return Windows(
        service_from=rules.service_from,
        service_till=rules.service_till,
        marketing_from=rules.marketing_from,
        marketing_till=rules.marketing_till,
        marketing_cap=rules.marketing_cap,
        day_cap=rules.day_cap,
        service_day_cap=rules.service_day_cap,
    )


@transaction.atomic
def edit_rules(*, clinic: Clinic, actor: Actor, now: datetime, **fields: Any) -> MessagingRules:
    """Change windows, caps or the order of channels. Raises BadInput with what is wrong."""
    ensure_rules(clinic_id=clinic.pk)
    rules = MessagingRules.objects.select_for_update(no_key=True).get(clinic=clinic)
    before = {name: getattr(rules, name) for name in fields}
    for name, value in fields.items():
        _set(rules, name, value)
    for kind in ("service", "marketing"):
        if getattr(rules, f"{kind}_from") >= getattr(rules, f"{kind}_till"):
            raise BadInput("Начало часов должно быть раньше конца.")
    changed = {name: str(getattr(rules, name)) for name in fields if getattr(rules, name) != before[name]}
    if changed:
        rules.save()
        audit.record("messaging.rules.changed", rules, actor=actor, now=now, details=changed)
    if set(changed) & set(HOURS):
        _ask_again(clinic, now)
    return rules


def _ask_again(clinic: Clinic, now: datetime) -> None:
    """What the gate put off to the former opening comes before it again: the hours are others now."""
    accounts = list(ChannelAccount.objects.filter(clinic=clinic).values_list("pk", flat=True))
    put_off = Message.objects.filter(account_id__in=accounts, due_at__gt=now, reason="quiet_hours")
    if put_off.update(not_before_at=now):
        wake()


def _set(rules: MessagingRules, name: str, value: Any) -> None:
    if name in BOUNDS:
        least, greatest = BOUNDS[name]
        if not isinstance(value, int) or not least <= value <= greatest:
            raise BadInput(f"Число должно быть от {least} до {greatest}.")
    elif name == "cascade":
        value = list(dict.fromkeys(value))
        if not value or set(value) - set(CHANNEL_TITLES):
            raise BadInput("Выберите хотя бы один канал из списка.")
    elif name in SWITCHES:
        value = bool(value)
    elif name not in HOURS:
        raise BadInput("Такой настройки нет.")
    setattr(rules, name, value)


@transaction.atomic
def answer_listed(*, clinic: Clinic, is_listed: bool, actor: Actor, now: datetime) -> MessagingRules:
    """«Организация из перечня 41-ФЗ?» A yes shuts foreign messengers for ever: their accounts, the owner's own
    exceptions, what waits in them. Raises AlreadyDone for a no after a yes.
    """
    ensure_rules(clinic_id=clinic.pk)
    rules = MessagingRules.objects.select_for_update(no_key=True).get(clinic=clinic)
    if rules.is_listed:
        raise AlreadyDone("Вы ответили «да». Этот ответ не меняют: иностранные мессенджеры закрыты навсегда.")
    rules.is_listed, rules.listed_at = is_listed, now
    rules.save(update_fields=["is_listed", "listed_at"])
    shut = 0
    if is_listed:
        shut = ChannelAccount.objects.filter(clinic=clinic, channel__in=FOREIGN_MESSENGERS, is_on=True).update(
            is_on=False
        )
        ChannelTrouble.objects.filter(clinic=clinic, account__channel__in=FOREIGN_MESSENGERS, ended_at=None).update(
            ended_at=now
        )
        for rule in ChannelRule.objects.filter(clinic=clinic, channel__in=FOREIGN_MESSENGERS).exclude(
            overridden_at=None
        ):
            end_override(rule=rule, actor=actor, now=now)
    audit.record("messaging.listed.answered", rules, actor=actor, now=now, details={"yes": is_listed, "shut": shut})
    return rules


def is_shut(clinic_id: int, channel: str) -> bool:
    """Whether 41-ФЗ closes this channel to this clinic."""
    return channel in FOREIGN_MESSENGERS and MessagingRules.objects.filter(clinic_id=clinic_id, is_listed=True).exists()


@transaction.atomic
def pause_sending(*, clinic: Clinic, reason: str, actor: Actor, now: datetime) -> None:
    """Send nothing until the pause is ended: messages wait and those that grow too old end."""
    ensure_rules(clinic_id=clinic.pk)
    paused = MessagingRules.objects.filter(clinic=clinic, paused_at=None)
    if paused.update(paused_at=now, paused_reason=reason[:200]):
        rules = MessagingRules.objects.get(clinic=clinic)
        audit.record("messaging.sending.paused", rules, actor=actor, now=now, details={"reason": reason[:200]})


@transaction.atomic
def resume_sending(*, clinic: Clinic, actor: Actor, now: datetime) -> None:
    """End the pause. Cascades wait for deliveries from now on, not from the time that was lost."""
    rules = MessagingRules.objects.select_for_update(no_key=True).filter(clinic=clinic).exclude(paused_at=None).first()
    if rules is not None:
        repeats = _end_repeats(clinic, now) if rules.paused_reason == RESTORED else 0
        rules.paused_at, rules.paused_reason = None, ""
        rules.save(update_fields=["paused_at", "paused_reason"])
        stalled = Message.objects.filter(clinic=clinic, due_at__isnull=False, step_on_at__lte=now)
        stalled.update(not_before_at=now, step_on_at=now + timedelta(minutes=rules.cascade_minutes))
        audit.record("messaging.sending.resumed", rules, actor=actor, now=now, details={"not_repeated": repeats})


def _end_repeats(clinic: Clinic, now: datetime) -> int:
    """What the lost days have sent already is not sent by this copy a second time."""
    left = sent_before()
    waiting = Message.objects.filter(clinic=clinic, due_at__isnull=False).values_list("pk", "idem_key", "chain_key")
    repeats = [pk for pk, *keys in waiting.iterator() if any(digest_of(key) in left for key in keys)] if left else []
    for start in range(0, len(repeats), _PORTION):
        some = repeats[start : start + _PORTION]
        Message.objects.filter(pk__in=some).update(
            state="suppressed", rank=RANKS["suppressed"], reason="sent_before_restore", ended_at=now, step_on_at=None
        )
        Decision.objects.bulk_create(
            [
                Decision(message_id=pk, clinic_id=clinic.pk, at=now, outcome="stop", reason="sent_before_restore")
                for pk in some
            ]
        )
    return len(repeats)


@transaction.atomic
def override_legality(*, rule: ChannelRule, reason: str, actor: Actor, now: datetime) -> ChannelRule:
    """The owner allows advertising in a channel against the table, and says why. Raises BadInput without a reason."""
    reason = " ".join(reason.split())
    if len(reason) < 10:
        raise BadInput("Напишите основание: решение останется в журнале вместе с вашим именем.")
    if is_shut(rule.clinic_id, rule.channel):
        raise BadInput(REASONS["foreign_messenger"] + ": разрешить это нельзя.")
    if rule.allows_marketing and rule.allows_service:
        raise BadInput("Этот канал и так разрешён.")
    rule.overridden_by_id = actor.user_id
    rule.overridden_at = now
    rule.override_reason = reason[:300]
    rule.save(update_fields=["overridden_by", "overridden_at", "override_reason"])
    details = {"channel": rule.channel, "reason": reason[:300]}
    audit.record("messaging.legality.overridden", rule, actor=actor, now=now, details=details)
    return rule


@transaction.atomic
def end_override(*, rule: ChannelRule, actor: Actor, now: datetime) -> ChannelRule:
    """The table counts again."""
    rule.overridden_by_id, rule.overridden_at, rule.override_reason = None, None, ""
    rule.save(update_fields=["overridden_by", "overridden_at", "override_reason"])
    audit.record("messaging.legality.restored", rule, actor=actor, now=now, details={"channel": rule.channel})
    return rule

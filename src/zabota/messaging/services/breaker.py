"""An account that does not work rests, and its owner is told once; when it works again the trouble ends by itself."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from zabota.kernel import facts
from zabota.kernel.audit import Actor
from zabota.messaging.facts import AccountBroken
from zabota.messaging.models import ChannelAccount, ChannelTrouble
from zabota.messaging.rules.backoff import rest_of_account, trouble_words
from zabota.messaging.rules.transport import SendResult


@transaction.atomic
def account_failed(*, account_id: int, result: SendResult, now: datetime) -> None:
    """Let the account rest, longer each time; tell the owner when nobody was told of this yet."""
    account = ChannelAccount.objects.select_for_update(no_key=True).get(pk=account_id)
    if account.open_until_at is not None and account.open_until_at > now and account.last_blame == result.blame:
        return  # another batch of the same failure
    failures = min(account.failures + 1, 100)
    rest = rest_of_account(result.blame, failures, retry_after=result.retry_after)
    ChannelAccount.objects.filter(pk=account_id).update(
        failures=failures,
        open_until_at=now + rest,
        last_blame=str(result.blame)[:20],
        last_detail=result.detail[:300],
    )
    words = f"{account.title}: {trouble_words(str(result.blame))}"[:300]
    _, is_new = ChannelTrouble.objects.get_or_create(
        account=account,
        ended_at=None,
        defaults={"clinic_id": account.clinic_id, "blame": str(result.blame), "words": words, "raised_at": now},
    )
    if is_new:
        facts.publish(
            AccountBroken(clinic_id=account.clinic_id, account_id=account_id, blame=str(result.blame)), now=now
        )


def account_works(*, account_id: int, now: datetime) -> None:
    """A message was taken: failures are forgotten and the trouble is over."""
    failed = ChannelAccount.objects.filter(pk=account_id).exclude(failures=0, open_until_at=None)
    if failed.update(failures=0, open_until_at=None, last_blame="", last_detail=""):
        ChannelTrouble.objects.filter(account_id=account_id, ended_at=None).update(ended_at=now)


def troubles(clinic_id: int) -> list[ChannelTrouble]:
    """Accounts that do not work now, the latest first."""
    rows = ChannelTrouble.objects.filter(clinic_id=clinic_id, ended_at=None).select_related("account")
    return list(rows.order_by("-raised_at"))


def see_trouble(*, trouble: ChannelTrouble, actor: Actor, now: datetime) -> None:
    """The owner has read it."""
    ChannelTrouble.objects.filter(pk=trouble.pk, seen_at=None).update(seen_at=now, seen_by_id=actor.user_id)


def ready_accounts(*, now: datetime) -> list[int]:
    """Accounts that are on and do not rest."""
    on = ChannelAccount.objects.filter(is_on=True)
    rests = on.filter(open_until_at__gt=now).values("pk")
    return list(on.exclude(pk__in=rests).order_by("pk").values_list("pk", flat=True))

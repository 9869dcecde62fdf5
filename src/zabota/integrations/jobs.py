"""Background work of channels."""

from __future__ import annotations

from django_tasks import task

from zabota.integrations.collecting import collect
from zabota.kernel import clock
from zabota.kernel.jobs import schedule
from zabota.kernel.scope import every_clinic
from zabota.messaging.models import ChannelAccount


@schedule(
    "integrations.collect",
    cron="*/2 * * * *",
    says="забирает отчёты о доставке, ответы и возвраты там, где провайдер сам о них не сообщает",
)
@task()
def collect_all() -> dict[str, int]:
    """Ask every provider that is on, each in a job of its own: one that is slow keeps no other waiting."""
    with every_clinic(reason="channels of all clinics"):
        accounts = list(ChannelAccount.objects.filter(is_on=True).values_list("pk", flat=True))
    for account_id in accounts:
        collect_one.enqueue(account_id)
    return {"accounts": len(accounts)}


@task()
def collect_one(account_id: int) -> dict[str, int]:
    """One round for one account."""
    with every_clinic(reason="one channel by its number"):
        account = ChannelAccount.objects.filter(pk=account_id, is_on=True).first()
    return {"new": collect(account=account, now=clock.now()) if account else 0}

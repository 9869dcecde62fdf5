"""Background work of channels."""

from __future__ import annotations

from datetime import timedelta

from django_tasks import task

from zabota.integrations.collecting import collect
from zabota.integrations.gathering import gather
from zabota.integrations.pictures import drop_older
from zabota.kernel import clock
from zabota.kernel.jobs import schedule
from zabota.kernel.scope import every_clinic
from zabota.messaging.api import BODIES
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


#: Pauses after which a provider that did not give a picture is asked again; after the last it is given up.
PAUSES = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2))


@task()
def fetch_pictures(turn_id: int, attempt: int = 0) -> dict[str, int]:
    """Pictures of one turn of a conversation; a second run finds nothing left to fetch."""
    left = gather(turn_id=turn_id, is_last=attempt >= len(PAUSES), now=clock.now())
    if left:
        fetch_pictures.using(run_after=clock.now() + PAUSES[attempt]).enqueue(turn_id, attempt + 1)
    return {"left": left}


@schedule("integrations.tidy", cron="50 3 * * *", says="убирает присланные фото, слова при которых старше года")
@task()
def tidy_pictures() -> dict[str, int]:
    """A picture goes when the words go that it came with."""
    return {"pictures": drop_older(clock.now() - BODIES)}

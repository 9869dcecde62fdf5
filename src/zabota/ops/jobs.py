"""Background work of the installation itself: tidy up what is finished."""

from __future__ import annotations

from django_tasks import task

from zabota.kernel import clock
from zabota.kernel.jobs import schedule
from zabota.kernel.tidy import tidy


@schedule("ops.tidy", cron="50 4 * * *", says="убирает выполненные задания и события старше 30 дней и закрытые сеансы")
@task()
def tidy_up() -> int:
    """Remove finished work that nobody will look at."""
    return tidy(now=clock.now())

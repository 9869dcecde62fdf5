"""Background work of the installation itself: tidy up what is finished, count the tables for the planner."""

from __future__ import annotations

from django_tasks import task

from zabota.kernel import clock
from zabota.kernel.jobs import schedule
from zabota.kernel.statistics import refresh_statistics
from zabota.kernel.tidy import tidy


@schedule("ops.tidy", cron="50 4 * * *", says="убирает выполненные задания и события старше 30 дней и закрытые сеансы")
@task()
def tidy_up() -> int:
    """Remove finished work that nobody will look at."""
    return tidy(now=clock.now())


@schedule(
    "ops.statistics", cron="10 3 * * *", says="считает таблицы базы, чтобы поиск и ночной обход шли коротким путём"
)
@task()
def count_tables() -> None:
    """Before the work of the night, which joins whole tables."""
    refresh_statistics()

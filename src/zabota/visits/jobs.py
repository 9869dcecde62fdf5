"""What the clock starts around visits."""

from __future__ import annotations

from django_tasks import task

from zabota.kernel import clock
from zabota.kernel.errors import all_of_them
from zabota.kernel.jobs import schedule
from zabota.visits.services.care import ask_due
from zabota.visits.services.codes import forget_old_codes
from zabota.visits.services.complaints import escalate_waiting
from zabota.visits.services.limits import forget_old_tallies
from zabota.visits.services.links import forget_old_links
from zabota.visits.services.planning import plan_unplanned
from zabota.visits.services.planning import replan as plan_anew
from zabota.visits.services.reminding import send_due
from zabota.visits.services.untold import tell_untold


@schedule("visits.reminders", cron="* * * * *", says="отправляет напоминания и вопросы о самочувствии, когда пора")
@task()
def send_reminders() -> None:
    """Due reminders and questions become messages; a complaint nobody took goes to the desk."""
    now = clock.now()
    all_of_them(lambda: send_due(now=now), lambda: ask_due(now=now), lambda: escalate_waiting(now=now))


@schedule("visits.untold", cron="*/5 * * * *", says="отправляет то, что задержал текст с ошибкой, когда его исправили")
@task()
def tell_what_was_kept_back() -> int:
    """Offers and cancellations that could not be worded; an offer lives for minutes."""
    return tell_untold(now=clock.now())


@schedule("visits.plan", cron="*/10 * * * *", says="планирует напоминания о визитах, которые пришли из выгрузки")
@task()
def plan_reminders() -> None:
    """Visits that no fact told of."""
    plan_unplanned(now=clock.now())


@schedule("visits.forget", cron="40 4 * * *", says="удаляет отжившие ссылки и коды пациентов")
@task()
def forget() -> None:
    """Secrets that open nothing any more."""
    now = clock.now()
    forget_old_links(now=now)
    forget_old_codes(now=now)
    forget_old_tallies(now=now)


@task()
def replan(clinic_id: int) -> None:
    """The clinic chose other hours; what waited for them goes at once."""
    now = clock.now()
    plan_anew(clinic_id=clinic_id, now=now)
    send_due(now=now)


def replan_reminders(*, clinic_id: int) -> None:
    """Ask a worker to plan what still waits anew; thousands of visits are no work for a page."""
    replan.enqueue(clinic_id)

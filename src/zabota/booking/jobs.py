"""What the clock does for booking: offers of freed times, holds that ran out, loaded appointments, figures of a day."""

from __future__ import annotations

from django_tasks import task

from zabota.booking.services.first_week import ensure_resources
from zabota.booking.services.holds import drop_expired_holds
from zabota.booking.services.offers import tick
from zabota.booking.services.seats import drop_past_cells
from zabota.booking.services.settling import settle
from zabota.booking.services.snapshots import keep_next_free
from zabota.booking.services.waitlist import expire_entries
from zabota.clinic.models import Clinic
from zabota.kernel import clock
from zabota.kernel.jobs import schedule
from zabota.kernel.scope import every_clinic


@schedule("booking.offers", cron="* * * * *", says="предлагает освободившееся время тем, кто ждёт")
@task()
def offer_freed_times() -> int:
    """Waves of the waitlist."""
    with every_clinic(reason="freed times of all clinics are offered"):
        now = clock.now()
        drop_expired_holds(now=now)
        expire_entries(now=now)
        return tick(now=now)


@schedule("booking.settle", cron="*/5 * * * *", says="ставит загруженные записи в расписание, показывает пересечения")
@task()
def settle_loaded() -> int:
    """Doctors that loads brought get a week, their appointments get their cells."""
    with every_clinic(reason="schedules of all clinics are settled"):
        now, touched = clock.now(), 0
        for clinic in Clinic.objects.order_by("pk"):
            ensure_resources(clinic=clinic, now=now)
            touched += settle(clinic=clinic, now=now)
        return touched


@schedule(
    "booking.next_free", cron="40 21 * * *", says="запоминает, сколько дней ждать свободного времени у каждого врача"
)
@task()
def keep_waiting_days() -> int:
    """The evening's figure of each doctor."""
    with every_clinic(reason="figures of all clinics are kept"):
        now = clock.now()
        return sum(keep_next_free(clinic=clinic, now=now) for clinic in Clinic.objects.order_by("pk"))


@schedule("booking.tidy", cron="50 2 * * *", says="убирает из расписания занятость прошедших дней")
@task()
def tidy_cells() -> int:
    """The table that guards against double booking stays as small as the future."""
    return drop_past_cells(now=clock.now())

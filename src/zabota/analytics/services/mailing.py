"""Regular reports by mail: whoever asked gets the figures in a few lines and the way to the page that prints."""

from __future__ import annotations

import datetime as dt
from typing import Final

from django.conf import settings
from django.db import transaction

from zabota.analytics.models import ReportMail
from zabota.analytics.queries.period import PeriodFigures, period_figures, told_until
from zabota.analytics.rules.wording import money, number, percent, plural
from zabota.analytics.services.keeping import latest
from zabota.analytics.services.stored import PULSE
from zabota.clinic.api import Right, may
from zabota.clinic.models import Clinic, Member
from zabota.kernel import clock
from zabota.kernel.audit import Actor, record
from zabota.kernel.scope import clinic_scope
from zabota.messaging import api as messaging

#: A report that could not leave for so long is no news any more.
_NEWS_FOR: Final = dt.timedelta(days=3)


def ask_for_mail(*, member: Member, span: str, wanted: bool, actor: Actor, now: dt.datetime) -> None:
    """Begin or stop sending a regular report to a person. Pressed twice it stays as it is."""
    with transaction.atomic():
        if wanted:
            row, made = ReportMail.objects.get_or_create(
                member=member, span=ReportMail.Span(span), defaults={"asked_at": now}
            )
            if made:
                record("analytics.mail.asked", row, actor=actor, now=now, clinic_id=member.clinic_id)
            return
        for mine in ReportMail.objects.filter(member=member, span=span):
            record("analytics.mail.stopped", mine, actor=actor, now=now, clinic_id=member.clinic_id)
            mine.delete()


def mail_reports(span: str, *, now: dt.datetime) -> int:
    """Put the report of the days that are over into the outbox, once for each person. Returns how many are new."""
    rows = ReportMail.objects.filter(span=span, member__is_active=True, member__user__is_active=True).select_related(
        "member__user", "member__clinic"
    )
    return sum(_mail(row, now) for row in rows if may(row.member.role, Right.AUDIT_VIEW))


def _mail(row: ReportMail, now: dt.datetime) -> int:
    member, clinic = row.member, row.member.clinic
    today = clock.today(clinic.time_zone, now)
    first, last = span_before(row.span, today)
    branches = list(member.branches.values_list("pk", flat=True)) or None
    with clinic_scope(clinic.pk):
        figures = period_figures(clinic=clinic, first=first, last=last, branches=branches)
        messaging.ensure_templates(clinic=clinic, now=now)
        message = messaging.NewMessage(
            template_key="staff_report",
            idem_key=f"report:{row.span}:{first.isoformat()}:{member.pk}",
            not_before_at=now,
            expires_at=now + _NEWS_FOR,
            context={
                "сводка": _summary(clinic, figures, branches, told=told_until(clinic, today=today)),
                "ссылка": f"{settings.PUBLIC_URL}/insight/{row.span}/?on={first.isoformat()}",
            },
            channels=(messaging.Channel.EMAIL,),
            addresses={messaging.Channel.EMAIL: member.user.email},
            step_minutes=0,
        )
        return messaging.enqueue_many(clinic_id=clinic.pk, messages=[message], now=now)


def span_before(span: str, today: dt.date) -> tuple[dt.date, dt.date]:
    """First and last day of the week or month that is over."""
    if span == ReportMail.Span.WEEKLY:
        monday = today - dt.timedelta(days=today.weekday() + 7)
        return monday, monday + dt.timedelta(days=6)
    last = today.replace(day=1) - dt.timedelta(days=1)
    return last.replace(day=1), last


def _summary(clinic: Clinic, figures: PeriodFigures, branches: list[int] | None, *, told: dt.date) -> str:
    days = f"{figures.first:%d.%m} – {figures.last:%d.%m.%Y}"
    if told < figures.last:
        return f"{days}: визиты в базе кончаются {told:%d.%m.%Y}, эти дни ещё не загружены."
    if not figures.planned:
        return f"{days}: визитов не было."
    visits = plural(figures.visits, "визит", "визита", "визитов")
    newcomers = plural(figures.new, "пациент", "пациента", "пациентов")
    lines = [
        f"{days}: {visits}, впервые {newcomers}, выручка {money(figures.revenue_kopecks)}.",
        f"Не пришли {percent(figures.missed / figures.planned)}, отменили {percent(figures.cancelled / figures.planned)}.",
        f"Разговоров по очереди {number(figures.spoken)}, из них записались {number(figures.booked)}.",
    ]
    stored = latest(clinic, PULSE, branches=branches)
    if stored is not None and stored.data["headline"]:
        lines.append(str(stored.data["headline"]))
    return "\n".join(lines)

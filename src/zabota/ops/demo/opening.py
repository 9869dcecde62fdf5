"""The first sweep and the first reports of a demo clinic, so that whoever opens it finds no empty page."""

from __future__ import annotations

from collections.abc import Callable

from zabota.analytics import reports, snapshots
from zabota.clinic.models import Clinic
from zabota.kernel import clock
from zabota.kernel.scope import every_clinic
from zabota.nextstep import api as nextstep
from zabota.ops.demo.load import ONE_TRANSACTION_PATIENTS
from zabota.ops.demo.load_clinic import DEMO


def open_demo_clinic(clinic: Clinic, *, progress: Callable[[str], None]) -> None:
    """Do at once what the nights do; the reports of a very large clinic are left to the worker."""
    progress("Проверяю правило двух «З»: у каждого пациента запись или задача…")
    with every_clinic(reason="the first sweep of a new clinic"):
        swept = nextstep.sweep_clinic(clinic_id=clinic.pk, now=clock.now(), nobody_waits=True)
        if swept.patients > ONE_TRANSACTION_PATIENTS:
            reports.ask_refresh(clinic=clinic, actor=DEMO, now=clock.now())
            progress(
                f"Поставлено задач: {swept.tasks_created}. Отчёт и «Пульс» посчитаются, когда запустите zabota run."
            )
            return
        progress(f"Поставлено задач: {swept.tasks_created}. Считаю отчёт и «Пульс»…")
        snapshots.build_snapshot(clinic_id=clinic.pk, now=clock.now())
        reports.refresh_reports(clinic=clinic, actor=DEMO, now=clock.now())

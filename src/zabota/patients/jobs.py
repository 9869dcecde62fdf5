"""Background work of patients: likely duplicates and families, every night and after each load."""

from __future__ import annotations

from django_tasks import task

from zabota.clinic.models import Clinic
from zabota.kernel.jobs import schedule
from zabota.patients.services.duplicates import find_duplicates
from zabota.patients.services.households import group_households


@task()
def look_for_duplicates(clinic_id: int) -> None:
    """Compare the cards of one clinic and regroup its families."""
    clinic = Clinic.objects.get(pk=clinic_id)
    find_duplicates(clinic=clinic)
    group_households(clinic=clinic)


@schedule("patients.duplicates", cron="20 3 * * *", says="ищет похожие карты и семьи с общим телефоном")
@task()
def look_for_duplicates_everywhere() -> None:
    """One job per clinic, so that a large one does not hold the others."""
    for clinic_id in Clinic.objects.values_list("id", flat=True):
        look_for_duplicates.enqueue(clinic_id)

"""Thresholds of a clinic: fallbacks of the types and terms of tasks."""

from __future__ import annotations

from django.db import models

from zabota.clinic.models import Clinic


class Thresholds(models.Model):
    """Clinic-wide fallbacks of the types and terms of tasks, days. Factors of a group are in clinic.ServiceGroup."""

    clinic = models.OneToOneField(Clinic, on_delete=models.CASCADE, related_name="thresholds")
    new_days = models.PositiveIntegerField("новый после первого визита, дней", default=30)
    treatment_pause_days = models.PositiveIntegerField("лечение прервано после, дней", default=180)
    sleeping_days = models.PositiveIntegerField("спит после, дней", default=270)
    lost_days = models.PositiveIntegerField("потерян после, дней", default=365)
    not_started_days = models.PositiveIntegerField("консультация без лечения после, дней", default=14)
    referred_days = models.PositiveIntegerField("направление в другую клинику помним, дней", default=180)
    #: A missed or cancelled visit explains the lack of a next step for so long; then the type does.
    missed_days = models.PositiveIntegerField("неявка и отмена — причина звонка, дней", default=90)
    #: Days after a visit within which a task to call is due.
    task_due_days = models.PositiveIntegerField("срок задачи, дней", default=3)
    #: After a person closed a task without a booking the next one comes so much later.
    rest_days = models.PositiveIntegerField("пауза после закрытой задачи, дней", default=30)
    #: A refusal that is not for ever returns the patient into the rule after so many days.
    refusal_days = models.PositiveIntegerField("отказ действует, дней", default=180)
    #: Value of somebody who has not paid for anything yet.
    newcomer_value_kopecks = models.PositiveBigIntegerField("ценность нового пациента в год", default=500_000)
    any_visit_counts = models.BooleanField("любая запись закрывает напоминание", default=False)

    def __str__(self) -> str:
        return f"пороги клиники {self.clinic_id}"

"""The type of each patient today with the rule that decided, and the flow between types."""

from __future__ import annotations

from django.db import models

from zabota.clinic.models import Clinic, ServiceGroup
from zabota.kernel.scope import ScopedManager
from zabota.patients.models import Patient


class PatientType(models.TextChoices):
    """Types of patients; the order of the rules is in nextstep.rules.types, their words in docs/types.md."""

    NEW = "new", "Новый"
    ON_TREATMENT = "on_treatment", "На лечении"
    TREATED = "treated", "Вылечен"
    PREVENTION = "prevention", "Здоров, профилактика"
    REFERRED = "referred", "Направлен в другую клинику"
    NOT_STARTED = "not_started", "Консультация без лечения"
    REFUSED = "refused", "Отказался"
    SLEEPING = "sleeping", "Спит"
    LOST = "lost", "Потерян"
    CHRONIC = "chronic", "Хронический"
    #: Reserved: no rule gives it until answers to surveys and complaints are kept.
    DISSATISFIED = "dissatisfied", "Недоволен"
    ACTIVE = "active", "Бывает регулярно"
    #: Died or moved away: outside the rule of the two З, counted apart.
    LEFT = "left", "Выбыл"


class PatientState(models.Model):
    """The patient's type today, the rule that decided, and the facts it looked at."""

    patient = models.OneToOneField(Patient, on_delete=models.CASCADE, primary_key=True, related_name="state")
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+", db_index=False)
    type = models.CharField(max_length=14, choices=PatientType.choices)
    #: Id of the rule, documented in docs/types.md, for example "sleeping.interval".
    rule = models.CharField(max_length=40)
    since_on = models.DateField()
    last_visit_on = models.DateField(null=True)
    #: Days with a completed visit.
    visits = models.PositiveIntegerField(default=0)
    next_booking_at = models.DateTimeField(null=True)
    #: Without an index: a group is hardly ever deleted, and a state is written for each visit.
    group = models.ForeignKey(ServiceGroup, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    #: Days between visits that are expected of this patient; the clinic-wide fallback is not stored here.
    expected_interval_days = models.PositiveIntegerField(null=True)
    #: The day on which the patient falls asleep when nobody books and nobody comes; empty when booked or never seen.
    sleeping_on = models.DateField(null=True)
    #: The first day on which the passing of time alone may change this row or the need of a task:
    #: until then an untouched patient need not be looked at.
    next_transition_on = models.DateField(null=True)
    #: Expected yearly revenue, see nextstep.rules.stake.
    value_kopecks = models.BigIntegerField(default=0)
    #: When the row was last changed; a sweep that finds nothing new leaves it.
    swept_at = models.DateTimeField()

    objects = ScopedManager()

    class Meta:
        indexes = [
            models.Index(fields=["clinic", "type"], name="state_type"),
            models.Index(fields=["clinic", "next_transition_on"], name="state_transition"),
        ]

    def __str__(self) -> str:
        return f"{self.patient_id}: {self.type}"


class TypeChange(models.Model):
    """A patient went from one type to another: the flow between types. `before` is empty at the first sight."""

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="+", db_index=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+", db_index=False)
    before = models.CharField(max_length=14, choices=PatientType.choices, default="", blank=True)
    after = models.CharField(max_length=14, choices=PatientType.choices)
    on = models.DateField()
    rule = models.CharField(max_length=40)

    objects = ScopedManager()

    class Meta:
        indexes = [
            models.Index(fields=["clinic", "on"], name="change_on"),
            models.Index(fields=["patient"], name="change_of_patient"),
        ]

    def __str__(self) -> str:
        return f"{self.before} → {self.after}"

"""Types of patients, recalls, who left the rule of the two З and why, violations by day."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from zabota.booking.models import Appointment
from zabota.clinic.models import Clinic, ServiceGroup
from zabota.kernel.scope import ScopedManager
from zabota.patients.models import Patient


class PatientType(models.TextChoices):
    """Types of patients; the order of the rules is in nextstep.rules."""

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
    DISSATISFIED = "dissatisfied", "Недоволен"
    ACTIVE = "active", "Бывает регулярно"


class PatientState(models.Model):
    """The patient's type today, the rule that decided, and the facts it looked at."""

    patient = models.OneToOneField(Patient, on_delete=models.CASCADE, primary_key=True, related_name="state")
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    type = models.CharField(max_length=14, choices=PatientType.choices)
    #: Id of the rule, documented in docs/types.md, for example "sleeping.interval".
    rule = models.CharField(max_length=40)
    since_on = models.DateField()
    last_visit_on = models.DateField(null=True)
    visits = models.PositiveIntegerField(default=0)
    next_booking_at = models.DateTimeField(null=True)
    group = models.ForeignKey(ServiceGroup, null=True, on_delete=models.SET_NULL, related_name="+")
    #: Days between visits that are expected of this patient; the clinic-wide fallback is not stored here.
    expected_interval_days = models.PositiveIntegerField(null=True)
    #: The day on which the type changes by itself when nothing happens.
    next_transition_on = models.DateField(null=True)
    value_kopecks = models.BigIntegerField(default=0)
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
    """A patient went from one type to another: the flow between types."""

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="+")
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    before = models.CharField(max_length=14, choices=PatientType.choices, default="", blank=True)
    after = models.CharField(max_length=14, choices=PatientType.choices)
    on = models.DateField()
    rule = models.CharField(max_length=40)

    objects = ScopedManager()

    class Meta:
        indexes = [models.Index(fields=["clinic", "on"], name="change_on")]

    def __str__(self) -> str:
        return f"{self.before} → {self.after}"


class Recall(models.Model):
    """When a patient is due again in a group of services: previous, interval, calculated, overridden, snoozed.

    `due_on` follows `calculated_on` until a person overrides it; a new triggering visit starts a new cycle and
    clears the override. A booking counts for a recall only when it contains the group ("right visit") unless
    `any_visit_counts` is set.
    """

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="recalls")
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    group = models.ForeignKey(ServiceGroup, on_delete=models.PROTECT, related_name="+")
    previous_on = models.DateField()
    interval_days = models.PositiveIntegerField()
    calculated_on = models.DateField()
    overridden_on = models.DateField(null=True, blank=True)
    override_reason = models.CharField(max_length=200, default="", blank=True)
    snoozed_until = models.DateField(null=True, blank=True)
    any_visit_counts = models.BooleanField(default=False)
    booked = models.ForeignKey(Appointment, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    is_disabled = models.BooleanField(default=False)
    disabled_reason = models.CharField(max_length=200, default="", blank=True)
    updated_at = models.DateTimeField()

    objects = ScopedManager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["patient", "group"], name="recall_once_per_group")]
        indexes = [models.Index(fields=["clinic", "calculated_on"], name="recall_due")]

    def __str__(self) -> str:
        return f"{self.patient_id}/{self.group_id}"


class Exemption(models.Model):
    """A patient left the rule of the two З, with the reason and who decided; ended when they return."""

    class Reason(models.TextChoices):
        REFUSED = "refused", "Просил не беспокоить"
        MOVED = "moved", "Переехал"
        DIED = "died", "Умер"
        FINISHED = "finished", "Лечение завершено, наблюдение не нужно"

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="exemptions")
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=10, choices=Reason.choices)
    comment = models.CharField(max_length=300, default="", blank=True)
    started_at = models.DateTimeField()
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    #: A refusal may be for a time: the patient comes back into the rule on this day.
    until_on = models.DateField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    import_batch_id = models.BigIntegerField(null=True, blank=True)

    objects = ScopedManager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["patient"], name="one_exemption", condition=Q(ended_at=None))]

    def __str__(self) -> str:
        return f"{self.patient_id}: {self.reason}"


class ViolationDay(models.Model):
    """How many patients were without a next step on a day: before the sweep and after it (which must be 0)."""

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    on = models.DateField()
    under_rule = models.PositiveIntegerField(default=0)
    booked = models.PositiveIntegerField(default=0)
    with_task = models.PositiveIntegerField(default=0)
    found = models.PositiveIntegerField(default=0)
    tasks_created = models.PositiveIntegerField(default=0)
    left_after = models.PositiveIntegerField(default=0)
    swept_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["clinic", "on"], name="violations_once_a_day")]

    def __str__(self) -> str:
        return f"{self.on}: {self.found}"


class Thresholds(models.Model):
    """Clinic-wide fallbacks of the types, days."""

    clinic = models.OneToOneField(Clinic, on_delete=models.CASCADE, related_name="thresholds")
    new_days = models.PositiveIntegerField("новый после первого визита, дней", default=30)
    treatment_pause_days = models.PositiveIntegerField("лечение прервано после, дней", default=180)
    sleeping_days = models.PositiveIntegerField("спит после, дней", default=270)
    lost_days = models.PositiveIntegerField("потерян после, дней", default=365)
    not_started_days = models.PositiveIntegerField("консультация без лечения после, дней", default=14)
    #: Days after a visit within which a task to call is due.
    task_due_days = models.PositiveIntegerField("срок задачи, дней", default=3)
    any_visit_counts = models.BooleanField("любая запись закрывает напоминание", default=False)

    def __str__(self) -> str:
        return f"пороги клиники {self.clinic_id}"

"""Contact tasks of the worklist, their history and the scripts said on the phone."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models

from zabota.booking.models import Appointment
from zabota.clinic.models import Branch, Clinic, Member
from zabota.kernel.ids import new_public_id
from zabota.kernel.scope import ScopedManager
from zabota.patients.models import Patient


class Reason(models.TextChoices):
    """Why somebody is contacted: also names the script."""

    RECALL_DUE = "recall_due", "Пора на профилактику"
    NO_NEXT_STEP = "no_next_step", "После визита нет следующего шага"
    NOT_STARTED = "not_started", "Консультация без лечения"
    PLAN_PAUSED = "plan_paused", "Лечение не продолжено"
    NO_SHOW = "no_show", "Не пришёл и не перезаписан"
    CANCELLED = "cancelled", "Отменил визит и не перезаписан"
    VANISHED = "vanished", "Запись исчезла из выгрузки"
    REFERRED = "referred", "Направлен в другую клинику"
    SLEEPING = "sleeping", "Давно не был"
    LOST = "lost", "Потерян больше года назад"
    NEW_WITHOUT_VISIT = "new_without_visit", "Обратился, но не был на приёме"
    CALL_BACK = "call_back", "Просил перезвонить"
    MANUAL = "manual", "Поставлена вручную"


class Outcome(models.TextChoices):
    """How a contact ended. The first five need one key each at the desk."""

    BOOKED = "booked", "Дозвонились, записан"
    CALL_BACK = "call_back", "Перезвонить"
    THINKS = "thinks", "Думает"
    REFUSED = "refused", "Отказ"
    NO_ANSWER = "no_answer", "Не ответил"
    WRONG_NUMBER = "wrong_number", "Чужой номер"
    RESOLVED = "resolved", "Вопрос решён"
    #: The next step appeared by itself (a booking in the clinic's system).
    BOOKED_ELSEWHERE = "booked_elsewhere", "Записался сам"
    #: The patient left the rule (moved, died, finished): no contact is needed.
    NOT_NEEDED = "not_needed", "Больше не нужно"


class TaskQuerySet(models.QuerySet["Task"]):
    """Vocabulary of tasks."""

    def open(self) -> TaskQuerySet:
        """Not closed yet, whatever the date: a task is never dropped for being late."""
        return self.filter(state=Task.State.OPEN)

    def ready(self, now: datetime) -> TaskQuerySet:
        """Open and not put off to a later time."""
        return self.open().filter(models.Q(hidden_until=None) | models.Q(hidden_until__lte=now))


TaskManager = ScopedManager.from_queryset(TaskQuerySet)


class Task(models.Model):
    """One person to contact, with the reason, an owner and a due date."""

    class State(models.TextChoices):
        OPEN = "open", "открыта"
        CLOSED = "closed", "закрыта"

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    public_id = models.CharField(max_length=22, unique=True, default=new_public_id, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="tasks")
    branch = models.ForeignKey(Branch, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    reason = models.CharField(max_length=20, choices=Reason.choices)
    #: One sentence for the queue: what happened with this person.
    summary = models.CharField(max_length=300)
    state = models.CharField(max_length=6, choices=State.choices, default=State.OPEN)
    owner = models.ForeignKey(Member, null=True, blank=True, on_delete=models.SET_NULL, related_name="tasks")
    due_at = models.DateTimeField()
    #: Put off: call back at, snoozed, waiting after no answer.
    hidden_until = models.DateTimeField(null=True, blank=True)
    #: Expected yearly value of the patient, kopecks, and chance to return with a call against without one (0…1).
    value_kopecks = models.BigIntegerField(default=0)
    chance = models.FloatField(default=0)
    #: value × chance: the expected value that is lost when nobody calls.
    stake_kopecks = models.BigIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    #: Equal keys are the same task: repeating the sweep makes nothing twice.
    dedupe_key = models.CharField(max_length=120, unique=True)
    created_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    outcome = models.CharField(max_length=20, choices=Outcome.choices, default="", blank=True)
    outcome_reason = models.CharField(max_length=40, default="", blank=True)
    comment = models.CharField(max_length=500, default="", blank=True)
    #: Evidence of "booked".
    appointment = models.ForeignKey(Appointment, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    evidence = models.CharField(max_length=200, default="", blank=True)

    objects = TaskManager()

    class Meta:
        indexes = [
            models.Index(fields=["clinic", "owner", "due_at"], name="task_queue", condition=models.Q(state="open")),
            models.Index(fields=["patient"], name="task_patient_open", condition=models.Q(state="open")),
            models.Index(fields=["clinic", "closed_at"], name="task_closed"),
            models.Index(fields=["patient", "created_at"], name="task_patient"),
        ]
        constraints = [
            models.CheckConstraint(
                name="closed_has_outcome",
                condition=models.Q(state="open") | (~models.Q(outcome="") & models.Q(closed_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="booked_has_evidence",
                condition=~models.Q(state="closed", outcome="booked")
                | models.Q(appointment__isnull=False)
                | ~models.Q(evidence=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_reason_display()} {self.pk}"


class TaskEvent(models.Model):
    """What happened with a task, for its history and for control of the work."""

    class Kind(models.TextChoices):
        CREATED = "created", "поставлена"
        OPENED = "opened", "открыта"
        ATTEMPT = "attempt", "контакт"
        SNOOZED = "snoozed", "отложена"
        HANDED = "handed", "передана"
        TAKEN = "taken", "взята"
        CLOSED = "closed", "закрыта"
        REOPENED = "reopened", "открыта снова"

    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="events")
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    at = models.DateTimeField()
    member = models.ForeignKey(Member, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    outcome = models.CharField(max_length=20, choices=Outcome.choices, default="", blank=True)
    outcome_reason = models.CharField(max_length=40, default="", blank=True)
    comment = models.CharField(max_length=500, default="", blank=True)
    #: Seconds between opening the person and the outcome; empty when not known.
    seconds = models.PositiveIntegerField(null=True, blank=True)

    objects = ScopedManager()

    class Meta:
        indexes = [
            models.Index(fields=["clinic", "member", "at"], name="event_member_at"),
            models.Index(fields=["task", "at"], name="event_task"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.at:%Y-%m-%d}"


class Script(models.Model):
    """What to say, by reason; versions are kept."""

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=20, choices=Reason.choices)
    version = models.PositiveIntegerField(default=1)
    title = models.CharField(max_length=120)
    #: Paragraphs separated by an empty line; {имя}, {клиника}, {сотрудник}, {услуга}, {врач}, {прошло} are filled in.
    text = models.TextField()
    advice = models.TextField(default="", blank=True)
    is_current = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["clinic", "reason", "version"], name="script_version"),
            models.UniqueConstraint(
                fields=["clinic", "reason"], name="script_current_once", condition=models.Q(is_current=True)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title}, версия {self.version}"

"""Reminders of each visit as they are planned and sent, and what the clinic chose about them and about the widget."""

from __future__ import annotations

import datetime as dt

from django.db import models

from zabota.booking.models import Appointment
from zabota.clinic.models import Clinic
from zabota.kernel.scope import ScopedManager
from zabota.patients.models import Patient
from zabota.visits.rules.reminders import Moment


class VisitSettings(models.Model):
    """What the clinic says around a visit, and where its booking page may be shown."""

    clinic = models.OneToOneField(Clinic, on_delete=models.CASCADE, related_name="+")
    reminders_on = models.BooleanField("напоминать о визитах", default=True)
    confirm_on = models.BooleanField("подтверждение сразу после записи", default=True)
    long_on = models.BooleanField("напоминание заранее", default=True)
    long_hours = models.PositiveSmallIntegerField("за сколько часов", default=48)
    evening_on = models.BooleanField("накануне вечером: подготовка и дорога", default=True)
    evening_at = models.TimeField("вечером в", default=dt.time(19))
    short_on = models.BooleanField("напоминание перед визитом", default=True)
    short_hours = models.PositiveSmallIntegerField("за сколько часов", default=2)
    wellbeing_on = models.BooleanField("спрашивать о самочувствии после процедур", default=True)
    #: Minutes within which somebody must answer a patient who is unwell.
    answer_minutes = models.PositiveSmallIntegerField("ответить за, минут", default=30)
    widget_on = models.BooleanField("запись на сайте открыта", default=True)
    #: Sites that may show the booking page in a frame: origins, one a line.
    widget_sites = models.TextField("сайты, где показываем запись", default="", blank=True)
    legal_line = models.CharField("строка внизу страниц пациента", max_length=300, default="", blank=True)

    def __str__(self) -> str:
        return f"вокруг визита {self.clinic_id}"


class Reminder(models.Model):
    """One message about one visit as it stands: what was planned, what became of it and why."""

    class State(models.TextChoices):
        PLANNED = "planned", "запланировано"
        QUEUED = "queued", "передано в отправку"
        SKIPPED = "skipped", "не нужно"
        VOID = "void", "отменено"

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="+")
    appointment = models.ForeignKey(Appointment, on_delete=models.CASCADE, related_name="reminders")
    kind = models.CharField(max_length=8, choices=[(each.value, each.value) for each in Moment])
    #: The visit as it was when this was planned; a message about another is stale.
    revision = models.PositiveIntegerField(default=0)
    starts_at = models.DateTimeField()
    due_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    #: Quiet hours moved it to the evening before, and the text says so.
    is_pushed = models.BooleanField(default=False)
    state = models.CharField(max_length=8, choices=State.choices, default=State.PLANNED)
    why = models.CharField(max_length=120, default="", blank=True)
    #: The reminder in whose message this one is told.
    leader = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="others")
    #: How often the message of this group was made anew because one of its visits changed.
    round = models.PositiveSmallIntegerField(default=0)
    queued_at = models.DateTimeField(null=True, blank=True)

    objects = ScopedManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["appointment", "kind", "revision", "starts_at"], name="reminder_once")
        ]
        indexes = [
            models.Index(fields=["due_at", "id"], name="reminder_due", condition=models.Q(state="planned")),
            models.Index(fields=["patient", "-due_at"], name="reminder_patient"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.appointment_id}"

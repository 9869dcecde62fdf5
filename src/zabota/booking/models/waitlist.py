"""Who waits for an earlier time, which times fell free, and whom they were offered to."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from zabota.booking.models.appointment import Appointment
from zabota.booking.models.cells import Hold
from zabota.clinic.models import Branch, Clinic, Doctor, Service
from zabota.kernel.ids import new_public_id
from zabota.kernel.scope import ScopedManager
from zabota.patients.models import Patient


class DayPart(models.TextChoices):
    """Parts of a day in the branch's own time."""

    MORNING = "morning", "утро, до 12"
    DAY = "day", "день, 12–17"
    EVENING = "evening", "вечер, после 17"


class WaitlistEntry(models.Model):
    """A patient who would come earlier: for what, to whom, when it suits, how much notice they need."""

    class State(models.TextChoices):
        WAITING = "waiting", "ждёт"
        OFFERED = "offered", "предложено время"
        BOOKED = "booked", "записан"
        CLOSED = "closed", "закрыто"
        EXPIRED = "expired", "срок прошёл"

    OPEN = ("waiting", "offered")

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    public_id = models.CharField(max_length=22, unique=True, default=new_public_id, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="waitlist_entries")
    branch = models.ForeignKey(Branch, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    services: models.ManyToManyField[Service, Any] = models.ManyToManyField(Service, related_name="+", blank=True)
    #: None chosen: any doctor who performs the services.
    doctors: models.ManyToManyField[Doctor, Any] = models.ManyToManyField(Doctor, related_name="+", blank=True)
    minutes = models.PositiveSmallIntegerField("сколько минут", default=30)
    #: What becomes of a time they take: a visit in the clinic or by video.
    kind = models.CharField(max_length=9, choices=Appointment.Kind.choices, default=Appointment.Kind.IN_PERSON)
    #: Codes of DayPart; empty: any.
    day_parts = models.JSONField(default=list, blank=True)
    #: 0 is Monday; empty: any.
    weekdays = models.JSONField(default=list, blank=True)
    earliest_on = models.DateField(null=True, blank=True)
    latest_on = models.DateField(null=True, blank=True)
    notice_minutes = models.PositiveIntegerField("предупредить за", default=180)
    priority = models.SmallIntegerField("срочность", default=0)
    #: The later time that the patient gives up when an earlier one is taken.
    appointment = models.ForeignKey(Appointment, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    reason = models.CharField(max_length=200, default="", blank=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    closed_at = models.DateTimeField(null=True, blank=True)
    #: What the patient took in the end.
    booked = models.ForeignKey(Appointment, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    objects = ScopedManager()

    class Meta:
        indexes = [
            models.Index(
                fields=["clinic", "created_at"], name="waitlist_open", condition=Q(state__in=["waiting", "offered"])
            ),
            models.Index(fields=["patient"], name="waitlist_patient"),
        ]

    def __str__(self) -> str:
        return f"ожидание {self.pk}"


class FreedSlot(models.Model):
    """A time that fell free before it came, and what became of it."""

    class State(models.TextChoices):
        DELAYED = "delayed", "ждём, не перенос ли это"
        OFFERING = "offering", "предлагаем"
        FILLED = "filled", "заполнено"
        TAKEN = "taken", "занято другим"
        UNWANTED = "unwanted", "никто не ждал"
        LAPSED = "lapsed", "никто не взял"
        WITHDRAWN = "withdrawn", "не предлагали"

    OPEN = ("delayed", "offering")

    class Cause(models.TextChoices):
        CANCELLED = "cancelled", "отмена"
        MOVED = "moved", "перенос"
        ADVANCED = "advanced", "пациент взял время раньше"

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    public_id = models.CharField(max_length=22, unique=True, default=new_public_id, editable=False)
    doctor = models.ForeignKey(Doctor, on_delete=models.PROTECT, related_name="+")
    branch = models.ForeignKey(Branch, on_delete=models.PROTECT, related_name="+")
    starts_at = models.DateTimeField()
    duration_minutes = models.PositiveSmallIntegerField()
    freed_at = models.DateTimeField()
    cause = models.CharField(max_length=10, choices=Cause.choices)
    #: Whose time it was.
    appointment = models.ForeignKey(Appointment, null=True, on_delete=models.SET_NULL, related_name="+")
    hold = models.ForeignKey(Hold, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    state = models.CharField(max_length=9, choices=State.choices, default=State.DELAYED)
    wave = models.PositiveSmallIntegerField(default=0)
    next_wave_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    filled_by = models.ForeignKey(Appointment, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    objects = ScopedManager()

    class Meta:
        indexes = [
            models.Index(fields=["next_wave_at"], name="freed_due", condition=Q(state__in=["delayed", "offering"])),
            models.Index(fields=["clinic", "freed_at"], name="freed_clinic"),
        ]

    def __str__(self) -> str:
        return f"освободилось {self.pk}"

    @property
    def ends_at(self) -> datetime:
        """When the freed time is over."""
        return self.starts_at + timedelta(minutes=self.duration_minutes)


class SlotOffer(models.Model):
    """A freed time offered to one who waits. Several of one wave may be open; the first to accept has it."""

    class State(models.TextChoices):
        OPEN = "open", "предложено"
        ACCEPTED = "accepted", "взял"
        DECLINED = "declined", "не подошло"
        EXPIRED = "expired", "не ответил"
        LOST = "lost", "взял другой"
        WITHDRAWN = "withdrawn", "отозвано"

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    public_id = models.CharField(max_length=22, unique=True, default=new_public_id, editable=False)
    freed = models.ForeignKey(FreedSlot, on_delete=models.CASCADE, related_name="offers")
    entry = models.ForeignKey(WaitlistEntry, on_delete=models.CASCADE, related_name="offers")
    wave = models.PositiveSmallIntegerField()
    #: The time offered: the entry's minutes within the freed span.
    starts_at = models.DateTimeField()
    duration_minutes = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=9, choices=State.choices, default=State.OPEN)
    sent_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    seen_at = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    #: What the patient has now because of it.
    appointment = models.ForeignKey(Appointment, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    objects = ScopedManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["freed", "entry"], name="offer_once"),
            models.UniqueConstraint(fields=["freed"], name="offer_one_winner", condition=Q(state="accepted")),
            models.UniqueConstraint(fields=["entry"], name="offer_one_open", condition=Q(state="open")),
        ]
        indexes = [models.Index(fields=["expires_at"], name="offer_due", condition=Q(state="open"))]

    def __str__(self) -> str:
        return f"предложение {self.pk}"

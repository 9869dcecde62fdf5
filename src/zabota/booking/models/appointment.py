"""Appointments: planned, kept and missed. A visit is a completed appointment."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models

from zabota.clinic.models import Branch, Clinic, Doctor, Service
from zabota.kernel.ids import new_public_id
from zabota.kernel.scope import ScopedManager
from zabota.patients.models import Patient


class AppointmentQuerySet(models.QuerySet["Appointment"]):
    """Vocabulary of appointments."""

    def visits(self) -> AppointmentQuerySet:
        """Completed appointments."""
        return self.filter(status=Appointment.Status.COMPLETED)

    def upcoming(self, now: datetime) -> AppointmentQuerySet:
        """Booked, still to come and still known to the clinic's system: what counts as «записан»."""
        return self.filter(status__in=Appointment.BOOKED, starts_at__gt=now, vanished_at=None)


AppointmentManager = ScopedManager.from_queryset(AppointmentQuerySet)


class Appointment(models.Model):
    """A time of a patient with a doctor."""

    class Status(models.TextChoices):
        """Words that suit men and women alike."""

        PLANNED = "planned", "запланирован"
        CONFIRMED = "confirmed", "подтверждён"
        ARRIVED = "arrived", "в клинике"
        COMPLETED = "completed", "завершён"
        NO_SHOW = "no_show", "неявка"
        CANCELLED_PATIENT = "cancelled_patient", "отменён пациентом"
        CANCELLED_CLINIC = "cancelled_clinic", "отменён клиникой"
        MOVED = "moved", "перенесён"

    class Kind(models.TextChoices):
        IN_PERSON = "in_person", "в клинике"
        ONLINE = "online", "по видео"

    class Origin(models.TextChoices):
        """Where the booking was made."""

        DESK = "desk", "регистратура"
        WIDGET = "widget", "сайт"
        LINK = "link", "ссылка из сообщения"
        WAITLIST = "waitlist", "лист ожидания"
        IMPORT = "import", "загрузка"

    #: Statuses that hold a place in the future.
    BOOKED = ("planned", "confirmed", "arrived")
    #: Statuses in which somebody gave the time up.
    CANCELLED = ("cancelled_patient", "cancelled_clinic")

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    public_id = models.CharField(max_length=22, unique=True, default=new_public_id, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="appointments")
    branch = models.ForeignKey(Branch, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    doctor = models.ForeignKey(Doctor, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    starts_at = models.DateTimeField()
    #: Calendar day in the zone of the branch: the day on which a visit counts.
    day = models.DateField()
    duration_minutes = models.PositiveSmallIntegerField(default=30)
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.PLANNED)
    total_kopecks = models.BigIntegerField(default=0)
    is_first = models.BooleanField(null=True, blank=True)
    cancel_reason = models.CharField(max_length=200, default="", blank=True)
    comment = models.CharField(max_length=500, default="", blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    booked_at = models.DateTimeField(null=True, blank=True)
    kind = models.CharField(max_length=9, choices=Kind.choices, default=Kind.IN_PERSON)
    origin = models.CharField(max_length=8, choices=Origin.choices, default=Origin.DESK)
    #: Grows with every move: a link or a message about an older revision is stale.
    revision = models.PositiveIntegerField(default=0)
    #: Minutes around the visit in which the doctor receives nobody else.
    buffer_before_minutes = models.PositiveSmallIntegerField(default=0)
    buffer_after_minutes = models.PositiveSmallIntegerField(default=0)
    #: Another visit of the doctor stands on the same time, as loads may bring; the calendar shows it.
    in_conflict = models.BooleanField(default=False)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    arrived_at = models.DateTimeField(null=True, blank=True)
    begun_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    #: Source system and id of an import; empty when entered here.
    system = models.CharField(max_length=40, default="", blank=True)
    ext_id = models.CharField(max_length=80, default="", blank=True)
    import_batch_id = models.BigIntegerField(null=True, blank=True)
    #: Where the clinic's program still has a visit that was moved here; empty while both agree.
    told_at = models.DateTimeField(null=True, blank=True)
    #: Set when a later export no longer holds this row: it is not deleted and no longer counts as booked.
    vanished_at = models.DateTimeField(null=True, blank=True)

    objects = AppointmentManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["clinic", "system", "ext_id"], name="appointment_ext_once", condition=~models.Q(ext_id="")
            )
        ]
        indexes = [
            models.Index(fields=["patient", "status", "starts_at"], name="appt_patient"),
            models.Index(fields=["clinic", "day"], name="appt_clinic_day"),
            models.Index(fields=["doctor", "starts_at"], name="appt_doctor"),
            models.Index(fields=["import_batch_id"], name="appt_batch"),
            models.Index(
                fields=["clinic", "starts_at"],
                name="appt_booked",
                condition=models.Q(status__in=["planned", "confirmed", "arrived"]),
            ),
            # Visits of one patient by day with their sums, without touching the rows: the sweep reads all of them nightly.
            # The status stands in it although visits have but one: SQLite reads rows of an index that only implies it.
            models.Index(fields=["patient", "status", "day", "total_kopecks"], name="appt_visits"),
        ]

    def __str__(self) -> str:
        return f"приём {self.pk}"

    @property
    def ends_at(self) -> datetime:
        """When the visit is planned to be over; `ended_at` is when it was."""
        return self.starts_at + timedelta(minutes=self.duration_minutes)


class AppointmentService(models.Model):
    """A service of an appointment with its price on that day."""

    # Its index is `line_of_visit`, which begins with it.
    appointment = models.ForeignKey(Appointment, on_delete=models.CASCADE, related_name="lines", db_index=False)
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="+")
    quantity = models.DecimalField(max_digits=8, decimal_places=2, default=1)
    price_kopecks = models.BigIntegerField(default=0)
    #: What the whole line cost, when a discount or an export says so; None: the price times the quantity.
    total_kopecks = models.BigIntegerField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["service"], name="line_service"),
            models.Index(fields=["appointment", "service"], name="line_of_visit"),
        ]

    def __str__(self) -> str:
        return f"{self.service_id} × {self.quantity}"


class Payment(models.Model):
    """Money received from a patient or given back (negative)."""

    class Method(models.TextChoices):
        CASH = "cash", "наличные"
        CARD = "card", "карта"
        INSURANCE = "insurance", "ДМС"
        TRANSFER = "transfer", "перевод"
        OTHER = "other", "другое"

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="payments")
    appointment = models.ForeignKey(
        Appointment, null=True, blank=True, on_delete=models.SET_NULL, related_name="payments"
    )
    paid_on = models.DateField()
    amount_kopecks = models.BigIntegerField()
    method = models.CharField(max_length=10, choices=Method.choices, default=Method.OTHER)
    system = models.CharField(max_length=40, default="", blank=True)
    ext_id = models.CharField(max_length=80, default="", blank=True)
    import_batch_id = models.BigIntegerField(null=True, blank=True)

    objects = ScopedManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["clinic", "system", "ext_id"], name="payment_ext_once", condition=~models.Q(ext_id="")
            )
        ]
        indexes = [
            models.Index(fields=["patient", "paid_on"], name="payment_patient"),
            models.Index(fields=["import_batch_id"], name="payment_batch"),
        ]

    def __str__(self) -> str:
        return f"оплата {self.pk}"

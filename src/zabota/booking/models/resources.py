"""What a visit occupies: doctors, rooms and devices, when they work, what each service needs."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q

from zabota.clinic.models import Branch, Clinic, Doctor, Service
from zabota.kernel.ids import new_public_id


class Resource(models.Model):
    """A doctor, a room or a device: at any instant it serves one visit.

    Their names are on the clinic's doors; each query names its clinic.
    """

    class Kind(models.TextChoices):
        DOCTOR = "doctor", "врач"
        ROOM = "room", "кабинет"
        DEVICE = "device", "оборудование"

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    public_id = models.CharField(max_length=22, unique=True, default=new_public_id, editable=False)
    kind = models.CharField("что это", max_length=8, choices=Kind.choices)
    #: Where a room or a device stands. A doctor has none: their hours say where they receive.
    branch = models.ForeignKey(Branch, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    doctor = models.OneToOneField(Doctor, null=True, blank=True, on_delete=models.PROTECT, related_name="resource")
    name = models.CharField("название", max_length=200)
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="doctor", doctor__isnull=False)
                | (~Q(kind="doctor") & Q(doctor__isnull=True, branch__isnull=False)),
                name="resource_of_its_kind",
            ),
        ]
        indexes = [models.Index(fields=["clinic", "kind"], name="resource_clinic")]
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name


class WorkingHours(models.Model):
    """Hours of a weekday in the branch's own time; a break takes a part of them away.

    Minutes after midnight; an end beyond 1440 is on the next day. A doctor's rows say in which branch they receive.
    Rooms and devices without rows are there whenever a doctor is.
    """

    class Kind(models.TextChoices):
        WORK = "work", "приём"
        BREAK = "break", "перерыв"

    resource = models.ForeignKey(Resource, on_delete=models.CASCADE, related_name="hours")
    branch = models.ForeignKey(Branch, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=5, choices=Kind.choices, default=Kind.WORK)
    weekday = models.PositiveSmallIntegerField("день недели")
    begins_minute = models.PositiveSmallIntegerField("с")
    ends_minute = models.PositiveSmallIntegerField("до")
    #: First and last day of validity; empty is open.
    since_on = models.DateField(null=True, blank=True)
    valid_until = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(weekday__lte=6)
                & Q(begins_minute__lt=models.F("ends_minute"))
                & Q(begins_minute__lt=1440, ends_minute__lte=2880),
                name="hours_make_sense",
            )
        ]
        indexes = [models.Index(fields=["resource", "weekday"], name="hours_resource")]
        ordering = ["weekday", "begins_minute", "id"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.weekday}: {self.begins_minute}–{self.ends_minute}"


class ExceptionDay(models.Model):
    """Days that differ from the week: off, a holiday, or extra hours; of one resource, of a branch or of the clinic.

    Without minutes a day off is the whole day. Extra hours count even on a holiday.
    """

    class Kind(models.TextChoices):
        OFF = "off", "не принимает"
        HOLIDAY = "holiday", "праздник"
        EXTRA = "extra", "дополнительный приём"

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    public_id = models.CharField(max_length=22, unique=True, default=new_public_id, editable=False)
    branch = models.ForeignKey(Branch, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    resource = models.ForeignKey(Resource, null=True, blank=True, on_delete=models.CASCADE, related_name="exceptions")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    first_on = models.DateField("с")
    last_on = models.DateField("по")
    begins_minute = models.PositiveSmallIntegerField(null=True, blank=True)
    ends_minute = models.PositiveSmallIntegerField(null=True, blank=True)
    note = models.CharField("пометка", max_length=200, default="", blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(first_on__lte=models.F("last_on"))
                & (
                    Q(begins_minute__isnull=True, ends_minute__isnull=True)
                    | Q(begins_minute__lt=models.F("ends_minute"), ends_minute__lte=2880)
                )
                & (~Q(kind="extra") | Q(begins_minute__isnull=False, branch__isnull=False, resource__isnull=False)),
                name="exception_makes_sense",
            )
        ]
        indexes = [models.Index(fields=["clinic", "last_on"], name="exception_clinic")]
        ordering = ["first_on", "id"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.first_on}–{self.last_on}"


class ServiceNeed(models.Model):
    """How long a service takes, the buffers around it, who performs it and what it needs besides a doctor."""

    class Needs(models.TextChoices):
        NOTHING = "", "только врач"
        ROOM = "room", "кабинет"
        DEVICE = "device", "оборудование"
        BOTH = "both", "кабинет и оборудование"

    service = models.OneToOneField(Service, on_delete=models.CASCADE, related_name="need")
    #: Empty: the service's own duration.
    minutes = models.PositiveSmallIntegerField("длительность", null=True, blank=True)
    buffer_before_minutes = models.PositiveSmallIntegerField("подготовка до", default=0)
    buffer_after_minutes = models.PositiveSmallIntegerField("уборка после", default=0)
    needs = models.CharField(max_length=6, choices=Needs.choices, default=Needs.NOTHING, blank=True)
    #: Rooms and devices that will do; none chosen: any of the kind in the branch.
    resources: models.ManyToManyField[Resource, Any] = models.ManyToManyField(Resource, related_name="+", blank=True)
    #: Doctors who perform it; none chosen: everybody.
    doctors: models.ManyToManyField[Doctor, Any] = models.ManyToManyField(Doctor, related_name="+", blank=True)
    #: Patients may choose it in the widget.
    in_widget = models.BooleanField("запись на сайте", default=True)
    #: May be a visit by video.
    by_video = models.BooleanField("можно по видео", default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=(Q(minutes__isnull=True) | Q(minutes__gte=5, minutes__lte=480))
                & Q(buffer_before_minutes__lte=120, buffer_after_minutes__lte=120),
                name="need_makes_sense",
            )
        ]

    def __str__(self) -> str:
        return f"нужды услуги {self.service_id}"

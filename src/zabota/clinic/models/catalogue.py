"""What the clinic does: groups of services with their recall intervals and thresholds, services with prices."""

from __future__ import annotations

from django.db import models

from zabota.clinic.models.organisation import Clinic
from zabota.kernel.ids import new_public_id


class ServiceGroup(models.Model):
    """Services that are recalled together (hygiene, implants, check-ups), with thresholds of patient types.

    Lateness is measured in multiples of the expected interval: late at 1.5, sleeping at 2, lost at 3 intervals;
    a group without an interval falls back to the clinic-wide 9 and 12 months.
    """

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="service_groups")
    public_id = models.CharField(max_length=22, unique=True, default=new_public_id, editable=False)
    name = models.CharField("название", max_length=120)
    #: Expected interval between visits, days; empty when the group has no natural rhythm.
    recall_interval_days = models.PositiveIntegerField("интервал возврата, дней", null=True, blank=True)
    late_factor = models.DecimalField(max_digits=4, decimal_places=2, default=1.5)
    sleeping_factor = models.DecimalField(max_digits=4, decimal_places=2, default=2)
    lost_factor = models.DecimalField(max_digits=4, decimal_places=2, default=3)
    is_consultation = models.BooleanField("консультации", default=False)
    is_prevention = models.BooleanField("профилактика", default=False)
    is_chronic = models.BooleanField("хронические заболевания", default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["clinic", "name"], name="group_name_once")]
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Service(models.Model):
    """A service with its price today."""

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="services")
    public_id = models.CharField(max_length=22, unique=True, default=new_public_id, editable=False)
    group = models.ForeignKey(ServiceGroup, null=True, blank=True, on_delete=models.SET_NULL, related_name="services")
    ext_id = models.CharField(max_length=64, default="", blank=True)
    code = models.CharField("код", max_length=40, default="", blank=True)
    name = models.CharField("название", max_length=300)
    name_key = models.CharField(max_length=300)
    price_kopecks = models.BigIntegerField("цена", null=True, blank=True)
    duration_minutes = models.PositiveSmallIntegerField("длительность", default=30)
    #: Overrides the group's interval when set.
    recall_interval_days = models.PositiveIntegerField(null=True, blank=True)
    #: The group whose recall a visit with this service starts (an implant starts yearly control).
    triggers_group = models.ForeignKey(
        ServiceGroup, null=True, blank=True, on_delete=models.SET_NULL, related_name="triggered_by"
    )
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["clinic", "name_key"], name="service_name_once")]
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

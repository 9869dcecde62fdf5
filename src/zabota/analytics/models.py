"""Computed reports, kept so that a page answers at once; who stands behind a cause; saved views; what each action added."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from zabota.clinic.models import Clinic, Member
from zabota.kernel.ids import new_public_id
from zabota.kernel.scope import ScopedManager


class StoredReport(models.Model):
    """A report computed in the background; figures only, no names."""

    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="+")
    public_id = models.CharField(max_length=22, unique=True, default=new_public_id, editable=False)
    #: "audit", "pulse", "where", "cohorts", "strategy".
    kind = models.CharField(max_length=20)
    #: Ids of the branches whose figures these are, with commas between; empty for the whole clinic.
    scope = models.CharField(max_length=400, default="", blank=True)
    #: Of a report with a question: a digest of its parameters, and the parameters themselves.
    key = models.CharField(max_length=64, default="", blank=True)
    params = models.JSONField(default=dict, blank=True)
    as_of = models.DateField()
    computed_at = models.DateTimeField()
    data = models.JSONField()
    html = models.TextField(default="", blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["clinic", "kind", "-computed_at"], name="report_recent"),
            models.Index(fields=["clinic", "kind", "scope", "key", "-computed_at"], name="report_asked"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.as_of}"


class Behind(models.Model):
    """The patients behind one cause of a report: ids only, packed; who they are is asked anew when the list is opened."""

    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="+")
    report = models.ForeignKey(StoredReport, on_delete=models.CASCADE, related_name="behind")
    #: Place of the cause among those of the report; -1 is everybody who did not return.
    place = models.SmallIntegerField()
    title = models.CharField(max_length=300)
    count = models.PositiveIntegerField()
    patients = models.BinaryField()

    objects = ScopedManager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["report", "place"], name="behind_once")]

    def __str__(self) -> str:
        return f"{self.title}: {self.count}"


class SavedView(models.Model):
    """A page with its filters under a name; colleagues with the rights of the page see it too."""

    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="+")
    public_id = models.CharField(max_length=22, unique=True, default=new_public_id, editable=False)
    #: "where", "cohorts" or "metrics".
    page = models.CharField(max_length=20)
    name = models.CharField("название", max_length=80)
    #: The tail of the address.
    query = models.CharField(max_length=1000, default="", blank=True)
    saved_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    saved_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["clinic", "page", "name"], name="view_name_once")]
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class GoalAction(models.Model):
    """What one action added to retention in a month: people it reached, how many came back, with a control group or without.

    Everything that acts on patients reports here: work of the queue, scenarios, experiments, improvements.
    """

    class Origin(models.TextChoices):
        WORKLIST = "worklist", "Очередь"
        SCENARIO = "scenario", "Сценарий"
        EXPERIMENT = "experiment", "Эксперимент"
        IMPROVEMENT = "improvement", "Улучшение"

    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="+")
    origin = models.CharField(max_length=12, choices=Origin.choices)
    #: What it was within its origin: the reason of a task, the code of a scenario.
    code = models.CharField(max_length=60)
    title = models.CharField(max_length=200)
    first_on = models.DateField()
    last_on = models.DateField()
    people = models.PositiveIntegerField()
    returned = models.PositiveIntegerField()
    #: Empty when nobody was left untouched on purpose: then the figure is no proof.
    control_people = models.PositiveIntegerField(null=True, blank=True)
    control_returned = models.PositiveIntegerField(null=True, blank=True)
    revenue_kopecks = models.BigIntegerField(default=0)
    cost_kopecks = models.BigIntegerField(default=0)
    counted_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["clinic", "origin", "code", "first_on"], name="action_once_a_month"),
            models.CheckConstraint(name="action_returned", condition=models.Q(returned__lte=models.F("people"))),
        ]
        indexes = [models.Index(fields=["clinic", "-first_on"], name="action_recent")]

    def __str__(self) -> str:
        return f"{self.title} {self.first_on:%Y-%m}"


class ReportMail(models.Model):
    """A person of the clinic asked to get a regular report by mail."""

    class Span(models.TextChoices):
        WEEKLY = "weekly", "по понедельникам"
        MONTHLY = "monthly", "первого числа"

    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="+")
    span = models.CharField(max_length=7, choices=Span.choices)
    asked_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["member", "span"], name="report_mail_once")]

    def __str__(self) -> str:
        return f"{self.member_id} {self.span}"

"""What is told before and after a visit, by service and branch; questionnaires with answers; how the patient feels."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from zabota.booking.models import Appointment
from zabota.clinic.models import Branch, Clinic, Service, ServiceGroup
from zabota.kernel.ids import new_public_id
from zabota.kernel.scope import ScopedManager
from zabota.patients.models import Patient
from zabota.worklist.models import Task


class VisitText(models.Model):
    """Texts for one service, for a group, for a branch or for every visit; the nearest one that is written is shown."""

    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="+")
    public_id = models.CharField(max_length=22, unique=True, default=new_public_id, editable=False)
    service = models.ForeignKey(Service, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    group = models.ForeignKey(ServiceGroup, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    branch = models.ForeignKey(Branch, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    #: «service:7», «group:2», «branch:1» or empty: what the texts are for, as one unique word.
    scope_key = models.CharField(max_length=40, default="", blank=True)
    prepare = models.TextField("как подготовиться", default="", blank=True)
    ask = models.TextField("о чём спросить врача", default="", blank=True)
    way = models.TextField("как добраться и где оставить машину", default="", blank=True)
    take = models.TextField("что взять с собой", default="", blank=True)
    after = models.TextField("советы после приёма", default="", blank=True)
    #: Days after the visit on which somebody calls; empty: nobody does.
    care_call_days = models.PositiveSmallIntegerField("позвонить через, дней", null=True, blank=True)
    #: Hours after the visit at which «Как вы себя чувствуете?» is asked; empty: not asked.
    wellbeing_hours = models.PositiveSmallIntegerField("спросить о самочувствии через, часов", null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["clinic", "scope_key"], name="visit_text_once"),
            models.CheckConstraint(
                name="visit_text_of_one",
                condition=Q(service=None, group=None) | Q(service=None, branch=None) | Q(group=None, branch=None),
            ),
        ]
        ordering = ["id"]

    def __str__(self) -> str:
        return f"тексты {self.pk}"


class Questionnaire(models.Model):
    """A few questions before a visit: for all visits, or for those with services of one group."""

    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="+")
    public_id = models.CharField(max_length=22, unique=True, default=new_public_id, editable=False)
    title = models.CharField("название", max_length=120)
    group = models.ForeignKey(ServiceGroup, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    is_active = models.BooleanField("спрашивать", default=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.title


class Question(models.Model):
    """One question; `options` are its answers, those of `alarming` are shown to the doctor first."""

    class Kind(models.TextChoices):
        YES_NO = "yes_no", "да или нет"
        ONE = "one", "один ответ"
        SEVERAL = "several", "несколько ответов"
        WORDS = "words", "своими словами"

    questionnaire = models.ForeignKey(Questionnaire, on_delete=models.CASCADE, related_name="questions")
    place = models.PositiveSmallIntegerField(default=0)
    text = models.CharField("вопрос", max_length=300)
    kind = models.CharField("ответ", max_length=8, choices=Kind.choices, default=Kind.YES_NO)
    options = models.JSONField(default=list, blank=True)
    alarming = models.JSONField(default=list, blank=True)

    class Meta:
        ordering = ["place", "id"]

    def __str__(self) -> str:
        return self.text


class AnswerSheet(models.Model):
    """A questionnaire that a patient filled in before one visit; sending it again replaces the answers."""

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="+")
    appointment = models.ForeignKey(Appointment, on_delete=models.CASCADE, related_name="answer_sheets")
    questionnaire = models.ForeignKey(Questionnaire, on_delete=models.PROTECT, related_name="+")
    filled_at = models.DateTimeField()

    objects = ScopedManager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["appointment", "questionnaire"], name="sheet_once")]

    def __str__(self) -> str:
        return f"анкета {self.pk}"


class AnswerManager(ScopedManager["Answer"]):
    """Answers belong to the clinic of their sheet."""

    clinic_path = "sheet__clinic_id"


class Answer(models.Model):
    """An answer with the words of the question as they were."""

    sheet = models.ForeignKey(AnswerSheet, on_delete=models.CASCADE, related_name="answers")
    question = models.ForeignKey(Question, null=True, on_delete=models.SET_NULL, related_name="+")
    place = models.PositiveSmallIntegerField(default=0)
    question_text = models.CharField(max_length=300)
    value = models.CharField(max_length=1000)
    is_alarming = models.BooleanField(default=False)

    objects = AnswerManager()

    class Meta:
        ordering = ["place", "id"]

    def __str__(self) -> str:
        return f"ответ {self.pk}"


class WellbeingCheck(models.Model):
    """«Как вы себя чувствуете?» after a visit: asked, answered, and how soon somebody took care.

    A patient who writes of pain when nobody asked, or once more, has a row of its own, about the last visit there was.
    """

    class Answer(models.TextChoices):
        WELL = "well", "всё хорошо"
        SO_SO = "so_so", "есть вопрос"
        UNWELL = "unwell", "болит, нужна помощь"

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    public_id = models.CharField(max_length=22, unique=True, default=new_public_id, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="+")
    appointment = models.ForeignKey(Appointment, on_delete=models.CASCADE, related_name="+")
    #: The turn of a conversation in which the patient wrote it unasked; empty: we asked.
    said_in = models.BigIntegerField(null=True, blank=True, unique=True)
    due_at = models.DateTimeField()
    asked_at = models.DateTimeField(null=True, blank=True)
    answer = models.CharField(max_length=6, choices=Answer.choices, default="", blank=True)
    words = models.CharField(max_length=500, default="", blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    task = models.ForeignKey(Task, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    #: The doctor or somebody of the clinic saw it and answers; and what was done.
    taken_at = models.DateTimeField(null=True, blank=True)
    taken_by = models.ForeignKey("clinic.Member", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    #: The doctor was silent and the desk was asked instead.
    escalated_at = models.DateTimeField(null=True, blank=True)

    objects = ScopedManager()

    class Meta:
        indexes = [
            models.Index(fields=["due_at"], name="wellbeing_due", condition=Q(asked_at=None)),
            models.Index(fields=["clinic", "answered_at"], name="wellbeing_answered"),
            models.Index(
                fields=["answered_at"],
                name="wellbeing_untaken",
                condition=Q(answer="unwell", taken_at=None, escalated_at=None),
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["appointment"], condition=Q(said_in=None), name="wellbeing_asked_once"),
        ]

    def __str__(self) -> str:
        return f"самочувствие {self.pk}"

    @property
    def minutes_to_doctor(self) -> int | None:
        """Minutes from the patient's word to the first person who took it; empty while nobody has."""
        if self.answered_at is None or self.taken_at is None:
            return None
        return max(0, round((self.taken_at - self.answered_at).total_seconds() / 60))

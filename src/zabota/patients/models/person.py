"""The person: name, birth, contacts, household, source, tags, notes, other systems' ids."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models

from zabota.clinic.models import Branch, Clinic
from zabota.kernel.ids import new_public_id
from zabota.kernel.scope import ScopedManager


class Source(models.Model):
    """Where patients learn of the clinic, with what it costs a month."""

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    name = models.CharField("источник", max_length=120)
    name_key = models.CharField(max_length=120)
    monthly_cost_kopecks = models.BigIntegerField("затраты в месяц", default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["clinic", "name_key"], name="source_once")]
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Household(models.Model):
    """People who share a phone and therefore are told things together."""

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    public_id = models.CharField(max_length=22, unique=True, default=new_public_id, editable=False)
    #: The phone that unites them, E.164; empty when put together by hand.
    phone = models.CharField(max_length=16, default="", blank=True)

    objects = ScopedManager()

    class Meta:
        indexes = [models.Index(fields=["clinic", "phone"], name="household_phone")]

    def __str__(self) -> str:
        return f"семья {self.pk}"


class Tag(models.Model):
    """A word that people of the clinic hang on a patient."""

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    name = models.CharField("метка", max_length=60)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["clinic", "name"], name="tag_once")]
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class PatientQuerySet(models.QuerySet["Patient"]):
    """Vocabulary of patients."""

    def cards(self) -> PatientQuerySet:
        """Cards in use: not merged into another, not erased."""
        return self.filter(merged_into=None, erased_at=None)

    def seen_in(self, branch_ids: list[int]) -> PatientQuerySet:
        """Cards of these branches and cards without a branch."""
        return self.filter(models.Q(branch_id__in=branch_ids) | models.Q(branch=None))


PatientManager = ScopedManager.from_queryset(PatientQuerySet)


class Patient(models.Model):
    """One person, one card."""

    class Sex(models.TextChoices):
        FEMALE = "f", "женский"
        MALE = "m", "мужской"
        UNKNOWN = "", "не указан"

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    public_id = models.CharField(max_length=22, unique=True, default=new_public_id, editable=False)
    surname = models.CharField("фамилия", max_length=100)
    name = models.CharField("имя", max_length=100, default="", blank=True)
    patronymic = models.CharField("отчество", max_length=100, default="", blank=True)
    #: Folded «фамилия имя отчество» (ё→е, no look-alikes) for matching and search.
    name_key = models.CharField(max_length=310)
    born_on = models.DateField("дата рождения", null=True, blank=True)
    sex = models.CharField("пол", max_length=1, choices=Sex.choices, default=Sex.UNKNOWN, blank=True)
    card_no = models.CharField("номер карты", max_length=40, default="", blank=True)
    branch = models.ForeignKey(Branch, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    source = models.ForeignKey(Source, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    household = models.ForeignKey(Household, null=True, blank=True, on_delete=models.SET_NULL, related_name="members")
    tags: models.ManyToManyField[Tag, Any] = models.ManyToManyField(Tag, related_name="+", blank=True)
    #: IANA zone when it differs from the branch's; quiet hours are counted in it.
    time_zone = models.CharField(max_length=40, default="", blank=True)
    registered_on = models.DateField("с нами с", null=True, blank=True)
    address = models.CharField("адрес", max_length=300, default="", blank=True)
    #: District or settlement, told or taken from the address: where patients come from.
    area = models.CharField("район", max_length=80, default="", blank=True)
    #: What the doctor reads first: allergies, fears, wishes.
    alert = models.CharField("важно знать", max_length=300, default="", blank=True)
    merged_into = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    erased_at = models.DateTimeField(null=True, blank=True)
    #: Load that created the card, for undo.
    import_batch_id = models.BigIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = PatientManager()

    class Meta:
        indexes = [
            models.Index(fields=["clinic", "name_key"], name="patient_name_key"),
            # Cards out of use are few: whoever looks for them need not walk through all.
            models.Index(
                fields=["clinic"],
                name="patient_out_of_use",
                condition=models.Q(merged_into__isnull=False) | models.Q(erased_at__isnull=False),
            ),
            models.Index(fields=["clinic", "born_on", "name_key"], name="patient_born"),
            models.Index(fields=["clinic", "card_no"], name="patient_card"),
            models.Index(fields=["household"], name="patient_household"),
            models.Index(fields=["import_batch_id"], name="patient_batch"),
        ]

    def __str__(self) -> str:
        return f"пациент {self.pk}"

    @property
    def full_name(self) -> str:
        """Surname, name and patronymic."""
        return " ".join(part for part in (self.surname, self.name, self.patronymic) if part)

    @property
    def given_names(self) -> str:
        """Name and patronymic, as one addresses a person in Russian."""
        return " ".join(part for part in (self.name, self.patronymic) if part)


class PatientExternalId(models.Model):
    """The patient's id in another system; an id belongs to one card."""

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="external_ids")
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    #: Name of the source system of an export ("ident", "medods", "file").
    system = models.CharField(max_length=40)
    ext_id = models.CharField(max_length=64)
    import_batch_id = models.BigIntegerField(null=True, blank=True)

    objects = ScopedManager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["clinic", "system", "ext_id"], name="ext_id_once")]

    def __str__(self) -> str:
        return f"{self.system}:{self.ext_id}"


class Contact(models.Model):
    """A phone or an e-mail address of a patient and whether it reaches them."""

    class Kind(models.TextChoices):
        PHONE = "phone", "телефон"
        EMAIL = "email", "почта"

    class Reach(models.TextChoices):
        UNKNOWN = "unknown", "не проверен"
        REACHED = "reached", "дозвонились"
        NO_ANSWER = "no_answer", "не отвечает"
        WRONG = "wrong", "чужой номер"
        INVALID = "invalid", "записан с ошибкой"

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="contacts")
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=5, choices=Kind.choices)
    #: E.164 phone or lower-case address; the text as entered when it could not be understood.
    value = models.CharField(max_length=254)
    extension = models.CharField("добавочный", max_length=10, default="", blank=True)
    comment = models.CharField("чей, когда звонить", max_length=120, default="", blank=True)
    reach = models.CharField(max_length=10, choices=Reach.choices, default=Reach.UNKNOWN)
    reach_at = models.DateTimeField(null=True, blank=True)
    is_preferred = models.BooleanField(default=False)
    import_batch_id = models.BigIntegerField(null=True, blank=True)

    objects = ScopedManager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["patient", "kind", "value"], name="contact_once")]
        indexes = [models.Index(fields=["clinic", "value"], name="contact_value")]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class Note(models.Model):
    """What somebody of the clinic wrote about a patient."""

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="notes")
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    text = models.TextField("заметка")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField()

    objects = ScopedManager()

    class Meta:
        indexes = [models.Index(fields=["patient", "-written_at"], name="note_patient")]

    def __str__(self) -> str:
        return f"заметка {self.pk}"

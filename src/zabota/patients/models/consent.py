"""Consents: versions of texts, grants with their proof, withdrawals. Nothing is ever overwritten."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from zabota.clinic.models import Clinic
from zabota.kernel.ids import new_public_id
from zabota.kernel.scope import ScopedManager
from zabota.patients.models.person import Patient


class ConsentPurpose(models.TextChoices):
    """Each purpose is a document of its own; two purposes never share a text or a checkbox."""

    PROCESSING = "processing", "Обработка персональных данных"
    ADVERTISING = "advertising", "Рекламные сообщения"
    QUALITY_CALLS = "quality_calls", "Звонки о качестве"
    SPECIAL = "special", "Данные о здоровье в маркетинге"
    TELEMEDICINE = "telemedicine", "Приём по видео"


class ConsentText(models.Model):
    """A version of a consent's text. A change makes a new version; grants keep the one that was signed."""

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=20, choices=ConsentPurpose.choices)
    version = models.PositiveIntegerField()
    text = models.TextField()
    text_hash = models.CharField(max_length=64)
    data_list = models.TextField("какие данные")
    actions_list = models.TextField("какие действия")
    processors = models.TextField("кому передаются", default="", blank=True)
    term = models.CharField("срок", max_length=200)
    how_to_revoke = models.CharField("как отозвать", max_length=300)
    operator_name = models.CharField("оператор", max_length=200)
    operator_address = models.CharField("адрес оператора", max_length=300)
    published_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["clinic", "purpose", "version"], name="consent_text_version"),
            models.CheckConstraint(
                name="consent_text_complete",
                condition=~Q(text="")
                & ~Q(text_hash="")
                & ~Q(data_list="")
                & ~Q(actions_list="")
                & ~Q(term="")
                & ~Q(how_to_revoke="")
                & ~Q(operator_name="")
                & ~Q(operator_address=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()}, версия {self.version}"


class Consent(models.Model):
    """One decision of a patient about one purpose (and one channel of advertising), with its proof."""

    class State(models.TextChoices):
        GRANTED = "granted", "дано"
        REFUSED = "refused", "отказ"
        WITHDRAWN = "withdrawn", "отозвано"
        #: An export said "yes" without a date or a document: marketing is refused.
        UNPROVEN = "unproven", "не подтверждено"

    class Signature(models.TextChoices):
        PAPER = "paper", "на бумаге"
        SIMPLE = "simple", "простая электронная подпись"
        QUALIFIED = "qualified", "усиленная подпись"
        ORAL = "oral", "устно, записано сотрудником"
        IMPORTED = "imported", "из выгрузки"

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="consents")
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    public_id = models.CharField(max_length=22, unique=True, default=new_public_id, editable=False)
    purpose = models.CharField(max_length=20, choices=ConsentPurpose.choices)
    #: Channel of advertising (sms, email, max, telegram, call…); empty for all channels or other purposes.
    channel = models.CharField(max_length=12, default="", blank=True)
    state = models.CharField(max_length=10, choices=State.choices)
    text_version = models.ForeignKey(ConsentText, null=True, on_delete=models.PROTECT, related_name="+")
    text_snapshot = models.TextField(default="", blank=True)
    text_hash = models.CharField(max_length=64, default="", blank=True)
    subject_name = models.CharField(max_length=310)
    subject_contact = models.CharField(max_length=254, default="", blank=True)
    signature = models.CharField(max_length=10, choices=Signature.choices)
    #: Where the decision was taken: desk, portal, call, import…
    entry = models.CharField(max_length=20)
    decided_at = models.DateTimeField()
    ip = models.GenericIPAddressField(null=True, blank=True)
    user_agent = models.CharField(max_length=300, default="", blank=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    actor_kind = models.CharField(max_length=20, default="", blank=True)
    #: Column of the export for imported ones; document number for paper.
    proof = models.CharField(max_length=300, default="", blank=True)
    import_batch_id = models.BigIntegerField(null=True, blank=True)
    #: Written by mistake and taken back at once: the row stays and counts for nothing. Never a grant.
    undone_at = models.DateTimeField(null=True, blank=True)

    objects = ScopedManager()

    class Meta:
        indexes = [
            models.Index(fields=["patient", "purpose", "channel", "-decided_at"], name="consent_latest"),
            models.Index(fields=["import_batch_id"], name="consent_batch"),
        ]
        constraints = [
            # A grant without its proof is not a grant (152-ФЗ art. 9): the row is refused.
            models.CheckConstraint(
                name="grant_has_proof",
                condition=~Q(state="granted")
                | (
                    Q(text_version__isnull=False)
                    & ~Q(text_snapshot="")
                    & ~Q(text_hash="")
                    & ~Q(subject_name="")
                    & ~Q(subject_contact="")
                    & ~Q(entry="")
                    & (Q(actor__isnull=False) | ~Q(actor_kind=""))
                ),
            ),
            models.CheckConstraint(name="grant_is_not_undone", condition=Q(undone_at=None) | ~Q(state="granted")),
            models.CheckConstraint(
                name="import_never_grants",
                condition=~(Q(state="granted") & Q(signature="imported") & Q(proof="")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()}: {self.get_state_display()}"

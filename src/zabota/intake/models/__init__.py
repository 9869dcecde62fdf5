"""Loads of exports: uploaded files, saved mappings, batches with progress, refused rows, changes for undo."""

from __future__ import annotations

from typing import TypeVar

from django.conf import settings
from django.db import models

from zabota.clinic.models import Branch, Clinic
from zabota.kernel.ids import new_public_id
from zabota.kernel.scope import ScopedManager

_Row = TypeVar("_Row", bound=models.Model)


class OfBatch(ScopedManager[_Row]):
    """Rows of a load belong to the clinic of the load."""

    clinic_path = "batch__clinic_id"


class SavedMapping(models.Model):
    """Which column of an export is which field, kept for the next file of the same shape."""

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    name = models.CharField("название", max_length=120)
    #: Hash of the headers: a file with the same headers takes this mapping by itself.
    signature = models.CharField(max_length=64)
    preset = models.CharField(max_length=40, default="", blank=True)
    data = models.JSONField()
    saved_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    saved_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["clinic", "signature"], name="mapping_once")]

    def __str__(self) -> str:
        return self.name


class Batch(models.Model):
    """One load of one or more files: from upload to result or undo."""

    class State(models.TextChoices):
        UPLOADED = "uploaded", "файл получен"
        MAPPED = "mapped", "столбцы выбраны"
        CHECKING = "checking", "идёт проверка"
        CHECKED = "checked", "проверен"
        LOADING = "loading", "идёт загрузка"
        LOADED = "loaded", "загружен"
        FAILED = "failed", "не загружен"
        UNDOING = "undoing", "идёт отмена"
        UNDONE = "undone", "отменён"

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    public_id = models.CharField(max_length=22, unique=True, default=new_public_id, editable=False)
    state = models.CharField(max_length=10, choices=State.choices, default=State.UPLOADED)
    #: Name of the source system: ids of one system are compared with ids of the same system only.
    system = models.CharField(max_length=40, default="file")
    #: Branch whose zone the times are in and to which rows without a branch belong.
    branch = models.ForeignKey(Branch, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    #: True when the file holds everything the system has for its period: rows missing from it have vanished.
    is_complete = models.BooleanField(default=True)
    mapping = models.JSONField(null=True)
    #: Recognised facts of the files and the result of the dry run.
    facts = models.JSONField(default=dict)
    preview = models.JSONField(default=dict)
    result = models.JSONField(default=dict)
    stage = models.CharField(max_length=40, default="", blank=True)
    done_rows = models.PositiveIntegerField(default=0)
    total_rows = models.PositiveIntegerField(default=0)
    error = models.TextField(default="", blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    objects = ScopedManager()

    class Meta:
        indexes = [models.Index(fields=["clinic", "-created_at"], name="batch_recent")]

    def __str__(self) -> str:
        return f"загрузка {self.pk}"


class BatchFile(models.Model):
    """A file of a load, kept under our own name."""

    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="files")
    #: Name as uploaded, shown to people only.
    name = models.CharField(max_length=255)
    #: Path inside the uploads folder.
    stored = models.CharField(max_length=120)
    size_bytes = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)

    objects = OfBatch()

    class Meta:
        indexes = [models.Index(fields=["sha256"], name="batchfile_hash")]

    def __str__(self) -> str:
        return f"файл {self.pk}"


class RowIssue(models.Model):
    """A row that was refused, or taken with a remark."""

    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="issues")
    file_index = models.PositiveSmallIntegerField(default=0)
    row = models.PositiveIntegerField()
    column = models.CharField(max_length=120, default="", blank=True)
    code = models.CharField(max_length=40)
    value = models.CharField(max_length=200, default="", blank=True)
    text = models.CharField(max_length=300)
    is_refusal = models.BooleanField(default=True)

    objects = OfBatch()

    class Meta:
        indexes = [models.Index(fields=["batch", "is_refusal", "code"], name="issue_batch")]

    def __str__(self) -> str:
        return f"{self.row}: {self.code}"


class Change(models.Model):
    """A row that a load updated, marked as vanished or removed, with its former values: what undo puts back."""

    class Kind(models.TextChoices):
        CREATED = "created", "создано"
        UPDATED = "updated", "изменено"
        VANISHED = "vanished", "исчезло"
        REMOVED = "removed", "убрано"

    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="changes")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    model = models.CharField(max_length=60)
    object_id = models.BigIntegerField()
    before = models.JSONField(default=dict, blank=True)
    #: What the load wrote: only where it still stands does undo put the former value back.
    after = models.JSONField(null=True, blank=True)

    objects = OfBatch()

    class Meta:
        indexes = [
            models.Index(fields=["batch", "model", "kind"], name="change_batch"),
            models.Index(fields=["model", "object_id"], name="change_of_row"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.model}:{self.object_id}"

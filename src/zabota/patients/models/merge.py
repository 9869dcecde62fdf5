"""Likely duplicates, merges and their undo; hashes that keep an erased person's refusals."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from zabota.clinic.models import Clinic
from zabota.kernel.ids import new_public_id
from zabota.kernel.scope import ScopedManager
from zabota.patients.models.person import Patient


class DuplicateCandidate(models.Model):
    """Two cards that may be one person, for somebody to decide."""

    class State(models.TextChoices):
        OPEN = "open", "ждёт решения"
        MERGED = "merged", "объединены"
        DIFFERENT = "different", "разные люди"

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    public_id = models.CharField(max_length=22, unique=True, default=new_public_id, editable=False)
    #: The card with the smaller id stands first, so a pair exists once.
    first = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="+")
    second = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="+")
    #: 0…100, see patients.rules.matching.
    score = models.PositiveSmallIntegerField()
    reasons = models.JSONField(default=list)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)

    objects = ScopedManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="pair_once"),
            models.CheckConstraint(name="pair_ordered", condition=models.Q(first__lt=models.F("second"))),
        ]
        indexes = [models.Index(fields=["clinic", "state", "-score"], name="duplicates_open")]

    def __str__(self) -> str:
        return f"{self.first_id} = {self.second_id}?"


class Merge(models.Model):
    """A merge of one card into another with everything needed to take it apart again."""

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    public_id = models.CharField(max_length=22, unique=True, default=new_public_id, editable=False)
    kept = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    absorbed = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    #: What was moved: {"app.Model": [ids]} and the former field values of the kept card.
    moved = models.JSONField(default=dict)
    merged_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    merged_at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)

    objects = ScopedManager()

    def __str__(self) -> str:
        return f"{self.absorbed_id} → {self.kept_id}"


class Suppression(models.Model):
    """A keyed hash of a contact whose owner was erased or opted out: a later load must not resurrect messages."""

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    contact_hash = models.CharField(max_length=64)
    reason = models.CharField(max_length=40)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["clinic", "contact_hash"], name="suppression_once")]

    def __str__(self) -> str:
        return self.reason

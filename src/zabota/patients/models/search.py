"""What the search looks through: one line of folded text per card in use."""

from __future__ import annotations

from django.db import models

from zabota.clinic.models import Clinic
from zabota.kernel.scope import ScopedManager
from zabota.patients.models.person import Patient


class SearchEntry(models.Model):
    """Folded name, card number, digits of phones and addresses of one card.

    On SQLite a trigram table (`patients_searchfts`) follows this one by triggers; on PostgreSQL a GIN index over the
    trigrams of `text` does. Django rebuilds a SQLite table when a column changes and loses its triggers: a migration
    that alters this table must create them again.
    """

    patient = models.OneToOneField(Patient, on_delete=models.CASCADE, primary_key=True, related_name="+")
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    branch_id = models.BigIntegerField(null=True)
    text = models.TextField()

    objects = ScopedManager()

    def __str__(self) -> str:
        return f"поиск {self.pk}"

"""How often strangers asked for something: counted where all workers see it."""

from __future__ import annotations

from django.db import models


class RequestTally(models.Model):
    """Requests of one kind from one address in one span of time. The key is a digest: no address is kept."""

    key = models.CharField(max_length=64, primary_key=True)
    count = models.PositiveIntegerField()
    #: The span is over: the row may go.
    ends_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["ends_at"], name="request_tally_age")]

    def __str__(self) -> str:
        return f"запросы: {self.count}"

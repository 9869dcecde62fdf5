"""Which life of the outbox this is: a copy that was restored must not send as if nothing had happened."""

from __future__ import annotations

from django.db import models


class OutboxEpoch(models.Model):
    """The one mark of this installation; its twin lies in the folder of data."""

    token = models.CharField(max_length=32)
    counter = models.PositiveBigIntegerField(default=0)
    #: Which database it was written in, as the server itself says; empty where it says nothing.
    home = models.CharField(max_length=120, default="", blank=True)
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.token} {self.counter}"

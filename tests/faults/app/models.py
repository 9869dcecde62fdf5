"""The mark that an effect leaves."""

from django.db import models


class Mark(models.Model):
    """One effect. No unique key: a second effect must be seen, not refused."""

    word = models.CharField(max_length=60)

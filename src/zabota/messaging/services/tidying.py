"""What need not be kept: texts after a year, raw events after a month, codes after a day, the journal after three years."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any

from django.db import models, transaction

from zabota.kernel.scope import every_clinic
from zabota.messaging.models import BotLink, Message, ProviderNumber, Receipt, Turn
from zabota.messaging.rules.words import OTP
from zabota.messaging.services.journal import forget_sent

BODIES = timedelta(days=365)
JOURNAL = timedelta(days=3 * 365)
EVENTS = timedelta(days=30)
CODES = timedelta(days=1)
PORTION = 1000
#: In place of a text: what it was can be proved, not read.
GONE = "sha256:"


def tidy_messages(*, now: datetime) -> dict[str, int]:
    """Remove what is older than its time. Returns how many rows of each kind."""
    with every_clinic(reason="tidying of messages"):
        codes = Message.objects.filter(message_class=OTP, created_at__lt=now - CODES)
        ended = Message.objects.exclude(state__in=("queued", "sending"))
        return {
            "codes": _hash_bodies(codes.exclude(state="sending")),
            "bodies": _hash_bodies(ended.filter(created_at__lt=now - BODIES)),
            "turns": _empty_turns(now),
            "events": _remove(Receipt.objects.filter(received_at__lt=now - EVENTS).exclude(state="waiting")),
            "invitations": _remove(
                BotLink.objects.filter(state=BotLink.State.INVITED, token_expires_at__lt=now - CODES)
            ),
            "numbers": _remove(ProviderNumber.objects.filter(message__claimed_at__lt=now - EVENTS)),
            "journal": _remove(ended.filter(created_at__lt=now - JOURNAL)),
            "days": forget_sent(today=now.date()),
        }


def _hash_bodies(rows: models.QuerySet[Message]) -> int:
    total = 0
    while True:
        with transaction.atomic():
            portion = list(rows.exclude(text="").exclude(text__startswith=GONE).order_by("pk")[:PORTION])
            for row in portion:
                row.text = GONE + hashlib.sha256(row.text.encode()).hexdigest()
                row.subject, row.context = "", {}
            Message.objects.bulk_update(portion, ["text", "subject", "context"], batch_size=200)
        total += len(portion)
        if not portion:
            return total


def _empty_turns(now: datetime) -> int:
    old = Turn.objects.filter(at__lt=now - BODIES).exclude(text="", attachments=[])
    total = 0
    while True:
        with transaction.atomic():
            ids = list(old.order_by("pk").values_list("pk", flat=True)[:PORTION])
            Turn.objects.filter(pk__in=ids).update(text="", attachments=[])
        total += len(ids)
        if not ids:
            return total


def _remove(rows: models.QuerySet[Any]) -> int:
    total = 0
    while True:
        with transaction.atomic():
            ids = list(rows.order_by("pk").values_list("pk", flat=True)[:PORTION])
            rows.model._default_manager.filter(pk__in=ids).delete()
        total += len(ids)
        if not ids:
            return total

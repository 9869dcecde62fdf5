"""Pictures of one turn of a conversation, from its provider into our keeping. Nothing here runs in a transaction."""

from __future__ import annotations

import asyncio
from datetime import datetime

import structlog

from zabota.integrations.fetching import FileLater, FileRefused, GivesPictures
from zabota.integrations.pictures import drop_picture, keep_picture
from zabota.kernel.errors import BadInput
from zabota.kernel.scope import every_clinic
from zabota.messaging.api import (
    TOO_MANY_PICTURES,
    Account,
    SecretLost,
    account_view,
    may_keep,
    note_picture,
    transports,
    unfetched,
)
from zabota.messaging.models import Turn

log = structlog.get_logger(__name__)

NO_PICTURE = "это не JPEG, PNG и не WebP"
SILENT = "канал её не отдал"


def gather(*, turn_id: int, is_last: bool, now: datetime) -> int:
    """Fetch what waits. Returns how many are to be asked for again; `is_last` gives those up."""
    with every_clinic(reason="pictures of one conversation"):
        turn = Turn.objects.select_related("conversation__account").filter(pk=turn_id).first()
        if turn is None:
            return 0
        account = turn.conversation.account
        transport = transports().get(account.provider)
        if not isinstance(transport, GivesPictures):
            return 0
        left = 0
        for place, reference in unfetched(turn):
            try:
                kept, why = _one(transport, reference, turn, account_view(account), now)
            except (FileLater, SecretLost):
                if not is_last:
                    left += 1
                    continue
                kept, why = "", SILENT
            if not note_picture(turn_id=turn_id, place=place, kept=kept, refused=why) and kept:
                drop_picture(kept, clinic_id=turn.clinic_id)
            if why:
                log.info("picture_refused", turn=turn_id, place=place, why=why)
        return left


def _one(transport: GivesPictures, reference: str, turn: Turn, view: Account, now: datetime) -> tuple[str, str]:
    """Its name with us, or why it is not kept. Raises FileLater."""
    if not may_keep(turn.conversation, now=now):
        return "", TOO_MANY_PICTURES
    try:
        body = asyncio.run(_fetched(transport, reference, view))
        return keep_picture(body, clinic_id=turn.clinic_id, at=turn.at), ""
    except FileRefused as refused:
        return "", refused.text
    except BadInput:
        return "", NO_PICTURE


async def _fetched(transport: GivesPictures, reference: str, view: Account) -> bytes:
    try:
        return await transport.picture(reference, view)
    finally:
        if release := getattr(transport, "release", None):
            await release()

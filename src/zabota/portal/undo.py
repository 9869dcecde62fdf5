"""«Нажали по ошибке?»: the patient's own cancellation or move is taken back within minutes, while the time is free."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from django.core import signing
from django.http import HttpRequest
from django.urls import reverse

from zabota.booking.api import Outdated, Slot, SlotTaken, is_still_free, slot_of_key
from zabota.booking.models import Appointment
from zabota.kernel.errors import BadInput
from zabota.portal.links import Visitor
from zabota.visits import api as visits

_SALT = "zabota.portal.undo"
TAKEN = "Это время уже занято или предложено другому человеку. Выберите другое или попросите перезвонить."


@dataclass(frozen=True, slots=True)
class Undo:
    """What may be taken back: until when, to which time (None: the time that was given up), and the proof of it.

    `gone`: it was, but somebody else has the time now.
    """

    until: datetime
    to: datetime | None = None
    proof: str = ""
    gone: bool = False


def after_move(visitor: Visitor, was: Appointment, revision: int, now: datetime) -> str:
    """The address of the page of a visit that was just moved: it carries the way back, signed, for some minutes."""
    address = reverse("portal:visit", args=[visitor.link.public_id])
    if was.doctor is None or was.branch is None:
        return address
    key = Slot(was.doctor, was.branch, was.starts_at, was.duration_minutes).key
    had_said = was.status == Appointment.Status.CONFIRMED
    proof = signing.dumps([visitor.link.pk, key, revision, int(now.timestamp()), had_said], salt=_SALT)
    return f"{address}?back={proof}"


def undo_of(request: HttpRequest, visitor: Visitor, row: Appointment, now: datetime) -> Undo | None:
    """What this page may offer to take back."""
    zone = ZoneInfo(visitor.place.zone)
    if visits.may_restore(row, now=now) and row.cancelled_at is not None:
        gone = not is_still_free(row, now=now)
        return Undo(until=(row.cancelled_at + visits.UNDO).astimezone(zone), gone=gone)
    proof = request.GET.get("back", "")
    key, revision, at, _ = _read(visitor, proof)
    if not key or revision != row.revision or row.status not in Appointment.BOOKED:
        return None
    slot = slot_of_key(key, clinic_id=row.clinic_id)
    if slot is None or slot.starts_at <= now or at is None:
        return None
    return Undo(until=(at + visits.UNDO).astimezone(zone), to=slot.starts_at.astimezone(zone), proof=proof)


def take_back(visitor: Visitor, proof: str, now: datetime) -> str:
    """Back as it was, or the sentence why not."""
    key, revision, _, had_said = _read(visitor, proof)
    try:
        if key:
            visits.move_back(link=visitor.link, slot_key=key, expected_revision=revision, had_said=had_said, now=now)
        elif proof:
            return "Вернуть уже нельзя: прошло слишком много времени. Выберите другое время или попросите перезвонить."
        else:
            visits.restore_visit(link=visitor.link, now=now)
    except SlotTaken:
        return TAKEN
    except BadInput as wrong:
        return wrong.text
    except Outdated:
        pass  # pressed twice: the page shows what holds
    return ""


def _read(visitor: Visitor, proof: str) -> tuple[str, int, datetime | None, bool]:
    """Key of the time before, revision after the move, when it was moved, whether «приду» had been said before it.

    Empty when it proves nothing.
    """
    try:
        link_id, key, revision, at, had_said = signing.loads(proof, salt=_SALT, max_age=visits.UNDO)
    except (signing.BadSignature, ValueError, TypeError):
        return "", -1, None, False
    if link_id != visitor.link.pk:
        return "", -1, None, False
    return str(key), int(revision), datetime.fromtimestamp(at, tz=UTC), bool(had_said)

"""Links without a password: made for a message, found by their secret, opened by the end of the phone where it is short."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from hmac import compare_digest

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.crypto import salted_hmac

from zabota.booking.models import Appointment, SlotOffer
from zabota.kernel import audit
from zabota.kernel.audit import Actor
from zabota.kernel.errors import BadInput, Trouble
from zabota.patients.models import Contact
from zabota.visits.models import ActionLink
from zabota.visits.rules import tokens

#: Whoever acts through a link.
PATIENT = Actor(kind="patient")
#: Dead links are forgotten after this; their short secrets may then be given to others.
_KEPT = dt.timedelta(days=30)


class LinkGone(Trouble):
    """The link is of the past: wrong, expired, or of a visit that has since changed."""

    code = "link_gone"
    text = "Эта ссылка уже не работает."


class TriesUsed(Trouble):
    """The end of the phone was guessed wrong too often: this link opens nothing more."""

    code = "tries_used"
    text = "Слишком много попыток. Позвоните в клинику, и мы всё сделаем вместе."


@dataclass(frozen=True, slots=True)
class Secrets:
    """The two ways into one page: for channels where length costs nothing, and for an SMS."""

    long: str
    short: str


@transaction.atomic
def make_links(
    *,
    purpose: str,
    clinic_id: int,
    patient_id: int,
    expires_at: dt.datetime,
    appointment: Appointment | None = None,
    offer: SlotOffer | None = None,
    leaders: tuple[ActionLink, ActionLink] | None = None,
    now: dt.datetime,
) -> tuple[Secrets, tuple[ActionLink, ActionLink]]:
    """A long and a short link to one page. The secrets are known to the caller alone: only digests are kept."""
    made: list[ActionLink] = []
    secrets: list[str] = []
    for place, length in enumerate((tokens.LONG, tokens.SHORT)):
        for _ in range(8):
            secret = tokens.new_token(length)
            try:
                with transaction.atomic():
                    row = ActionLink.objects.create(
                        clinic_id=clinic_id,
                        patient_id=patient_id,
                        appointment=appointment,
                        offer=offer,
                        purpose=purpose,
                        token_hash=digest(secret),
                        is_short=length == tokens.SHORT,
                        revision=appointment.revision if appointment else 0,
                        leader=leaders[place] if leaders else None,
                        created_at=now,
                        expires_at=expires_at,
                    )
            except IntegrityError:
                continue  # another living link has these six characters
            made.append(row)
            secrets.append(secret)
            break
    return Secrets(*secrets), (made[0], made[1])


def find_link(secret: str, *, now: dt.datetime) -> ActionLink:
    """The link of this secret. Raises LinkGone for a wrong one and for one whose time is over, with equal words."""
    link = link_of(secret)
    if link is None or link.expires_at <= now:
        raise LinkGone
    return link


def link_of(secret: str) -> ActionLink | None:
    """The link of this secret, dead or alive; dead ones are known for a month."""
    if not tokens.is_token(secret):
        return None
    return (
        ActionLink.objects.select_related("clinic", "patient", "appointment", "appointment__branch", "offer")
        .filter(token_hash__in=_digests(secret))
        .first()
    )


def digest(secret: str, key: str | bytes | None = None) -> str:
    """What is kept of a secret."""
    return salted_hmac("zabota.visits.link", secret, secret=key, algorithm="sha256").hexdigest()


def _digests(secret: str) -> list[str]:
    return [digest(secret, key) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]


def check_phone_end(*, link: ActionLink, typed: str, now: dt.datetime) -> bool:
    """Whether these are the last four digits of a phone of the patient. Raises TriesUsed after five wrong answers."""
    four = tokens.four_digits(typed)
    if not four:
        raise BadInput("Нужны четыре последние цифры вашего телефона.")
    with transaction.atomic():
        row = ActionLink.objects.select_for_update(of=("self",)).get(pk=link.pk)
        if row.wrong_tries >= tokens.TRIES:
            raise TriesUsed
        phones = Contact.objects.filter(patient_id=row.patient_id, kind=Contact.Kind.PHONE)
        # Every number is compared whole, so that the time says nothing.
        right = sum(compare_digest(value[-4:], four) for value in phones.values_list("value", flat=True))
        if right:
            return True
        ActionLink.objects.filter(pk=row.pk).update(wrong_tries=F("wrong_tries") + 1)
        audit.record("visits.link.wrong_digits", row, actor=PATIENT, now=now, patient_id=row.patient_id)
        return False


def forget_old_links(*, now: dt.datetime) -> int:
    """Remove links that died long ago."""
    return ActionLink.objects.filter(expires_at__lt=now - _KEPT).delete()[0]

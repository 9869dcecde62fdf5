"""The address of «отказаться от рекламы»: stands in every advertisement, never grows old, says whose it is."""

from __future__ import annotations

from hmac import compare_digest
from string import ascii_letters, digits

from django.conf import settings
from django.utils.crypto import salted_hmac

from zabota.patients.models import Patient

_SIGNS = digits + ascii_letters
#: Signs of the signature: sixty bits, short enough for an SMS.
_SIGNED = 10


def leave_words(patient_id: int) -> tuple[str, str]:
    """The address for letters and messengers, and its short form for SMS."""
    path = f"/p/u/{_written(patient_id)}{_signature(patient_id, settings.SECRET_KEY)}"
    return f"{settings.PUBLIC_URL}{path}", f"{settings.SHORT_URL.removeprefix('https://')}{path}"


def who_leaves(token: str) -> Patient | None:
    """Whose address this is; of a merged card the one that took it over. The caller has every clinic in scope."""
    number, signature = token[:-_SIGNED], token[-_SIGNED:]
    if not 0 < len(number) <= _SIGNED or set(token) - set(_SIGNS):
        return None
    patient_id = 0
    for sign in number:
        patient_id = patient_id * len(_SIGNS) + _SIGNS.index(sign)
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    if not any(compare_digest(signature, _signature(patient_id, key)) for key in keys):
        return None
    cards = Patient.objects.select_related("clinic", "branch")
    patient = cards.filter(pk=patient_id).first()
    while patient is not None and patient.merged_into_id is not None:
        patient = cards.filter(pk=patient.merged_into_id).first()
    return patient


def _signature(patient_id: int, key: str | bytes) -> str:
    hashed = salted_hmac("zabota.messaging.leave", str(patient_id), secret=key, algorithm="sha256").digest()
    return _written(int.from_bytes(hashed, "big"))[-_SIGNED:]


def _written(number: int) -> str:
    signs = ""
    while number:
        number, rest = divmod(number, len(_SIGNS))
        signs = _SIGNS[rest] + signs
    return signs

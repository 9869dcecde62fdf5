"""What a booking carries from page to page: signed, in the form itself, because frames on other sites have no cookies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core import signing

_SALT = "zabota.portal.booking"
#: A form left open longer begins anew.
LIFE_SECONDS = 3600


class StateLost(Exception):
    """The form was changed by somebody, is of another clinic or too old."""


def pack(clinic_id: int, values: Mapping[str, Any]) -> str:
    """Values as one text of the form. They are signed, not secret: the person's own words and the secret of their hold."""
    return signing.dumps({"c": clinic_id, **values}, salt=_SALT, compress=True)


def unpack(clinic_id: int, text: str) -> dict[str, Any]:
    """The values again. Raises StateLost."""
    try:
        values = signing.loads(text, salt=_SALT, max_age=LIFE_SECONDS)
    except signing.BadSignature:
        raise StateLost from None
    if not isinstance(values, dict) or values.pop("c", None) != clinic_id:
        raise StateLost
    return values

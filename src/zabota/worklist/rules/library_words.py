"""Which words of a script are ours: of every edition of the library, so that better words replace them and nobody's own."""

from __future__ import annotations

import hashlib
from typing import Final

#: Digests of the scripts of every edition, this one included. Whoever changes a script of the library adds its new digest;
#: the former one stays, and clinics that still have those words get the new ones.
OURS: Final = frozenset(
    {
        "475eafe494510bad",  # recall_due
        "cccc340a92ec38c4",  # no_next_step
        "21a06c274af2a9b3",  # not_started
        "6a196524820cfd59",  # plan_paused
        "015fc71dae1e2586",  # no_show
        "11b3175b3f4510be",  # no_show
        "47ef1904d53fd320",  # cancelled
        "3947f82a69e1a3e5",  # vanished
        "128179e553bcd053",  # referred
        "6b9df3f3b8cbdf9b",  # referred
        "433d9e6b9a8ce725",  # sleeping
        "4f9443e32d43086f",  # sleeping
        "8477be4eef1a6a9c",  # lost
        "d1304bd82f451ee9",  # lost
        "82edae167dfe3547",  # new_without_visit
        "481428aa4efad576",  # new_without_visit
        "45f5965376a7d22a",  # call_back
        "eda8a5dd4ec84b08",  # call_back
        "380af6afdc98cbc5",  # manual
        "cc3e2f4b490e2c84",  # refusal_review
        "7982392c0e2bb8a2",  # find_contact
    }
)


def digest_of(reason: str, title: str, text: str, advice: str) -> str:
    """The digest of a script's words."""
    return hashlib.sha256("\n\n".join((reason, title, text, advice)).encode()).hexdigest()[:16]

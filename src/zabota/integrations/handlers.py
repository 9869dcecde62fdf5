"""Reactions to facts of messages: pictures that came with words are fetched by a job."""

from __future__ import annotations

from zabota.integrations.jobs import fetch_pictures
from zabota.kernel.facts import handles
from zabota.messaging.facts import PersonWrote


@handles(PersonWrote)
def fetch_what_came(told: PersonWrote) -> None:
    """The call of the provider was answered long ago; whether there is anything to fetch the job looks itself."""
    if told.has_attachments:
        fetch_pictures.enqueue(told.turn_id)

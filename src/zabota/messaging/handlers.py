"""What follows for messages from what happened below: consents given and taken back, cards that became one."""

from __future__ import annotations

from zabota.kernel import clock
from zabota.kernel.facts import handles
from zabota.messaging.models import AddressBlock
from zabota.messaging.services.refusals import unblock
from zabota.patients.api import contacts_of
from zabota.patients.facts import ConsentGranted
from zabota.patients.models import ConsentPurpose


@handles(ConsentGranted)
def open_addresses(fact: ConsentGranted) -> None:
    """Whoever signed for advertising after a «стоп» has changed their mind: the newest word counts."""
    if fact.purpose != ConsentPurpose.ADVERTISING:
        return
    now = clock.now()
    for contact in contacts_of([fact.patient_id])[fact.patient_id]:
        unblock(fact.clinic_id, contact.value, scope=AddressBlock.Scope.MARKETING, now=now)

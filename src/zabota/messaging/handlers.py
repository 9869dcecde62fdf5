"""What follows for messages from what happened below: consents given and taken back, cards that became one."""

from __future__ import annotations

from zabota.kernel import clock
from zabota.kernel.facts import handles
from zabota.messaging.models import AddressBlock, BotLink
from zabota.messaging.services.journal import note_wish
from zabota.messaging.services.refusals import unblock
from zabota.patients.api import consent_states, contacts_of
from zabota.patients.facts import ConsentGranted, ConsentRefused, ConsentWithdrawn, DecisionTakenBack
from zabota.patients.models import Consent, ConsentPurpose


@handles(ConsentGranted, ConsentRefused, ConsentWithdrawn, DecisionTakenBack)
def keep_decision(fact: ConsentGranted | ConsentRefused | ConsentWithdrawn | DecisionTakenBack) -> None:
    """A decision must outlive a restore of the database: noted outside of it; a second note says the same."""
    row = Consent.objects.select_related("patient__clinic").filter(pk=fact.consent_id).first()
    if row is None:
        return
    note_wish(
        at=row.decided_at.isoformat(),
        clinic=row.patient.clinic.public_id,
        patient=row.patient.public_id,
        purpose=row.purpose,
        channel=row.channel,
        state="" if row.undone_at else row.state,
    )


@handles(ConsentGranted)
def open_addresses(fact: ConsentGranted) -> None:
    """Whoever signed for advertising after a «стоп» has changed their mind: the newest word counts."""
    if fact.purpose != ConsentPurpose.ADVERTISING:
        return
    states = consent_states([fact.patient_id], clinic_id=fact.clinic_id)[fact.patient_id]
    if not states[ConsentPurpose.ADVERTISING.value, fact.channel].allowed:
        return  # a «стоп» came before this was told
    now = clock.now()
    addresses = [contact.value for contact in contacts_of([fact.patient_id])[fact.patient_id]]
    # «Стоп» that was said in a bot shut its address too.
    bots = BotLink.objects.filter(clinic_id=fact.clinic_id, patient_id=fact.patient_id).exclude(external_id="")
    addresses += bots.values_list("external_id", flat=True).distinct()
    for address in addresses:
        unblock(fact.clinic_id, address, scope=AddressBlock.Scope.MARKETING, now=now)

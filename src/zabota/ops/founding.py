"""What every new clinic has on its first day: scripts, papers, texts of messages and their rules."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from zabota.clinic.models import Clinic
from zabota.kernel.audit import Actor
from zabota.messaging import api as messaging
from zabota.patients import api as patients
from zabota.worklist import api as worklist


@transaction.atomic
def found_clinic(name: str, *, actor: Actor, now: datetime) -> Clinic:
    """Make a clinic that can work at once."""
    clinic = Clinic.objects.create(name=name)
    furnish_clinic(clinic, actor=actor, now=now)
    return clinic


def furnish_clinic(clinic: Clinic, *, actor: Actor, now: datetime, papers_since: datetime | None = None) -> None:
    """Give a clinic what it lacks of the first day's things; safe to repeat."""
    patients.ensure_consent_texts(clinic=clinic, actor=actor, now=papers_since or now)
    worklist.ensure_scripts(clinic=clinic, now=now, actor=actor)
    messaging.ensure_rules(clinic_id=clinic.pk)
    messaging.ensure_templates(clinic=clinic, now=now, actor=actor)

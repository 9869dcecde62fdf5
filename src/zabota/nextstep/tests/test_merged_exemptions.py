"""Two cards with reasons to leave the rule become one and are taken apart again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest

from zabota.clinic.models import Clinic
from zabota.kernel.audit import Actor
from zabota.nextstep import api
from zabota.nextstep.models import Exemption
from zabota.patients.api import merge_cards, undo_merge
from zabota.patients.models import Patient

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_clinic")]


def test_a_reason_given_after_a_merge_outlives_its_undo(
    smile: Clinic, new_patient: Callable[..., Patient], actor: Actor, now: dt.datetime
) -> None:
    kept, twin = new_patient(smile, "Громова Анна"), new_patient(smile, "Громова Анна")
    api.exempt_patient(patient=kept, reason="refused", actor=actor, now=now)
    api.exempt_patient(patient=twin, reason="moved", actor=actor, now=now)
    merge = merge_cards(kept=kept, absorbed=twin, actor=actor, now=now)
    api.end_exemption(exemption=Exemption.objects.get(patient=kept, ended_at=None), actor=actor, now=now)
    api.exempt_patient(patient=kept, reason="finished", actor=actor, now=now)

    undo_merge(merge=merge, actor=actor, now=now)

    assert Exemption.objects.get(patient=kept, ended_at=None).reason == "finished"
    assert not Exemption.objects.filter(patient=twin, ended_at=None).exists()


def test_each_card_has_its_own_reason_again_when_nothing_was_decided_meanwhile(
    smile: Clinic, new_patient: Callable[..., Patient], actor: Actor, now: dt.datetime
) -> None:
    kept, twin = new_patient(smile, "Громова Анна"), new_patient(smile, "Громова Анна")
    api.exempt_patient(patient=kept, reason="refused", actor=actor, now=now)
    api.exempt_patient(patient=twin, reason="moved", actor=actor, now=now)

    undo_merge(merge=merge_cards(kept=kept, absorbed=twin, actor=actor, now=now), actor=actor, now=now)

    assert Exemption.objects.get(patient=kept, ended_at=None).reason == "refused"
    assert Exemption.objects.get(patient=twin, ended_at=None).reason == "moved"

"""The audit trail: rows are added in the transaction of the write and never changed."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import transaction

from zabota.clinic.models import Branch, Member
from zabota.kernel import audit
from zabota.kernel.audit import Actor
from zabota.kernel.models import AuditEntry
from zabota.patients.models import Contact, Patient


def test_a_row_says_who_did_what_to_whom(
    mila: Patient, vera: Member, actor: Actor, now: dt.datetime, in_clinic: object
) -> None:
    audit.record(
        "patients.contact.added", Contact.objects.get(patient=mila), actor=actor, now=now, details={"kind": "phone"}
    )

    entry = AuditEntry.objects.get()
    assert (entry.actor_id, entry.action, entry.object_type) == (
        vera.user_id,
        "patients.contact.added",
        "patients.Contact",
    )
    assert (entry.clinic_id, entry.patient_id, entry.details) == (mila.clinic_id, mila.pk, {"kind": "phone"})


def test_the_card_itself_is_found_by_its_patient(mila: Patient, actor: Actor, now: dt.datetime) -> None:
    audit.record("patients.card.viewed", mila, actor=actor, now=now)

    assert AuditEntry.objects.get().patient_id == mila.pk


def test_an_undone_write_leaves_no_row(centre: Branch, actor: Actor, now: dt.datetime) -> None:
    with pytest.raises(KeyError), transaction.atomic():
        audit.record("clinic.branch.changed", centre, actor=actor, now=now)
        raise KeyError

    assert not AuditEntry.objects.exists()


def test_rows_are_neither_changed_nor_removed(centre: Branch, actor: Actor, now: dt.datetime) -> None:
    audit.record("clinic.branch.changed", centre, actor=actor, now=now)

    with pytest.raises(TypeError):
        AuditEntry.objects.update(action="другое")
    with pytest.raises(TypeError):
        AuditEntry.objects.all().delete()


def test_an_actor_is_a_person_or_has_a_kind() -> None:
    with pytest.raises(ValueError, match="actor"):
        Actor()

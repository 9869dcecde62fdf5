"""A merge across all apps: what hangs on a card moves with it and comes back, and types follow."""

from __future__ import annotations

import datetime as dt

import pytest
from django.apps import apps

from zabota.booking.models import Appointment, Payment
from zabota.care.models import Plan
from zabota.kernel import clock, facts
from zabota.nextstep import api as nextstep
from zabota.nextstep.models import Exemption, PatientState, Recall
from zabota.patients import api as patients
from zabota.worklist.models import Task


@pytest.fixture
def twin(smile, centre, new_patient):
    return new_patient(smile, "Кузнецова Мила", phone="+79998887766", branch=centre)


@pytest.fixture
def lived(in_clinic, mila, twin, visit, plan, actor):
    """Both cards have a past: visits, payments, a plan, tasks, recalls; the twin asked not to be called."""
    visit(mila, days_ago=400)
    visit(twin, days_ago=300)
    visit(twin, days_ago=500)
    now = clock.now()
    nextstep.sweep_patients(patient_ids=[mila.pk, twin.pk], now=now)
    nextstep.exempt_patient(patient=twin, reason="refused", actor=actor, now=now)
    until = now.date() + dt.timedelta(days=30)
    nextstep.exempt_patient(patient=mila, reason="refused", until_on=until, actor=actor, now=now)
    facts.deliver_all()
    return mila, twin


def rows():
    """Every row that a merge may move, by table: whose it is."""
    found = {}
    for (label, field), holder in patients.known_holders().items():
        if not holder.stays:
            model = apps.get_model(label)
            found[label, field] = sorted(model._default_manager.values_list("pk", f"{field}_id"))
    found["exemptions"] = sorted(Exemption.objects.values_list("pk", "patient_id", "reason", "until_on", "ended_at"))
    return found


def test_past_of_both_cards_becomes_one_and_two_again(lived, actor):
    mila, twin = lived
    before = rows()
    merge = patients.merge_cards(kept=mila, absorbed=twin, actor=actor, now=clock.now())
    assert Appointment.objects.filter(patient=mila).count() == 3
    assert Payment.objects.filter(patient=mila).count() == 3
    assert Plan.objects.filter(patient=mila).count() == 1
    assert not Task.objects.filter(patient=twin).exists()
    assert Exemption.objects.filter(patient=mila, ended_at=None).count() == 1
    patients.undo_merge(merge=merge, actor=actor, now=clock.now())
    assert rows() == before


def test_types_and_recalls_follow_the_merge_and_its_undo(lived, actor):
    mila, twin = lived
    merge = patients.merge_cards(kept=mila, absorbed=twin, actor=actor, now=clock.now())
    facts.deliver_all()
    state = PatientState.objects.get(patient=mila)
    assert state.visits == 3
    assert not PatientState.objects.filter(patient=twin).exists()
    assert Recall.objects.filter(patient=mila).count() == 1
    patients.undo_merge(merge=merge, actor=actor, now=clock.now())
    facts.deliver_all()
    assert PatientState.objects.get(patient=mila).visits == 1
    assert PatientState.objects.get(patient=twin).visits == 2


def test_task_answered_by_the_other_card_is_closed_by_the_merge_and_the_undo_leaves_nobody_without_a_step(
    in_clinic, mila, twin, visit, actor, as_vera
):
    """The twin is booked, Mila waits for a call: one person, booked."""
    visit(mila, days_ago=400)
    visit(twin, days_ago=300)
    now = clock.now()
    Appointment.objects.create(
        clinic=in_clinic, patient=twin, starts_at=now + dt.timedelta(days=3), day=now.date() + dt.timedelta(days=3)
    )
    nextstep.sweep_patients(patient_ids=[mila.pk, twin.pk], now=now)
    task = Task.objects.open().get(patient=mila)
    merge = patients.merge_cards(kept=mila, absorbed=twin, actor=actor, now=clock.now())
    facts.deliver_all()
    task.refresh_from_db()
    assert (task.outcome, task.outcome_reason, task.appointment) == ("not_needed", "merged", None)
    card = as_vera.get(f"/patients/{mila.public_id}/").content.decode()
    assert "Задача закрыта: карты объединены" in card
    patients.undo_merge(merge=merge, actor=actor, now=clock.now())
    facts.deliver_all()
    assert Task.objects.open().filter(patient=mila).exists()
    assert nextstep.coverage_of(clinic_id=in_clinic.pk, now=clock.now()).without == 0

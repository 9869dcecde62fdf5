"""What the sweep promises whatever the history: nobody without a next step, nothing twice, no need to look at everybody."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection

from zabota.booking.models import Appointment
from zabota.kernel import audit
from zabota.kernel.models import AuditEntry
from zabota.kernel.scope import every_clinic
from zabota.nextstep.models import Exemption, PatientState, Recall, Referral, TypeChange, ViolationDay
from zabota.nextstep.queries.coverage import coverage_of, uncovered_ids
from zabota.nextstep.services.sweep import sweep_clinic, sweep_patients
from zabota.nextstep.tests.random_clinic import RandomClinic, make_clinic, make_patient, make_plan
from zabota.patients import api as patients
from zabota.patients.models import Contact, Merge, Patient
from zabota.worklist.models import Task, TaskEvent

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 20, 9, 30, tzinfo=dt.UTC)
S = Appointment.Status


@pytest.fixture(autouse=True)
def _all_clinics():
    with every_clinic(reason="test"):
        yield


def live(world: RandomClinic) -> None:
    """A day in the life: visits, cancellations, merges and their undo, refusals, plans, closed tasks; notes who was touched."""
    dice = world.dice
    world.touched = []
    for _ in range(dice.randint(2, 6)):
        patient = dice.choice(world.patients)
        world.touched.append(patient.pk)
        _EVENTS[dice.choice(sorted(_EVENTS))](world, patient)


def _book(world: RandomClinic, patient: Patient) -> None:
    world.appointment(patient, world.dice.randint(1, 20), S.PLANNED)


def _settle(world: RandomClinic, patient: Patient) -> None:
    row = Appointment.objects.filter(patient=patient, status__in=Appointment.BOOKED).order_by("starts_at").first()
    if row is not None:
        status = world.dice.choice([S.COMPLETED, S.COMPLETED, S.NO_SHOW, S.CANCELLED_PATIENT, S.MOVED])
        if status == S.COMPLETED and row.starts_at > world.now:
            status = S.CANCELLED_CLINIC
        Appointment.objects.filter(pk=row.pk).update(status=status)


def _walk_in(world: RandomClinic, patient: Patient) -> None:
    world.appointment(patient, 0, S.COMPLETED, hour=10)


def _vanish(world: RandomClinic, patient: Patient) -> None:
    Appointment.objects.filter(patient=patient, status=S.PLANNED).update(vanished_at=world.now)


def _void(world: RandomClinic, patient: Patient) -> None:
    row = Appointment.objects.filter(patient=patient, status=S.COMPLETED).order_by("-starts_at").first()
    if row is not None:
        Appointment.objects.filter(pk=row.pk).update(status=S.CANCELLED_CLINIC)


def _exempt(world: RandomClinic, patient: Patient) -> None:
    if not Exemption.objects.filter(patient=patient, ended_at=None).exists():
        reason = world.dice.choice(["refused", "refused", "moved", "died", "finished"])
        until = world.today + dt.timedelta(days=world.dice.randint(1, 12)) if reason == "refused" else None
        Exemption.objects.create(
            patient=patient, clinic=world.clinic, reason=reason, started_at=world.now, until_on=until
        )


def _return(world: RandomClinic, patient: Patient) -> None:
    Exemption.objects.filter(patient=patient, ended_at=None).update(ended_at=world.now)


def _close(world: RandomClinic, patient: Patient) -> None:
    assert world.member is not None
    Task.objects.open().filter(patient=patient).update(
        state="closed", outcome="resolved", closed_at=world.now, closed_by_id=world.member.user_id, version=1
    )


def _attempt(world: RandomClinic, patient: Patient) -> None:
    Task.objects.open().filter(patient=patient).update(version=1, attempts=1)


def _refer(world: RandomClinic, patient: Patient) -> None:
    Referral.objects.create(
        patient=patient, clinic=world.clinic, referred_on=world.today, recorded_at=world.now, is_acute=False
    )


def _plan(world: RandomClinic, patient: Patient) -> None:
    make_plan(world, patient)


def _arrive(world: RandomClinic, _: Patient) -> None:
    world.touched.append(make_patient(world).pk)


def _contact(world: RandomClinic, patient: Patient) -> None:
    Contact.objects.filter(patient=patient).update(reach=world.dice.choice(["wrong", "reached"]))


def _recall(world: RandomClinic, patient: Patient) -> None:
    row = Recall.objects.filter(patient=patient).order_by("group_id").first()
    if row is not None:
        ahead = max(row.previous_on, world.today) + dt.timedelta(days=world.dice.randint(1, 40))
        change = world.dice.choice([{"overridden_on": ahead}, {"snoozed_until": ahead}, {"is_disabled": True}])
        Recall.objects.filter(pk=row.pk).update(**change)


_EVENTS = {
    "arrive": _arrive, "attempt": _attempt, "book": _book, "close": _close, "contact": _contact, "exempt": _exempt,
    "plan": _plan, "recall": _recall, "refer": _refer, "return": _return, "settle": _settle, "vanish": _vanish,
    "void": _void, "walk_in": _walk_in,
}  # fmt: skip


def _merge_and_undo(world: RandomClinic) -> None:
    cards = [card for card in world.patients if Patient.objects.cards().filter(pk=card.pk).exists()]
    kept, absorbed = world.dice.sample(cards, 2)
    patients.merge_cards(kept=kept, absorbed=absorbed, actor=audit.SYSTEM, now=world.now)
    merge = Merge.objects.filter(undone_at=None, clinic=world.clinic).order_by("-pk").first()
    if world.dice.random() < 0.4 and merge is not None:
        patients.undo_merge(merge=merge, actor=audit.SYSTEM, now=world.now)


def _view(clinic_id: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT patient_id FROM nextstep_uncovered WHERE clinic_id = %s", [clinic_id])
        return [row[0] for row in cursor.fetchall()]


@pytest.mark.parametrize("seed", range(5))
def test_nobody_is_without_a_next_step_after_any_history(seed: int) -> None:
    world = make_clinic(100 + seed, now=NOW, patients=25)
    for _ in range(12):
        live(world)
        if world.dice.random() < 0.5:
            _merge_and_undo(world)
        world.now += dt.timedelta(hours=19)
        result = sweep_clinic(clinic_id=world.clinic.pk, now=world.now)
        assert result.left_after == 0
        assert uncovered_ids(clinic_id=world.clinic.pk, now=world.now) == []


def test_view_is_empty_after_the_sweep_and_shows_whom_a_cancellation_left() -> None:
    now = dt.datetime.now(dt.UTC)
    world = make_clinic(7, now=now)
    assert _view(world.clinic.pk)
    sweep_clinic(clinic_id=world.clinic.pk, now=now)
    assert _view(world.clinic.pk) == []
    booked = Appointment.objects.upcoming(now).exclude(patient__tasks__state="open")
    row = booked.exclude(patient__exemptions__ended_at=None, patient__exemptions__isnull=False).first()
    assert row is not None
    Appointment.objects.filter(patient_id=row.patient_id).exclude(status=S.COMPLETED).update(status=S.CANCELLED_PATIENT)
    assert _view(world.clinic.pk) == [row.patient_id]


@pytest.mark.parametrize("seed", range(4))
def test_a_second_sweep_changes_nothing(seed: int) -> None:
    world = make_clinic(200 + seed, now=NOW)
    sweep_clinic(clinic_id=world.clinic.pk, now=NOW)
    before = _everything(world)
    for later in (0, 3600, 5 * 3600):
        result = sweep_clinic(clinic_id=world.clinic.pk, now=NOW + dt.timedelta(seconds=later))
        assert (result.types_changed, result.recalls_written, result.found) == (0, 0, 0)
        assert (result.tasks_created, result.tasks_closed, result.tasks_raised) == (0, 0, 0)
    assert _everything(world) == before


def _everything(world: RandomClinic) -> list[object]:
    tables = (PatientState, Recall, TypeChange, Task, TaskEvent, Exemption)
    return [sorted(model.objects.filter(clinic=world.clinic).values_list(), key=str) for model in tables]


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.one_database)])
def test_looking_at_those_who_are_due_or_touched_equals_looking_at_all_for_sixty_days(seed: int) -> None:
    full = make_clinic(300 + seed, now=NOW, patients=30)
    quick = make_clinic(300 + seed, now=NOW, patients=30)
    for world in (full, quick):
        sweep_clinic(clinic_id=world.clinic.pk, now=world.now)
    looked_at = 0
    for _ in range(60):
        for world in (full, quick):
            world.now += dt.timedelta(hours=6)
            live(world)
            world.now += dt.timedelta(hours=18)
        sweep_clinic(clinic_id=full.clinic.pk, now=full.now)
        sweep_patients(patient_ids=quick.touched, now=quick.now)
        looked_at += sweep_clinic(clinic_id=quick.clinic.pk, now=quick.now, due_only=True).patients
        left, right = _rows(quick), _rows(full)
        for name in left:
            assert left[name] == right[name], f"{name} on {full.today}"
    assert looked_at < 60 * 30 / 3


def _rows(world: RandomClinic) -> dict[str, object]:
    """States, recalls, changes and tasks with the numbers of patients in their clinic instead of their ids."""
    place = {patient.pk: number for number, patient in enumerate(world.patients)}
    groups = sorted(world.clinic.service_groups.values_list("pk", flat=True))
    states = {
        place[row.patient_id]: (
            row.type, row.rule, row.since_on, row.last_visit_on, row.visits, row.next_booking_at,
            groups.index(row.group_id) if row.group_id else None, row.expected_interval_days, row.sleeping_on,
            row.next_transition_on, row.value_kopecks,
        )
        for row in PatientState.objects.filter(clinic=world.clinic)
    }  # fmt: skip
    recalls = {
        (place[row.patient_id], groups.index(row.group_id)): (
            row.previous_on, row.calculated_on, row.overridden_on, row.snoozed_until, row.booked_id is None,
        )
        for row in Recall.objects.filter(clinic=world.clinic)
    }  # fmt: skip
    changes = sorted(
        (place[row.patient_id], row.on, row.before, row.after) for row in TypeChange.objects.filter(clinic=world.clinic)
    )
    tasks = sorted(
        (
            place[row.patient_id], row.state, row.reason, row.summary, row.due_at, str(row.hidden_until),
            row.stake_kopecks, row.outcome, row.outcome_reason, str(row.closed_at),
        )
        for row in Task.objects.filter(clinic=world.clinic)
    )  # fmt: skip
    by_patient = {number: [row for row in tasks if row[0] == number] for number in range(len(world.patients))}
    return {"states": states, "recalls": recalls, "changes": changes, "tasks": by_patient}


def test_the_sweep_leaves_one_row_in_the_trail_and_the_figures_of_the_day() -> None:
    world = make_clinic(5, now=NOW)
    result = sweep_clinic(clinic_id=world.clinic.pk, now=NOW)
    row = AuditEntry.objects.get(action="nextstep.sweep")
    assert row.details["tasks_created"] == result.tasks_created > 0
    day = ViolationDay.objects.get(clinic=world.clinic, on=world.today)
    counts = coverage_of(clinic_id=world.clinic.pk, now=NOW)
    assert (day.under_rule, day.booked, day.with_task) == (counts.under_rule, counts.booked, counts.with_task)
    assert (day.found, day.tasks_created, day.left_after) == (result.found, result.tasks_created, 0)
    assert counts.under_rule == counts.booked + counts.with_task
    assert counts.share == 1
    sweep_clinic(clinic_id=world.clinic.pk, now=NOW + dt.timedelta(hours=1))
    day.refresh_from_db()
    assert day.found == result.found


def test_a_day_that_begins_with_a_few_patients_carries_the_counts_of_the_last_full_sweep() -> None:
    world = make_clinic(5, now=NOW)
    sweep_clinic(clinic_id=world.clinic.pk, now=NOW)
    before = ViolationDay.objects.get(clinic=world.clinic, on=world.today)
    morning = NOW + dt.timedelta(days=1)
    Task.objects.filter(patient=world.patients[0]).delete()
    Appointment.objects.filter(patient=world.patients[0], starts_at__gt=morning).delete()
    result = sweep_patients(patient_ids=[world.patients[0].pk], now=morning)
    day = ViolationDay.objects.get(clinic=world.clinic, on=world.today + dt.timedelta(days=1))
    assert result.found == day.found == 1
    assert (day.under_rule, day.booked, day.with_task, day.swept_at) == (
        before.under_rule, before.booked, before.with_task, before.swept_at,
    )  # fmt: skip
    night = morning + dt.timedelta(hours=3)
    sweep_clinic(clinic_id=world.clinic.pk, now=night)
    day.refresh_from_db()
    counts = coverage_of(clinic_id=world.clinic.pk, now=night)
    assert (day.under_rule, day.with_task, day.swept_at) == (counts.under_rule, counts.with_task, night)


def test_a_sweep_of_one_clinic_leaves_another_alone() -> None:
    mine, other = make_clinic(1, now=NOW), make_clinic(2, now=NOW)
    sweep_clinic(clinic_id=mine.clinic.pk, now=NOW)
    assert not PatientState.objects.filter(clinic=other.clinic).exists()
    assert not Task.objects.filter(clinic=other.clinic, dedupe_key__startswith="sweep:").exists()


def test_patients_of_several_clinics_are_swept_each_by_the_thresholds_of_theirs() -> None:
    mine, other = make_clinic(1, now=NOW), make_clinic(2, now=NOW)
    ids = [patient.pk for patient in (*mine.patients[:5], *other.patients[:5])]
    result = sweep_patients(patient_ids=ids, now=NOW)
    assert result.patients == 10
    assert set(PatientState.objects.values_list("patient_id", flat=True)) == set(ids)


def test_after_midnight_a_card_nobody_looked_at_is_found_though_another_without_use_still_has_a_type() -> None:
    world = make_clinic(5, now=NOW)
    sweep_clinic(clinic_id=world.clinic.pk, now=NOW)
    gone, new = world.patients[0], world.patients[1]
    Patient.objects.filter(pk=gone.pk).update(erased_at=NOW)
    PatientState.objects.filter(patient=new).delete()
    sweep_clinic(clinic_id=world.clinic.pk, now=NOW, due_only=True)
    assert PatientState.objects.filter(patient=gone).exists()
    assert PatientState.objects.filter(patient=new).exists()


def test_reading_whole_tables_and_reading_patient_by_patient_give_the_same_rows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def rows() -> list[list[dict[str, object]]]:
        found = (
            PatientState.objects.order_by("patient_id"),
            Recall.objects.order_by("id"),
            Task.objects.order_by("id"),
        )
        return [list(each.values()) for each in found]

    world = make_clinic(3, now=NOW)
    sweep_patients(patient_ids=[patient.pk for patient in world.patients], now=NOW)
    before = rows()
    # Its cards are all there are: now the tables are read whole.
    sweep_clinic(clinic_id=world.clinic.pk, now=NOW)
    assert rows() == before

"""The snapshot of patients: rows equal what the tables say, and building it from yesterday's equals building it anew."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import numpy as np
import polars as pl
import pytest
from django.db import transaction
from django_tasks_db.models import DBTaskResult
from polars.testing import assert_frame_equal

from zabota.analytics import jobs, snapshots
from zabota.analytics.queries import snapshot_files as files
from zabota.analytics.queries.kept_lines import path_of
from zabota.analytics.queries.visit_lines import read_lines
from zabota.analytics.rules.columns import as_date
from zabota.analytics.services.snapshot import FULL, INCREMENTAL
from zabota.booking.models import Appointment, Payment
from zabota.clinic.models import Service
from zabota.intake.facts import ImportLoaded
from zabota.kernel import audit, clock
from zabota.kernel.facts import deliver_all, publish
from zabota.kernel.scope import every_clinic
from zabota.nextstep.models import Exemption, PatientState
from zabota.nextstep.services.sweep import sweep_clinic, sweep_patients
from zabota.nextstep.tests.random_clinic import RandomClinic, make_clinic, make_patient, make_plan
from zabota.patients import api as patients
from zabota.patients.facts import PatientChanged
from zabota.patients.models import Merge, Patient
from zabota.worklist.models import Task

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 20, 1, 0, tzinfo=dt.UTC)
S = Appointment.Status


@pytest.fixture(autouse=True)
def _all_clinics(settings, tmp_path) -> Iterator[None]:
    settings.DATA_DIR = tmp_path
    with every_clinic(reason="test"):
        yield


def frame_of(world: RandomClinic, *, full: bool = True, way: str | None = None) -> pl.DataFrame:
    built = snapshots.build_snapshot(clinic_id=world.clinic.pk, now=world.now, full=full)
    assert way is None or built.way == way
    return pl.read_parquet(built.path)


def test_rows_tell_what_the_tables_hold() -> None:
    world = make_clinic(1, now=NOW, patients=60)
    sweep_clinic(clinic_id=world.clinic.pk, now=NOW)
    rows = {row["patient_id"]: row for row in frame_of(world, way=FULL).iter_rows(named=True)}
    assert list(rows) == sorted(patient.pk for patient in world.patients)
    for patient in world.patients:
        row = rows[patient.pk]
        visits = list(
            Appointment.objects.filter(patient=patient, status=S.COMPLETED, vanished_at=None).order_by("day", "pk")
        )
        days = sorted({visit.day for visit in visits})
        assert (row["days"] or []) == days
        assert (row["visits"], row["rows"]) == (len(days), len(visits))
        assert row["revenue_kopecks"] == sum(visit.total_kopecks for visit in visits)
        assert row["first_on"] == (days[0] if days else None)
        assert row["second_on"] == (days[1] if len(days) > 1 else None)
        assert row["last_on"] == (days[-1] if days else None)
        if days:
            first = days[0].year * 12 + days[0].month
            after = {day.year * 12 + day.month - first for day in days}
            assert {bit for bit in range(64) if row["months"] >> bit & 1} == after
            before = {11 + 2026 * 12 - day.year * 12 - day.month for day in days}
            assert {bit for bit in range(64) if row["recent_months"] >> bit & 1} == before
            assert row["index_doctor_id"] == visits[0].doctor_id
            line = visits[0].lines.order_by("-price_kopecks", "-pk").first()
            assert row["index_service_id"] == (line.service_id if line else None)
            assert row["index_group_id"] == (line.service.group_id if line else None)
            assert row["index_price_kopecks"] == (line.price_kopecks if line else visits[0].total_kopecks)
            assert row["last_branch_id"] == visits[-1].branch_id
        booked = Appointment.objects.upcoming(NOW).filter(patient=patient).order_by("starts_at", "pk").first()
        assert row["next_booking_at"] == (booked.starts_at if booked else None)
        assert row["next_booking_on"] == (booked.day if booked else None)
        task = Task.objects.open().filter(patient=patient).order_by("due_at", "pk").first()
        assert row["task_reason"] == (task.reason if task else None)
        state = PatientState.objects.get(patient=patient)
        assert (row["type"], row["rule"], row["type_since"]) == (state.type, state.rule, state.since_on)
        assert (row["sleeping_on"], row["next_transition_on"]) == (state.sleeping_on, state.next_transition_on)
        assert (row["value_kopecks"], row["group_id"]) == (state.value_kopecks, state.group_id)
        left = Exemption.objects.filter(patient=patient, ended_at=None).first()
        assert row["left_reason"] == (left.reason if left else None)
        assert row["branch_id"] == patient.branch_id


def test_days_of_becoming_late_asleep_and_lost_stand_in_their_order_and_the_sweep_agrees() -> None:
    world = make_clinic(3, now=NOW, patients=60)
    sweep_clinic(clinic_id=world.clinic.pk, now=NOW)
    frame = frame_of(world).filter(pl.col("sleeping_on").is_not_null())
    assert frame.height > 10
    assert frame.select((pl.col("sleeping_on") < pl.col("lost_on")).all()).item()
    assert (
        frame.filter(pl.col("late_on").is_not_null()).select((pl.col("late_on") < pl.col("sleeping_on")).all()).item()
    )
    row = frame.filter((pl.col("type") == "active") & (pl.col("lost_on") > NOW.date())).row(0, named=True)
    patient_id, lost_on = row["patient_id"], row["lost_on"]
    for day, expected in ((lost_on - dt.timedelta(days=1), "sleeping"), (lost_on, "lost")):
        now = dt.datetime.combine(day, dt.time(1), dt.UTC)
        sweep_patients(patient_ids=[patient_id], now=now)
        assert PatientState.objects.get(patient_id=patient_id).type == expected


def _live(world: RandomClinic) -> set[int]:
    """What a day brings, written behind the back of the snapshot; gives whom the facts of the day would name."""
    dice = world.dice
    touched = set()
    for _ in range(dice.randint(0, 3)):
        patient = dice.choice(world.patients)
        touched.add(patient.pk)
        roll = dice.randrange(9)
        if roll == 0:
            world.appointment(patient, 0, S.COMPLETED, hour=10)
        elif roll == 1:
            world.appointment(patient, dice.randint(1, 20), S.PLANNED)
        elif roll == 2:
            row = Appointment.objects.filter(patient=patient, status=S.COMPLETED).order_by("-day").first()
            if row is not None:
                Appointment.objects.filter(pk=row.pk).update(status=S.CANCELLED_CLINIC)
        elif roll == 3:
            touched.add(make_patient(world).pk)
        elif roll == 4:
            make_plan(world, patient)
        elif roll == 5 and not _is_tied(patient):
            Exemption.objects.create(patient=patient, clinic=world.clinic, reason="moved", started_at=world.now)
        elif roll == 6:
            Appointment.objects.filter(patient=patient, status=S.PLANNED).update(status=S.COMPLETED, day=world.today)
        elif roll == 7:
            _merge_or_undo(world)
        else:
            Service.objects.filter(pk=dice.choice(world.services).pk).update(group=dice.choice([None, *world.groups]))
    return touched


def _merge_or_undo(world: RandomClinic) -> None:
    merge = Merge.objects.filter(undone_at=None, clinic=world.clinic).order_by("-pk").first()
    if merge is not None and world.dice.random() < 0.5:
        patients.undo_merge(merge=merge, actor=audit.SYSTEM, now=world.now)
        return
    cards = [card for card in Patient.objects.cards().filter(clinic=world.clinic).order_by("pk") if not _is_tied(card)]
    if len(cards) < 2:
        return
    kept, absorbed = world.dice.sample(cards, 2)
    patients.merge_cards(kept=kept, absorbed=absorbed, actor=audit.SYSTEM, now=world.now)


def _is_tied(card: Patient) -> bool:
    """Left the rule or is part of a merge: what both together mean is not asked here."""
    return (
        Exemption.objects.filter(patient=card).exists()
        or Merge.objects.filter(kept=card).exists()
        or Merge.objects.filter(absorbed=card).exists()
    )


@pytest.mark.parametrize("days", [40, pytest.param(400, marks=(pytest.mark.slow, pytest.mark.one_database))])
def test_building_from_yesterday_equals_building_anew_day_by_day(days: int) -> None:
    world = make_clinic(7, now=NOW, patients=12)
    world.groups = list(world.clinic.service_groups.order_by("pk"))  # type: ignore[attr-defined]
    sweep_clinic(clinic_id=world.clinic.pk, now=world.now)
    frame_of(world, way=FULL)
    read = 0
    for _ in range(days):
        world.now += dt.timedelta(hours=10)
        touched = _live(world)
        with transaction.atomic():
            publish(
                *(PatientChanged(clinic_id=world.clinic.pk, patient_id=pk, fields=()) for pk in touched), now=world.now
            )
        world.now += dt.timedelta(hours=14)
        sweep_clinic(clinic_id=world.clinic.pk, now=world.now, due_only=True)
        built = snapshots.build_snapshot(clinic_id=world.clinic.pk, now=world.now)
        assert built.way == INCREMENTAL
        read += built.read
        quick, visits = pl.read_parquet(built.path), path_of(world.clinic.pk)
        files_of_quick = {path: path.read_bytes() for path in (built.path, visits)}
        assert_frame_equal(pl.read_parquet(visits), read_lines(world.clinic.pk))
        assert_frame_equal(quick, frame_of(world))
        # The next day builds on the quick ones.
        for path, content in files_of_quick.items():
            path.write_bytes(content)
    assert read < days * 6


def test_a_load_makes_the_next_build_read_everything() -> None:
    world = make_clinic(5, now=NOW, patients=5)
    frame_of(world, way=FULL)
    world.now += dt.timedelta(days=1)
    with transaction.atomic():
        publish(ImportLoaded(clinic_id=world.clinic.pk, batch_id=1), now=world.now)
    frame_of(world, full=False, way=FULL)


def test_a_snapshot_left_for_long_is_no_ground_to_build_on() -> None:
    world = make_clinic(5, now=NOW, patients=5)
    frame_of(world)
    world.now += dt.timedelta(days=9)
    frame_of(world, full=False, way=FULL)


def test_merged_and_erased_cards_have_no_row_and_visits_follow_the_card_that_was_kept() -> None:
    world = make_clinic(5, now=NOW, patients=5)
    kept, absorbed, erased = world.patients[:3]
    for patient in (kept, absorbed):
        Appointment.objects.filter(patient=patient).delete()
    world.appointment(kept, -30, S.COMPLETED)
    world.appointment(absorbed, -400, S.COMPLETED)
    patients.merge_cards(kept=kept, absorbed=absorbed, actor=audit.SYSTEM, now=NOW)
    Patient.objects.filter(pk=erased.pk).update(erased_at=NOW)
    # What a load may still add to the card that was merged away.
    row = world.appointment(kept, -200, S.COMPLETED)
    Appointment.objects.filter(pk=row.pk).update(patient=absorbed)
    frame = frame_of(world)
    assert set(frame["patient_id"]) == {patient.pk for patient in world.patients} - {absorbed.pk, erased.pk}
    assert frame.filter(pl.col("patient_id") == kept.pk)["visits"].item() == 3


def test_visits_that_vanished_from_a_later_export_do_not_count() -> None:
    world = make_clinic(5, now=NOW, patients=1)
    Appointment.objects.all().delete()
    world.appointment(world.patients[0], -30, S.COMPLETED)
    world.appointment(world.patients[0], -20, S.COMPLETED, vanished_at=NOW)
    assert frame_of(world)["visits"].to_list() == [1]


def test_what_was_paid_counts_where_no_price_was_entered() -> None:
    world = make_clinic(5, now=NOW, patients=1)
    Payment.objects.all().delete()
    Appointment.objects.all().delete()
    row = world.appointment(world.patients[0], -30, S.COMPLETED)
    Appointment.objects.filter(pk=row.pk).update(total_kopecks=0)
    for amount in (70_000, 20_000, -10_000):
        Payment.objects.create(
            clinic=world.clinic, patient=world.patients[0], appointment=row, paid_on=row.day, amount_kopecks=amount
        )
    assert frame_of(world)["revenue_kopecks"].to_list() == [90_000]


def test_the_last_snapshot_of_each_month_is_kept_and_the_days_of_a_week() -> None:
    world = make_clinic(5, now=NOW - dt.timedelta(days=70), patients=2)
    for _ in range(70):
        world.now += dt.timedelta(days=1)
        snapshots.build_snapshot(clinic_id=world.clinic.pk, now=world.now)
    clinic = world.clinic.pk
    today = NOW.date()
    assert snapshots.snapshot_days(clinic) == [
        dt.date(2026, 9, 30), dt.date(2026, 10, 31), *(today - dt.timedelta(days=back) for back in range(7, -1, -1)),
    ]  # fmt: skip
    assert snapshots.month_ends(clinic) == [dt.date(2026, 9, 30), dt.date(2026, 10, 31), today]
    assert snapshots.latest_snapshot(clinic, on=dt.date(2026, 11, 5)) == files.path_of(clinic, dt.date(2026, 10, 31))
    assert snapshots.latest_snapshot(clinic) == files.path_of(clinic, today)
    assert snapshots.latest_snapshot(clinic, on=dt.date(2026, 1, 1)) is None
    assert snapshots.open_snapshot(clinic, dt.date(2026, 9, 30)) is not None
    assert files.path_of(clinic, today).parent.stat().st_mode & 0o77 == 0


def test_who_reads_the_old_snapshot_goes_on_reading_it_while_a_new_one_takes_its_place() -> None:
    world = make_clinic(5, now=NOW, patients=3)
    frame_of(world)
    reader = snapshots.open_latest(world.clinic.pk)
    assert reader is not None
    before = reader.numbers("visits").tolist()
    world.appointment(world.patients[0], -3, S.COMPLETED)
    make_patient(world)
    frame_of(world)
    assert len(reader.numbers("last_on")) == len(before) == 3
    again = snapshots.open_latest(world.clinic.pk)
    assert again is not None
    assert len(again) == 4
    assert again.numbers("visits")[0] == before[0] + 1
    names = {each.name for each in files.folder_of(world.clinic.pk).iterdir()}
    assert names == {files.path_of(world.clinic.pk, world.today).name, path_of(world.clinic.pk).name}


def test_a_clinic_without_visits_or_patients_has_a_snapshot_without_them() -> None:
    world = make_clinic(5, now=NOW, patients=0)
    assert frame_of(world).is_empty()
    make_patient(world)
    Appointment.objects.all().delete()
    frame_of(world)
    found = snapshots.open_latest(world.clinic.pk)
    assert found is not None and len(found) == 1
    assert found.numbers("visits").tolist() == [0]
    assert found.days[0].tolist() == []
    assert snapshots.cohort_matrix(found).sizes.tolist() == []
    assert not found.came_between(dt.date(2020, 1, 1), NOW.date()).any()


def test_cohorts_and_returns_of_the_snapshot_are_those_counted_by_hand() -> None:
    world = make_clinic(11, now=NOW, patients=80)
    frame_of(world)
    snapshot = snapshots.open_latest(world.clinic.pk)
    assert snapshot is not None
    days: dict[int, list[dt.date]] = {}
    for patient, day in Appointment.objects.filter(status=S.COMPLETED).values_list("patient_id", "day"):
        days.setdefault(patient, []).append(day)
    cells: dict[tuple[int, int], set[int]] = {}
    for patient, seen in days.items():
        first = min(seen).year * 12 + min(seen).month
        for day in seen:
            offset = day.year * 12 + day.month - first
            if offset < 64:
                cells.setdefault((first, offset), set()).add(patient)
    matrix = snapshots.cohort_matrix(snapshot)
    found = {
        (1970 * 12 + 1 + int(matrix.months[row]), offset): int(matrix.cells[row, offset])
        for row, offset in zip(*np.nonzero(matrix.cells), strict=True)
    }
    assert found == {key: len(value) for key, value in cells.items()}
    assert matrix.cells[:, 0].tolist() == matrix.sizes.tolist()
    flat, begins = snapshot.days
    raw = snapshots.matrix_of_visits(np.repeat(snapshot.patient, np.diff(begins)), flat)
    assert np.array_equal(raw.cells, matrix.cells) and np.array_equal(raw.months, matrix.months)
    branch = snapshot.numbers("index_branch_id")
    whole = snapshots.return_within(snapshot, 180, by=np.zeros(len(snapshot), np.int64))
    parts = snapshots.return_within(snapshot, 180, by=branch)
    ripe = {pk for pk, seen in days.items() if min(seen) <= world.today - dt.timedelta(days=180)}
    came = {pk for pk in ripe if any(0 < (day - min(days[pk])).days <= 180 for day in days[pk])}
    assert (whole.ripe.sum(), whole.came.sum()) == (parts.ripe.sum(), parts.came.sum()) == (len(ripe), len(came))
    low, high = world.today - dt.timedelta(days=200), world.today - dt.timedelta(days=20)
    between = {pk for pk, seen in days.items() if any(low <= day <= high for day in seen)}
    assert set(snapshot.patient[snapshot.came_between(low, high)].tolist()) == between
    assert as_date(int(snapshot.numbers("last_on").max())) == max(max(seen) for seen in days.values())
    assert snapshot.day_kopecks.sum() == snapshot.numbers("revenue_kopecks").sum()


def test_oleg_of_another_clinic_is_in_no_row() -> None:
    mine, other = make_clinic(1, now=NOW, patients=4), make_clinic(2, now=NOW, patients=4)
    frame = frame_of(mine)
    assert not set(frame["patient_id"]) & {patient.pk for patient in other.patients}


def test_each_clinic_gets_its_snapshot_at_night_and_again_after_a_load() -> None:
    worlds = [make_clinic(seed, now=NOW, patients=3) for seed in (1, 2)]
    assert jobs.snapshot_nightly.call() == 2
    asked = DBTaskResult.objects.filter(task_path=jobs.snapshot.module_path)
    assert {job.args_kwargs["args"][0] for job in asked} == {world.clinic.pk for world in worlds}
    with transaction.atomic():
        publish(ImportLoaded(clinic_id=worlds[0].clinic.pk, batch_id=1), now=clock.now())
    deliver_all()
    assert asked.filter(args_kwargs__args=[worlds[0].clinic.pk]).exists()
    done = jobs.snapshot.call(worlds[0].clinic.pk)
    assert (done["patients"], done["way"]) == (3, FULL)
    assert snapshots.open_latest(worlds[0].clinic.pk) is not None
    assert jobs.snapshot.call(0) == {"patients": 0}


def test_month_ends_forget_a_patient_who_was_erased_and_nobody_else() -> None:
    world = make_clinic(5, now=NOW, patients=12)
    earlier = NOW - dt.timedelta(days=40)
    frame_of(world)
    today = snapshots.build_snapshot(clinic_id=world.clinic.pk, now=NOW)
    old = snapshots.build_snapshot(clinic_id=world.clinic.pk, now=earlier, full=True)
    gone, merged = (patient for patient in world.patients[:2])
    assert {gone.pk, merged.pk} <= set(pl.read_parquet(old.path)["patient_id"].to_list())
    later = NOW + dt.timedelta(days=1)
    Patient.objects.filter(pk=gone.pk).update(erased_at=NOW + dt.timedelta(hours=3))
    Patient.objects.filter(pk=merged.pk).update(merged_into=gone)
    before = pl.read_parquet(old.path).height
    snapshots.build_snapshot(clinic_id=world.clinic.pk, now=later)
    for path in (old.path, today.path):
        kept = pl.read_parquet(path)
        assert not {gone.pk, merged.pk} & set(kept["patient_id"].to_list())
    assert pl.read_parquet(old.path).height == before - 2
    written = old.path.stat().st_mtime_ns
    assert snapshots.forget_erased(clinic_id=world.clinic.pk, now=later) == 0
    assert old.path.stat().st_mtime_ns == written

"""Visits kept beside the snapshot: what they tell at any moment is what the database tells."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator

import polars as pl
import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from polars.testing import assert_frame_equal

from zabota.analytics.queries.kept_lines import keep_lines, lines_now, path_of
from zabota.analytics.queries.visit_lines import read_lines
from zabota.analytics.queries.visits import clinic_visits
from zabota.analytics.snapshots import build_snapshot
from zabota.booking import api as booking
from zabota.booking.models import Appointment
from zabota.clinic.models import Branch, Clinic, Doctor, Service
from zabota.intake.facts import ImportLoaded
from zabota.kernel.audit import Actor
from zabota.kernel.facts import publish
from zabota.kernel.models import Fact
from zabota.kernel.scope import every_clinic
from zabota.nextstep.tests.random_clinic import RandomClinic, make_clinic, make_patient
from zabota.patients import api as patients
from zabota.patients.facts import PatientChanged
from zabota.patients.models import Patient

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 20, 7, 0, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path) -> Iterator[None]:
    settings.DATA_DIR = tmp_path
    with every_clinic(reason="test"):
        yield


@pytest.fixture
def book(smile: Clinic, centre: Branch, doctor_sokolova: Doctor, actor: Actor) -> Callable[..., Appointment]:
    """A booking of a patient by the desk."""
    service = Service.objects.create(clinic=smile, name="Чистка", name_key="чистка", price_kopecks=490_000)

    def made(patient: Patient, *, hours: int, now: dt.datetime) -> Appointment:
        return booking.book_next_visit(
            patient=patient, doctor=doctor_sokolova, branch=centre, starts_at=now + dt.timedelta(hours=hours),
            services=[service], actor=actor, now=now,
        )  # fmt: skip

    return made


def test_whatever_is_done_with_a_visit_the_kept_file_and_the_facts_since_tell_it(
    smile: Clinic, mila: Patient, pyotr: Patient, actor: Actor, book: Callable[..., Appointment]
) -> None:
    now = NOW - dt.timedelta(days=1)
    others = [book(pyotr, hours=24 * days, now=now) for days in range(1, 20)]
    visit = book(mila, hours=30, now=now)
    keep_lines(smile.pk, now=now)
    when = iter(NOW + dt.timedelta(minutes=5 * step) for step in range(20))

    def told() -> pl.DataFrame:
        lines = lines_now(smile.pk, now=NOW + dt.timedelta(hours=2))
        assert_frame_equal(lines, read_lines(smile.pk))
        return lines.filter(pl.col("patient") == mila.pk)

    assert told()["status"].to_list() == ["planned"]
    half_an_hour = NOW + dt.timedelta(minutes=30)
    booking.move_appointment(
        appointment=visit, starts_at=half_an_hour, expected_revision=visit.revision, actor=actor, now=next(when)
    )
    assert told()["starts"].to_list() == [int(half_an_hour.timestamp())]
    booking.mark_confirmed(appointment=visit, actor=actor, now=next(when))
    assert told()["status"].to_list() == ["confirmed"]
    booking.mark_arrived(appointment=visit, actor=actor, now=next(when))
    booking.mark_begun(appointment=visit, actor=actor, now=NOW + dt.timedelta(minutes=40))
    assert told()["corridor_seconds"].to_list() == [600]
    booking.mark_ended(appointment=visit, actor=actor, now=NOW + dt.timedelta(minutes=50))
    assert told()["status"].to_list() == ["completed"]
    booking.undo_mark(appointment=visit, actor=actor, now=NOW + dt.timedelta(minutes=51))
    told()
    second = book(mila, hours=50, now=NOW + dt.timedelta(minutes=52))
    assert told().height == 2
    booking.cancel(appointment=second, by_patient=True, actor=actor, now=NOW + dt.timedelta(minutes=53))
    booking.restore(appointment=second, actor=actor, now=NOW + dt.timedelta(minutes=54))
    booking.mark_no_show(appointment=others[0], actor=actor, now=NOW + dt.timedelta(minutes=55))
    told()
    merge = patients.merge_cards(kept=mila, absorbed=pyotr, actor=actor, now=NOW + dt.timedelta(minutes=56))
    assert told().height == read_lines(smile.pk).filter(pl.col("patient") == mila.pk).height
    patients.undo_merge(merge=merge, actor=actor, now=NOW + dt.timedelta(minutes=57))
    told()


def test_of_patients_nobody_touched_no_visit_is_read_from_the_database(
    smile: Clinic, mila: Patient, pyotr: Patient, book: Callable[..., Appointment]
) -> None:
    now = NOW - dt.timedelta(days=1)
    for days in range(1, 20):
        book(pyotr, hours=24 * days, now=now)
    keep_lines(smile.pk, now=NOW)
    book(mila, hours=5, now=NOW + dt.timedelta(minutes=1))
    with CaptureQueriesContext(connection) as asked:
        lines = lines_now(smile.pk, now=NOW + dt.timedelta(hours=1))
    assert lines.height == 20
    read = [each["sql"] for each in asked if "booking_appointment" in each["sql"]]
    assert len(read) == 1 and f"IN ({mila.pk})" in read[0]


def test_a_load_an_old_file_another_base_and_a_restored_copy_are_read_anew() -> None:
    world = make_clinic(5, now=NOW, patients=5)
    clinic_id = world.clinic.pk
    anew = read_lines(clinic_id)
    assert anew.height

    def spoil() -> None:
        """A file that tells nothing: whoever reads it is wrong."""
        path = keep_lines(clinic_id, now=NOW)
        said = {name: str(value) for name, value in pl.read_parquet_metadata(path).items() if name != "ARROW:schema"}
        anew.clear().write_parquet(path, metadata=said)

    later = NOW + dt.timedelta(days=1)
    with transaction.atomic():
        publish(ImportLoaded(clinic_id=clinic_id, batch_id=1), now=NOW - dt.timedelta(days=3))
    spoil()
    assert lines_now(clinic_id, now=later).height == 0, "the file is read"
    assert_frame_equal(lines_now(clinic_id, now=NOW + dt.timedelta(days=9)), anew)
    assert_frame_equal(lines_now(clinic_id, now=NOW - dt.timedelta(hours=1)), anew)
    with transaction.atomic():
        publish(ImportLoaded(clinic_id=clinic_id, batch_id=2), now=later)
    assert_frame_equal(lines_now(clinic_id, now=later), anew)
    Fact.objects.filter(happened_at=later).delete()
    assert lines_now(clinic_id, now=later).height == 0
    Fact.objects.all().delete()
    assert_frame_equal(lines_now(clinic_id, now=later), anew)
    spoil()
    Clinic.objects.filter(pk=clinic_id).update(public_id="another")
    assert_frame_equal(lines_now(clinic_id, now=later), anew)


def test_reports_of_the_kept_lines_are_those_of_the_database() -> None:
    world = make_clinic(9, now=NOW, patients=40)
    build_snapshot(clinic_id=world.clinic.pk, now=world.now)
    assert path_of(world.clinic.pk).is_file()
    _live_on(world)
    later = world.now + dt.timedelta(hours=1)
    branch = list(Branch.objects.filter(clinic=world.clinic).values_list("pk", flat=True))[:1]
    for branches in (None, branch):
        kept = clinic_visits(world.clinic.pk, now=later, branches=branches, with_groups=True)
        anew = clinic_visits(world.clinic.pk, branches=branches, with_groups=True)
        assert anew.frame.height
        assert_frame_equal(kept.frame, anew.frame)
        assert kept.cards == anew.cards


def _live_on(world: RandomClinic) -> None:
    """Another day: a new patient comes, every service is called otherwise."""
    world.appointment(make_patient(world), 0, Appointment.Status.COMPLETED, hour=10)
    Service.objects.filter(clinic=world.clinic).update(name="Иначе")
    newest = Patient.objects.filter(clinic=world.clinic).latest("pk")
    with transaction.atomic():
        publish(PatientChanged(clinic_id=world.clinic.pk, patient_id=newest.pk, fields=()), now=world.now)

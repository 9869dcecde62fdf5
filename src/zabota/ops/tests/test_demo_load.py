"""The demo clinic in the database: whole, true to what was generated, and only where there is no other clinic."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from django.conf import settings
from django.db import connection

from zabota.analytics import reports
from zabota.analytics.queries.visits import visits_frame
from zabota.analytics.reports import audit_of
from zabota.analytics.rules.columns import read_visits
from zabota.booking.models import Appointment, AppointmentService, Payment
from zabota.care.models import Plan, PlanStage
from zabota.clinic.models import Branch, Clinic, Doctor, GoalPath, Member, Service, User
from zabota.intake.api import read_export
from zabota.kernel.phones import normalise_phone
from zabota.kernel.scope import every_clinic
from zabota.nextstep.models import Exemption, Referral
from zabota.ops.demo.cards import CERTAIN, MAIN
from zabota.ops.demo.export import export
from zabota.ops.demo.generate import generate
from zabota.ops.demo.load import demo_logins, demo_password, load, make_demo_clinic
from zabota.ops.demo.money import REFUND
from zabota.ops.demo.schedule import STATUSES
from zabota.ops.demo.spec import ClinicSpec
from zabota.ops.demo_command import run
from zabota.patients.api import search_ids
from zabota.patients.models import Consent, Contact, DuplicateCandidate, Household, Patient
from zabota.worklist.models import Script, Task, TaskEvent

AS_OF = dt.date(2026, 11, 20)  # a Friday
NIGHT = dt.datetime(2026, 11, 20, 20, 30, tzinfo=dt.UTC)  # 23:30 in Moscow
NOON = dt.datetime(2026, 11, 20, 9, 0, tzinfo=dt.UTC)
SPEC = ClinicSpec(as_of=AS_OF, patients=500)

pytestmark = pytest.mark.django_db


@pytest.fixture
def everywhere() -> object:
    with every_clinic(reason="the test looks at all rows"):
        yield


@pytest.mark.usefixtures("everywhere")
def test_the_database_holds_what_was_generated() -> None:
    made = generate(SPEC)
    load(made, now=NIGHT)

    assert (Clinic.objects.get().name, Clinic.objects.get().is_demo) == ("Улыбка и здоровье", True)
    assert (Branch.objects.count(), Doctor.objects.count(), Service.objects.count()) == (2, 8, 30)
    # Second cards with the same name and birth date are one patient, as a load from a file finds.
    certain = made.cards["kind"].is_in(CERTAIN)
    assert certain.any() and Patient.objects.count() == len(made.cards) - certain.sum()
    assert Appointment.objects.count() == AppointmentService.objects.count() == len(made.visits)
    statuses = Counter(made.visits["status"].to_list())
    assert Appointment.objects.filter(status="completed").count() == statuses[STATUSES.index("completed")]
    assert Appointment.objects.filter(status__in=Appointment.BOOKED).count() == statuses[STATUSES.index("booked")]
    assert Plan.objects.count() == len(made.plans)
    assert PlanStage.objects.count() == len(made.stages)
    signed = made.payments.select(
        pl.when(pl.col("kind") == REFUND).then(-pl.col("kopecks")).otherwise("kopecks").alias("signed")
    )
    assert sum(Payment.objects.values_list("amount_kopecks", flat=True)) == signed["signed"].sum()
    assert Exemption.objects.exists()
    assert Referral.objects.exists()
    assert Household.objects.exists()
    goal, report = GoalPath.objects.get(), audit_of(Clinic.objects.get(), now=NIGHT)
    assert goal.target > goal.baseline
    # The path begins where the page shows the clinic.
    assert (goal.baseline, goal.baseline_on) == (pytest.approx(report.retention.now.value, abs=1e-4), report.as_of)
    # Patients are told a number to call, and no number of Moscow begins with a nought.
    assert all((normalise_phone(each.phone) or "").startswith("+74950") for each in Branch.objects.all())
    connection.check_constraints()


@pytest.mark.usefixtures("everywhere")
def test_the_file_and_the_database_tell_the_same_waiting_and_revenue(tmp_path: Path) -> None:
    made = generate(SPEC)
    load(made, now=NIGHT)
    export(made, tmp_path / "visits.csv", dirt=0)
    of_file = read_visits(read_export([tmp_path / "visits.csv"], today=AS_OF).visits)
    of_database = read_visits(visits_frame(Clinic.objects.get().pk))
    assert np.bincount(of_file.wait).tolist() == np.bincount(of_database.wait).tolist()
    assert len(of_file.wait) > 1000
    assert of_file.revenue.sum() == of_database.revenue.sum()


@pytest.mark.usefixtures("everywhere")
def test_a_visit_stands_at_its_hour_in_its_branch() -> None:
    made = generate(SPEC)
    load(made, now=NIGHT)
    row = made.visits.row(7, named=True)
    appointment = Appointment.objects.order_by("id")[7]
    local = appointment.starts_at.astimezone(dt.timezone(dt.timedelta(hours=3)))
    assert appointment.day == local.date() == made.on(row["day"])
    assert local.hour * 60 + local.minute == row["start_minutes"]
    assert appointment.doctor.name.split()[0] in {
        "Соколова",
        "Рябов",
        "Гордеев",
        "Лаптева",
        "Назарова",
        "Ермакова",
        "Кравцова",
        "Мельник",
    }
    assert appointment.booked_at < appointment.starts_at
    person = made.people.row(row["person"], named=True)
    assert appointment.patient.born_on == person["birth_on"]


@pytest.mark.usefixtures("everywhere")
def test_what_the_day_still_holds_is_booked_and_not_yet_done() -> None:
    load(generate(SPEC), now=NOON)
    later = Appointment.objects.filter(day=AS_OF, starts_at__gt=NOON)
    assert not later.filter(status__in=["completed", "no_show"]).exists()
    assert not Appointment.objects.filter(status="completed", starts_at__gt=NOON).exists()
    assert not Appointment.objects.filter(status__in=Appointment.BOOKED, starts_at__lte=NOON).exists()
    assert not Appointment.objects.filter(booked_at__gt=NOON).exists()
    assert not Payment.objects.exclude(appointment__status="completed").exists()


@pytest.mark.usefixtures("everywhere")
def test_consents_are_proven_or_say_that_they_are_not() -> None:
    load(generate(SPEC), now=NIGHT)
    granted = Consent.objects.filter(state="granted")
    assert granted.count() > 500
    assert not granted.filter(text_snapshot="").exists()
    assert Consent.objects.filter(purpose="advertising", state="unproven", signature="imported").exists()
    assert Consent.objects.filter(purpose="advertising", state="withdrawn").exists()
    assert not Consent.objects.filter(decided_at__gt=NIGHT).exists()


@pytest.mark.usefixtures("everywhere")
def test_families_and_second_cards_are_found() -> None:
    made = generate(SPEC)
    load(made, now=NIGHT)
    assert Contact.objects.filter(comment="мама").exists()
    assert Household.objects.filter(members__isnull=False).distinct().count() > 10
    doubtful = made.cards.filter(~pl.col("kind").is_in([MAIN, *CERTAIN]))["card_no"].to_list()
    pairs = DuplicateCandidate.objects.values_list("first__card_no", "second__card_no")
    shown = {number for pair in pairs for number in pair}
    assert len(doubtful) >= 5 and shown >= set(doubtful)
    anyone = Patient.objects.first()
    assert anyone.pk in search_ids(f"{anyone.surname} {anyone.name}", clinic_id=anyone.clinic_id)


@pytest.mark.usefixtures("everywhere")
def test_each_role_can_enter_with_the_password_of_this_installation() -> None:
    load(generate(ClinicSpec(as_of=AS_OF, patients=20)), now=NIGHT)
    roles = Counter(Member.objects.values_list("role", flat=True))
    assert roles == {"owner": 1, "administrator": 2, "doctor": 1, "marketer": 1, "quality_controller": 1}
    logins = demo_logins()
    assert len(logins) == 6
    assert all(User.objects.get(email=login).check_password(password) for _, login, password in logins)
    vera = User.objects.get(email="vera@zabota.test")
    vera.set_password("другой пароль")
    vera.save()
    assert ("Администратор, Лисицына В. А.", "vera@zabota.test", "пароль изменён") in demo_logins()
    assert demo_password() != settings.SECRET_KEY


@pytest.mark.usefixtures("everywhere")
def test_the_desk_has_worked_its_last_days() -> None:
    load(generate(SPEC), now=NOON)
    attempts = TaskEvent.objects.filter(kind="attempt")
    assert attempts.count() > 40
    assert {member.user.email for member in Member.objects.filter(pk__in=attempts.values("member"))} == {
        "vera@zabota.test",
        "polina@zabota.test",
    }
    assert set(attempts.values_list("outcome", flat=True)) >= {"booked", "no_answer", "thinks", "refused"}
    assert attempts.filter(seconds__lt=10).exists(), "somebody works formally, so that control has what to show"
    assert not attempts.filter(at__gt=NOON).exists()
    assert not Task.objects.filter(outcome="booked", appointment=None, evidence="").exists()
    assert Script.objects.exists()


def test_the_command_fills_an_empty_database_only(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--patients", "15", "--as-of", "2026-11-20"]) == 0
    assert "anton@zabota.test" in capsys.readouterr().out
    assert (settings.DATA_DIR / "demo.truth.json").is_file()
    assert run(["--patients", "15"]) == 2
    assert "--fresh" in capsys.readouterr().err
    Clinic.objects.create(name="Настоящая клиника")
    assert run(["--patients", "15", "--fresh"]) == 2
    assert "уже есть клиника" in capsys.readouterr().err
    assert Clinic.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_demo_clinic_can_be_made_anew() -> None:
    make_demo_clinic(spec=ClinicSpec(as_of=AS_OF, patients=15), now=NIGHT)
    assert run(["--patients", "25", "--as-of", "2026-11-20", "--fresh"]) == 0
    with every_clinic(reason="the test counts"):
        assert Clinic.objects.count() == 1
        assert Patient.objects.count() >= 25
        # Whoever opens it finds no empty page.
        assert reports.latest(Clinic.objects.get(), reports.PULSE) is not None

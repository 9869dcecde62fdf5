"""The demo clinic opens with a calendar that has hours, visits, waiting figures and people who wait."""

from __future__ import annotations

import datetime as dt

import pytest

from zabota.booking import api
from zabota.booking.models import Appointment, ResourceCell
from zabota.clinic.models import Branch
from zabota.kernel.scope import clinic_scope
from zabota.ops.demo.generate import generate
from zabota.ops.demo.load import load
from zabota.ops.demo.spec import ClinicSpec
from zabota.patients.models import Consent
from zabota.visits import api as visits

NOW = dt.datetime(2026, 11, 20, 9, 0, tzinfo=dt.UTC)


@pytest.fixture
def demo(db, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    return load(generate(ClinicSpec(as_of=NOW.date(), patients=300, months=6)), now=NOW)


def test_demo_clinic_has_a_calendar_a_waitlist_and_waiting_figures(demo):
    with clinic_scope(demo.pk):
        centre = Branch.objects.get(clinic=demo, name="Центр")
        (grid,) = api.day_grid(clinic=demo, branch=centre, first=dt.date(2026, 11, 24), now=NOW)
        assert len(grid.columns) >= 3
        assert all(column.work_minutes for column in grid.columns)
        ahead = Appointment.objects.upcoming(NOW).filter(clinic=demo)
        assert ResourceCell.objects.values("appointment").distinct().count() >= ahead.count() > 5
        assert not ahead.filter(in_conflict=True).exists()
        assert api.displaced(clinic=demo, now=NOW) == []
        figures = api.waiting_figures(clinic=demo, now=NOW)
        assert figures.by_hour
        assert all(each.history for each in figures.to_next_free)
        assert api.open_entries(demo.pk)
        assert api.find_slots(clinic_id=demo.pk, now=NOW, days=7)
        assert api.settle(clinic=demo, now=NOW) == 0


def test_demo_clinic_has_visits_by_video_to_try_and_to_measure(demo):
    with clinic_scope(demo.pk):
        online = Appointment.objects.filter(kind="online")
        ahead = online.filter(starts_at__gt=NOW)
        assert (
            ahead.filter(status__in=Appointment.BOOKED).exists() and ahead.count() == ahead.exclude(doctor=None).count()
        )
        assert not online.filter(occupations__resource__kind="room").exists()
        for row in ahead.select_related("clinic"):
            services = [line.service for line in row.lines.select_related("service__clinic")]
            assert visits.offers_video(services)
        been = online.filter(starts_at__lt=NOW)
        assert been.exists()
        agreed = Consent.objects.filter(purpose="telemedicine", state="granted").values("patient_id")
        assert not been.exclude(patient_id__in=agreed).exists()

"""The share of controls by video, counted by hand: what a control is, which are by video, when the figure is ripe."""

from __future__ import annotations

import datetime as dt
from datetime import date, timedelta

import pytest

from zabota.analytics.metrics import BY_KEY, ground_at
from zabota.analytics.rules.metrics_figure import figure
from zabota.analytics.rules.metrics_ground import Filters, Window
from zabota.analytics.rules.metrics_video import CONTROL_DAYS, controls
from zabota.analytics.tests.metrics_clinics import Slot, ground_of
from zabota.booking.models import Appointment, AppointmentService, ServiceNeed
from zabota.clinic.models import Service, ServiceGroup

D = date(2026, 11, 20)
YEAR, ALL = Window(D, 365), Filters()


def ago(days: int) -> date:
    return D - timedelta(days=days)


def talk(patient: int, days: int, *, online: bool = False, doctor: int = 1, status: str = "completed") -> Slot:
    return Slot(patient, ago(days), status, doctor=doctor, talk=True, online=online)


#: So old that every window lies in the data.
OLD = [Slot(900 + n, date(2020, 1, 5) + timedelta(days=20 * n)) for n in range(8)]


def counted(slots: list[Slot], window: Window = YEAR, filters: Filters = ALL):
    return figure(BY_KEY["control_online"], ground_of([*OLD, *slots]), window, filters)


def test_share_of_controls_by_video_is_counted_over_controls_alone() -> None:
    found = counted(
        [
            Slot(1, ago(100)), talk(1, 80, online=True), talk(1, 60), talk(1, 40, online=True),  # 3 controls, 2 by video
            Slot(2, ago(50)), talk(2, 20),  # 1 control in the clinic
            Slot(7, ago(50)), talk(7, 20), Slot(8, ago(50)), talk(8, 30, online=True),  # 2 controls, 1 by video
            talk(3, 30, online=True),  # the first visit to this doctor: a consultation, no control
            Slot(4, ago(90)), Slot(4, ago(70), online=True),  # repeated, but more than a talk
            Slot(5, ago(90), doctor=2), talk(5, 70, online=True),  # was with another doctor
            Slot(6, ago(90)), talk(6, 70, online=True, status="no_show"),  # did not take place
        ]
    )  # fmt: skip
    assert (found.value, found.n) == (0.5, 6)
    assert found.unripe == "" and (found.since, found.until) == (ago(364), D)


def test_interval_is_by_patients_and_not_by_visits() -> None:
    """Six controls, three by video. Sums of deviations by patient: ½, −½, ½, −½; error √(4 · ¼)/6 = 1/6."""
    found = counted(
        [
            Slot(1, ago(100)), talk(1, 80, online=True), talk(1, 60), talk(1, 40, online=True),
            Slot(2, ago(50)), talk(2, 20), Slot(3, ago(50)), talk(3, 20, online=True), Slot(4, ago(50)), talk(4, 20),
        ]
    )  # fmt: skip
    assert (found.value, found.n) == (0.5, 6)
    assert found.low == pytest.approx(0.5 - 1.959964 / 6) and found.high == pytest.approx(0.5 + 1.959964 / 6)


@pytest.mark.parametrize(("gap", "is_control"), [(1, True), (CONTROL_DAYS, True), (CONTROL_DAYS + 1, False)])
def test_a_control_follows_a_visit_to_the_same_doctor_within_the_term(gap: int, is_control: bool) -> None:
    ground = ground_of([*OLD, Slot(1, ago(10 + gap)), talk(1, 10)])
    assert controls(ground.slots).sum() == is_control


def test_two_visits_of_one_day_are_no_control_of_each_other_but_both_are_of_an_earlier_one() -> None:
    assert controls(ground_of([*OLD, talk(1, 10), talk(1, 10)]).slots).sum() == 0
    assert controls(ground_of([*OLD, Slot(1, ago(30)), talk(1, 10), talk(1, 10)]).slots).sum() == 2


def test_filters_are_those_of_the_control_itself() -> None:
    slots = [Slot(1, ago(60)), talk(1, 40, online=True)]
    slots += [Slot(2, ago(60), doctor=2), talk(2, 40, doctor=2), Slot(3, ago(60), doctor=2), talk(3, 40, doctor=2)]
    assert (counted(slots).value, counted(slots).n) == (pytest.approx(1 / 3), 3)
    assert counted(slots, filters=Filters(doctor=2)).n == 2


def test_the_figure_is_not_ripe_without_half_a_year_before_the_window_or_without_any_visit_by_video() -> None:
    young = ground_of([Slot(1, ago(400)), talk(1, 380), talk(1, 40, online=True)])
    found = figure(BY_KEY["control_online"], young, YEAR, ALL)
    assert "нужны данные с" in found.unripe
    assert counted([Slot(1, ago(60)), talk(1, 40)]).unripe == "приёмов по видео в данных ещё нет"


@pytest.mark.django_db
def test_the_database_tells_what_is_a_talk_by_the_catalogue(smile, mila, doctor_sokolova, centre, in_clinic) -> None:
    """A consultation by its group, another service by «можно по видео»; with a filling along it is no talk."""
    talks = ServiceGroup.objects.create(clinic=smile, name="Консультации", is_consultation=True)
    consultation = Service.objects.create(clinic=smile, name="Консультация", name_key="консультация", group=talks)
    again = Service.objects.create(clinic=smile, name="Повторный", name_key="повторный")
    ServiceNeed.objects.create(service=again, by_video=True)
    filling = Service.objects.create(clinic=smile, name="Пломба", name_key="пломба")
    days = [(200, [filling], "in_person"), (100, [consultation], "online"), (90, [again], "in_person"),
            (80, [again, filling], "in_person"), (70, [], "online"), (60, [consultation, again], "online")]  # fmt: skip
    now = dt.datetime(2026, 11, 20, 9, 0, tzinfo=dt.UTC)
    for days_ago, services, kind in days:
        row = Appointment.objects.create(
            clinic=smile, patient=mila, doctor=doctor_sokolova, branch=centre, kind=kind, status="completed",
            starts_at=now - timedelta(days=days_ago), day=ago(days_ago),
        )  # fmt: skip
        AppointmentService.objects.bulk_create(
            AppointmentService(appointment=row, service=each, price_kopecks=0) for each in services
        )

    ground, _ = ground_at(smile, now=now)

    found = figure(BY_KEY["control_online"], ground, YEAR, ALL)
    assert (found.value, found.n) == (pytest.approx(2 / 3), 3)  # 100 and 60 days ago by video, 90 in the clinic

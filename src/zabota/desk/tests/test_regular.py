"""The week's and the month's report: whole weeks, the same days a year ago, colour only beyond chance, own branches only."""

from __future__ import annotations

import datetime as dt

import pytest

from zabota.analytics.queries.period import period_figures
from zabota.analytics.rules.change import counts_differ, shares_differ
from zabota.booking.models import Appointment, Payment
from zabota.clinic.models import Doctor
from zabota.clinic.rules.rights import Role
from zabota.kernel import clock
from zabota.kernel.scope import clinic_scope
from zabota.patients.models import Patient

pytestmark = pytest.mark.django_db


@pytest.fixture
def monday(smile) -> dt.date:
    """Of the last week that is over."""
    today = clock.today(smile.time_zone, clock.now())
    return today - dt.timedelta(days=today.weekday() + 7)


@pytest.fixture
def visited(smile, centre, north, doctor_sokolova, monday):
    """Last week 30 visits at «Центр», 3 of them of the patient known before, 10 misses; the week before 90 visits; 4 at «Север»."""
    with clinic_scope(smile.pk):
        known = Patient.objects.create(clinic=smile, surname="Мила", name_key="мила", branch=centre)
        rows = []

        def add(day: dt.date, patient: Patient, branch, status: str = "completed") -> None:
            rows.append(
                Appointment(
                    clinic=smile, patient=patient, branch=branch, doctor=doctor_sokolova, day=day, status=status,
                    starts_at=dt.datetime.combine(day, dt.time(9), dt.UTC), total_kopecks=100_000,
                )
            )  # fmt: skip

        others = Patient.objects.bulk_create(
            Patient(clinic=smile, surname=f"П{place}", name_key=f"п{place}", branch=centre) for place in range(131)
        )
        for place in range(27):
            add(monday + dt.timedelta(days=place % 7), others[place], centre)
        for place in range(3):
            add(monday + dt.timedelta(days=place), known, centre)
        for place in range(27, 37):
            add(monday + dt.timedelta(days=6), others[place], centre, "no_show")
        for place in range(37, 127):
            add(monday - dt.timedelta(days=1 + place % 7), others[place], centre)
        add(monday - dt.timedelta(days=3), known, centre)
        for place in range(127, 131):
            add(monday, others[place], north)
        Appointment.objects.bulk_create(rows)
    return smile


def test_a_share_that_turns_round_with_the_same_doctors_says_so(smile, as_anton, monday) -> None:
    """Both doctors miss fewer visits; the one whose patients often miss theirs received four times as many."""
    with clinic_scope(smile.pk):
        careful, busy = (
            Doctor.objects.create(clinic=smile, name=name, name_key=name.lower()) for name in ("Котова", "Рябов")
        )
        patient = Patient.objects.create(clinic=smile, surname="Кто-то", name_key="кто-то")
        rows = [
            Appointment(
                clinic=smile, patient=patient, doctor=doctor, day=day, starts_at=dt.datetime.combine(day, dt.time(9), dt.UTC),
                status="no_show" if place < missed else "completed",
            )
            for day, doctor, number, missed in (
                (monday - dt.timedelta(days=5), careful, 400, 40), (monday - dt.timedelta(days=5), busy, 100, 40),
                (monday, careful, 100, 4), (monday, busy, 400, 120),
            )
            for place in range(number)
        ]  # fmt: skip
        Appointment.objects.bulk_create(rows)
    page = as_anton.get("/insight/weekly/")
    (missed,) = [line for line in page.context["lines"] if line["name"] == "Неявки"]
    assert missed["turned"].startswith("Парадокс Симпсона")
    assert ".." not in missed["turned"]
    assert missed["turned"] in page.content.decode().replace("&nbsp;", "\u00a0")
    assert not any(line.get("turned") for line in page.context["lines"] if line["name"] != "Неявки")


def test_figures_of_a_week_count_its_days_and_who_is_new(visited, centre, monday) -> None:
    with clinic_scope(visited.pk):
        found = period_figures(
            clinic=visited, first=monday, last=monday + dt.timedelta(days=6), branches=[centre.pk], with_doctors=True
        )
    assert (found.visits, found.patients, found.new, found.missed) == (30, 28, 27, 10)
    assert found.revenue_kopecks == 3_000_000
    assert [(each.visits, each.missed) for each in found.doctors] == [(30, 10)]


def test_money_of_visits_without_a_price_is_what_was_paid_for_them(visited, centre, monday, doctor_sokolova) -> None:
    with clinic_scope(visited.pk):
        visit = Appointment.objects.filter(branch=centre, day=monday, status="completed").first()
        Appointment.objects.filter(pk=visit.pk).update(total_kopecks=0)
        for kopecks in (70_000, 5_000, -2_000):
            Payment.objects.create(
                clinic=visited, patient=visit.patient, appointment=visit, paid_on=monday, amount_kopecks=kopecks
            )
        found = period_figures(
            clinic=visited, first=monday, last=monday + dt.timedelta(days=6), branches=[centre.pk], with_doctors=True
        )
    assert found.revenue_kopecks == 2_900_000 + 75_000
    assert [each.revenue_kopecks for each in found.doctors] == [2_900_000 + 75_000]


def test_a_week_is_from_monday_and_says_what_is_beyond_chance(visited, as_anton, monday) -> None:
    text = as_anton.get("/insight/weekly/").content.decode()
    assert f"{monday.day}" in text
    assert "34\u00a0визита" in text
    assert "заметно: визитов −63\u00a0%" in text
    assert "Соколова Мария Викторовна" in text
    again = as_anton.get(f"/insight/weekly/?on={monday + dt.timedelta(days=3)}").content.decode()
    assert "34\u00a0визита" in again


def test_other_weeks_are_reached_and_odd_days_lead_to_the_last_week(visited, as_anton, monday) -> None:
    before = as_anton.get(f"/insight/weekly/?on={monday - dt.timedelta(days=2)}").content.decode()
    assert "91\u00a0визит" in before
    for odd in ("2026-02-31", "3000-01-01", "0001-01-01", "x"):
        assert "34\u00a0визита" in as_anton.get(f"/insight/weekly/?on={odd}").content.decode()


def test_days_that_nobody_loaded_are_no_fall(visited, as_anton, monday) -> None:
    with clinic_scope(visited.pk):
        rows = list(Appointment.objects.all())
        for row in rows:
            row.day -= dt.timedelta(days=70)
        Appointment.objects.bulk_update(rows, ["day"])
    last = as_anton.get("/insight/weekly/").content.decode()
    assert "За эти дни данных ещё нет" in last
    assert "Визиты в базе кончаются" in last
    assert "−100" not in last
    whole = monday - dt.timedelta(days=70)
    assert f"?on={whole + dt.timedelta(days=6)}" in last
    known = as_anton.get(f"/insight/weekly/?on={whole}").content.decode()
    assert "заметно: визитов −63\u00a0%" in known
    assert "Визиты в базе кончаются" not in known


def test_a_week_without_any_visit_is_held_against_nothing(visited, as_anton, monday) -> None:
    with clinic_scope(visited.pk):
        Appointment.objects.filter(day__gte=monday).delete()
    text = as_anton.get("/insight/weekly/").content.decode()
    assert "За эти дни визитов нет" in text
    assert "100\u00a0%" not in text


def test_month_stands_whole_and_a_leap_day_has_a_year_before(visited, as_anton) -> None:
    assert as_anton.get("/insight/monthly/").status_code == 200
    assert as_anton.get("/insight/monthly/?on=2024-02-29").status_code == 200


def test_limited_head_sees_the_week_of_own_branches(visited, centre, new_member, log_in) -> None:
    limited = log_in(new_member(visited, Role.QUALITY, "Инна", "Астахова", branches=[centre]))
    assert "30\u00a0визитов" in limited.get("/insight/weekly/").content.decode()


def test_book_and_rights(visited, as_anton, as_vera, as_oleg) -> None:
    assert as_anton.get("/insight/regular/weekly.xlsx").status_code == 200
    assert as_anton.get("/insight/regular/monthly.xlsx").status_code == 200
    assert as_anton.get("/insight/regular/daily.xlsx").status_code == 404
    for table in ("figures", "doctors"):
        for form in ("csv", "xlsx"):
            assert f"/insight/regular/weekly/{table}.{form}?" in as_anton.get("/insight/weekly/").content.decode()
            assert as_anton.get(f"/insight/regular/weekly/{table}.{form}").status_code == 200
    assert as_anton.get("/insight/regular/weekly/figures.exe").status_code == 404
    assert as_anton.get("/insight/regular/weekly/other.csv").status_code == 404
    assert as_vera.get("/insight/weekly/").status_code == 404
    assert "визитов нет" in as_oleg.get("/insight/weekly/").content.decode()


def test_small_movements_are_chance() -> None:
    assert not counts_differ(100, 110)
    assert counts_differ(100, 200)
    assert not counts_differ(0, 0)
    assert not shares_differ(5, 50, 8, 50)
    assert shares_differ(50, 500, 100, 500)
    assert not shares_differ(1, 0, 1, 5)

"""The demo clinic keeps its promises: the same order gives the same clinic, and people in it live believable lives."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest

from zabota.ops.demo.cards import MAIDEN, MAIN, NO_BIRTH, NO_PATRONYMIC, SAME, TYPO
from zabota.ops.demo.catalogue import BRANCHES, CHANNELS, DOCTORS, RAISED_GROUP, SERVICES, SPECIALITIES, price_table
from zabota.ops.demo.generate import Clinic, generate
from zabota.ops.demo.hours import HOLIDAYS, Hours
from zabota.ops.demo.money import PAYMENT, REFUND
from zabota.ops.demo.names import feminine, patronymic
from zabota.ops.demo.schedule import BOOKED, COMPLETED, NO_SHOW
from zabota.ops.demo.spec import ClinicSpec

AS_OF = date(2026, 11, 22)


@pytest.fixture(scope="module")
def clinic() -> Clinic:
    return generate(ClinicSpec(as_of=AS_OF))


def test_the_same_order_gives_the_same_clinic(clinic: Clinic) -> None:
    again = generate(ClinicSpec(as_of=AS_OF))
    for table in ("people", "cards", "visits", "payments", "plans", "stages"):
        assert getattr(clinic, table).equals(getattr(again, table)), table


def test_another_seed_gives_other_people() -> None:
    one, other = (generate(ClinicSpec(as_of=AS_OF, patients=300, seed=seed)) for seed in (1, 2))
    assert not one.people.equals(other.people)
    assert not one.visits.equals(other.visits)


def test_the_clinic_has_the_promised_size(clinic: Clinic) -> None:
    assert len(BRANCHES) == 2
    assert len(DOCTORS) == 8
    assert len(SPECIALITIES) == len({doctor.speciality for doctor in DOCTORS}) == 4
    assert len(SERVICES) == len({service.name for service in SERVICES}) == 30
    assert all(service.price > 0 for service in SERVICES)
    assert len(clinic.people) == 4000
    assert clinic.spec.start == date(2024, 5, 23)
    months = clinic.visits.filter(pl.col("status") == COMPLETED).select(
        (pl.lit(clinic.spec.start) + pl.duration(days="day")).dt.strftime("%Y-%m").alias("month")
    )
    assert months["month"].n_unique() == 31  # thirty months touch thirty-one calendar months


@pytest.mark.parametrize("patients", [1, 7, 60])
def test_a_tiny_clinic_is_a_clinic_too(patients: int) -> None:
    tiny = generate(ClinicSpec(as_of=AS_OF, patients=patients))
    assert len(tiny.people) == patients


def test_an_order_that_makes_no_sense_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown causes: weather"):
        ClinicSpec(as_of=AS_OF, causes=("weather",))
    with pytest.raises(ValueError, match="at least one patient"):
        ClinicSpec(as_of=AS_OF, patients=0)


def test_nobody_comes_before_birth_or_outside_the_exported_days(clinic: Clinic) -> None:
    birth = clinic.people["birth_on"].to_numpy()[clinic.visits["person"].to_numpy()]
    day = np.datetime64(clinic.spec.start, "D") + clinic.visits["day"].to_numpy().astype("timedelta64[D]")
    assert (day > birth).all()
    assert clinic.visits["day"].min() >= 0
    past = clinic.visits.filter(pl.col("day") <= clinic.spec.last)
    future = clinic.visits.filter(pl.col("day") > clinic.spec.last)
    assert BOOKED not in past["status"].to_list()
    assert set(future["status"].to_list()) == {BOOKED}
    assert 100 < len(future) < 800


def test_visits_lie_within_shifts_on_open_days_in_the_branch_where_the_doctor_sits(clinic: Clinic) -> None:
    hours = Hours(clinic.spec)
    visits = clinic.visits
    doctor, day = visits["doctor"].to_numpy().astype(np.int64), visits["day"].to_numpy().astype(np.int64)
    start = visits["start_minutes"].to_numpy()
    begin = hours.begin(doctor, day)
    assert (begin >= 0).all(), "a doctor works on a free day"
    assert (start >= begin).all()
    assert (start + visits["minutes"].to_numpy() <= begin + hours.length(doctor, day)).all()
    assert (visits["branch"].to_numpy() == hours.branch(doctor, day)).all()
    days = {clinic.on(int(d)) for d in np.unique(day)}
    assert not [d for d in days if (d.month, d.day) in HOLIDAYS or d.weekday() == 6]


def test_no_doctor_sees_two_patients_at_once(clinic: Clinic) -> None:
    held = clinic.visits.filter(pl.col("status").is_in([COMPLETED, NO_SHOW, BOOKED])).sort(
        "doctor", "room", "day", "start_minutes"
    )
    assert held["room"].max() == 0, "eight doctors are enough for four thousand patients"
    clashes = held.with_columns(
        free_from=(pl.col("start_minutes") + pl.col("minutes")).shift(1).over("doctor", "day")
    ).filter(pl.col("free_from") > pl.col("start_minutes"))
    assert clashes.is_empty()


def test_nobody_is_with_two_doctors_on_one_day(clinic: Clinic) -> None:
    assert clinic.visits.select("person", "day").is_duplicated().sum() == 0


def test_children_and_men_get_services_meant_for_them(clinic: Clinic) -> None:
    visits = clinic.visits.join(
        clinic.people.select("person", "woman", "birth_on"), on="person", how="left"
    ).with_columns(
        age=((pl.lit(clinic.spec.start) + pl.duration(days="day") - pl.col("birth_on")).dt.total_days() / 365.25)
    )
    groups = np.array([service.kind for service in SERVICES])
    kind = groups[visits["service"].to_numpy()]
    gynaecology = visits.filter(pl.Series(kind == 3))
    assert gynaecology["woman"].all()
    assert gynaecology["age"].min() > 16
    children = [i for i, service in enumerate(SERVICES) if service.children]
    assert visits.filter(pl.col("service").is_in(children))["age"].max() < 14


def test_payments_never_exceed_the_total_and_refunds_never_exceed_payments(clinic: Clinic) -> None:
    by_visit = clinic.payments.group_by("visit").agg(
        paid=pl.col("kopecks").filter(pl.col("kind") == PAYMENT).sum(),
        refunded=pl.col("kopecks").filter(pl.col("kind") == REFUND).sum(),
        first=pl.col("day").min(),
        last=pl.col("day").max(),
    )
    checked = by_visit.join(clinic.visits, on="visit")
    assert (checked["paid"] <= checked["total_kopecks"]).all()
    assert (checked["refunded"] <= checked["paid"]).all()
    assert (checked["status"] == COMPLETED).all()
    assert (checked["first"] >= checked["day"]).all()
    assert checked["last"].max() <= clinic.spec.last
    assert (clinic.payments["kopecks"] > 0).all()
    assert (checked["refunded"] > 0).any()


def test_prices_rise_steeply_for_one_group_only(clinic: Clinic) -> None:
    table = price_table(clinic.spec, clinic.spec.last + 1)
    risen = table[:, -1] / table[:, 200]
    for number, service in enumerate(SERVICES):
        if service.kind == RAISED_GROUP:
            assert risen[number] >= 1.2, service.name
        else:
            assert risen[number] < 1.08, service.name


def test_families_share_names_and_phones(clinic: Clinic) -> None:
    people = clinic.people
    children = people.filter(pl.col("parent") >= 0)
    assert len(children) > 200
    parents = people[children["parent"]]
    assert (children["birth_on"].dt.year() - parents["birth_on"].dt.year() >= 18).all()
    assert (children["mobile"] == parents["mobile"]).mean() > 0.6
    stem = children["surname"].str.slice(0, 3) == parents["surname"].str.slice(0, 3)
    assert stem.all()
    fathers = parents.filter(~pl.col("woman"))["name"].to_list()
    sons = children.filter(~parents["woman"])
    for father, child in zip(fathers, sons.iter_rows(named=True), strict=True):
        expected = patronymic(father, woman=child["woman"])
        assert child["patronymic"] == expected or child["patronymic"].startswith(father), child
    wives = people.filter(pl.col("woman") & (pl.col("spouse") >= 0))
    husbands = people[wives["spouse"]]
    assert not husbands["woman"].any()
    assert (wives["household"] == husbands["household"]).all()


def test_names_agree_with_sex(clinic: Clinic) -> None:
    women = clinic.people.filter("woman")
    men = clinic.people.filter(~pl.col("woman"))
    assert women["patronymic"].str.contains("(на|кызы)$").all()
    assert men["patronymic"].str.contains("(ич|оглы)$").all()
    assert not men["surname"].str.contains("(ова|ева|ёва|ская)(-|$)").any()
    assert not women["surname"].str.contains("(ов|ев|ёв|ский)(-|$)").any()
    assert clinic.people["surname"].str.contains("ё").any()
    assert clinic.people["surname"].str.contains("-").any()
    assert clinic.people["patronymic"].str.contains("оглы|кызы").any()


@pytest.mark.parametrize(
    ("father", "son", "daughter"),
    [
        ("Илья", "Ильич", "Ильинична"),
        ("Юрий", "Юрьевич", "Юрьевна"),
        ("Михаил", "Михайлович", "Михайловна"),
        ("Георгий", "Георгиевич", "Георгиевна"),
        ("Игорь", "Игоревич", "Игоревна"),
        ("Лев", "Львович", "Львовна"),
        ("Никита", "Никитич", "Никитична"),
        ("Дмитрий", "Дмитриевич", "Дмитриевна"),
    ],
)
def test_patronymics_are_right(father: str, son: str, daughter: str) -> None:
    assert patronymic(father, woman=False) == son
    assert patronymic(father, woman=True) == daughter


@pytest.mark.parametrize(
    ("man", "woman"),
    [("Королёв", "Королёва"), ("Раевский", "Раевская"), ("Толстой", "Толстая"), ("Черных", "Черных"), ("Цой", "Цой")],
)
def test_feminine_surnames_are_right(man: str, woman: str) -> None:
    assert feminine(man) == woman


def test_what_became_of_people_happened_after_their_last_visit(clinic: Clinic) -> None:
    last = (
        clinic.visits.filter(pl.col("status") != BOOKED)
        .group_by("person")
        .agg((pl.lit(clinic.spec.start) + pl.duration(days=pl.col("day").max())).alias("last"))
    )
    fated = clinic.people.filter(pl.col("fate") > 0).join(last, on="person")
    assert len(fated) > 100
    assert set(fated["fate"].unique().to_list()) == {1, 2, 3, 4}
    assert (fated["fate_on"] >= fated["last"]).all()
    assert (fated["fate_on"] <= clinic.spec.as_of).all()
    booked = clinic.visits.filter(pl.col("status") == BOOKED)["person"]
    assert not fated["person"].is_in(booked.to_list()).any()


def test_second_cards_look_like_other_people_and_hold_visits(clinic: Clinic) -> None:
    second = clinic.cards.filter(pl.col("kind") != MAIN)
    assert 100 <= len(second) <= 130
    main = clinic.cards[second["person"]]
    for one, two in zip(second.iter_rows(named=True), main.iter_rows(named=True), strict=True):
        match one["kind"]:
            case k if k == NO_PATRONYMIC:
                assert one["patronymic"] is None
            case k if k == SAME:
                assert (one["surname"], one["birth_on"]) == (two["surname"], two["birth_on"])
            case k if k in (TYPO, MAIDEN):
                assert one["surname"] != two["surname"]
            case k if k == NO_BIRTH:
                assert one["birth_on"] is None
    assert clinic.cards["card_no"].n_unique() == len(clinic.cards)
    assert second["card"].is_in(clinic.visits["card"].to_list()).all()
    assert main["card"].is_in(clinic.visits["card"].to_list()).all()


def test_plans_hold_together_with_their_stages(clinic: Clinic) -> None:
    states = clinic.plans["state"].value_counts()
    assert len(states) == 5
    done = clinic.stages.group_by("plan").agg(
        made=(pl.col("visit") >= 0).sum(), size=pl.len(), total=pl.col("kopecks").sum()
    )
    whole = clinic.plans.join(done, on="plan")
    assert len(whole) == len(clinic.plans)
    assert (whole["total"] == whole["total_right"]).all()
    finished = whole.filter(pl.col("state") == 3)
    assert (finished["made"] == finished["size"]).all()
    assert (whole.filter(pl.col("state").is_in([0, 1]))["made"] == 0).all()
    assert (whole.filter(pl.col("state").is_in([2, 4])).select((pl.col("made") < pl.col("size")).alias("x"))["x"]).all()
    seen = clinic.stages.filter(pl.col("visit") >= 0).join(clinic.visits, on="visit")
    assert (seen["status"] == COMPLETED).all()
    assert seen["visit"].n_unique() == len(seen)


def test_summer_and_january_are_quiet() -> None:
    calm = generate(ClinicSpec(as_of=AS_OF, causes=()))
    kept = calm.visits.filter(pl.col("status") == COMPLETED, pl.col("day") > calm.spec.last - 730)
    month = kept.select((pl.lit(calm.spec.start) + pl.duration(days="day")).dt.month().alias("month"))["month"]
    count = dict(month.value_counts().iter_rows())
    usual = len(kept) / 12
    assert max(count[7], count[8]) < 0.9 * usual
    assert count[1] < usual < count[10]


def test_sources_are_mostly_known_and_one_of_them_grows(clinic: Clinic) -> None:
    people = clinic.people.filter(pl.col("arrival") >= 0)
    assert 0.02 < (people["channel"] < 0).mean() < 0.1
    half = clinic.spec.last // 2
    grown = len(CHANNELS) - 1
    early = (people.filter(pl.col("arrival") < clinic.spec.last - 570)["channel"] == grown).mean()
    late = (people.filter(pl.col("arrival") > half)["channel"] == grown).mean()
    assert late > 3 * early

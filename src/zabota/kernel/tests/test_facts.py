"""Facts: written with the change, applied once by each handler, parked with their reason when poison."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import transaction
from tests import odd_jobs
from tests.odd_jobs import BellRang

from zabota.clinic.models import Clinic
from zabota.kernel import facts
from zabota.kernel.models import Fact, FactDelivery

DAY = dt.date(2026, 11, 20)


@pytest.fixture(autouse=True)
def quiet_bell() -> None:
    odd_jobs.RAN.clear()


def ring(clinic: Clinic, now: dt.datetime, **fields: object) -> None:
    with transaction.atomic():
        facts.publish(BellRang(clinic_id=clinic.pk, on=DAY, **fields), now=now)


def make_due() -> None:
    FactDelivery.objects.update(try_at=dt.datetime(2020, 1, 1, tzinfo=dt.UTC))


def test_a_fact_is_delivered_to_every_handler_once(smile: Clinic, now: dt.datetime) -> None:
    ring(smile, now, at=now, ids=(1, 2))

    assert facts.deliver_all() == 2
    assert facts.deliver_all() == 0
    assert sorted(odd_jobs.RAN) == ["20.11 (1, 2)", "слышно"]


def test_a_fact_comes_back_as_it_was(smile: Clinic, now: dt.datetime) -> None:
    fact = BellRang(clinic_id=smile.pk, on=DAY, at=now, ids=(1, 2))
    with transaction.atomic():
        facts.publish(fact, now=now)

    assert facts._from_json(Fact.objects.get()) == fact


def test_a_fact_of_an_older_release_takes_the_default_of_a_new_field(smile: Clinic, now: dt.datetime) -> None:
    row = Fact(kind="test.bell_rang", clinic_id=smile.pk, happened_at=now)
    row.payload = {"clinic_id": smile.pk, "on": "2026-11-20", "gone": 1}

    assert facts._from_json(row) == BellRang(clinic_id=smile.pk, on=DAY)


@pytest.mark.django_db(transaction=True)
def test_publishing_outside_a_transaction_is_refused(smile: Clinic, now: dt.datetime) -> None:
    with pytest.raises(RuntimeError):
        facts.publish(BellRang(clinic_id=smile.pk, on=DAY), now=now)


@pytest.mark.django_db(transaction=True)
def test_a_rolled_back_write_leaves_no_fact(smile: Clinic, now: dt.datetime) -> None:
    with pytest.raises(KeyError), transaction.atomic():
        facts.publish(BellRang(clinic_id=smile.pk, on=DAY), now=now)
        raise KeyError

    assert not Fact.objects.exists()


def test_what_a_failing_handler_wrote_is_undone_and_others_go_on(smile: Clinic, now: dt.datetime) -> None:
    ring(smile, now, poison=True)

    facts.deliver_all()

    smile.refresh_from_db()
    assert smile.name == "Улыбка"
    states = dict(FactDelivery.objects.values_list("handler", "state"))
    assert states == {"tests.odd_jobs.note_bell": "waiting", "tests.odd_jobs.hear_bell": "done"}


def test_a_poison_fact_is_parked_with_its_reason_after_its_attempts(
    smile: Clinic, now: dt.datetime, settings: object
) -> None:
    settings.JOB_MAX_ATTEMPTS = 3
    ring(smile, now, poison=True)

    for _ in range(5):
        facts.deliver_due()
        make_due()

    poison = FactDelivery.objects.get(handler="tests.odd_jobs.note_bell")
    assert (poison.state, poison.attempts) == ("parked", 3)
    assert "ValueError: яд" in poison.reason


def test_a_failed_delivery_waits_longer_after_each_attempt(smile: Clinic, now: dt.datetime) -> None:
    ring(smile, now, poison=True)

    facts.deliver_due()
    first = FactDelivery.objects.get(handler="tests.odd_jobs.note_bell")
    assert dt.timedelta(0) < first.try_at - now < dt.timedelta(seconds=10)
    make_due()
    facts.deliver_due()
    second = FactDelivery.objects.get(pk=first.pk)
    assert second.try_at - now > dt.timedelta(seconds=25)


def test_a_delivery_that_kills_its_worker_each_time_is_parked(smile: Clinic, now: dt.datetime) -> None:
    ring(smile, now)
    FactDelivery.objects.update(attempts=5, leased_until=now - dt.timedelta(seconds=1))

    assert facts.deliver_due() == 0

    assert set(FactDelivery.objects.values_list("state", "reason")) == {("parked", facts.STOPPED_MIDWAY)}
    assert odd_jobs.RAN == []


def test_a_leased_delivery_is_left_alone_until_its_lease_ends(smile: Clinic, now: dt.datetime) -> None:
    ring(smile, now)
    FactDelivery.objects.update(leased_until=now + dt.timedelta(seconds=30))

    assert facts.deliver_due() == 0

    FactDelivery.objects.update(leased_until=now - dt.timedelta(seconds=1))
    assert facts.deliver_due() == 2


def test_a_failure_that_comes_late_does_not_reopen_what_another_worker_applied(smile: Clinic, now: dt.datetime) -> None:
    ring(smile, now)
    delivery = FactDelivery.objects.select_related("fact").first()
    late = facts._claim(delivery)
    FactDelivery.objects.filter(pk=delivery.pk).update(leased_until=now - dt.timedelta(seconds=1))
    facts.deliver_all()

    facts._postpone(delivery, late, ValueError("поздно"))

    assert FactDelivery.objects.get(pk=delivery.pk).state == "done"


def test_a_fact_whose_handler_is_gone_is_parked_not_lost(smile: Clinic, now: dt.datetime) -> None:
    ring(smile, now)
    FactDelivery.objects.filter(handler="tests.odd_jobs.hear_bell").update(handler="tests.odd_jobs.gone")

    for _ in range(6):
        facts.deliver_due()
        make_due()

    assert FactDelivery.objects.get(handler="tests.odd_jobs.gone").state == "parked"


def test_a_parked_delivery_can_be_put_back(smile: Clinic, now: dt.datetime) -> None:
    ring(smile, now)
    FactDelivery.objects.update(state="parked", attempts=5)

    assert facts.retry_parked(FactDelivery.objects.values_list("pk", flat=True), now=now) == 2
    assert facts.deliver_all() == 2


def test_delivery_stops_when_the_worker_is_asked_to_stop(smile: Clinic, now: dt.datetime) -> None:
    ring(smile, now)

    assert facts.deliver_due(stopped=lambda: True) == 0
    assert facts.deliver_due() == 2

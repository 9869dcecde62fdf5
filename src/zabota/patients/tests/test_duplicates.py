"""Likely duplicates and households."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
from django.db import connection, transaction

from zabota.kernel.errors import AlreadyDone
from zabota.patients import api
from zabota.patients.jobs import look_for_duplicates
from zabota.patients.models import Contact, DuplicateCandidate, Household, Patient
from zabota.patients.services import households

BORN = dt.date(1980, 5, 12)


def test_same_name_and_birth_date_are_a_pair_with_reasons(mila, card, clinic):
    card("Лебедева Марина Викторовна", born_on=BORN, phones="+7 903 750-48-17")
    card("Сергеев Пётр Ильич", phones="+7 903 750-48-17")
    assert api.find_duplicates(clinic=clinic) == 1
    pair = DuplicateCandidate.objects.get()
    assert pair.first_id < pair.second_id
    assert {"birth", "name", "phone"} <= set(pair.reasons)


def test_decision_stays_when_the_search_runs_again(mila, card, clinic, actor, now):
    card("Лебедева Марина Викторовна", born_on=BORN)
    api.find_duplicates(clinic=clinic)
    pair = DuplicateCandidate.objects.get()
    api.decide_different(pair=pair, actor=actor, now=now)
    assert api.find_duplicates(clinic=clinic) == 0
    assert DuplicateCandidate.objects.get().state == "different"
    with pytest.raises(AlreadyDone):
        api.decide_different(pair=pair, actor=actor, now=now)
    assert api.reopen_pair(pair=pair, actor=actor, now=now).state == "open"


def test_score_of_former_rules_is_reckoned_anew_at_night_and_decisions_stay(mila, card, clinic, actor, now):
    card("Лебедева Марина Викторовна", born_on=BORN)
    card("Лебедева Марина Викторовна", born_on=BORN, phones="+7 903 750-48-17")
    assert api.find_duplicates(clinic=clinic) == 3
    fresh = {pair.pk: (pair.score, pair.reasons) for pair in DuplicateCandidate.objects.all()}
    different = api.decide_different(pair=DuplicateCandidate.objects.first(), actor=actor, now=now)
    DuplicateCandidate.objects.update(score=100, reasons=["name"])
    look_for_duplicates.func(clinic.pk)
    assert {pair.pk: (pair.score, pair.reasons) for pair in DuplicateCandidate.objects.all()} == fresh
    different.refresh_from_db()
    assert (different.state, different.decided_at) == ("different", now)


def test_pair_that_is_no_longer_alike_goes_away(mila, card, clinic, actor, now):
    other = card("Лебедева Марина Викторовна", born_on=BORN)
    api.find_duplicates(clinic=clinic)
    changes = {"surname": "Козлов", "name": "Иван", "patronymic": "", "born_on": None}
    api.edit_patient(patient=other, changes=changes, actor=actor, now=now)
    api.find_duplicates(clinic=clinic)
    assert not DuplicateCandidate.objects.exists()


def test_merged_pair_is_not_offered_again(mila, card, clinic, actor, now):
    other = card("Лебедева Марина Викторовна", born_on=BORN)
    api.find_duplicates(clinic=clinic)
    api.merge_cards(kept=mila, absorbed=other, actor=actor, now=now)
    assert api.find_duplicates(clinic=clinic) == 0
    assert DuplicateCandidate.objects.get().state == "merged"


def test_people_who_share_a_phone_are_one_household(mila, card, clinic):
    son = card("Лебедев Артём", phones="+7 903 750-48-17, +7 916 000-11-22")
    aunt = card("Орлова Ия", phones="+7 916 000-11-22")
    alone = card("Сергеев Пётр", phones="+7 999 123-45-67")
    assert api.group_households(clinic=clinic) == 3
    homes = set(Patient.objects.filter(pk__in=[mila.pk, son.pk, aunt.pk]).values_list("household_id", flat=True))
    assert len(homes) == 1
    alone.refresh_from_db()
    assert alone.household_id is None
    assert api.group_households(clinic=clinic) == 0
    mila.refresh_from_db()
    assert api.family_of([mila])[mila.pk] == [son, aunt]


def test_strangers_whose_numbers_excel_cut_to_the_same_text_are_no_family_and_no_pair(card, clinic):
    for name in ("Сизов Пётр Ильич", "Мухина Анна Львовна", "Мухина Алла Львовна"):
        Contact.objects.create(
            patient=card(name, born_on=BORN), clinic=clinic, kind="phone", value="7,90300E+10", reach="invalid"
        )
    assert api.group_households(clinic=clinic) == 0
    api.find_duplicates(clinic=clinic)
    assert not any("phone" in pair.reasons for pair in DuplicateCandidate.objects.all())


def test_who_no_longer_shares_a_phone_leaves_the_family(mila, card, clinic, actor, now):
    son = card("Лебедев Артём", phones="+7 903 750-48-17")
    api.group_households(clinic=clinic)
    api.remove_contact(contact=son.contacts.get(), actor=actor, now=now)
    api.group_households(clinic=clinic)
    assert not Household.objects.exists()
    mila.refresh_from_db()
    assert mila.household_id is None


def test_family_put_together_by_hand_is_left_alone(mila, card, clinic):
    home = Household.objects.create(clinic=clinic)
    friend = card("Орлова Ия")
    Patient.objects.filter(pk__in=[mila.pk, friend.pk]).update(household=home)
    api.group_households(clinic=clinic)
    assert set(home.members.all()) == {mila, friend}


@contextmanager
def while_phones_are_read(act: Callable[[], object]) -> Iterator[None]:
    """Somebody does this while the cards are being compared."""
    done: list[object] = []

    def between(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        if not done and sql.startswith("SELECT") and 'FROM "patients_contact"' in sql:
            done.append(sql)
            act()
        return execute(sql, *rest)

    with connection.execute_wrapper(between):
        yield
    assert done


def test_card_that_somebody_put_into_a_family_meanwhile_stays_there(mila, card, clinic):
    son = card("Лебедев Артём", phones="+7 903 750-48-17")
    home = Household.objects.create(clinic=clinic)
    with while_phones_are_read(lambda: Patient.objects.filter(pk=son.pk).update(household=home)):
        assert api.group_households(clinic=clinic) == 0
    son.refresh_from_db()
    mila.refresh_from_db()
    assert (son.household, mila.household) == (home, None)


def test_families_written_by_portions_are_whole_and_the_same(mila, card, clinic, monkeypatch):
    for number in range(5):
        for name in ("Анна", "Пётр", "Ия"):
            card(f"Семёнов{number} {name}", phones=f"+7 916 000-11-2{number}")
    with transaction.atomic():
        assert api.group_households(clinic=clinic) == 15
        at_once = _families()
        transaction.set_rollback(True)
    monkeypatch.setattr(households, "_CHUNK", 4)
    assert api.group_households(clinic=clinic) == 15
    assert _families() == at_once
    assert len(at_once) == 5


def _families() -> set[frozenset[int]]:
    found: dict[int | None, set[int]] = {}
    for pk, home in Patient.objects.exclude(household=None).values_list("pk", "household_id"):
        found.setdefault(home, set()).add(pk)
    return {frozenset(cards) for cards in found.values()}


def test_card_merged_while_cards_were_compared_makes_no_pair(mila, card, clinic, actor, now):
    twin = card("Лебедева Марина Викторовна", born_on=BORN)
    other = card("Сергеев Пётр")
    merging = partial(api.merge_cards, kept=other, absorbed=twin, actor=actor, now=now)

    def between(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        # Known pairs are read when the comparing is done.
        if sql.startswith("SELECT") and 'FROM "patients_duplicatecandidate"' in sql and not merged:
            merged.append(sql)
            merging()
        return execute(sql, *rest)

    merged: list[str] = []
    with connection.execute_wrapper(between):
        assert api.find_duplicates(clinic=clinic) == 0
    assert merged
    assert not DuplicateCandidate.objects.filter(state="open").exists()

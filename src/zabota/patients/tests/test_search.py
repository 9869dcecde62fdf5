"""Search as one types, on both databases."""

from __future__ import annotations

import pytest

from zabota.clinic.models import Clinic
from zabota.kernel.scope import clinic_scope, every_clinic
from zabota.patients import api
from zabota.patients.models import Contact, Patient, SearchEntry


@pytest.fixture
def people(card, branch):
    return {
        "mila": card(phones="+7 903 750-48-17", card_no="20418", branch=branch),
        "fyodor": card("Семёнов Фёдор Ильич", phones="+7 916 204-18-00", card_no="А-77"),
        "anna": card("Иванова-Петрова Анна Сергеевна", email="anna.ip@mail.ru"),
        "elena": card("Лебедева Елена Павловна"),
    }


def found(text, clinic, **more):
    return [each.full_name for each in api.search(text, clinic_id=clinic.pk, **more)]


@pytest.mark.parametrize(
    ("typed", "who"),
    [
        ("л", {"mila", "elena"}),
        ("леб", {"mila", "elena"}),
        ("ЛЕБЕДЕВА МАР", {"mila"}),
        ("марина леб", {"mila"}),
        ("леб м", {"mila"}),
        ("бедев", {"mila", "elena"}),
        ("викт", {"mila"}),
        ("семенов", {"fyodor"}),
        ("семёнов фёд", {"fyodor"}),
        ("петрова", {"anna"}),
        ("anna.ip", {"anna"}),
        ("+7 (903) 750-48-17", {"mila"}),
        ("8 903 750 48 17", {"mila"}),
        ("8903750", {"mila"}),
        ("9037504817", {"mila"}),
        ("48-17", {"mila"}),
        ("817", {"mila"}),
        ("а-77", {"fyodor"}),
        ("A-77", {"fyodor"}),
        ("kt,tltdf", {"mila", "elena"}),
        ("никого", set()),
        ("%%%%", set()),
        ("_", set()),
        ("'\" OR 1=1 --", set()),
        ("а\x00б", set()),
        ("", set()),
        ("   ", set()),
    ],
)
def test_a_card_is_found_by_any_part_of_what_is_known(people, clinic, typed, who):
    assert set(found(typed, clinic)) == {people[each].full_name for each in who}


def test_exact_card_number_stands_before_a_phone_that_holds_it(people, clinic):
    assert found("20418", clinic) == [people["mila"].full_name, people["fyodor"].full_name]


def test_surname_that_begins_so_stands_before_one_that_holds_it(card, clinic):
    card("Абрамова Рина")
    card("Ринатова Ася")
    assert found("рина", clinic)[0] == "Ринатова Ася"


def test_answer_is_limited(card, clinic):
    for number in range(5):
        card(f"Козлова Анна {'АБВГД'[number]}льбертовна")
    assert len(found("козлова", clinic, limit=3)) == 3


def test_card_of_another_clinic_is_not_found(people, clinic, actor, now):
    other = Clinic.objects.create(name="Чужая")
    with clinic_scope(other.pk):
        api.register_patient(clinic=other, surname="Лебедева", name="Чужая", actor=actor, now=now)
        assert found("лебедева", other) == ["Лебедева Чужая"]
    assert len(found("лебедева", clinic)) == 2


def test_card_of_another_branch_is_not_found_by_a_person_of_this_one(people, clinic, branch, north):
    assert set(found("лебедева", clinic, branch_ids=[north.pk])) == {"Лебедева Елена Павловна"}
    assert len(found("лебедева", clinic, branch_ids=[branch.pk])) == 2
    assert found("20418", clinic, branch_ids=[north.pk]) == [people["fyodor"].full_name]


def test_new_name_is_found_at_once_and_the_old_one_no_more(people, clinic, actor, now):
    api.edit_patient(patient=people["mila"], changes={"surname": "Орлова"}, actor=actor, now=now)
    assert found("орлова", clinic) == ["Орлова Марина Викторовна"]
    assert found("лебедева мар", clinic) == []


def test_removed_phone_is_found_no_more(people, clinic, actor, now):
    api.remove_contact(contact=people["mila"].contacts.get(), actor=actor, now=now)
    assert found("9037504817", clinic) == []


def test_bulk_loaded_cards_are_found_after_reindex(clinic, people):
    made = Patient.objects.bulk_create(
        Patient(clinic=clinic, surname="Щукин", name=name, name_key=f"щукин {name.lower()}", card_no=f"Б-{name}")
        for name in ("Иван", "Пётр")
    )
    Contact.objects.create(patient=made[0], clinic=clinic, kind="phone", value="+79990001122")
    assert found("щукин", clinic) == []
    api.reindex([each.pk for each in made])
    assert len(found("щукин", clinic)) == 2
    assert found("9990001122", clinic) == ["Щукин Иван"]
    assert found("б-иван", clinic) == ["Щукин Иван"]


def test_whole_reindex_equals_what_the_services_kept(people):
    with every_clinic(reason="test"):
        kept = dict(SearchEntry.objects.values_list("pk", "text"))
        SearchEntry.objects.all().delete()
        api.reindex()
        assert dict(SearchEntry.objects.values_list("pk", "text")) == kept


def test_a_deleted_card_leaves_the_index(people, clinic):
    Contact.objects.filter(patient=people["mila"]).delete()
    people["mila"].delete()
    assert found("марина", clinic) == []

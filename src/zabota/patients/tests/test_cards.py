"""Registering and editing a card, contacts, tags, notes."""

from __future__ import annotations

import datetime as dt

import pytest

from zabota.kernel.errors import BadInput
from zabota.kernel.models import AuditEntry, Fact
from zabota.patients import api
from zabota.patients.models import Contact, Patient, Tag


def test_registering_spells_the_name_and_tells_it_as_a_fact(card, clinic):
    patient = card("ЛЕБЕДЕВА марина викторовна", phones="8 903 7504817")
    assert patient.full_name == "Лебедева Марина Викторовна"
    assert patient.name_key == "лебедева марина викторовна"
    assert list(patient.contacts.values_list("value", flat=True)) == ["+79037504817"]
    assert Fact.objects.filter(kind="patients.registered", payload__patient_id=patient.pk).count() == 1
    assert AuditEntry.objects.filter(action="patients.card.registered", patient_id=patient.pk).count() == 1


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"full_name": " "}, "фамилию или имя"),
        ({"full_name": "И" * 101}, "100 знаков"),
        ({"born_on": dt.date(1899, 12, 31)}, "1900"),
        ({"born_on": dt.date(2026, 11, 21)}, "сегодняшнего"),
        ({"alert": "а" * 301}, "300"),
        ({"phones": "12"}, "телефон"),
        ({"email": "нет такой"}, "Почта"),
    ],
)
def test_bad_input_is_refused_with_a_sentence_and_leaves_nothing(card, fields, says):
    with pytest.raises(BadInput, match=says):
        card(**fields)
    assert Patient.objects.count() == 0
    assert Contact.objects.count() == 0


def test_editing_tells_only_the_fields_that_changed(mila, actor, now):
    api.edit_patient(patient=mila, changes={"surname": "Орлова", "card_no": "20418"}, actor=actor, now=now)
    mila.refresh_from_db()
    assert mila.name_key == "орлова марина викторовна"
    assert Fact.objects.get(kind="patients.changed").payload["fields"] == ["surname"]


def test_editing_to_the_same_leaves_no_trace(mila, actor, now):
    before = AuditEntry.objects.count()
    api.edit_patient(patient=mila, changes={"surname": "Лебедева"}, actor=actor, now=now)
    assert AuditEntry.objects.count() == before


def test_trail_holds_no_names_and_no_phones(mila, actor, now):
    api.edit_patient(patient=mila, changes={"surname": "Орлова"}, actor=actor, now=now)
    api.add_contacts(patient=mila, phones="+7 916 123-45-67", actor=actor, now=now)
    written = str(list(AuditEntry.objects.values_list("details", flat=True))) + str(
        list(Fact.objects.values_list("payload", flat=True))
    )
    assert "Орлова" not in written
    assert "9161234567" not in written


def test_several_phones_of_one_cell_become_contacts_and_a_known_one_is_not_doubled(mila, actor, now):
    api.add_contacts(patient=mila, phones="89161234567 муж, +7 903 750 48 17", actor=actor, now=now)
    assert set(mila.contacts.values_list("value", "comment")) == {("+79037504817", ""), ("+79161234567", "муж")}


def test_wrong_number_stops_being_preferred_and_cannot_be_preferred_again(mila, actor, now):
    phone = mila.contacts.get()
    api.prefer_contact(contact=phone, actor=actor, now=now)
    phone = api.mark_reach(contact=phone, reach="wrong", actor=actor, now=now)
    assert not phone.is_preferred
    with pytest.raises(BadInput):
        api.prefer_contact(contact=phone, actor=actor, now=now)
    assert api.best_phones([mila.pk]) == {}


def test_one_contact_of_a_kind_is_preferred(mila, actor, now):
    (second,) = api.add_contacts(patient=mila, phones="+7 916 123-45-67", actor=actor, now=now)
    api.prefer_contact(contact=mila.contacts.first(), actor=actor, now=now)
    api.prefer_contact(contact=second, actor=actor, now=now)
    assert list(mila.contacts.filter(is_preferred=True)) == [second]
    assert api.best_phones([mila.pk]) == {mila.pk: "+79161234567"}


def test_same_tag_in_another_case_is_the_same_tag(mila, actor, now):
    api.add_tag(patient=mila, name="Приём ребёнка", actor=actor, now=now)
    tag = api.add_tag(patient=mila, name="приём ребенка", actor=actor, now=now)
    assert Tag.objects.count() == 1
    api.remove_tag(patient=mila, tag=tag, actor=actor, now=now)
    assert not mila.tags.exists()


def test_note_needs_text(mila, actor, now):
    with pytest.raises(BadInput):
        api.add_note(patient=mila, text="  \n ", actor=actor, now=now)
    note = api.add_note(patient=mila, text="Боится уколов", actor=actor, now=now)
    assert note.author_id == actor.user_id


def test_hint_shows_the_card_that_a_new_one_would_repeat(mila, clinic):
    def hints(**fields):
        given = {"surname": "лебедева", "name": "Марина", "patronymic": "", "born_on": None, "phones": ()}
        return api.same_person_hints(clinic_id=clinic.pk, **{**given, **fields})

    assert hints(born_on=dt.date(1980, 5, 12)) == [mila]
    assert hints(phones=("+79037504817",)) == [mila]
    assert hints(born_on=dt.date(1999, 1, 1)) == []
    assert hints(surname="Иванова", phones=("+79037504817",)) == []


def test_address_gives_the_area_and_a_new_address_takes_it_along(card, actor, now):
    patient = card("Котова Вера", address="г. Москва,  р-н Хамовники, ул. Усачёва, 5")
    assert (patient.address, patient.area) == ("г. Москва, р-н Хамовники, ул. Усачёва, 5", "Хамовники")

    def edited(address, area):
        changes = {"address": address, "area": area}
        return api.edit_patient(patient=patient, changes=changes, actor=actor, now=now).area

    assert edited("Химки, ул. Ленина, 5", "Хамовники") == "Химки"
    assert edited("Химки, ул. Ленина, 5", "Сходня") == "Сходня"
    assert edited("ул. Ленина, 7", "Сходня") == "Сходня"
    with pytest.raises(BadInput, match="300"):
        edited("я" * 301, "")

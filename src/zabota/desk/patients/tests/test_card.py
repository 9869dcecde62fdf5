"""The card: who sees what, what stands first, what is done from it."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from zabota.booking.models import Appointment
from zabota.kernel import clock
from zabota.kernel.models import AuditEntry
from zabota.kernel.scope import clinic_scope
from zabota.patients import api as patients
from zabota.patients.models import Contact, Note, Patient

HTMX = {"HTTP_HX_REQUEST": "true"}


def card_of(patient):
    return reverse("desk:patient", args=[patient.public_id])


@pytest.fixture
def full_card(smile, mila, visit, plan, actor, texts):
    """Everything a card can hold."""
    with clinic_scope(smile.pk):
        visit(days_ago=30)
        visit(days_ago=200, status="no_show", paid=False)
        Patient.objects.filter(pk=mila.pk).update(alert="Аллергия на лидокаин")
        patients.add_note(patient=mila, text="Боится уколов", actor=actor, now=clock.now())
        patients.add_tag(patient=mila, name="Говорит тихо", actor=actor, now=clock.now())
    return mila


def test_card_answers_first_and_then_shows_the_evidence(as_vera, full_card):
    page = as_vera.get(card_of(full_card)).content.decode()
    for text in (
        "Кузнецова Мила Андреевна",
        "Аллергия на лидокаин",
        "Профессиональная чистка",
        "4\u00a0500\u00a0₽",
        "План: Зуб 36",
        "Боится уколов",
        "Говорит тихо",
        "Неявка",
        "+7\u00a0916\u00a0123-45-67",
    ):
        assert text in page, text
    assert page.index("Тип и почему") < page.index("Вся история")


def test_every_look_at_a_card_leaves_a_row(as_vera, vera, mila):
    as_vera.get(card_of(mila))
    as_vera.get(card_of(mila))
    rows = AuditEntry.objects.filter(action="patients.card.viewed", patient_id=mila.pk, actor_id=vera.user_id)
    assert rows.count() == 2


def test_doctor_sees_treatment_and_no_money(as_sokolova, full_card):
    page = as_sokolova.get(card_of(full_card)).content.decode()
    assert "Аллергия на лидокаин" in page
    assert "Профессиональная чистка" in page
    assert "Боится уколов" in page
    assert "₽" not in page
    assert "123-45-67" not in page  # a doctor does not call: the number is recognised by its end
    assert "-45-67" in page


def test_marketer_sees_no_health_data_until_the_patient_signs_exactly_that(as_marina, full_card, smile, actor):
    hidden = ("Аллергия на лидокаин", "Профессиональная чистка", "План: Зуб 36", "Боится уколов", "Соколова")
    page = as_marina.get(card_of(full_card)).content.decode()
    assert [text for text in hidden if text in page] == []
    assert "₽" in page
    more = as_marina.get(reverse("desk:patient-timeline", args=[full_card.public_id]) + "?show=notes").content.decode()
    assert "Боится уколов" not in more
    with clinic_scope(smile.pk):
        proof = patients.Proof(signature="paper")
        patients.grant_consent(patient=full_card, purpose="special", proof=proof, actor=actor, now=clock.now())
    assert "Профессиональная чистка" in as_marina.get(card_of(full_card)).content.decode()


def test_card_of_another_clinic_and_of_another_branch_is_not_there(as_oleg, as_vera, mila, smile, north, new_patient):
    theirs = new_patient(smile, "Котова Ия Львовна", branch=north)
    nobodys = new_patient(smile, "Орлова Яна Львовна")
    assert as_oleg.get(card_of(mila)).status_code == 404
    assert as_vera.get(card_of(theirs)).status_code == 404
    assert as_vera.get(card_of(nobodys)).status_code == 200
    for name in ("patient-edit", "patient-consents", "patient-book", "patient-timeline"):
        assert as_vera.get(reverse(f"desk:{name}", args=[theirs.public_id])).status_code == 404
    note = reverse("desk:patient-note", args=[theirs.public_id])
    assert as_vera.post(note, {"text": "Чужое"}).status_code == 404
    with clinic_scope(smile.pk):
        assert not Note.objects.exists()


def test_whoever_may_only_look_cannot_write(as_sokolova, as_marina, mila):
    for client in (as_sokolova, as_marina):
        for name in ("patient-note", "patient-tag-add", "patient-contact-add", "patient-edit", "patient-book"):
            assert client.post(reverse(f"desk:{name}", args=[mila.public_id]), {}).status_code == 404
        assert client.post(reverse("desk:patient-consents", args=[mila.public_id]), {}).status_code == 404


def test_address_of_an_absorbed_card_leads_to_the_kept_one(as_vera, smile, mila, new_patient, actor):
    twin = new_patient(smile, "Кузнецова Мила")
    with clinic_scope(smile.pk):
        patients.merge_cards(kept=mila, absorbed=twin, actor=actor, now=clock.now())
    assert as_vera.get(card_of(twin)).headers["Location"] == card_of(mila)


def test_queries_do_not_grow_with_the_history(as_anton, full_card, visit, mila):
    def cost():
        with CaptureQueriesContext(connection) as caught:
            assert as_anton.get(card_of(mila)).status_code == 200
        return len([q for q in caught if not q["sql"].startswith(("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT"))])

    as_anton.get(card_of(mila))
    one = cost()
    for number in range(3):
        visit(days_ago=60 + number)
    three = cost()
    for number in range(400):
        visit(days_ago=100 + number * 18)
    many = cost()
    assert one == three == many
    assert many <= 64


def test_long_history_is_read_to_its_end_without_losing_a_line(as_anton, mila, visit):
    for number in range(45):
        visit(days_ago=10 + number // 3, paid=number % 2 == 0)  # several in one day
    seen = 0
    url = reverse("desk:patient-timeline", args=[mila.public_id]) + "?show=visits"
    mark = "first"
    while mark:
        address = url if mark == "first" else f"{url}&after={mark}"
        response = as_anton.get(address, **HTMX)
        seen += response.content.decode().count("Профессиональная чистка")
        from urllib.parse import quote

        mark = quote(response.context["timeline"].next_mark)
    assert seen == 45


@pytest.mark.parametrize("mark", ["x", "|||", "2026-01-01|visit||1", "2026-01-01T00:00:00+00:00|visit||x"])
def test_spoilt_mark_of_a_page_begins_from_the_start(as_anton, mila, visit, mark):
    visit()
    response = as_anton.get(reverse("desk:patient-timeline", args=[mila.public_id]), {"after": mark}, **HTMX)
    assert response.status_code == 200


def test_note_with_markup_is_shown_as_text(as_vera, mila):
    url = reverse("desk:patient-note", args=[mila.public_id])
    as_vera.post(url, {"text": "<script>alert(1)</script>"})
    page = as_vera.get(card_of(mila)).content.decode()
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_empty_note_is_refused_in_its_place_and_nothing_else_is_lost(as_vera, mila):
    url = reverse("desk:patient-note", args=[mila.public_id])
    response = as_vera.post(url, {"text": "  "}, **HTMX)
    assert response.status_code == 422
    assert "Напишите текст заметки" in response.content.decode()


def test_mistyped_phone_stays_in_the_field_with_the_reason(as_vera, mila, in_clinic):
    url = reverse("desk:patient-contact-add", args=[mila.public_id])
    response = as_vera.post(url, {"contact": "12-34", "comment": "муж"}, **HTMX)
    page = response.content.decode()
    assert response.status_code == 422
    assert 'value="12-34"' in page
    assert 'value="муж"' in page
    assert "Не удалось прочитать телефон" in page
    assert Contact.objects.filter(patient=mila).count() == 1


def test_contact_is_marked_from_the_card(as_vera, mila, in_clinic):
    contact = mila.contacts.get()
    url = reverse("desk:patient-contact", args=[mila.public_id, contact.pk, "wrong"])
    assert as_vera.post(url, **HTMX).status_code == 200
    contact.refresh_from_db()
    assert contact.reach == "wrong"
    assert "Нет связи" in as_vera.get(card_of(mila)).content.decode()


def test_contact_of_another_patient_is_not_marked_through_this_one(as_vera, mila, pyotr, in_clinic):
    url = reverse("desk:patient-contact", args=[mila.public_id, pyotr.contacts.get().pk, "wrong"])
    assert as_vera.post(url).status_code == 404


def test_stage_is_marked_and_the_plan_goes_on(as_vera, mila, plan, in_clinic):
    stage = plan.stages.first()
    response = as_vera.post(reverse("desk:patient-stage", args=[mila.public_id, stage.pk]), **HTMX)
    assert "1 из 2" in response.content.decode()
    plan.refresh_from_db()
    assert plan.state == "in_progress"


def _opened(client, url):
    """The page of editing as a browser holds it: what each field shows and what it showed when it was opened."""
    form = client.get(url).context["form"]
    return {**{bound.name: bound.value() or "" for bound in form}, **dict(form.first_values())}


def test_what_a_colleague_wrote_meanwhile_stays(as_vera, mila, in_clinic):
    url = reverse("desk:patient-edit", args=[mila.public_id])
    first, second = _opened(as_vera, url), _opened(as_vera, url)
    assert as_vera.post(url, {**second, "alert": "Аллергия на лидокаин"}).status_code == 302

    assert as_vera.post(url, {**first, "address": "Казань, Баумана, 5"}).status_code == 302

    mila.refresh_from_db()
    assert (mila.alert, mila.address) == ("Аллергия на лидокаин", "Казань, Баумана, 5")


def test_two_changes_of_one_field_are_told_before_the_later_is_kept(as_vera, mila, in_clinic):
    url = reverse("desk:patient-edit", args=[mila.public_id])
    first, second = _opened(as_vera, url), _opened(as_vera, url)
    as_vera.post(url, {**second, "alert": "Аллергия на лидокаин"})

    response = as_vera.post(url, {**first, "alert": "Боится уколов"})

    assert response.status_code == 422
    assert "изменил коллега: стало «Аллергия на лидокаин»" in response.content.decode()
    again = {**first, "alert": "Боится уколов, аллергия на лидокаин", **dict(response.context["form"].first_values())}
    assert as_vera.post(url, again).status_code == 302
    mila.refresh_from_db()
    assert mila.alert == "Боится уколов, аллергия на лидокаин"


def test_editing_a_card_of_a_closed_branch_leaves_it_there(as_vera, mila, centre, in_clinic):
    mila.branch = centre
    mila.save(update_fields=["branch"])
    centre.is_active = False
    centre.save(update_fields=["is_active"])
    url = reverse("desk:patient-edit", args=[mila.public_id])

    assert as_vera.post(url, {**_opened(as_vera, url), "alert": "Плохо слышит"}).status_code == 302

    mila.refresh_from_db()
    assert (mila.branch, mila.alert) == (centre, "Плохо слышит")


def test_editing_shows_errors_and_keeps_what_was_typed(as_vera, mila, in_clinic):
    url = reverse("desk:patient-edit", args=[mila.public_id])
    tomorrow = clock.now().date() + dt.timedelta(days=2)
    response = as_vera.post(url, {"surname": "Новая", "name": "Мила", "born_on": tomorrow.isoformat()})
    page = response.content.decode()
    assert response.status_code == 422
    assert "Дата рождения" in page
    assert 'value="Новая"' in page
    mila.refresh_from_db()
    assert mila.surname == "Кузнецова"


def test_editing_saves_and_says_so(as_vera, mila, centre, in_clinic):
    url = reverse("desk:patient-edit", args=[mila.public_id])
    data = _opened(as_vera, url) | {
        "surname": "орлова",
        "name": "Мила",
        "patronymic": "Андреевна",
        "branch": centre.public_id,
        "source": "Вывеска",
    }
    assert as_vera.post(url, data).status_code == 302
    mila.refresh_from_db()
    assert (mila.surname, mila.source.name, mila.branch) == ("Орлова", "Вывеска", centre)


def test_card_cannot_be_moved_to_a_branch_that_this_person_does_not_see(as_vera, mila, north, in_clinic):
    url = reverse("desk:patient-edit", args=[mila.public_id])
    response = as_vera.post(url, {**_opened(as_vera, url), "branch": north.public_id})
    assert response.status_code == 422
    assert "branch" in response.context["form"].errors


def test_booking_from_the_card(as_vera, mila, doctor_sokolova, centre, cleaning, in_clinic):
    url = reverse("desk:patient-book", args=[mila.public_id])
    assert doctor_sokolova.name in as_vera.get(url, **HTMX).content.decode()
    day = clock.now().date() + dt.timedelta(days=3)
    data = {
        "doctor": doctor_sokolova.public_id,
        "branch": centre.public_id,
        "day": day.isoformat(),
        "time": "10:30",
        "service": cleaning.public_id,
    }
    response = as_vera.post(url, data, **HTMX)
    assert response.headers["HX-Redirect"] == card_of(mila)
    row = Appointment.objects.get()
    assert (row.day, row.lines.get().service, row.duration_minutes) == (day, cleaning, cleaning.duration_minutes)
    taken = as_vera.post(url, {**data, "time": "10:45"}, **HTMX)
    assert taken.status_code == 422
    assert "уже занято" in taken.content.decode()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"time": ""}, "Выберите свободное время"),
        ({"time": "99:99"}, "10:30"),
        ({"slot": "завтра"}, "Выберите время ещё раз"),
        ({"slot": "2020-01-01T10:00:00+03:00"}, "прошло"),
        ({"doctor": "нет"}, "Выберите другого"),
        ({"duration_minutes": "1000"}, "480"),
    ],
)
def test_impossible_booking_says_what_to_do(as_vera, mila, doctor_sokolova, centre, in_clinic, change, says):
    day = clock.now().date() + dt.timedelta(days=3)
    data = {"doctor": doctor_sokolova.public_id, "day": day.isoformat(), "time": "10:30", **change}
    response = as_vera.post(reverse("desk:patient-book", args=[mila.public_id]), data, **HTMX)
    assert response.status_code == 422
    assert says in response.content.decode()
    assert not Appointment.objects.exists()


def test_booked_visit_is_moved_from_the_card_through_the_calendar(as_vera, as_sokolova, mila, visit, in_clinic):
    booked = visit(days_ago=-5, status="planned", paid=False)
    card, door = (
        reverse("desk:patient", args=[mila.public_id]),
        reverse("desk:calendar-visit-move", args=[booked.public_id]),
    )
    assert door in as_vera.get(card).content.decode()
    assert "Перенести" in as_vera.get(door).content.decode()
    assert door not in as_sokolova.get(card).content.decode()


def test_booked_visit_is_cancelled_from_the_card(as_vera, mila, visit, in_clinic):
    row = visit(days_ago=-5, status="planned", paid=False)
    url = reverse("desk:patient-visit", args=[mila.public_id, row.public_id, "cancel"])
    assert as_vera.post(url, **HTMX).status_code == 200
    row.refresh_from_db()
    assert row.status == "cancelled_patient"


@pytest.mark.parametrize("change", ["another branch", "gone from the clinic's system"])
def test_visit_that_is_not_this_desks_is_not_changed_from_the_card(as_vera, mila, visit, north, in_clinic, change):
    row = visit(days_ago=-5, status="planned", paid=False)
    now = {"branch": north} if change == "another branch" else {"vanished_at": clock.now()}
    Appointment.objects.filter(pk=row.pk).update(**now)
    door = reverse("desk:patient-visit", args=[mila.public_id, row.public_id, "cancel"])
    assert door not in as_vera.get(card_of(mila)).content.decode()
    assert as_vera.post(door, **HTMX).status_code == 404
    row.refresh_from_db()
    assert row.status == "planned"


def test_card_of_a_bare_name_opens(as_anton, smile, new_patient):
    bare = new_patient(smile, "Безымянная")
    page = as_anton.get(card_of(bare)).content.decode()
    assert "Нет ни телефона, ни почты" in page

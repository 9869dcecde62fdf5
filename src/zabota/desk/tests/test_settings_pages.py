"""Staff, clinic, trail and system in the browser of the owner; what others may not see."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable

import pytest
from django.db import OperationalError
from django.test import Client, RequestFactory
from django.urls import reverse
from tests import odd_jobs

from zabota.clinic.models import Branch, Clinic, Doctor, GoalPath, Member, Service, ServiceGroup, User
from zabota.clinic.rules.rights import Role
from zabota.desk.errors import server_error
from zabota.kernel import audit, clock, jobs
from zabota.kernel.audit import Actor
from zabota.kernel.models import AuditEntry, Fact, FactDelivery, JobLease, WorkerSeen
from zabota.patients.models import Patient, Source


def form_of(member: Member, **changes: object) -> dict[str, object]:
    fields: dict[str, object] = {
        "surname": member.user.surname or "Орлова",
        "name": member.user.name or "Вера",
        "patronymic": "",
        "role": member.role,
        "daily_capacity": 40,
    }
    return {**fields, **changes}


class TestStaff:
    def test_the_owner_invites_and_sees_the_password_once(self, as_anton: Client, centre: Branch) -> None:
        response = as_anton.post(
            reverse("desk:staff-new"),
            {"surname": "Лаптева", "name": "Нина", "email": "Nina@ulybka.test", "role": "administrator",
             "branches": [centre.pk], "daily_capacity": 30},
        )  # fmt: skip

        password = re.search(r'id="one-time">([^<]+)<', response.content.decode()).group(1)
        nina = User.objects.get(email="nina@ulybka.test")
        assert nina.check_password(password)
        assert response["Cache-Control"] == "no-store"
        assert password not in as_anton.get(reverse("desk:staff")).content.decode()

    def test_a_taken_address_is_told_at_its_field(self, as_anton: Client, oleg: Member) -> None:
        response = as_anton.post(
            reverse("desk:staff-new"),
            {"surname": "А", "name": "Б", "email": oleg.user.email, "role": "doctor", "daily_capacity": 0},
        )

        assert response.status_code == 422
        assert "уже занята" in response.content.decode()

    def test_role_and_branches_change(self, as_anton: Client, vera: Member, north: Branch) -> None:
        address = reverse("desk:staff-person", args=[vera.public_id])

        as_anton.post(address, form_of(vera, role="coordinator", branches=[north.pk]))

        vera.refresh_from_db()
        assert vera.role == "coordinator"
        assert list(vera.branches.all()) == [north]

    def test_the_owner_cannot_change_the_own_role(self, as_anton: Client, anton: Member) -> None:
        response = as_anton.post(reverse("desk:staff-person", args=[anton.public_id]), form_of(anton, role="doctor"))

        assert "Свою роль изменить нельзя" in response.content.decode()
        anton.refresh_from_db()
        assert anton.role == "owner"

    def test_fields_that_the_form_does_not_have_are_ignored(self, as_anton: Client, vera: Member) -> None:
        extra = {"is_superuser": "1", "is_staff": "1", "clinic": "999", "user": "1", "id": "1", "is_active": ""}

        as_anton.post(reverse("desk:staff-person", args=[vera.public_id]), form_of(vera, **extra))

        vera.refresh_from_db()
        assert not vera.user.is_superuser
        assert vera.is_active

    def test_a_person_who_left_is_out_at_once(self, as_anton: Client, vera: Member, as_vera: Client) -> None:
        as_anton.post(reverse("desk:staff-act", args=[vera.public_id, "leave"]))

        assert as_vera.get(reverse("mfa_index")).status_code == 302
        assert Fact.objects.filter(kind="clinic.member_left").exists()

    def test_a_new_password_ends_the_sessions(self, as_anton: Client, vera: Member, as_vera: Client) -> None:
        response = as_anton.post(reverse("desk:staff-act", args=[vera.public_id, "password"]))

        assert 'id="one-time"' in response.content.decode()
        assert as_vera.get(reverse("mfa_index")).status_code == 302

    def test_a_lost_role_is_lost_in_the_middle_of_a_session(
        self, as_anton: Client, quality: Member, log_in: Callable[[Member], Client]
    ) -> None:
        browser = log_in(quality)
        assert browser.get(reverse("desk:trail")).status_code == 200

        as_anton.post(reverse("desk:staff-person", args=[quality.public_id]), form_of(quality, role="doctor"))

        assert browser.get(reverse("desk:trail")).status_code == 404

    def test_people_of_another_clinic_are_not_found(self, as_anton: Client, oleg: Member) -> None:
        assert as_anton.get(reverse("desk:staff-person", args=[oleg.public_id])).status_code == 404
        assert as_anton.post(reverse("desk:staff-act", args=[oleg.public_id, "leave"])).status_code == 404
        assert oleg.user.email not in as_anton.get(reverse("desk:staff")).content.decode()

    def test_an_unknown_action_is_not_found(self, as_anton: Client, vera: Member) -> None:
        assert as_anton.post(reverse("desk:staff-act", args=[vera.public_id, "promote"])).status_code == 404
        assert as_anton.get(reverse("desk:staff-act", args=[vera.public_id, "leave"])).status_code == 405

    def test_the_page_costs_the_same_at_any_number_of_people(
        self, as_anton: Client, smile: Clinic, new_member: Callable[..., Member], page_budget: Callable[..., None]
    ) -> None:
        page_budget(
            as_anton,
            reverse("desk:staff"),
            queries=5,
            add_row=lambda: new_member(smile, Role.DOCTOR, "Пётр", "Врачев"),
        )


class TestClinic:
    def test_name_and_zone_change(self, as_anton: Client, smile: Clinic) -> None:
        as_anton.post(reverse("desk:clinic"), {"name": "Улыбка и К", "time_zone": "Asia/Omsk"})

        smile.refresh_from_db()
        assert (smile.name, smile.time_zone) == ("Улыбка и К", "Asia/Omsk")

    def test_branches_are_added_and_closed(self, as_anton: Client, smile: Clinic) -> None:
        fields = {"name": "Юг", "time_zone": "Europe/Moscow", "phone_area": "495"}
        as_anton.post(reverse("desk:clinic-branch-new"), fields)
        branch = Branch.objects.get(name="Юг")

        as_anton.post(reverse("desk:clinic-branch", args=[branch.public_id]), fields)

        branch.refresh_from_db()
        assert branch.clinic == smile
        assert not branch.is_active

    def test_doctors_are_added_and_changed(self, as_anton: Client, centre: Branch) -> None:
        as_anton.post(reverse("desk:clinic-doctor-new"), {"name": "Ким Алексей", "speciality": "хирург"})
        doctor = Doctor.objects.get(name="Ким Алексей")

        as_anton.post(
            reverse("desk:clinic-doctor", args=[doctor.public_id]),
            {"name": "Ким Алексей Ли", "speciality": "хирург", "branches": [centre.pk], "is_active": "on"},
        )

        doctor.refresh_from_db()
        assert (doctor.name, list(doctor.branches.all())) == ("Ким Алексей Ли", [centre])

    def test_marked_services_go_into_a_group_together(
        self, as_anton: Client, cleaning: Service, hygiene: ServiceGroup, smile: Clinic
    ) -> None:
        other = Service.objects.create(clinic=smile, name="Полировка", name_key="полировка")
        Service.objects.update(group=None)
        address = reverse("desk:clinic-services-sort")
        marked = {"service": [cleaning.public_id, other.public_id], "back": "none"}
        assert "Отметьте услуги" in as_anton.post(address, marked, follow=True).content.decode()
        answer = as_anton.post(address, {**marked, "group": hygiene.public_id})
        assert answer["Location"].endswith("?group=none")
        assert set(hygiene.services.all()) == {cleaning, other}
        (fact,) = Fact.objects.all()
        assert fact.payload["group_ids"] == [hygiene.pk]  # whose recalls are counted anew
        as_anton.post(address, {"service": [other.public_id], "group": "none"})
        assert list(hygiene.services.all()) == [cleaning]

    def test_a_service_without_a_group_gets_one(
        self, as_anton: Client, cleaning: Service, hygiene: ServiceGroup
    ) -> None:
        cleaning.group = None
        cleaning.save()
        assert "1 услуга без группы" in as_anton.get(reverse("desk:clinic-services")).content.decode().replace(
            "\u00a0", " "
        )

        as_anton.post(
            reverse("desk:clinic-service", args=[cleaning.public_id]), {"group": hygiene.pk, "is_active": "on"}
        )

        cleaning.refresh_from_db()
        assert cleaning.group == hygiene

    def test_a_group_gets_a_new_interval(self, as_anton: Client, hygiene: ServiceGroup) -> None:
        as_anton.post(
            reverse("desk:clinic-group", args=[hygiene.public_id]),
            {
                "name": "Гигиена",
                "recall_interval_days": 120,
                "late_factor": "1,5",
                "sleeping_factor": "2",
                "lost_factor": "3",
            },
        )

        hygiene.refresh_from_db()
        assert hygiene.recall_interval_days == 120

    def test_a_new_group_leads_to_its_thresholds(self, as_anton: Client) -> None:
        response = as_anton.post(reverse("desk:clinic-group-new"), {"name": "Осмотры", "recall_interval_days": "365"})

        assert response.url == reverse("desk:clinic-group", args=[ServiceGroup.objects.get().public_id])

    def test_the_goal_is_set_in_percents(self, as_anton: Client) -> None:
        as_anton.post(
            reverse("desk:clinic-goal"),
            {"baseline": "54", "baseline_on": "2026-08-01", "target": "65,5", "target_on": "2027-12-31",
             "stage_1_on": "2026-12-31", "stage_1_value": "57", "stage_1_title": "Спящие вернулись",
             "stage_2_on": "2027-03-31", "stage_2_value": "100", "stage_2_by": "coverage", "stage_2_title": "Никто не забыт"},
        )  # fmt: skip

        goal = GoalPath.objects.get()
        assert (goal.baseline, goal.target) == (0.54, 0.655)
        assert goal.stages == [
            {"on": "2026-12-31", "value": 0.57, "title": "Спящие вернулись"},
            {"on": "2027-03-31", "value": 1.0, "title": "Никто не забыт", "by": "coverage"},
        ]
        assert 'value="65,5"' in as_anton.get(reverse("desk:clinic-goal")).content.decode()

    def test_the_owner_says_what_a_source_costs(self, as_anton: Client, as_vera: Client, smile: Clinic) -> None:
        maps = Source.objects.create(clinic=smile, name="Карты", name_key="карты")
        address, field = reverse("desk:clinic-sources"), f"cost_{maps.pk}"
        assert "Карты" in as_anton.get(address).content.decode()

        as_anton.post(address, {field: "25 000,50"})

        maps.refresh_from_db()
        assert maps.monthly_cost_kopecks == 2_500_050
        assert AuditEntry.objects.filter(action="patients.source.cost").count() == 1
        assert 'value="25\u00a0000,50"' in as_anton.get(address).content.decode()
        for odd in ("много", "-5", "1e30", "NaN", "0,001"):
            assert as_anton.post(address, {field: odd}).status_code == 422
        maps.refresh_from_db()
        assert maps.monthly_cost_kopecks == 2_500_050
        assert as_vera.get(address).status_code == 404

    def test_a_goal_in_the_past_is_explained(self, as_anton: Client) -> None:
        response = as_anton.post(
            reverse("desk:clinic-goal"),
            {"baseline": "54", "baseline_on": "2026-08-01", "target": "65", "target_on": "2026-07-01"},
        )

        assert "должна быть позже" in response.content.decode()

    def test_rows_of_another_clinic_are_not_found(
        self, as_oleg: Client, centre: Branch, doctor_sokolova: Doctor, cleaning: Service, hygiene: ServiceGroup
    ) -> None:
        for name, row in (
            ("clinic-branch", centre), ("clinic-doctor", doctor_sokolova), ("clinic-service", cleaning), ("clinic-group", hygiene),
        ):  # fmt: skip
            assert as_oleg.get(reverse(f"desk:{name}", args=[row.public_id])).status_code == 404

    def test_a_foreign_group_cannot_be_chosen(self, as_anton: Client, other_clinic: Clinic, cleaning: Service) -> None:
        foreign = ServiceGroup.objects.create(clinic=other_clinic, name="Чужая")

        response = as_anton.post(
            reverse("desk:clinic-service", args=[cleaning.public_id]), {"group": foreign.pk, "is_active": "on"}
        )

        assert response.status_code == 422

    def test_services_cost_the_same_at_any_number(
        self, as_anton: Client, smile: Clinic, hygiene: ServiceGroup, page_budget: Callable[..., None]
    ) -> None:
        def add() -> None:
            name = f"Услуга {Service.objects.count()}"
            Service.objects.create(clinic=smile, group=hygiene, name=name, name_key=name.lower())

        page_budget(as_anton, reverse("desk:clinic-services"), queries=7, add_row=add)


class TestTrail:
    @pytest.fixture
    def two_looks(self, mila: Patient, pyotr: Patient, vera: Member, quality: Member) -> None:
        moment = dt.datetime(2026, 11, 20, 21, 30, tzinfo=dt.UTC)  # half past midnight in Moscow
        audit.record("patients.card.viewed", mila, actor=Actor(user_id=vera.user_id), now=moment)
        audit.record("clinic.goal.set", vera, actor=Actor(user_id=quality.user_id), now=moment - dt.timedelta(days=9))

    def test_who_what_and_whom(self, as_quality: Client, two_looks: None) -> None:
        page = as_quality.get(reverse("desk:trail")).content.decode()

        assert "Орлова\u00a0В.\u00a0П." in page
        assert "просмотр карточки" in page
        assert "Кузнецова Мила Андреевна" in page

    @pytest.mark.parametrize(
        ("query", "rows"),
        [("what=patients", 1), ("what=clinic", 1), ("since=2026-11-21", 1), ("until=2026-11-20", 1), ("what=нет", 2), ("since=31.02", 2), ("who=x", 2)],
    )  # fmt: skip
    def test_filters(self, as_quality: Client, two_looks: None, query: str, rows: int) -> None:
        page = as_quality.get(f"{reverse('desk:trail')}?{query}").content.decode()

        assert page.count('data-label="Кто"') == rows

    def test_the_trail_of_one_patient(self, as_quality: Client, two_looks: None, mila: Patient, pyotr: Patient) -> None:
        assert (
            as_quality.get(f"{reverse('desk:trail')}?patient={mila.public_id}")
            .content.decode()
            .count("просмотр карточки")
            == 1
        )
        assert (
            "Таких записей нет" in as_quality.get(f"{reverse('desk:trail')}?patient={pyotr.public_id}").content.decode()
        )

    def test_taking_the_file_leaves_a_row(self, as_quality: Client, two_looks: None) -> None:
        file = as_quality.get(reverse("desk:trail-csv")).content.decode()

        assert "просмотр карточки;Кузнецова Мила Андреевна" in file
        assert AuditEntry.objects.filter(action="desk.trail.exported").count() == 1

    def test_another_clinic_sees_nothing_of_it(self, as_oleg: Client, two_looks: None) -> None:
        assert "Таких записей нет" in as_oleg.get(reverse("desk:trail")).content.decode()

    def test_a_refused_door_leaves_a_row(self, as_vera: Client, vera: Member) -> None:
        assert as_vera.get(reverse("desk:staff")).status_code == 404

        entry = AuditEntry.objects.get(action="desk.door.refused")
        assert (entry.actor_id, entry.details) == (vera.user_id, {"door": "desk:staff"})

    def test_the_page_costs_the_same_at_any_length(
        self, as_quality: Client, mila: Patient, vera: Member, page_budget: Callable[..., None]
    ) -> None:
        page_budget(
            as_quality,
            reverse("desk:trail"),
            queries=8,
            add_row=lambda: audit.record(
                "patients.card.viewed", mila, actor=Actor(user_id=vera.user_id), now=clock.now()
            ),
        )


class TestSystem:
    @pytest.fixture
    def parked(self, smile: Clinic, now: dt.datetime) -> FactDelivery:
        fact = Fact.objects.create(kind="test.bell_rang", clinic_id=smile.pk, payload={}, happened_at=now)
        return FactDelivery.objects.create(
            fact=fact,
            handler="tests.odd_jobs.note_bell",
            state="parked",
            attempts=5,
            try_at=now,
            reason="ValueError: яд",
        )

    def test_a_parked_fact_is_shown_and_can_be_tried_again(self, as_anton: Client, parked: FactDelivery) -> None:
        assert "ValueError: яд" in as_anton.get(reverse("desk:system")).content.decode()

        as_anton.post(reverse("desk:system-retry"), {"fact": parked.pk})

        parked.refresh_from_db()
        assert (parked.state, parked.attempts) == ("waiting", 0)

    def test_a_parked_job_is_shown_without_the_words_of_its_error(self, as_anton: Client, settings: object) -> None:
        settings.JOB_MAX_ATTEMPTS = 1
        odd_jobs.stumble.enqueue("Кузнецова")
        jobs.run_due(worker="w1")
        page = as_anton.get(reverse("desk:system")).content.decode()

        assert "tests.odd_jobs.stumble" in page
        assert "Кузнецова" not in page
        as_anton.post(reverse("desk:system-retry"), {"job": JobLease.objects.get().pk})
        assert JobLease.objects.get().parked_at is None

    def test_facts_of_another_clinic_are_neither_shown_nor_retried(self, as_oleg: Client, parked: FactDelivery) -> None:
        assert "яд" not in as_oleg.get(reverse("desk:system")).content.decode()
        assert as_oleg.post(reverse("desk:system-retry"), {"fact": parked.pk}).status_code == 404
        assert as_oleg.post(reverse("desk:system-retry"), {"job": "не-номер"}).status_code == 404

    def test_a_missing_worker_is_said_first(self, as_anton: Client, now: dt.datetime) -> None:
        assert "Исполнитель не запущен" in as_anton.get(reverse("desk:system")).content.decode()
        WorkerSeen.objects.create(worker="w1", started_at=now, seen_at=now)
        assert "Программа работает" in as_anton.get(reverse("desk:system")).content.decode()


def test_a_watcher_learns_that_the_server_lives_and_nothing_else(as_nobody: Client) -> None:
    response = as_nobody.get("/healthz")

    assert (response.status_code, response.content) == (200, b"ok")


class TestTrouble:
    @pytest.mark.parametrize(
        "words",
        [
            "database is locked",
            "database or disk is full",
            "attempt to write a readonly database",
            "connection refused",
        ],
    )
    def test_a_database_that_is_away_is_said_and_may_be_tried_again(self, words: str) -> None:
        """T22."""
        try:
            raise OperationalError(words)
        except OperationalError:
            response = server_error(RequestFactory().get("/staff/"))

        assert (response.status_code, response["Retry-After"]) == (503, "30")
        assert "База данных сейчас не отвечает" in response.content.decode()

    def test_another_error_tells_what_is_safe_and_no_word_of_itself(self) -> None:
        try:
            raise KeyError("Кузнецова")
        except KeyError:
            response = server_error(RequestFactory().get("/staff/"))

        assert response.status_code == 500
        assert "Кузнецова" not in response.content.decode()


def test_a_sensitive_branch_needs_its_neutral_name(as_anton: Client, centre: Branch) -> None:
    address = reverse("desk:clinic-branch", args=[centre.public_id])
    fields = {"name": "Центр", "time_zone": "Europe/Moscow", "is_active": "on", "is_sensitive": "on"}

    refused = as_anton.post(address, fields)
    assert refused.status_code == 422 and "нейтральное название" in refused.content.decode()

    as_anton.post(address, fields | {"neutral_name": "Медцентр", "neutral_sms": "MEDCENTR"})
    centre.refresh_from_db()
    assert (centre.is_sensitive, centre.neutral_name, centre.neutral_sms) == (True, "Медцентр", "MEDCENTR")

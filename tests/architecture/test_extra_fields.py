"""Fields that no form has, sent to every door: nobody becomes more than they are, nothing goes to another clinic."""

from __future__ import annotations

import functools
from collections.abc import Callable
from html.parser import HTMLParser

import pytest
from django.db import connection, transaction
from django.test import Client
from django.urls import Resolver404, resolve

from tests.architecture.doors import World, address, doors
from zabota.booking.models import Appointment
from zabota.clinic.models import Branch, Clinic, Member, User
from zabota.kernel.scope import every_clinic
from zabota.patients.models import Consent, Patient

#: Leaving ends the walk; the rest of the account is the library's.
NOT_OURS = ("account_", "mfa_", "usersessions_", "ui:")
#: What these doors are there for, said by their address.
MARKS = ("desk:calendar-visit-mark", "desk:calendar-visit-unmark", "desk:reception-mark", "desk:patient-visit")


class Forms(HTMLParser):
    """Forms of a page that are sent by POST: where to, with what they hold when nothing is typed."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url
        self.found: list[tuple[str, dict[str, str]]] = []
        self.is_open = False
        self.select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect names and values."""
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.is_open = given.get("method", "").lower() == "post"
            if self.is_open:
                self.found.append((given.get("action") or self.url, {}))
        elif self.is_open and tag in ("input", "textarea") and given.get("name"):
            if given.get("type") not in ("checkbox", "radio") or "checked" in given:
                self.found[-1][1].setdefault(given["name"], given.get("value", ""))
        elif self.is_open and tag == "select":
            self.select = given.get("name", "")
        elif self.is_open and tag == "option" and self.select and "selected" in given:
            self.found[-1][1][self.select] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        """A form ends."""
        if tag == "form":
            self.is_open = False
        elif tag == "select":
            self.select = ""


def extras_of(other: World) -> dict[str, str]:
    """Names that stand in our models and that somebody could hope are taken from what is sent."""
    return {
        "is_staff": "1", "is_superuser": "1", "role": "owner", "user_id": str(other.member.user_id),
        "clinic": str(other.clinic.pk), "clinic_id": str(other.clinic.pk), "branch": other.branch.public_id,
        "branch_id": str(other.branch.pk), "patient": other.patient.public_id, "patient_id": str(other.patient.pk),
        "member": other.member.public_id, "doctor": other.doctor.public_id, "doctor_id": str(other.doctor.pk),
        "service": other.service.public_id, "task": other.task.public_id, "status": "confirmed",
        "consent": "true", "confirmed_at": "2026-01-01T00:00Z", "erased_at": "2026-01-01T00:00Z", "id": "1", "pk": "1",
    }  # fmt: skip


@functools.cache
def tables_of_clinics() -> list[str]:
    """Tables whose rows say of which clinic they are."""
    found = []
    with connection.cursor() as cursor:
        for table in sorted(connection.introspection.table_names(cursor)):
            columns = {column.name for column in connection.introspection.get_table_description(cursor, table)}
            found += [table] if "clinic_id" in columns else []
    return found


def of_clinic(clinic: Clinic) -> int:
    """A digest of all rows of a clinic."""
    rows = []
    with connection.cursor() as cursor:
        for table in tables_of_clinics():
            cursor.execute(f'SELECT * FROM "{table}" WHERE clinic_id = %s', [clinic.pk])
            rows.append(repr(sorted(map(repr, cursor.fetchall()))))
    return hash(tuple(rows))


def powers() -> list[object]:
    """Who may what, and whose everything is."""
    with every_clinic(reason="the test looks at all"):
        return _powers()


def state_of(visit: Appointment, there: World) -> tuple[str, bool]:
    """The state of a visit, and whether anything of its clinic stands in a branch or with a doctor of another."""
    with every_clinic(reason="the test looks at all"):
        rows = Appointment.objects.filter(clinic=visit.clinic)
        lost = rows.filter(branch__clinic=there.clinic).exists() or rows.filter(doctor__clinic=there.clinic).exists()
        return str(Appointment.objects.get(pk=visit.pk).status), lost


def _powers() -> list[object]:
    return [
        *User.objects.order_by("pk").values_list("pk", "is_superuser"),
        *Member.objects.order_by("pk").values_list("pk", "role", "clinic_id", "user_id"),
        *Patient.objects.order_by("pk").values_list("pk", "clinic_id", "erased_at"),
        *Consent.objects.order_by("pk").values_list("pk", "patient_id"),
    ]


@pytest.fixture
def here(smile: Clinic, centre: Branch, new_world: Callable[[Clinic, Branch], World]) -> World:
    return new_world(smile, centre)


@pytest.fixture
def there(other_clinic: Clinic, new_world: Callable[[Clinic, Branch], World]) -> World:
    return new_world(other_clinic, Branch.objects.create(clinic=other_clinic, name="Дальний"))


@pytest.mark.slow
@pytest.mark.one_database
def test_extra_fields_give_no_power_and_reach_no_other_clinic(here: World, there: World, as_anton: Client) -> None:
    """T13: each form of each page as it stands, and each door bare, with fields that it does not have."""
    as_anton.raise_request_exception = False
    extras = extras_of(there)
    before, theirs = powers(), of_clinic(there.clinic)
    planned = here.visit.status
    wrong, seen = {}, set()
    for door in doors():
        if door.right is None or door.name.startswith(NOT_OURS):
            continue
        url = address(door, here)
        status = {planned}
        with transaction.atomic():
            page = as_anton.get(url)
            forms = [(url, {})]
            if page.status_code == 200 and "html" in page.get("Content-Type", ""):
                reader = Forms(url)
                reader.feed(page.content.decode())
                forms += reader.found
            for where, values in forms:
                name = name_of(where)
                key = (name, tuple(sorted(values)))
                if key in seen or not name.startswith("desk:"):
                    continue
                seen.add(key)
                answer = as_anton.post(where, {**extras, **values})
                if answer.status_code >= 500:
                    wrong[f"{door.name} {where}"] = f"broke: {answer.status_code}"
                if not name.startswith(MARKS):
                    status.add(state_of(here.visit, there)[0])
            after, foreign, lost = powers(), of_clinic(there.clinic), state_of(here.visit, there)[1]
            transaction.set_rollback(True)
        if [row for row in after if row in before] != before or foreign != theirs or lost:
            wrong[door.name] = "changed what it must not"
        if status - {planned, "cancelled_patient", "cancelled_clinic"} and not any(
            name_of(where).startswith(MARKS) for where, _ in forms
        ):
            wrong[f"{door.name} visit"] = f"the visit became {status}"
    assert wrong == {}
    assert len(seen) > 120


def name_of(where: str) -> str:
    """The door behind an address of a form."""
    try:
        return resolve(where.split("?")[0]).view_name
    except Resolver404:
        return ""


@pytest.mark.slow
def test_a_booking_with_rows_of_another_clinic_is_not_made(here: World, there: World, as_anton: Client) -> None:
    """T13: the one form that names patient, doctor and branch itself."""
    before = of_clinic(there.clinic)

    answer = as_anton.post("/calendar/book/", {**extras_of(there), "day": "2027-06-01", "time": "10:00"})

    assert answer.status_code == 422
    assert state_of(here.visit, there) == (here.visit.status, False)
    assert of_clinic(there.clinic) == before

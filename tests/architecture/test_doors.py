"""Every door: marked with its right, opened to exactly the roles of the matrix, closed to other clinics and branches."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import logging
import logging.config
import re
from collections.abc import Callable

import pytest
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client
from django.test.utils import override_settings

from tests.architecture.doors import OPEN, Door, World, address, doors
from tests.architecture.matrix import LETTERS, MATRIX
from zabota.clinic.models import Branch, Clinic, Member
from zabota.clinic.rules.rights import Right, Role, may
from zabota.kernel.logs import logging_config

#: Doors whose rows belong to the whole clinic, so that a limit to a branch does not close them, and why.
OF_THE_WHOLE_CLINIC = {
    "desk:script": "one set of scripts for all branches",
    "desk:intake": "one export holds patients of all branches; only who works with the whole base loads it",
    "desk:pulse-table": "figures of the clinic; no person in them",
    "desk:cohorts-table": "figures of the branches of who asks; no person in them",
    "desk:regular-book": "figures of the branches of who asks; no person in them",
    "desk:rule-types": "figures of the branches of who asks; no person in them",
    "desk:rule-flow": "figures of the branches of who asks; no person in them",
    "desk:control-table": "figures of the branches of who asks; no patient in them",
    "desk:regular-table": "figures of the branches of who asks; no person in them",
    "desk:calendar-load-table": "figures of the branch that who asks may see; no person in them",
    "desk:regular-mail": "a switch of the person's own",
    "desk:audit-table": "figures of the clinic; no person in them",
    "desk:messages-text": "one set of texts for all branches",
    "desk:schedule-service": "a service is the same in all branches",
    "desk:staff": "staff is the owner's, who sees all branches",
    "desk:clinic": "settings are the owner's, who sees all branches",
}


def problem_of_mark(door: Door) -> str | None:
    """A door needs a right or a reason, not both."""
    if door.right is None and door.name not in OPEN:
        return "neither a right nor a reason to stand open"
    if door.right is not None and door.name in OPEN:
        return "has a right and stands in the list of open doors"
    return None


def test_every_door_is_marked_with_who_may_open_it() -> None:
    assert {door.name: problem for door in doors() if (problem := problem_of_mark(door))} == {}


def test_an_unmarked_door_would_be_found() -> None:
    assert problem_of_mark(Door("desk:secret", lambda request: HttpResponse(), ())) is not None


def test_every_door_stands_in_the_matrix() -> None:
    closed = [door.name for door in doors() if door.right is not None]

    assert set(closed) == set(MATRIX)
    assert len(closed) == len(set(closed)), "two doors of one name"


def knock(client: Client, url: str) -> HttpResponse:
    """Open a door by GET, or by POST where GET is not taken; what it writes is undone."""
    client.raise_request_exception = False
    with transaction.atomic():
        response = client.get(url)
        if response.status_code == 405:
            response = client.post(url, {})
        transaction.set_rollback(True)
    return response


def verdict(response: HttpResponse) -> str:
    """In words of the matrix: opened, closed (404), login, broken."""
    if response.status_code >= 500:
        return "broken"
    if response.status_code == 404:
        return "closed"
    return "login" if response.status_code == 302 and response.url.startswith("/account/login/") else "opened"


@pytest.fixture
def here(smile: Clinic, centre: Branch, new_world: Callable[[Clinic, Branch], World]) -> World:
    return new_world(smile, centre)


@pytest.fixture
def everybody(
    smile: Clinic, new_member: Callable[..., Member], log_in: Callable[[Member], Client]
) -> dict[str, Client]:
    """A browser for each role, by its letter."""
    return {letter: log_in(new_member(smile, role, "Имя", f"Фамилия{letter}")) for letter, role in LETTERS.items()}


#: Doors behind which there is nothing without more than one row of everything, and what they want. For them the
#: matrix is compared with the right that they name.
WANT_MORE = {
    "desk:audit-table": "a stored report",
    "desk:audit-html": "a stored report",
    "desk:audit-json": "a stored report",
    "desk:calls-file": "a snapshot of patients",
    "desk:metrics-compare-people": "a group in the address",
    "desk:behind": "a stored report",
    "desk:behind-file": "a stored report",
    "desk:behind-send": "a stored report",
    "desk:demo-mailbox-awake": "a demo clinic",
    "desk:inbox-picture": "a picture in the conversation",
    "desk:aftercare-act": "a patient who is unwell",
    "desk:preparation-sheet": "a questionnaire",
    "desk:control-reassign": "a person in the form",
    "desk:intake-refused": "refused rows",
    "desk:intake-step": "a file that was read",
    "desk:patient-consent-document": "a given consent",
    "desk:patient-refer-end": "an open referral",
    "desk:patient-return": "a patient out of the rule",
    "desk:patients-consent-text": "a published text",
    "desk:pulse-table": "a stored report",
    "desk:cohorts-table": "a snapshot",
    "desk:goal-table": "a stored report",
    "desk:strategy-book": "a stored report",
    "desk:strategy-deck": "a stored report",
    "desk:strategy-slides": "a stored report",
    "desk:strategy-table": "a stored report",
    "desk:view-drop": "a saved view",
    "desk:reception-mark": "a visit of the doctor's own day",
    "desk:reception-control": "a visit of the doctor's own day",
    "desk:reception-video": "a visit of the doctor's own day",
    "desk:schedule-week": "a doctor, a room or a device",
    "desk:schedule-calendar": "a doctor who receives",
    "desk:schedule-change": "a doctor, a room or a device",
    "desk:schedule-day-remove": "a day that differs",
    "desk:waitlist-close": "an entry of the waitlist",
    "desk:waitlist-freed": "a freed time",
    "desk:view-save": "a page in the form",
    "desk:where-table": "a stored report",
    "desk:system-retry": "something parked in the form",
}


@pytest.mark.slow
@pytest.mark.one_database
def test_each_role_opens_its_doors_and_no_other(here: World, everybody: dict[str, Client]) -> None:
    wrong = {}
    for door in doors():
        if door.right is None:
            continue
        url = address(door, here)
        verdicts = {letter: verdict(knock(client, url)) for letter, client in everybody.items()}
        opened = "".join(letter for letter in LETTERS if verdicts[letter] == "opened")
        if door.name in WANT_MORE and not opened:
            opened = "".join(letter for letter, role in LETTERS.items() if may(role, Right(door.right)))
        if opened != MATRIX[door.name] or "broken" in verdicts.values():
            wrong[door.name] = f"opened to {opened or 'nobody'}, the matrix says {MATRIX[door.name]}; {verdicts}"
    assert not wrong, "\n".join(f"{name}: {said}" for name, said in wrong.items())


@pytest.mark.slow
def test_nobody_is_sent_to_the_login_by_every_door(here: World, as_nobody: Client) -> None:
    verdicts = {door.name: verdict(knock(as_nobody, address(door, here))) for door in doors() if door.right is not None}

    assert {name for name, said in verdicts.items() if said != "login"} == set()


@pytest.mark.slow
def test_rows_of_another_clinic_are_behind_no_door(here: World, as_oleg: Client) -> None:
    found = {
        door.name: said
        for door in doors()
        if door.right is not None
        and door.arguments
        and not door.name.startswith(
            (
                "desk:script",
                "desk:channel-new",
                "desk:pulse-table",
                "desk:audit-table",
                "desk:cohorts-table",
                "desk:regular-book",
                "desk:regular-table",
                "desk:rule-",
                "desk:control-",
                "desk:calendar-load-table",
                "desk:regular-mail",
            )
        )
        and (said := verdict(knock(as_oleg, address(door, here)))) != "closed"
    }

    assert found == {}


@pytest.mark.slow
def test_rows_of_another_branch_are_behind_no_door(
    smile: Clinic,
    centre: Branch,
    north: Branch,
    new_world: Callable[[Clinic, Branch], World],
    new_member: Callable[..., Member],
    log_in: Callable[[Member], Client],
) -> None:
    there = new_world(smile, north)
    limited = {
        letter: log_in(new_member(smile, role, "Имя", f"Фамилия{letter}", branches=[centre]))
        for letter, role in LETTERS.items()
        if role is not Role.OWNER
    }
    found = {}
    for door in doors():
        if door.right is None or not door.arguments or door.name.startswith(tuple(OF_THE_WHOLE_CLINIC)):
            continue
        for letter in MATRIX[door.name].replace("O", ""):
            if (said := verdict(knock(limited[letter], address(door, there)))) != "closed":
                found[f"{door.name} as {letter}"] = said
    assert found == {}


#: Tables that looking may change: sessions, when they were last used, the trail of who looked.
MAY_CHANGE = {"django_session", "usersessions_usersession", "kernel_auditentry"}
#: Rows that looking may add: that a person of the queue was opened, from which control counts the seconds of a contact.
MAY_ADD = {"worklist_taskevent": "WHERE kind <> 'opened'"}


def tables() -> dict[str, str]:
    """A digest of each table."""
    digests = {}
    with connection.cursor() as cursor:
        for table in sorted(set(connection.introspection.table_names(cursor)) - MAY_CHANGE):
            cursor.execute(f'SELECT * FROM "{table}" {MAY_ADD.get(table, "")} ORDER BY 1')
            digests[table] = hashlib.sha256(repr(cursor.fetchall()).encode()).hexdigest()
    return digests


@pytest.mark.slow
@pytest.mark.one_database
def test_looking_changes_nothing(here: World, as_anton: Client) -> None:
    as_anton.raise_request_exception = False
    as_anton.get("/account/security/")
    before = tables()
    changed = {}
    for door in doors():
        if door.right is None and door.name not in {"mfa_index", "usersessions_list", "account_change_password"}:
            continue
        url = address(door, here)
        for method in ("get", "head"):
            with transaction.atomic():
                getattr(as_anton, method)(url)
                after = tables()
                transaction.set_rollback(True)
            if after != before:
                changed[f"{method} {door.name}"] = sorted(name for name in after if after[name] != before[name])
    assert changed == {}


def test_a_change_by_looking_would_be_seen(here: World) -> None:
    before = tables()

    type(here.tag).objects.filter(pk=here.tag.pk).update(name="Другая")

    assert {name for name, digest in tables().items() if digest != before[name]} == {"patients_tag"}


@pytest.mark.slow
@pytest.mark.one_database
@override_settings(DEBUG=False)
def test_logs_of_a_walk_through_the_house_hold_no_person(here: World, everybody: dict[str, Client]) -> None:
    config = logging_config(level="DEBUG")
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(logging.config.DictConfigurator(config).configure_formatter(config["formatters"]["json"]))
    logging.root.addHandler(handler)
    levels = {name: logging.getLogger(name).level for name in ("", *config["loggers"])}
    for name, settings in {"": config["root"], **config["loggers"]}.items():
        logging.getLogger(name).setLevel(settings["level"])
    try:
        for door in doors():
            if door.right is not None:
                knock(everybody["O"], address(door, here))
        knock(everybody["A"], "/patients/?q=Кузнецова")
        knock(everybody["A"], "/patients/search/?q=%2B79161234567")
        knock(everybody["A"], "/нет/Кузнецова/+79161234567/")
    finally:
        logging.root.removeHandler(handler)
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)

    log = written.getvalue()
    told = [word for word in ("Кузнецова", "Мила", "9161234567", "916 123", "@ulybka.test", "ФамилияO") if word in log]
    assert told == [], re.findall(r".*(?:Кузнецова|Мила|9161234567|@ulybka|ФамилияO).*", log)[:3]


def test_worlds_of_two_clinics_share_no_row(
    here: World, other_clinic: Clinic, new_world: Callable[[Clinic, Branch], World]
) -> None:
    there = new_world(other_clinic, Branch.objects.create(clinic=other_clinic, name="Дальний"))

    for field in dataclasses.fields(World):
        assert getattr(here, field.name).pk != getattr(there, field.name).pk

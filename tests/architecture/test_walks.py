"""Walks through every page: with what nobody would type in its address, and as a person of one branch."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse

from tests.architecture.doors import World, address, doors
from tests.architecture.matrix import LETTERS, MATRIX
from tests.architecture.test_doors import knock, verdict
from zabota import desk
from zabota.booking import api as booking
from zabota.booking.models import Appointment, Resource
from zabota.clinic.models import Branch, Clinic, Member
from zabota.kernel import clock
from zabota.kernel.audit import Actor
from zabota.kernel.scope import clinic_scope
from zabota.messaging.models import Conversation, Message
from zabota.nextstep.models import ViolationDay
from zabota.patients.models import Contact, DuplicateCandidate, Household, Patient

#: What the pages read from their addresses.
_READ = re.compile(r"\.get(?:list)?\(\s*\"([a-z_]+)\"")
#: Days and numbers that no calendar, no column and no `int` takes.
ABSURD = ("0001-01-01", "9999-12-31", "²", "9" * 5000, "-1", "\x00")
#: A figure of the whole clinic: days of the rule, the price of messages.
WHOLE = ("7 777", "7777")
#: Words of a patient whom only the other branch knows: no page of a person of this one may hold them.
THEIRS = ("Нездешняя", "Секлет", "999 555-01-01", "9995550101", *WHOLE)


def names_read() -> list[str]:
    """Every name that some page reads from its address."""
    texts = (path.read_text() for path in Path(desk.__path__[0]).rglob("*.py") if "tests" not in path.parts)
    # Filters of lists are read by a loop over their names.
    return sorted({name for text in texts for name in _READ.findall(text)} | {"owner", "reason", "state", "age"})


@pytest.mark.slow
def test_no_page_falls_over_an_absurd_day_or_number_in_its_address(
    smile: Clinic, centre: Branch, new_world: Callable[[Clinic, Branch], World], as_anton: Client
) -> None:
    world = new_world(smile, centre)
    names = names_read()
    assert {"day", "page", "to", "until", "who", "contact"} <= set(names)
    as_anton.raise_request_exception = False
    broken = []
    for door in doors():
        if door.right is None:
            continue
        url = address(door, world)
        for absurd in ABSURD:
            response = as_anton.get(f"{url}?{urlencode(dict.fromkeys(names, absurd))}")
            if response.status_code >= 500:
                broken.append(f"{door.name} {absurd[:12]!r}")
            if response.status_code == 405:
                break
    assert broken == []


@pytest.mark.parametrize("absurd", ["²", "9" * 5000])
def test_no_form_falls_over_an_absurd_number_in_a_hidden_field(
    smile: Clinic, centre: Branch, new_world: Callable[[Clinic, Branch], World], as_anton: Client, absurd: str
) -> None:
    world = new_world(smile, centre)
    as_anton.raise_request_exception = False
    for name in (
        "desk:messages-text",
        "desk:today-outcome",
        "desk:script",
        "desk:system-retry",
        "desk:inbox-talk-answer",
    ):
        (door,) = (each for each in doors() if each.name == name)
        fields = dict.fromkeys(("version", "contact", "fact", "canned"), absurd)
        assert as_anton.post(address(door, world), fields).status_code < 500, name


@pytest.fixture
def two_branches(
    smile: Clinic,
    centre: Branch,
    north: Branch,
    new_world: Callable[[Clinic, Branch], World],
    now: dt.datetime,
) -> tuple[World, World]:
    """A world in each branch; the patient of the other is a relative and a likely double of this one's, their visit out of hours."""
    here, there = new_world(smile, centre), new_world(smile, north)
    with clinic_scope(smile.pk):
        home = Household.objects.create(clinic=smile)
        theirs = [there.patient.pk, there.twin.pk, there.absorbed.pk]
        Patient.objects.filter(pk__in=[here.patient.pk, *theirs]).update(household=home)
        Patient.objects.filter(pk__in=theirs).update(
            surname="Нездешняя", name="Секлетея", name_key="нездешняя секлетея", alert="Секлетея"
        )
        Contact.objects.filter(patient__in=theirs).update(value="+79995550101")
        DuplicateCandidate.objects.create(clinic=smile, first=here.patient, second=there.patient, score=95)
        seat = Resource.objects.create(clinic=smile, kind="doctor", doctor=there.doctor, name=there.doctor.name)
        local = there.visit.starts_at.astimezone(ZoneInfo(north.time_zone))
        begins = (local.hour * 60 + local.minute + 600) // 5 * 5 % 1380
        week = [booking.DayHours(north, weekday, begins, begins + 30) for weekday in range(7)]
        booking.set_week(resource=seat, week=week, actor=Actor(kind="test"), now=now)
        ViolationDay.objects.create(
            clinic=smile, on=clock.today(smile.time_zone, now), under_rule=7777, found=7777, left_after=7777,
            swept_at=now,
        )  # fmt: skip
        Message.objects.create(
            clinic=smile, idem_key="theirs", chain_key="theirs", patient=there.patient, branch=north, channel="sms",
            address="+79990000000", template_version=there.text.versions.get(), message_class="service",
            purpose="other", text="Ждём вас", state="delivered", cost_kopecks=777_700, not_before_at=now,
            created_at=now, sent_at=now,
        )  # fmt: skip
        Conversation.objects.filter(pk=there.talk.pk).update(waiting_since_at=now)
        assert booking.displaced(clinic=smile, now=now) == [Appointment.objects.get(pk=there.visit.pk)]
    return here, there


@pytest.mark.slow
@pytest.mark.one_database
def test_no_page_tells_a_person_of_one_branch_of_a_patient_of_another(
    smile: Clinic,
    centre: Branch,
    two_branches: tuple[World, World],
    new_member: Callable[..., Member],
    log_in: Callable[[Member], Client],
) -> None:
    here, _ = two_branches
    limited = {
        letter: log_in(new_member(smile, LETTERS[letter], "Имя", f"Фамилия{letter}", branches=[centre]))
        for letter in "ACQMD"
    }
    told: dict[str, list[str]] = {}
    opened = 0
    for door in doors():
        letter = next((each for each in "ACQMD" if each in MATRIX.get(door.name, "")), None)
        if door.right is None or letter is None:
            continue
        response = knock(limited[letter], address(door, here))
        assert verdict(response) != "broken", door.name
        if response.streaming or verdict(response) != "opened":
            continue
        opened += 1
        page = response.content.decode(errors="ignore").replace("\xa0", " ")
        if said := [word for word in THEIRS if word in page]:
            told[f"{door.name} as {letter}"] = said
    assert told == {}
    assert opened > 80
    assert "ждут вашего ответа" not in limited["A"].get(reverse("desk:menu-counts")).content.decode()

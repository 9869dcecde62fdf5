"""T1 without a login: what a patient's link, the page of booking and a provider's address open is theirs alone."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from tests.architecture.doors import World, doors
from tests.architecture.test_doors import tables
from zabota.booking.models import Appointment, FreedSlot, SlotOffer, WaitlistEntry
from zabota.clinic.models import Branch, Clinic
from zabota.integrations.api import hook_address
from zabota.kernel import clock
from zabota.kernel.audit import SYSTEM
from zabota.kernel.scope import clinic_scope
from zabota.messaging.api import EventKind, InboundEvent, WebhookReply, apply_receipts, receive, save_account
from zabota.messaging.models import Message, ProviderNumber
from zabota.patients.models import Patient
from zabota.portal.booking_state import pack
from zabota.visits.models import ActionLink, WellbeingCheck
from zabota.visits.services.links import make_links

pytestmark = pytest.mark.django_db

#: First part of the name of a door: whose link it wants.
PURPOSES = {"portal:visit": "visit", "portal:offer": "offer", "portal:wellbeing": "wellbeing"}
#: What a page may ask for in a form, said at once.
FIELDS = {"reason": "", "leave": "1", "answer": "unwell", "how": "bad", "digits": "4567", "slot": "1", "then": "take"}


@dataclass(frozen=True)
class Pocket:
    """A patient with a link of each purpose."""

    patient: Patient
    secrets: dict[str, str]
    links: dict[str, ActionLink]


@pytest.fixture
def pocket_of() -> Callable[[World, Patient], Pocket]:
    """A visit, an offer and a question after a visit, each with its link."""

    def make(world: World, patient: Patient) -> Pocket:
        now = clock.now()
        common = {"clinic": world.clinic, "branch": world.branch, "doctor": world.doctor}
        secrets, links = {}, {}
        with clinic_scope(world.clinic.pk):
            soon, past = now + dt.timedelta(days=3), now - dt.timedelta(days=1)
            planned, done = (
                Appointment.objects.create(
                    **common, patient=patient, starts_at=at, day=at.date(), status=status, booked_at=now
                )
                for at, status in ((soon, "planned"), (past, "completed"))
            )
            WellbeingCheck.objects.create(clinic=world.clinic, patient=patient, appointment=done, due_at=now)
            freed = FreedSlot.objects.create(
                **common, starts_at=soon, duration_minutes=30, freed_at=now, cause="cancelled", state="offering", wave=1
            )
            entry = WaitlistEntry.objects.create(
                clinic=world.clinic, patient=patient, branch=world.branch, state="offered", created_at=now
            )
            offer = SlotOffer.objects.create(
                clinic=world.clinic, freed=freed, entry=entry, wave=1, starts_at=soon, duration_minutes=30,
                sent_at=now, expires_at=soon,
            )  # fmt: skip
            subjects = {
                "visit": {"appointment": planned},
                "offer": {"offer": offer},
                "wellbeing": {"appointment": done},
            }
            for purpose, subject in subjects.items():
                made, rows = make_links(
                    purpose=purpose,
                    clinic_id=world.clinic.pk,
                    patient_id=patient.pk,
                    expires_at=soon,
                    now=now,
                    **subject,
                )
                secrets[purpose], links[purpose] = made.long, rows[0]
        return Pocket(patient, secrets, links)

    return make


@pytest.fixture
def mine(smile: Clinic, centre: Branch, new_world: Callable[[Clinic, Branch], World]) -> World:
    """«Улыбка», where Mila is a patient."""
    return new_world(smile, centre)


@pytest.fixture
def theirs(other_clinic: Clinic, new_world: Callable[[Clinic, Branch], World]) -> World:
    """Another clinic on the same installation."""
    return new_world(other_clinic, Branch.objects.create(clinic=other_clinic, name="Родник на Мира"))


def pages_of(pocket: Pocket) -> Iterator[tuple[str, str, str]]:
    """Every door behind a link of this patient: name, public id, address."""
    for door in doors():
        if door.name.startswith("portal:") and "public_id" in door.arguments:
            public_id = pocket.links[next(PURPOSES[each] for each in PURPOSES if door.name.startswith(each))].public_id
            given = {"public_id": public_id, "then": "cancel", "sheet_id": "none"}
            yield door.name, public_id, reverse(door.name, kwargs={each: given[each] for each in door.arguments})


def open_all(pocket: Pocket) -> tuple[Client, str, str]:
    """A browser in which all links of a patient were opened; the seal of their visit, and the value of its cookie."""
    browser = Client()
    for secret in pocket.secrets.values():
        page = browser.get(f"/p/v/{secret}", follow=True)
        assert page.status_code == 200
    page = browser.get(reverse("portal:visit", args=[pocket.links["visit"].public_id])).content.decode()
    (cookie,) = (each for name, each in browser.cookies.items() if name.endswith(pocket.links["visit"].public_id))
    return browser, page.split('name="seal" value="')[1].split('"')[0], cookie.value


def test_a_link_opens_no_page_of_another_patient_nor_of_another_clinic(mine: World, theirs: World, pocket_of) -> None:
    own = pocket_of(mine, mine.patient)
    strangers = [pocket_of(mine, mine.twin), pocket_of(theirs, theirs.patient)]
    browser, seal, cookie = open_all(own)
    before = tables()
    opened = {}
    walked = 0
    for stranger in strangers:
        for name, public_id, url in pages_of(stranger):
            # As it is, and with the proof of the own link written under the name of the other.
            for forged in (False, True):
                cache.clear()
                if forged:
                    for prefix in ("zabota-link-", "__Secure-zabota-link-"):
                        browser.cookies[prefix + public_id] = cookie
                for method in ("get", "post"):
                    response = getattr(browser, method)(url, {"seal": seal, **FIELDS})
                    walked += 1
                    if (
                        response.status_code not in (404, 405, 410)
                        or stranger.patient.surname in response.content.decode()
                    ):
                        opened[f"{method} {name} {'forged' if forged else ''}"] = response.status_code
    after = tables()

    assert opened == {}
    assert walked >= 2 * 4 * 20
    assert {name for name in after if after[name] != before[name]} <= {"visits_requesttally"}


def test_the_seal_of_one_page_moves_nothing_on_another_of_the_same_patient(mine: World, pocket_of) -> None:
    own = pocket_of(mine, mine.patient)
    browser, seal, _ = open_all(own)

    for door in ("take", "refuse"):
        assert (
            browser.post(
                reverse(f"portal:offer-{door}", args=[own.links["offer"].public_id]), {"seal": seal}
            ).status_code
            == 404
        )


def test_the_page_of_booking_takes_nothing_of_another_clinic(mine: World, theirs: World) -> None:
    book = reverse("portal:book", args=[mine.clinic.public_id])
    browser = Client()
    strange = pack(
        theirs.clinic.pk, {"s": [theirs.service.public_id], "k": "1", "h": "", "o": "1", "t": "+79161234567"}
    )
    before = tables()

    assert theirs.service.name not in browser.get(book).content.decode()
    page = browser.get(f"{book}service/{theirs.service.public_id}/")
    assert (page.status_code, page.headers.get("Location")) == (302, book)
    filtered = browser.get(
        f"{book}service/{mine.service.public_id}/?doctor={theirs.doctor.public_id}&branch={theirs.branch.public_id}"
        f"&plus={theirs.service.public_id}"
    )
    text = filtered.content.decode()
    assert not [each for each in (theirs.doctor, theirs.branch, theirs.service) if each.public_id in text]
    for door in ("phone", "code", "other"):
        answer = browser.post(f"{book}{door}", {"state": strange, "code": "123456", "pd": "1", "name": "Анна"})
        assert answer.status_code == 410, door

    after = tables()
    assert {name for name in after if after[name] != before[name]} <= {"visits_requesttally"}


def test_a_provider_speaks_of_messages_of_its_own_account_only(mine: World, theirs: World) -> None:
    now = clock.now()
    accounts = {}
    for world, key in ((mine, "our-key"), (theirs, "their-key")):
        with clinic_scope(world.clinic.pk):
            accounts[key] = save_account(
                clinic=world.clinic, provider="smsru", title="SMS.ru", values={"api_id": key}, actor=SYSTEM, now=now
            )
    with clinic_scope(theirs.clinic.pk):
        message = Message.objects.create(
            clinic=theirs.clinic, account=accounts["their-key"], channel="sms", address="+79161234567", idem_key="theirs",
            chain_key="theirs", message_class="service", purpose="other", text="Ждём вас", not_before_at=now,
            created_at=now, state="accepted", rank=20, provider_id="100-1",
        )  # fmt: skip
        ProviderNumber.objects.create(message=message, account=accounts["their-key"], number="100-1")
    record = f"sms_status\n100-1\n103\n{int(now.timestamp())}"

    def say(address: str, key: str) -> int:
        signed = hashlib.sha256(f"{key}{record}".encode()).hexdigest()
        form = urlencode({"data[0]": record, "hash": signed})
        return Client().post(urlsplit(address).path, form, content_type="application/x-www-form-urlencoded").status_code

    def state() -> str:
        apply_receipts(now=clock.now() + dt.timedelta(minutes=1))
        with clinic_scope(theirs.clinic.pk):
            return Message.objects.get(pk=message.pk).state

    ours, other = (hook_address(accounts[key]) for key in ("our-key", "their-key"))
    assert (say(ours, "our-key"), state()) == (200, "accepted"), "signed rightly, of somebody else's message"
    assert (say(other, "our-key"), state()) == (403, "accepted"), "another's address with the own key"
    assert (say(ours.replace("smsru", "smsc"), "our-key"), state()) == (404, "accepted"), (
        "the address of another provider"
    )
    told = InboundEvent(event_id="by-key", kind=EventKind.DELIVERED, key="theirs")
    receive(account=accounts["our-key"], reply=WebhookReply(events=(told,)), now=now)
    assert state() == "accepted", "by our own key of somebody else's message"
    assert (say(other, "their-key"), state()) == (200, "delivered"), "the one who may"

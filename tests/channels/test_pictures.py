"""Pictures that patients send through a messenger: fetched after the call was answered, checked, shown to who may see them."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from tests.channels.contenders import CALM, CONTENDERS, SHORT, Contender, ask
from tests.emulator import Emulator
from tests.emulator.faces import Taken
from tests.emulator.files import PICTURE, png
from tests.emulator.server import BY_NAME
from zabota.clinic.models import Clinic
from zabota.integrations.fetching import NOT_ALLOWED, FileLater, FileRefused, fetch
from zabota.integrations.gathering import NO_PICTURE, SILENT
from zabota.integrations.jobs import PAUSES, fetch_pictures, tidy_pictures
from zabota.integrations.picture_size import size_of
from zabota.integrations.pictures import drop_older, keep_picture, kept_picture
from zabota.kernel import clock, facts
from zabota.kernel.audit import SYSTEM
from zabota.kernel.models import AuditEntry
from zabota.kernel.scope import every_clinic
from zabota.messaging.api import account_view, apply_receipts, register_transport, save_account, transports
from zabota.messaging.models import Receipt, Turn
from zabota.messaging.services import pictures
from zabota.webapi import rates

pytestmark = pytest.mark.django_db
GIVERS = tuple(each for each in CONTENDERS if each.name in ("max", "telegram"))
PERSON = "79160000123"


@pytest.fixture(params=GIVERS, ids=lambda each: each.name)
def giver(request: pytest.FixtureRequest) -> Contender:
    return request.param


@pytest.fixture(autouse=True)
def folder(settings: object, tmp_path: Path) -> Path:
    settings.DATA_DIR = tmp_path  # type: ignore[attr-defined]
    rates._buckets.clear()
    return tmp_path / "pictures"


@pytest.fixture
def shown(giver: Contender, emulator: Emulator, smile: Clinic) -> Iterator[Callable[..., Turn]]:
    """Somebody sends a picture of this name through the webhook; the turn it becomes, before anything was fetched."""
    before = transports()[giver.name]
    register_transport(giver.make(patience=CALM))
    values = {**giver.values, "base_url": emulator.url}
    account = save_account(clinic=smile, provider=giver.name, title="", values=values, actor=SYSTEM, now=clock.now())
    view = account_view(account)

    def send(name: str, at: float = 0.0) -> Turn:
        face = BY_NAME[giver.name]
        call = face.shows(  # type: ignore[attr-defined]
            Taken(PERSON, ""), name, clock.now().timestamp() + at, view.hook_secret, home=emulator.url
        )
        asked = emulator.requests
        answer = Client().post(
            f"/api/hooks/{giver.name}/{view.hook_token}",
            call.body,
            content_type="application/json",
            headers=call.headers,
        )
        assert (answer.status_code, emulator.requests - asked) == (200, 0), (
            "nothing is fetched while the provider waits"
        )
        apply_receipts(now=clock.now())
        with every_clinic(reason="test"):
            assert not Receipt.objects.filter(state="waiting").exists()
            return Turn.objects.order_by("id").last()

    yield send
    register_transport(before)


def _fetched(turn: Turn, attempt: int = 0) -> Turn:
    fetch_pictures.func(turn.pk, attempt)
    with every_clinic(reason="test"):
        return Turn.objects.select_related("conversation").get(pk=turn.pk)


def _page(client: Client, turn: Turn) -> str:
    return client.get(reverse("desk:inbox-talk", args=[turn.conversation.public_id])).content.decode()


def test_a_picture_is_fetched_by_a_job_and_opens_in_the_conversation(
    shown, run_jobs, emulator: Emulator, as_vera: Client, as_oleg: Client, as_sokolova: Client
) -> None:
    turn = shown("cheek.png")
    with every_clinic(reason="test"):
        turn = Turn.objects.select_related("conversation").get(pk=turn.pk)
    asked = emulator.requests
    facts.deliver_due()
    assert emulator.requests == asked, "nothing is fetched in a transaction"
    assert "[фото: забираем из канала]" in _page(as_vera, turn)

    run_jobs()

    address = reverse("desk:inbox-picture", args=[turn.conversation.public_id, turn.pk, 0])
    assert f'href="{address}"' in _page(as_vera, turn)
    answer = as_vera.get(address)
    assert (answer.content, answer["Content-Type"], answer["X-Content-Type-Options"]) == (
        PICTURE,
        "image/png",
        "nosniff",
    )
    assert answer["Cache-Control"] == "private, no-store"
    assert as_oleg.get(address).status_code == 404
    assert as_sokolova.get(address).status_code in (403, 404), "a doctor does not work the inbox"
    assert AuditEntry.objects.filter(action="messaging.picture.viewed").count() == 1


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("large.png", "больше 10 МБ"),
        ("bomb.png", NO_PICTURE),
        ("wrong.png", NO_PICTURE),
        ("empty.png", NO_PICTURE),
        ("gone.png", "в канале её больше нет"),
        ("moved.png", NOT_ALLOWED),
    ],
    ids=["too large", "too many points", "no picture", "empty", "gone", "sent elsewhere"],
)
def test_what_is_refused_stays_a_mark_with_its_reason(
    shown, as_vera: Client, folder: Path, name: str, why: str
) -> None:
    turn = _fetched(shown(name))

    assert [(each.kept, each.refused) for each in turn.brought] == [("", why)]
    assert f"[фото: {why}]" in _page(as_vera, turn)
    assert as_vera.get(reverse("desk:inbox-picture", args=[turn.conversation.public_id, turn.pk, 0])).status_code == 404
    assert not list(folder.rglob("*.*"))


@pytest.mark.parametrize("name", ["slow.png", "broken.png"])
def test_a_provider_in_trouble_is_asked_again_and_at_last_given_up(shown, giver, as_vera: Client, name: str) -> None:
    turn = shown(name)
    register_transport(giver.make(patience=SHORT))
    assert fetch_pictures.func(turn.pk, 0) == {"left": 1}
    assert not _fetched(turn, len(PAUSES) - 1).brought[0].refused

    turn = _fetched(turn, len(PAUSES))

    assert turn.brought[0].refused == SILENT
    assert f"[фото: {SILENT}]" in _page(as_vera, turn)


def test_a_second_run_fetches_nothing_twice(shown, emulator: Emulator, folder: Path) -> None:
    turn = _fetched(shown("cheek.png"))
    asked = emulator.requests
    assert _fetched(turn).attachments == turn.attachments
    assert emulator.requests == asked
    assert len(list(folder.rglob("*.png"))) == 1


def test_whoever_sends_too_many_in_a_day_fills_no_disk(shown, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "MOST", 2)
    turns = [_fetched(shown("cheek.png", at)) for at in (-3.0, -2.0, -1.0)]
    assert [each.brought[0].refused for each in turns] == ["", "", pictures.TOO_MANY]
    assert len(list(folder.rglob("*.png"))) == 2


def test_a_picture_goes_when_its_words_go(shown, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    turn = _fetched(shown("cheek.png"))
    assert drop_older(turn.at - timedelta(seconds=1)) == 0
    monkeypatch.setattr(clock, "now", lambda: turn.at + timedelta(days=366))
    assert tidy_pictures.func() == {"pictures": 1}
    assert kept_picture(turn.brought[0].kept, clinic_id=turn.clinic_id) is None


@pytest.mark.parametrize(
    "url",
    [
        "http://files.example/a.png", "https://files.example:8443/a.png", "https://clinic@files.example/a.png",
        "file:///etc/passwd", "https:///a.png", "https://[::1/a.png", "ftp://files.example/a", "",
    ],
)  # fmt: skip
def test_an_address_that_is_no_place_of_files_is_not_asked(url: str) -> None:
    with pytest.raises(FileRefused, match=NOT_ALLOWED):
        asyncio.run(fetch(url, account=GIVERS[0].account("https://platform.example"), base_url="", patience=SHORT))


@pytest.mark.parametrize("number", ["127.0.0.1", "10.0.0.7", "192.168.1.1", "169.254.169.254", "::1", "fd00::1"])
def test_a_name_that_leads_into_our_own_network_is_not_asked(monkeypatch: pytest.MonkeyPatch, number: str) -> None:
    async def found(self: object, host: str, port: int, **more: object) -> list[object]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.216.34", port)), (0, 0, 0, "", (number, port))]

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", found)
    account = GIVERS[0].account("https://platform.example")
    with pytest.raises(FileRefused, match=NOT_ALLOWED):
        asyncio.run(fetch("https://files.example/a.png", account=account, base_url="", patience=SHORT))


def test_a_house_of_our_own_is_asked_only_where_the_owner_entered_it(emulator: Emulator) -> None:
    account = GIVERS[0].account("https://platform.example")
    with pytest.raises(FileRefused, match=NOT_ALLOWED):
        asyncio.run(fetch(f"{emulator.url}/files/cheek.png", account=account, base_url="", patience=SHORT))


@pytest.mark.parametrize(("name", "why"), [("toobig.png", "больше 10 МБ"), ("../cheek.png", "в канале её больше нет")])
def test_telegram_says_itself_what_it_does_not_give(emulator: Emulator, name: str, why: str) -> None:
    telegram = GIVERS[1]
    transport = telegram.make(patience=CALM)
    with pytest.raises(FileRefused, match=why):
        ask(transport, transport.picture(name, telegram.account(emulator.url)))


def test_nobody_at_the_address_means_later(giver) -> None:
    transport = giver.make(patience=CALM)
    with pytest.raises(FileLater):
        ask(transport, transport.picture("http://127.0.0.1:9/files/a.png", giver.account("http://127.0.0.1:9")))


@pytest.mark.parametrize(
    ("body", "size"),
    [
        (png(640, 480), (640, 480)),
        (bytes.fromhex("ffd8ffe000040102ffc0000b080030002003011100"), (32, 48)),
        (b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\x1f\0\0\x2f\0\0", (32, 48)),
        (b"RIFF\0\0\0\0WEBPVP8L\x05\0\0\0\x2f\x1f\xc0\x0b\x00\0", (32, 48)),
        (b"RIFF\0\0\0\0WEBPVP8 \x0a\0\0\0\0\0\0\x9d\x01\x2a\x20\0\x30\0", (32, 48)),
        (b"\xff\xd8\xff\xff\xff", None),
        (b"\xff\xd8\xff\xe0\xff\xff", None),
        (b"\x89PNG\r\n\x1a\n", None),
        (b"RIFF\0\0\0\0WEBP", None),
        (b"GIF89a", None),
    ],
)  # fmt: skip
def test_width_and_height_are_read_without_unfolding_anything(body: bytes, size: tuple[int, int] | None) -> None:
    assert size_of(body) == size


def test_a_name_of_another_clinic_opens_nothing(smile: Clinic, other_clinic: Clinic) -> None:
    name = keep_picture(PICTURE, clinic_id=smile.pk, at=clock.now())
    assert kept_picture(name, clinic_id=smile.pk) is not None
    assert kept_picture(name, clinic_id=other_clinic.pk) is None

"""The pass to an online visit: the form every server checks, one room and one time."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import json

from zabota.visits.rules.video import Server, address_of, room_of

SERVER = Server("https://video.ulybka.ru/", "zabota", "secret")
BEGINS = dt.datetime(2026, 11, 26, 12, tzinfo=dt.UTC)


def pass_of(address: str) -> tuple[dict, dict, bytes, str]:
    token = address.split("?jwt=")[1]
    head, body, seal = token.split(".")

    def read(part: str) -> bytes:
        return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))

    return json.loads(read(head)), json.loads(read(body)), read(seal), f"{head}.{body}"


def test_the_pass_is_a_signed_token_for_one_room_and_time_without_recording() -> None:
    room = room_of("secret", 7, 0)
    address = address_of(
        SERVER,
        room=room,
        name="Пациент",
        is_doctor=False,
        starts_at=BEGINS,
        ends_at=BEGINS + dt.timedelta(minutes=30),
    )
    head, claims, seal, signed = pass_of(address)

    assert address.startswith(f"https://video.ulybka.ru/{room}?jwt=")
    assert head == {"alg": "HS256", "typ": "JWT"}
    assert seal == hmac.new(b"secret", signed.encode(), hashlib.sha256).digest()
    assert (claims["room"], claims["sub"]) == (room, "video.ulybka.ru")
    assert claims["nbf"] == int((BEGINS - dt.timedelta(minutes=15)).timestamp())
    assert claims["exp"] == int((BEGINS + dt.timedelta(minutes=150)).timestamp())
    assert claims["context"]["features"]["recording"] is False


def test_a_moved_visit_has_another_room() -> None:
    assert room_of("secret", 7, 0) != room_of("secret", 7, 1) != room_of("other", 7, 1)

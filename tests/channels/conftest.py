"""One emulator for all tests of channels, adapters by turns, addresses that nobody used before."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from tests.channels.contenders import CONTENDERS, Contender
from tests.emulator import Emulator

_people = itertools.count(1)


@pytest.fixture(scope="session")
def emulator() -> Iterator[Emulator]:
    with Emulator(seconds=0.15) as running:
        for each in CONTENDERS:
            running.secrets[each.name] = each.signs_with
        yield running


@pytest.fixture(params=CONTENDERS, ids=lambda each: each.name)
def contender(request: pytest.FixtureRequest) -> Contender:
    return request.param


@pytest.fixture
def person() -> int:
    return next(_people)

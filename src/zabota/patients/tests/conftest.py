"""Fixtures of the tests of patients, on top of the cast."""

from __future__ import annotations

import datetime as dt

import pytest

from zabota.patients import api


@pytest.fixture
def now():
    return dt.datetime(2026, 11, 20, 9, 0, tzinfo=dt.UTC)


@pytest.fixture
def clinic(in_clinic):
    return in_clinic


@pytest.fixture
def branch(centre):
    return centre


@pytest.fixture
def card(clinic, actor, now):
    """Makes a card as the desk does: card("Лебедева Марина Викторовна", phones="…")."""

    def make(full_name="Лебедева Марина Викторовна", **fields):
        parts = [*full_name.split(" "), "", ""][:3]
        names = dict(zip(("surname", "name", "patronymic"), parts, strict=True))
        return api.register_patient(**{"clinic": clinic, "actor": actor, "now": now, **names, **fields})

    return make


@pytest.fixture
def mila(card):
    return card(phones="+7 903 750-48-17", born_on=dt.date(1980, 5, 12), card_no="20418")


@pytest.fixture
def texts(clinic, actor, now):
    return {text.purpose: text for text in api.ensure_consent_texts(clinic=clinic, actor=actor, now=now)}

"""T27: an installation serves its own hosts, and believes no stranger's word about host and encryption."""

from __future__ import annotations

import pytest
from django.test import Client, RequestFactory

from zabota.config import settings as production


@pytest.fixture
def visitor(settings) -> Client:
    """A browser before an installation with the hosts that the program has by itself."""
    settings.ALLOWED_HOSTS = list(production.ALLOWED_HOSTS)
    return Client(headers={"host": "127.0.0.1"})


@pytest.mark.django_db
def test_only_our_own_hosts_are_served(visitor: Client) -> None:
    assert visitor.get("/account/login/").status_code == 200
    for host in "evil.example", "127.0.0.1.evil.example", "evil.example:8000", "":
        assert visitor.get("/account/login/", headers={"host": host}).status_code == 400


@pytest.mark.django_db
def test_the_host_that_a_stranger_says_it_was_forwarded_for_is_not_believed(visitor: Client) -> None:
    asked = visitor.get("/", headers={"x-forwarded-host": "evil.example", "forwarded": "host=evil.example"})

    assert asked.status_code in (200, 302)
    assert "evil" not in asked.headers.get("Location", "") + asked.content.decode()


def test_encryption_is_not_believed_of_a_header_unless_the_installation_has_it() -> None:
    asked = RequestFactory().get("/", headers={"x-forwarded-proto": "https"})

    assert asked.is_secure() is production.HTTPS

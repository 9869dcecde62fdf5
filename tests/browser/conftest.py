"""A real Chromium for tests: a fresh profile for each test, and an ear for errors and for foreign hosts."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Response, expect, sync_playwright

# Playwright keeps an event loop in this thread; the database of the tests is still used by one thread at a time.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

# A busy machine is not a broken page.
expect.set_options(timeout=15_000)

FLAGS = [
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--force-color-profile=srgb",
]


AXE = Path(__file__).parents[2] / "front" / "node_modules" / "axe-core" / "axe.min.js"
AXE_RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


def violations(page: Page) -> list[str]:
    """What axe finds wrong on the page as it is now; empty when a person with any reader can use it."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("rules => axe.run(document, rules)", AXE_RULES)
    return [
        f"{rule['id']}: {node['target']} {node['failureSummary']}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]


def _chromium() -> str | None:
    named = os.environ.get("CHROMIUM", "")
    places = [named, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"]
    return next((place for place in places if place and Path(place).exists()), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium of this machine; a developer without one skips these tests, a build server fails."""
    path = _chromium()
    if path is None:
        reason = "no Chromium: set CHROMIUM or run `make chromium`"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    # The sandbox refuses to start for root only.
    flags = [*FLAGS, "--no-sandbox"] if os.geteuid() == 0 else FLAGS
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=flags)
        yield chromium
        chromium.close()


@dataclass
class Ear:
    """What a page said while it was open: errors, refused answers, requests to other hosts."""

    errors: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)

    def listen(self, page: Page) -> None:
        """Begin to listen to a page."""
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", self._request)
        page.on("response", self._response)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.errors.append(message.text)

    def _request(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme in {"http", "https", "ws", "wss"} and address.hostname not in {"localhost", "127.0.0.1"}:
            self.foreign.append(request.url)

    def _response(self, response: Response) -> None:
        if response.status >= 500:
            self.errors.append(f"{response.status} {response.url}")


@pytest.fixture
def ear() -> Ear:
    """Errors and foreign requests of the page of this test."""
    return Ear()


@pytest.fixture
def page(browser: Browser, ear: Ear) -> Iterator[Page]:
    """A page in a profile of its own, in Russian, at the width of a desk."""
    context = browser.new_context(
        viewport={"width": 1440, "height": 900}, locale="ru-RU", timezone_id="Europe/Moscow", reduced_motion="reduce"
    )
    context.set_default_timeout(30_000)
    opened = context.new_page()
    ear.listen(opened)
    yield opened
    context.close()

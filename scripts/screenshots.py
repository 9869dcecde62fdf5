"""Makes the pictures of the README: starts Zabota on its own database with the demo clinic and photographs the main pages."""

from __future__ import annotations

import datetime as dt
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "docs" / "pictures"
#: (file, who, address, width, dark)
PICTURES = [
    ("pulse", "owner", "/pulse/", 1440, False),
    ("today", "administrator", "/today/", 1440, False),
    ("patient", "administrator", "patient", 1440, False),
    ("intake", "owner", "/intake/", 1440, False),
    ("audit", "owner", "/audit/", 1440, False),
    ("control", "owner", "/control/", 1440, False),
    ("calendar", "administrator", "calendar", 1440, False),
    ("cohorts", "owner", "/insight/cohorts/", 1440, False),
    ("today-phone", "administrator", "/today/", 360, True),
]


def main() -> int:
    """Exit 0 when every picture was made."""
    chromium = subprocess.run(
        ["sh", "scripts/find-chromium"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.strip()
    with tempfile.TemporaryDirectory() as folder:
        port = _free_port()
        env = {**os.environ, "ZABOTA_DATA": folder, "DATABASE_URL": f"sqlite:///{folder}/zabota.sqlite3"}
        server = subprocess.Popen(
            [str(Path(sys.executable).parent / "zabota"), "run", "--port", str(port)],
            cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip
        try:
            logins = _wait(server, port)
            _photograph(chromium, f"http://localhost:{port}", logins)
        finally:
            os.killpg(server.pid, signal.SIGTERM)
            server.wait(30)
    return 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(server: subprocess.Popen[str], port: int) -> dict[str, tuple[str, str]]:
    """Logins as the program prints them: kind → (login, password)."""
    logins: dict[str, tuple[str, str]] = {}
    kinds = {"Руководитель": "owner", "Администратор": "administrator"}
    deadline = time.monotonic() + 300
    assert server.stdout is not None
    for line in server.stdout:
        parts = line.split()
        if "@" in line and len(parts) >= 3:
            kind = next((value for word, value in kinds.items() if line.strip().startswith(word)), None)
            if kind:
                logins.setdefault(kind, (parts[-2], parts[-1]))
        if "Остановить" in line or time.monotonic() > deadline:
            break
    urllib.request.urlopen(f"http://localhost:{port}/healthz", timeout=10).close()
    return logins


def _photograph(chromium: str, site: str, logins: dict[str, tuple[str, str]]) -> None:
    OUT.mkdir(parents=True, exist_ok=True)
    flags = ["--disable-gpu", "--disable-background-networking", "--disable-component-update", "--no-first-run"]
    if os.geteuid() == 0:
        flags.append("--no-sandbox")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=flags)
        for name, who, address, width, dark in PICTURES:
            context = browser.new_context(
                viewport={"width": width, "height": 900 if width > 600 else 740},
                color_scheme="dark" if dark else "light",
                locale="ru-RU",
            )
            page = context.new_page()
            _enter(page, site, logins[who])
            if address in ("patient", "/today/"):
                page.goto(f"{site}/today/")
                # Somebody who can be called shows more of the page than a card without a number.
                if width > 600:
                    page.locator(".queue-item", has_not_text="нет рабочего номера").first.click()
                    page.wait_for_load_state("networkidle")
            if address == "patient":
                page.locator("main a[href*='/patients/']").first.click()
            elif address == "calendar":
                page.goto(f"{site}/calendar/?day={_working_day()}")
            elif address != "/today/":
                page.goto(site + address)
            page.wait_for_load_state("networkidle")
            page.screenshot(path=OUT / f"{name}.png")
            print(OUT / f"{name}.png")
            context.close()
        browser.close()


def _working_day() -> str:
    """Tomorrow, or Monday when tomorrow the clinic rests."""
    day = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=1)
    return (day + dt.timedelta(days=1) if day.weekday() == 6 else day).isoformat()


def _enter(page: Page, site: str, login: tuple[str, str]) -> None:
    page.goto(f"{site}/account/login/")
    page.fill("input[name=login]", login[0])
    page.fill("input[name=password]", login[1])
    page.click("form button[type=submit]")
    page.wait_for_load_state("networkidle")


if __name__ == "__main__":
    sys.exit(main())

"""Locked dependencies: pinned, with hashes, and without the name of a registry."""

from __future__ import annotations

import json
import re

from tests.architecture.sources import ROOT, text

HOST = re.compile(r"https?://|--index-url|--extra-index-url|--find-links")


def test_locks_of_python_name_no_host_and_pin_with_hashes() -> None:
    for path in sorted((ROOT / "requirements").glob("*.txt")):
        lock = text(path)
        assert not HOST.search(lock), path.name
        pinned = re.findall(r"^[A-Za-z0-9._\-\[\]]+==", lock, re.MULTILINE)
        assert pinned, path.name
        assert lock.count("--hash=sha256:") >= len(pinned), path.name


def test_each_dependency_says_what_it_is_needed_for() -> None:
    for path in sorted((ROOT / "requirements").glob("*.in")):
        for line in text(path).splitlines():
            if line.strip() and not line.startswith(("#", "-r ")):
                assert "# needed for:" in line, f"{path.name}: {line}"


def test_the_lock_of_the_pages_names_no_host() -> None:
    lock = text(ROOT / "front" / "package-lock.json")

    assert not HOST.search(lock)
    assert [name for name, package in json.loads(lock)["packages"].items() if "resolved" in package] == []


def test_a_host_would_be_found() -> None:
    assert HOST.search("--index-url https://registry.example/simple")

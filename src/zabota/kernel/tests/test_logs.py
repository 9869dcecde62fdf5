"""Logs: phones and addresses are masked, words of errors stay out."""

from __future__ import annotations

import io
import json
import logging
import logging.config
from collections.abc import Callable, Iterator

import pytest
import structlog

from zabota.kernel.logs import logging_config, mask


@pytest.fixture
def lines() -> Iterator[Callable[[], list[dict[str, object]]]]:
    """What the handler of the settings writes to the log."""
    config = logging_config(level="INFO")
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(logging.config.DictConfigurator(config).configure_formatter(config["formatters"]["json"]))
    logging.root.addHandler(handler)
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    logging.root.removeHandler(handler)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("звонок +7 916 123-45-67 в 9:30", "звонок +7916***67 в 9:30"),
        ("89161234567", "+8916***67"),
        ("от mila@example.test", "от ***@example.test"),
        ("партия 12, строк 26553", "партия 12, строк 26553"),
        ("2026-11-20T09:30:00", "2026-11-20T09:30:00"),
    ],
)
def test_phones_and_addresses_are_masked(text: str, masked: str) -> None:
    assert mask(text) == masked


def test_an_error_is_logged_without_its_words(lines: Callable[[], list[dict[str, object]]]) -> None:
    try:
        raise ValueError("Key (name_key)=(кузнецова мила) already exists")
    except ValueError as error:
        structlog.get_logger("zabota.test").error("job_failed", exc_info=error)
        logging.getLogger("django.request").exception("Internal Server Error")

    ours, djangos = lines()
    for line in (ours, djangos):
        assert line["exception"] == "builtins.ValueError"
        assert "test_logs.py" in line["where"][-1]
    assert "мила" not in json.dumps([ours, djangos], ensure_ascii=False)

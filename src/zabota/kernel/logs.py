"""Answers for logs: JSON lines on stderr without personal data: phones and addresses masked, words of errors left out."""

from __future__ import annotations

import re
import sys
import traceback
from collections.abc import MutableMapping
from typing import Any

import structlog

_PHONE = re.compile(r"(?<![\w.:-])\+?\d[\d\s()\-]{8,16}\d(?![\w.:-])")
#: Secrets of links that stand in an address until the first page takes them out.
_SECRET = re.compile(r"(/p/(?:v/)?)(?:[0-9A-Za-z]{22}|[0-9A-Za-z]{6})(?![0-9A-Za-z/_-])|(/p/u/)[0-9A-Za-z]+")
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+")


def mask(text: str) -> str:
    """The text with phones as `+7916***67`, e-mail addresses as `***@host` and secrets of links as `***`."""

    def _phone(found: re.Match[str]) -> str:
        digits = re.sub(r"\D", "", found.group())
        if not 10 <= len(digits) <= 15:
            return found.group()
        return f"+{digits[:4]}***{digits[-2:]}"

    text = _SECRET.sub(lambda found: (found[1] or found[2]) + "***", text)
    return _EMAIL.sub(lambda found: "***@" + found.group().split("@")[1], _PHONE.sub(_phone, text))


def _mask_event(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key, value in event.items():
        if isinstance(value, str) and key not in {"timestamp", "level", "logger"}:
            event[key] = mask(value)
    return event


def _errors_without_words(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """An error as its class and the lines it passed: its words may quote a patient's row, as databases do."""
    found = event.pop("exc_info", None)
    if found is True:
        found = sys.exc_info()
    error = found[1] if isinstance(found, tuple) else found
    if isinstance(error, BaseException):
        event["exception"] = type(error).__module__ + "." + type(error).__qualname__
        frames = traceback.extract_tb(error.__traceback__)[-12:]
        event["where"] = [
            f"{frame.filename.rpartition('site-packages/')[2]}:{frame.lineno} {frame.name}" for frame in frames
        ]
    return event


def logging_config(*, level: str) -> dict[str, Any]:
    """The `LOGGING` setting: one handler, one JSON line per event, personal data masked."""
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _errors_without_words,
        _mask_event,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {
                "()": structlog.stdlib.ProcessorFormatter,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.processors.JSONRenderer(ensure_ascii=False),
                ],
                "foreign_pre_chain": [*shared],
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            # Request lines carry addresses with search words in them: people's names.
            "django.request": {"level": "ERROR"},
            "django.server": {"level": "ERROR"},
            "django_tasks": {"level": "WARNING"},
            "django_tasks_db": {"level": "WARNING"},
            "axes": {"level": "ERROR"},
        },
    }

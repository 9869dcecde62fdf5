"""`zabota manage …`: Django's own commands."""

from __future__ import annotations


def run(argv: list[str]) -> int:
    """Hand the arguments to Django."""
    from django.core.management import execute_from_command_line

    execute_from_command_line(["zabota manage", *argv])
    return 0

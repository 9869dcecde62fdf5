"""Fills the queue of a fault test: `python -m tests.faults.begin '{"facts": 100, "whole": 50}'`."""

from __future__ import annotations

import json
import sys

import django

django.setup()

from django.db import transaction  # noqa: E402

from tests.faults.app import jobs  # noqa: E402
from tests.faults.app.facts import Rang  # noqa: E402
from zabota.kernel import clock, facts  # noqa: E402


def main(order: dict[str, object]) -> None:
    """All of it in one transaction: it is there or not."""
    with transaction.atomic():
        numbers = range(int(order.get("facts", 0)))
        facts.publish(*(Rang(clinic_id=1, number=number) for number in numbers), now=clock.now())
        if order.get("poison"):
            facts.publish(Rang(clinic_id=1, number=-1, poison=True), now=clock.now())
            jobs.fail.enqueue()
        for number in range(int(order.get("whole", 0))):
            jobs.mark_whole.enqueue(number)
        for number in range(int(order.get("steps", 0))):
            jobs.mark_in_steps.enqueue(number)
        for word, seconds in order.get("think", []):
            jobs.think_then_mark.enqueue(word, seconds)


main(json.loads(sys.argv[1]))

"""A sweep by portions in a process of its own: `python -m tests.faults.sweeping make 300` or `… sweep 5`."""

from __future__ import annotations

import sys

import django

django.setup()

from zabota.clinic.models import Clinic  # noqa: E402
from zabota.kernel import clock  # noqa: E402
from zabota.kernel.scope import every_clinic  # noqa: E402
from zabota.nextstep.api import sweep_clinic  # noqa: E402
from zabota.nextstep.tests.random_clinic import make_clinic  # noqa: E402


def main(order: str, number: int) -> None:
    """Make a clinic of so many patients, or sweep it by portions of so many."""
    with every_clinic(reason="test"):
        if order == "make":
            make_clinic(11, now=clock.now(), patients=number)
        else:
            sweep_clinic(clinic_id=Clinic.objects.get().pk, now=clock.now(), portion=number)


main(sys.argv[1], int(sys.argv[2]))

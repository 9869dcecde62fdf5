"""`zabota sweep`: look at every patient now instead of at night."""

from __future__ import annotations

import argparse
import sys
import time


def run(argv: list[str]) -> int:
    """0 when nobody is left without a next step, 1 when somebody is, 2 when there is no such clinic."""
    parser = argparse.ArgumentParser(prog="zabota sweep", description="Проверить правило двух «З» у всех пациентов.")
    parser.add_argument("--clinic", type=int, help="номер клиники; без него все")
    parser.add_argument("--due", action="store_true", help="только те, у кого что-то меняется по времени")
    options = parser.parse_args(argv)

    import django

    django.setup()
    from zabota.clinic.models import Clinic
    from zabota.kernel import clock
    from zabota.nextstep.api import SweepResult, sweep_clinic

    clinics = Clinic.objects.order_by("pk").values_list("pk", flat=True)
    if options.clinic is not None:
        clinics = clinics.filter(pk=options.clinic)
        if not clinics:
            print(f"zabota sweep: клиники {options.clinic} нет.", file=sys.stderr)
            return 2
    total, begun = SweepResult(), time.monotonic()
    for clinic_id in clinics:
        total += sweep_clinic(clinic_id=clinic_id, now=clock.now(), due_only=options.due)
    _tell(total, time.monotonic() - begun)
    return 1 if total.left_after else 0


def _tell(total: object, seconds: float) -> None:
    words = {
        "patients": "Проверено пациентов",
        "types_changed": "Сменили тип",
        "recalls_written": "Обновлено сроков возврата",
        "found": "Были без следующего шага",
        "tasks_created": "Поставлено задач",
        "tasks_closed": "Закрыто само",
        "tasks_raised": "Стали срочнее",
        "left_after": "Осталось без следующего шага",
    }
    for name, label in words.items():
        value = getattr(total, name)
        if value is not None:
            print(f"{label:<30}{value:>10}")
    print(f"{'Секунд':<30}{seconds:>10.1f}")

"""Jobs and facts that exist only in tests: they note that they ran, fail, or write and then fail."""

from __future__ import annotations

import dataclasses
import datetime as dt

from django_tasks import task

from zabota.clinic.models import Clinic
from zabota.kernel import jobs
from zabota.kernel.facts import FactBase, fact, handles

#: What ran, in order; each test begins with an empty list.
RAN: list[str] = []


@task()
def note(word: str) -> str:
    """Notes that it ran."""
    RAN.append(word)
    return word


@task()
def stumble(word: str) -> None:
    """Fails each time, with words that must not reach the logs."""
    RAN.append(word)
    raise ValueError(f"не вышло: {word}")


@task(takes_context=True)
def tell_attempt(context: object) -> None:
    """Notes that it got its context."""
    RAN.append(type(context).__name__)


@task()
def interrupt_first() -> None:
    """The first run ends as a second Ctrl+C would end it."""
    RAN.append("прерван")
    if len(RAN) == 1:
        raise KeyboardInterrupt


@jobs.whole
@task()
def rename_whole(clinic_id: int, name: str, then_fail: bool) -> None:
    """Writes in the transaction of its own completion."""
    Clinic.objects.filter(pk=clinic_id).update(name=name)
    if then_fail:
        raise RuntimeError("после записи")


@task()
def rename_and_assure(clinic_id: int, name: str) -> None:
    """A long job's single step."""
    from django.db import transaction

    with transaction.atomic():
        jobs.assure_lease()
        Clinic.objects.filter(pk=clinic_id).update(name=name)


@fact("test.bell_rang")
@dataclasses.dataclass(frozen=True, kw_only=True)
class BellRang(FactBase):
    """A fact with a value of every kind that facts may carry."""

    on: dt.date
    at: dt.datetime | None = None
    ids: tuple[int, ...] = ()
    poison: bool = False


@handles(BellRang)
def note_bell(bell: BellRang) -> None:
    """Writes, then fails when the fact is poison."""
    RAN.append(f"{bell.on:%d.%m} {bell.ids}")
    Clinic.objects.filter(pk=bell.clinic_id).update(name=f"звонков {len(RAN)}")
    if bell.poison:
        raise ValueError("яд для Кузнецовой Милы")


@handles(BellRang)
def hear_bell(bell: BellRang) -> None:
    """A second handler, which never fails."""
    RAN.append("слышно")

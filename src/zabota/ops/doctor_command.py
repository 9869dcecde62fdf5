"""`zabota doctor`: is the installation well; what waits, what is parked and why. Exit code 0 when nothing asks for a person."""

from __future__ import annotations

import argparse
import datetime as dt
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zabota.kernel.health import Health


def run(argv: list[str]) -> int:
    """Print the picture. 0 well, 1 something is parked, late or not migrated, 2 the database does not answer."""
    parser = argparse.ArgumentParser(
        prog="zabota doctor", description="Проверить установку: база, исполнители, задания, отложенное."
    )
    parser.add_argument("--retry", action="store_true", help="вернуть всё отложенное в очередь")
    options = parser.parse_args(argv)

    import django

    django.setup()
    from django.db import Error

    from zabota.kernel import clock, facts, health, jobs
    from zabota.messaging.api import holds

    try:
        now = clock.now()
        picture = health.examine(now=now)
        if options.retry:
            facts.retry_parked([each.id for each in picture.parked_facts], now=now)
            for each in picture.parked_jobs:
                jobs.retry_parked(each.id, now=now)
            count = len(picture.parked_facts) + len(picture.parked_jobs)
            print(f"Возвращено в очередь: {count}")
            return 0
    except Error as error:
        print(
            f"База данных не отвечает: {type(error).__name__}. Проверьте DATABASE_URL и что сервер базы запущен.",
            file=sys.stderr,
        )
        return 2
    held = [rules.clinic.name for rules in holds()] if not picture.migrations_waiting else []
    print("\n".join(_lines(picture, held)))
    return 0 if picture.well and not held else 1


def _lines(picture: Health, held: list[str]) -> Iterator[str]:
    yield f"Zabota {picture.version}, Django {picture.django}, {picture.database}"
    if picture.migrations_waiting:
        yield f"! Не применено миграций: {picture.migrations_waiting}. Выполните: zabota manage migrate"
    alive = ", ".join(name for name, _ in picture.workers)
    yield f"Исполнители: {alive}" if alive else "Исполнители: ни одного. Запустите: zabota run или zabota worker"
    for name in held:
        yield f"! {name}: база восстановлена из копии, отправка стоит. Руководитель продолжит её на странице «Отправка»"
    yield f"Ждут: событий {picture.facts_waiting}, заданий {picture.jobs_waiting}; выполняется заданий {picture.jobs_running}"
    if picture.slow and picture.oldest_waiting_at:
        yield f"! Очередь стоит с {_shown(picture.oldest_waiting_at)}"
    yield "Расписание:"
    for each in picture.schedules:
        last = f"{_shown(each.last_at)} {each.last_status}".strip() if each.last_at else "ещё не запускалось"
        yield f"  {each.name}: {each.says}; последний раз {last}; следующий {_shown(each.next_at)}"
    for fact in picture.parked_facts:
        yield f"! Отложено событие {fact.kind} для {fact.handler}, попыток {fact.attempts}: {fact.reason}"
    for job in picture.parked_jobs:
        yield f"! Отложено задание {job.task}, попыток {job.attempts}: {job.reason}"
    yield "Всё в порядке." if picture.well else "Вернуть отложенное в очередь: zabota doctor --retry"


def _shown(at: dt.datetime) -> str:
    return at.astimezone().strftime("%d.%m.%Y %H:%M")

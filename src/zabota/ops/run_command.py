"""`zabota run`: prepares the database, makes the demo clinic when it is empty, starts web and worker, stops both."""

from __future__ import annotations

import argparse
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import FrameType

#: Seconds that web and worker may take to finish what they do when asked to stop.
STOP_SECONDS = 15


def run(argv: list[str]) -> int:
    """Start everything and stay until Ctrl+C or SIGTERM."""
    parser = argparse.ArgumentParser(prog="zabota run", description="Подготовить базу и запустить Zabota.")
    parser.add_argument("--host", default="127.0.0.1", help="адрес, который слушает веб-сервер (127.0.0.1)")
    parser.add_argument("--port", type=int, default=8000, help="порт (8000; занятый заменяется следующим свободным)")
    parser.add_argument("--no-demo", action="store_true", help="не создавать демонстрационную клинику в пустой базе")
    parser.add_argument("--threads", type=int, default=8, help="потоков веб-сервера (8)")
    options = parser.parse_args(argv)

    prepare_folder()
    import django

    django.setup()
    from django.core.management import call_command

    _say("Готовлю базу данных…")
    call_command("migrate", verbosity=0, interactive=False)
    logins = [] if options.no_demo else _demo_when_empty()
    port = _free_port(options.host, options.port)
    return _serve(host=options.host, port=port, threads=options.threads, logins=logins, nobody=_nobody())


def _nobody() -> bool:
    """Whether nobody can log in yet."""
    from zabota.clinic.models import Member
    from zabota.kernel.scope import every_clinic

    with every_clinic(reason="whether somebody can log in"):
        return not Member.objects.exists()


def _say(text: str) -> None:
    print(text, flush=True)


def prepare_folder() -> None:
    """Make the folder of the installation and write its key once, readable by the owner only, before the settings load."""
    folder = Path(os.environ.get("ZABOTA_DATA") or Path.cwd() / "var")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    (folder / "static").mkdir(exist_ok=True)
    stored = folder / "secret_key"
    if not stored.exists() and not os.environ.get("ZABOTA_SECRET_KEY"):
        handle = os.open(stored, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(48))


def _demo_when_empty() -> list[tuple[str, str, str]]:
    """Logins (who, login, password) of the demo clinic, which is made when there is no clinic at all."""
    from zabota.clinic.models import Clinic
    from zabota.ops.demo.load import demo_logins, make_demo_clinic
    from zabota.ops.demo.opening import open_demo_clinic

    if not Clinic.objects.exists():
        _say("База пуста: создаю демонстрационную клинику (около минуты)…")
        clinic = make_demo_clinic(progress=_say)
        open_demo_clinic(clinic, progress=_say)
    return demo_logins() if Clinic.objects.filter(is_demo=True).exists() else []


def _free_port(host: str, wanted: int) -> int:
    for port in range(wanted, wanted + 50):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
        if port != wanted:
            _say(f"Порт {wanted} занят, беру {port}.")
        return port
    raise SystemExit(f"Нет свободного порта от {wanted} до {wanted + 49}.")


def _serve(*, host: str, port: int, threads: int, logins: list[tuple[str, str, str]], nobody: bool) -> int:
    folder = Path(sys.executable).parent
    # Links in messages lead to where the program really listens, also when its usual port was taken.
    os.environ.setdefault("ZABOTA_PUBLIC_URL", f"http://{host}:{port}")
    web = [
        str(folder / "gunicorn"),
        "zabota.config.wsgi:application",
        f"--bind={host}:{port}",
        "--worker-class=gthread",
        "--workers=1",
        f"--threads={threads}",
        "--timeout=120",
        f"--graceful-timeout={STOP_SECONDS - 5}",
        "--no-control-socket",
        "--log-level=warning",
    ]
    worker = [sys.executable, "-m", "zabota.ops.cli", "worker"]
    # Two workers: while one loads a long export, the other delivers facts and keeps the queue of the desk true.
    children = {"веб-сервер": subprocess.Popen(web)}
    children |= {f"исполнитель {number}": subprocess.Popen(worker) for number in (1, 2)}
    stopping = False

    def stop(signum: int, frame: FrameType | None) -> None:
        nonlocal stopping
        stopping = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    announced = False
    code = 0
    while not stopping:
        for name, child in children.items():
            if child.poll() is not None:
                print(f"Остановился {name} (код {child.returncode}). Останавливаю остальное.", file=sys.stderr)
                stopping, code = True, 1
        if not announced and _answers(host, port):
            announced = True
            _announce(host, port, logins, nobody=nobody)
        time.sleep(0.2 if not announced else 0.5)
    _stop(children)
    return code


def _answers(host: str, port: int) -> bool:
    place = "127.0.0.1" if host in {"0.0.0.0", "::"} else host  # noqa: S104 -- comparison only
    try:
        with urllib.request.urlopen(f"http://{place}:{port}/healthz", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _announce(host: str, port: int, logins: list[tuple[str, str, str]], *, nobody: bool = False) -> None:
    """Say where the program is and how one gets in."""
    place = "localhost" if host in {"127.0.0.1", "0.0.0.0", "::"} else host  # noqa: S104 -- comparison only
    lines = ["", f"  Zabota работает: http://{place}:{port}/", ""]
    if logins:
        width = max(len(who) for who, _, _ in logins)
        lines += ["  Демонстрационная клиника. Войти можно так:", ""]
        lines += [f"    {who:<{width}}  {login}  {password}" for who, login, password in logins]
        lines.append("")
    if nobody:
        lines += ["  Сотрудников ещё нет. Заведите руководителя, программа покажет его пароль:", ""]
        lines += ['    zabota staff add ПОЧТА --name "Фамилия Имя Отчество" --clinic "Название клиники"', ""]
    lines.append("  Остановить: Ctrl+C")
    _say("\n".join(lines) + "\n")


def _stop(children: dict[str, subprocess.Popen[bytes]]) -> None:
    for child in children.values():
        if child.poll() is None:
            child.terminate()
    deadline = time.monotonic() + STOP_SECONDS
    for child in children.values():
        try:
            child.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()

"""`zabota staff`: the first clinic and its owner on a bare server, and the way back for an owner without a password."""

from __future__ import annotations

import argparse
import sys


def run(argv: list[str]) -> int:
    """Make a clinic with its owner, invite a person, give a new password, forget a second factor, list people."""
    parser = argparse.ArgumentParser(prog="zabota staff", description="Сотрудники клиники.")
    commands = parser.add_subparsers(dest="what", required=True)
    add = commands.add_parser("add", help="завести сотрудника; без клиник создаёт и клинику")
    add.add_argument("email", help="почта, по которой входят")
    add.add_argument("--name", default="", help="фамилия, имя и отчество через пробел, в кавычках")
    add.add_argument("--role", default="owner", help="роль (owner)")
    add.add_argument("--clinic", default="", help="название клиники; новая создаётся")
    for word, says in (
        ("password", "выдать новый одноразовый пароль"),
        ("factor", "снять код из приложения"),
        ("close", "закрыть доступ"),
    ):
        commands.add_parser(word, help=says).add_argument("email")
    commands.add_parser("list", help="кто есть")
    options = parser.parse_args(argv)

    import django

    django.setup()
    from zabota.kernel.errors import Trouble

    try:
        return _act(options)
    except Trouble as trouble:
        print(trouble.text, file=sys.stderr)
        return 1


def _act(options: argparse.Namespace) -> int:
    from zabota.clinic import api
    from zabota.clinic.models import Member
    from zabota.kernel import clock
    from zabota.kernel.audit import Actor
    from zabota.kernel.errors import BadInput

    actor, now = Actor(kind="command"), clock.now()
    if options.what == "list":
        for member in Member.objects.select_related("user", "clinic").order_by("clinic__name", "user__email"):
            state = "" if member.is_active else ", доступ закрыт"
            print(f"{member.clinic.name}: {member.user.email}, {member.get_role_display()}{state}")
        return 0
    if options.what == "add":
        return _add(options)
    found = Member.objects.filter(user__email__iexact=options.email).order_by("-is_active", "id").first()
    if found is None:
        raise BadInput(f"Нет сотрудника с почтой {options.email}. Список: zabota staff list")
    if options.what == "password":
        print(f"Одноразовый пароль: {api.reset_password(member=found, actor=actor, now=now)}")
    elif options.what == "factor":
        api.reset_second_factor(member=found, actor=actor, now=now)
        print("Код из приложения снят.")
    else:
        api.deactivate_member(member=found, actor=actor, now=now)
        print("Доступ закрыт.")
    return 0


def _add(options: argparse.Namespace) -> int:
    from django.db import transaction

    from zabota.clinic import api
    from zabota.clinic.models import Clinic
    from zabota.kernel import clock
    from zabota.kernel.audit import Actor
    from zabota.kernel.errors import BadInput
    from zabota.ops.founding import found_clinic

    roles = ", ".join(role.value for role in api.Role)
    if options.role not in list(api.Role):
        raise BadInput(f"Роль «{options.role}» неизвестна. Есть: {roles}")
    real = Clinic.objects.filter(is_demo=False)
    clinic = real.filter(name=options.clinic).first() if options.clinic else real.order_by("id").first()
    surname, name, patronymic = (*options.name.split(maxsplit=2), "", "", "")[:3]
    with transaction.atomic():
        if clinic is None:
            if not options.clinic:
                raise BadInput("Клиник ещё нет. Назовите свою: --clinic «Название»")
            clinic = found_clinic(options.clinic, actor=Actor(kind="command"), now=clock.now())
        invitation = api.invite_member(
            clinic=clinic,
            email=options.email,
            surname=surname,
            name=name,
            patronymic=patronymic,
            role=api.Role(options.role),
            actor=Actor(kind="command"),
            now=clock.now(),
        )
    print(f"{clinic.name}: {invitation.member.user.email}, {invitation.member.get_role_display()}")
    print(f"Одноразовый пароль: {invitation.password}")
    return 0

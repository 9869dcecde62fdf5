"""People of the clinic: invite, change, let go, take back, give a new password, forget a second factor."""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Iterable
from datetime import datetime

from allauth.mfa.models import Authenticator
from django.db import transaction

from zabota.clinic.facts import MemberChanged, MemberJoined, MemberLeft
from zabota.clinic.models import Branch, Clinic, Doctor, Member, User
from zabota.clinic.rules.people import PeopleProblem, problem_of_leaving, problem_of_role
from zabota.clinic.rules.rights import Role
from zabota.clinic.services.troubles import PROBLEMS, EmailTaken, NotOfThisClinic
from zabota.kernel import facts
from zabota.kernel.audit import Actor, record
from zabota.kernel.errors import AlreadyDone, BadInput

#: Letters and digits that are not mistaken for each other when read aloud or copied by hand.
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


@dataclasses.dataclass(frozen=True)
class Invitation:
    """A new account and the password that is shown once."""

    member: Member
    password: str


def invite_member(
    *,
    clinic: Clinic,
    email: str,
    surname: str,
    name: str,
    patronymic: str = "",
    role: Role,
    branches: Iterable[Branch] = (),
    doctor: Doctor | None = None,
    daily_capacity: int = 40,
    actor: Actor,
    now: datetime,
) -> Invitation:
    """Make an account with a one-time password. Raises EmailTaken: an existing account is never taken over."""
    address = email.strip().lower()
    if not address:
        raise BadInput("Укажите почту: по ней входят.")
    password = one_time_password()
    with transaction.atomic():
        if User.objects.filter(email__iexact=address).exists():
            raise EmailTaken
        user = User.objects.create_user(
            address, password, surname=surname, name=name, patronymic=patronymic, must_change_password=True
        )
        member = Member.objects.create(
            user=user, clinic=clinic, role=role, doctor=_own(doctor, clinic), daily_capacity=daily_capacity
        )
        member.branches.set(_own_branches(branches, clinic))
        record("clinic.member.invited", member, actor=actor, now=now, details={"role": role.value})
        facts.publish(MemberJoined(clinic_id=clinic.pk, member_id=member.pk), now=now)
    return Invitation(member, password)


def change_member(
    *,
    member: Member,
    role: Role,
    branches: Iterable[Branch],
    doctor: Doctor | None,
    daily_capacity: int,
    surname: str,
    name: str,
    patronymic: str,
    actor: Actor,
    now: datetime,
) -> Member:
    """Change name, role, branches, capacity. Raises OwnRole and LastOwner."""
    with transaction.atomic():
        locked = _locked(member)
        before = Role(locked.role)
        _refuse(
            problem_of_role(
                is_self=locked.user_id == actor.user_id, before=before, after=role, other_owners=_other_owners(locked)
            )
        )
        user = locked.user
        user.surname, user.name, user.patronymic = surname, name, patronymic
        user.save(update_fields=["surname", "name", "patronymic"])
        locked.role, locked.daily_capacity, locked.doctor = role, daily_capacity, _own(doctor, locked.clinic)
        locked.save(update_fields=["role", "daily_capacity", "doctor"])
        locked.branches.set(_own_branches(branches, locked.clinic))
        details = {"role": role.value, "role_before": before.value, "capacity": daily_capacity}
        record("clinic.member.changed", locked, actor=actor, now=now, details=details)
        fact = MemberChanged(clinic_id=locked.clinic_id, member_id=locked.pk, role_before=before.value)
        facts.publish(fact, now=now)
    return locked


def deactivate_member(*, member: Member, actor: Actor, now: datetime) -> Member:
    """Close the person's access at once; a fact tells whoever gave them work. Raises OwnAccount, LastOwner, AlreadyDone."""
    with transaction.atomic():
        locked = _locked(member)
        if not locked.is_active:
            raise AlreadyDone
        _refuse(
            problem_of_leaving(
                is_self=locked.user_id == actor.user_id, role=Role(locked.role), other_owners=_other_owners(locked)
            )
        )
        locked.is_active = False
        locked.save(update_fields=["is_active"])
        if not locked.user.memberships.filter(is_active=True).exists():
            User.objects.filter(pk=locked.user_id).update(is_active=False)
        record("clinic.member.left", locked, actor=actor, now=now)
        facts.publish(MemberLeft(clinic_id=locked.clinic_id, member_id=locked.pk), now=now)
    return locked


def reactivate_member(*, member: Member, actor: Actor, now: datetime) -> Invitation:
    """Take a person back with a new one-time password: the old one may have been learned by others meanwhile."""
    with transaction.atomic():
        locked = _locked(member)
        if locked.is_active:
            raise AlreadyDone
        locked.is_active = True
        locked.save(update_fields=["is_active"])
        password = _give_password(locked.user)
        record("clinic.member.came_back", locked, actor=actor, now=now)
        facts.publish(MemberJoined(clinic_id=locked.clinic_id, member_id=locked.pk), now=now)
    return Invitation(locked, password)


def reset_password(*, member: Member, actor: Actor, now: datetime) -> str:
    """A new one-time password. All sessions of the person end, for they are tied to the old one."""
    with transaction.atomic():
        locked = _locked(member)
        password = _give_password(locked.user)
        record("clinic.member.password_reset", locked, actor=actor, now=now)
    return password


def reset_second_factor(*, member: Member, actor: Actor, now: datetime) -> None:
    """Forget the person's application and recovery codes, so that a lost phone does not lock them out."""
    with transaction.atomic():
        locked = _locked(member)
        removed, _ = Authenticator.objects.filter(user_id=locked.user_id).delete()
        if not removed:
            raise AlreadyDone("Код из приложения у этого сотрудника не включён.")
        record("clinic.member.second_factor_reset", locked, actor=actor, now=now)


def keep_own_password(*, user: User, now: datetime) -> None:
    """The person has chosen a password: everything opens again."""
    with transaction.atomic():
        User.objects.filter(pk=user.pk).update(must_change_password=False)
        membership = user.memberships.filter(is_active=True).order_by("id").first()
        if membership is not None:
            record("clinic.member.password_changed", membership, actor=Actor(user_id=user.pk), now=now)
    user.must_change_password = False


def one_time_password() -> str:
    """Twelve characters in groups of four, 59 bits: to be read out once and changed at the first login."""
    letters = [secrets.choice(_ALPHABET) for _ in range(12)]
    return "-".join("".join(letters[start : start + 4]) for start in (0, 4, 8))


def _give_password(user: User) -> str:
    password = one_time_password()
    user.set_password(password)
    user.must_change_password = True
    user.is_active = True
    user.save(update_fields=["password", "must_change_password", "is_active"])
    return password


def _locked(member: Member) -> Member:
    # All owners of the clinic are locked in one order: two owners cannot remove each other at the same moment.
    list(
        Member.objects.select_for_update(of=("self",))
        .filter(clinic_id=member.clinic_id, role=Role.OWNER)
        .order_by("id")
        .values_list("id")
    )
    return Member.objects.select_for_update(of=("self",)).select_related("user", "clinic").get(pk=member.pk)


def _other_owners(member: Member) -> int:
    owners = Member.objects.filter(clinic_id=member.clinic_id, role=Role.OWNER, is_active=True, user__is_active=True)
    return owners.exclude(pk=member.pk).count()


def _own(doctor: Doctor | None, clinic: Clinic) -> Doctor | None:
    if doctor is not None and doctor.clinic_id != clinic.pk:
        raise NotOfThisClinic
    return doctor


def _own_branches(branches: Iterable[Branch], clinic: Clinic) -> list[Branch]:
    chosen = list(branches)
    if any(branch.clinic_id != clinic.pk for branch in chosen):
        raise NotOfThisClinic
    return chosen


def _refuse(problem: PeopleProblem | None) -> None:
    if problem is not None:
        raise PROBLEMS[problem]

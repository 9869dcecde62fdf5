"""People of the clinic: invitations, roles, leaving; what may not be done to oneself or to the last owner."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from allauth.mfa.models import Authenticator

from zabota.clinic import api
from zabota.clinic.models import Branch, Clinic, Doctor, Member, User
from zabota.clinic.rules.people import problem_of_leaving, problem_of_role
from zabota.clinic.rules.rights import RIGHTS, Right, Role
from zabota.kernel.audit import Actor
from zabota.kernel.errors import AlreadyDone
from zabota.kernel.models import AuditEntry, Fact


@pytest.fixture
def owner(anton: Member) -> Actor:
    return Actor(user_id=anton.user_id)


def invite(
    clinic: Clinic, owner: Actor, now: dt.datetime, email: str = "nina@ulybka.test", **fields: object
) -> api.Invitation:
    given = {"surname": "Лаптева", "name": "Нина", "role": Role.ADMINISTRATOR, **fields}
    return api.invite_member(clinic=clinic, email=email, **given, actor=owner, now=now)


def keep(member: Member, **changes: object) -> dict[str, object]:
    fields = {
        "role": Role(member.role),
        "branches": [],
        "doctor": None,
        "daily_capacity": 40,
        "surname": member.user.surname,
        "name": member.user.name,
        "patronymic": "",
    }
    return {**fields, **changes}


def test_an_invited_person_has_a_one_time_password_and_must_change_it(
    smile: Clinic, owner: Actor, now: dt.datetime
) -> None:
    invitation = invite(smile, owner, now)

    user = invitation.member.user
    assert user.check_password(invitation.password)
    assert user.must_change_password
    assert AuditEntry.objects.get().action == "clinic.member.invited"
    assert Fact.objects.get().kind == "clinic.member_joined"


def test_one_time_passwords_differ_and_are_readable() -> None:
    made = {api.one_time_password() for _ in range(200)}

    assert len(made) == 200
    assert not set("".join(made)) & set("0o1liIO ")


def test_an_existing_account_is_never_taken_over(
    smile: Clinic, other_clinic: Clinic, oleg: Member, owner: Actor, now: dt.datetime
) -> None:
    before = oleg.user.password

    with pytest.raises(api.EmailTaken):
        invite(smile, owner, now, email=oleg.user.email.upper())

    oleg.user.refresh_from_db()
    assert oleg.user.password == before
    assert not Member.objects.filter(user=oleg.user, clinic=smile).exists()


def test_branches_and_doctors_of_another_clinic_are_refused(
    smile: Clinic, other_clinic: Clinic, owner: Actor, now: dt.datetime
) -> None:
    branch = Branch.objects.create(clinic=other_clinic, name="Чужой")
    doctor = Doctor.objects.create(clinic=other_clinic, name="Чужов", name_key="чужов")

    with pytest.raises(api.NotOfThisClinic):
        invite(smile, owner, now, branches=[branch])
    with pytest.raises(api.NotOfThisClinic):
        invite(smile, owner, now, doctor=doctor)
    assert not User.objects.filter(email="nina@ulybka.test").exists()


def test_nobody_changes_their_own_role(
    anton: Member, owner: Actor, now: dt.datetime, new_member: Callable[..., Member]
) -> None:
    new_member(anton.clinic, Role.OWNER, "Алла", "Белова")

    with pytest.raises(api.OwnRole):
        api.change_member(member=anton, **keep(anton, role=Role.DOCTOR), actor=owner, now=now)


def test_the_last_owner_stays_owner(anton: Member, quality: Member, now: dt.datetime) -> None:
    somebody = Actor(user_id=quality.user_id)

    with pytest.raises(api.LastOwner):
        api.change_member(member=anton, **keep(anton, role=Role.DOCTOR), actor=somebody, now=now)
    with pytest.raises(api.LastOwner):
        api.deactivate_member(member=anton, actor=somebody, now=now)


def test_an_owner_may_leave_when_another_stays(
    anton: Member, now: dt.datetime, new_member: Callable[..., Member]
) -> None:
    alla = new_member(anton.clinic, Role.OWNER, "Алла", "Белова")

    api.deactivate_member(member=anton, actor=Actor(user_id=alla.user_id), now=now)

    anton.refresh_from_db()
    assert not anton.is_active


def test_nobody_closes_their_own_account(
    anton: Member, owner: Actor, now: dt.datetime, new_member: Callable[..., Member]
) -> None:
    new_member(anton.clinic, Role.OWNER, "Алла", "Белова")

    with pytest.raises(api.OwnAccount):
        api.deactivate_member(member=anton, actor=owner, now=now)


def test_who_leaves_is_told_by_a_fact_and_cannot_log_in(vera: Member, owner: Actor, now: dt.datetime) -> None:
    api.deactivate_member(member=vera, actor=owner, now=now)

    vera.user.refresh_from_db()
    assert not vera.user.is_active
    assert Fact.objects.get(kind="clinic.member_left").payload["member_id"] == vera.pk
    with pytest.raises(AlreadyDone):
        api.deactivate_member(member=vera, actor=owner, now=now)


def test_who_comes_back_gets_a_new_password(vera: Member, owner: Actor, now: dt.datetime) -> None:
    api.deactivate_member(member=vera, actor=owner, now=now)

    invitation = api.reactivate_member(member=vera, actor=owner, now=now)

    user = User.objects.get(pk=vera.user_id)
    assert user.is_active
    assert user.check_password(invitation.password)


def test_a_forgotten_factor_is_removed(vera: Member, owner: Actor, now: dt.datetime) -> None:
    Authenticator.objects.create(user=vera.user, type=Authenticator.Type.TOTP, data={"secret": "x"})

    api.reset_second_factor(member=vera, actor=owner, now=now)

    assert not Authenticator.objects.exists()
    with pytest.raises(AlreadyDone):
        api.reset_second_factor(member=vera, actor=owner, now=now)


@pytest.mark.parametrize(
    ("is_self", "before", "after", "others", "problem"),
    [
        (False, Role.OWNER, Role.DOCTOR, 0, "last_owner"),
        (False, Role.OWNER, Role.DOCTOR, 1, None),
        (True, Role.OWNER, Role.DOCTOR, 1, "own_role"),
        (True, Role.OWNER, Role.OWNER, 0, None),
        (False, Role.DOCTOR, Role.OWNER, 0, None),
    ],
)
def test_rule_of_roles(is_self: bool, before: Role, after: Role, others: int, problem: str | None) -> None:
    assert problem_of_role(is_self=is_self, before=before, after=after, other_owners=others) == problem


def test_rule_of_leaving() -> None:
    assert problem_of_leaving(is_self=True, role=Role.DOCTOR, other_owners=1) == "own_account"
    assert problem_of_leaving(is_self=True, role=Role.OWNER, other_owners=0) == "last_owner"
    assert problem_of_leaving(is_self=False, role=Role.DOCTOR, other_owners=0) is None


def test_the_owner_has_every_right_and_everybody_their_own_page() -> None:
    assert RIGHTS[Role.OWNER] == frozenset(Right)
    assert all(Right.PROFILE_OWN in rights for rights in RIGHTS.values())
    assert {role for role in Role if Right.STAFF_EDIT in RIGHTS[role]} == {Role.OWNER}

"""Front door of the clinic: roles and rights, people, organisation, catalogue, goal."""

from zabota.clinic.queries.demo import demo_logins, demo_password
from zabota.clinic.queries.faces import Face, face_of, hidden_names
from zabota.clinic.queries.people import members, second_factors
from zabota.clinic.rules.goal import Stage, StageBy
from zabota.clinic.rules.rights import RIGHTS, ROLE_NAMES, Right, Role, may
from zabota.clinic.services.catalogue import add_group, change_group, change_service, set_goal, sort_services
from zabota.clinic.services.organisation import add_branch, add_doctor, change_branch, change_clinic, change_doctor
from zabota.clinic.services.people import (
    Invitation,
    change_member,
    deactivate_member,
    invite_member,
    keep_own_password,
    one_time_password,
    reactivate_member,
    reset_password,
    reset_second_factor,
)
from zabota.clinic.services.troubles import EmailTaken, LastOwner, NameTaken, NotOfThisClinic, OwnAccount, OwnRole

__all__ = [
    "RIGHTS",
    "ROLE_NAMES",
    "EmailTaken",
    "Face",
    "Invitation",
    "LastOwner",
    "NameTaken",
    "NotOfThisClinic",
    "OwnAccount",
    "OwnRole",
    "Right",
    "Role",
    "Stage",
    "StageBy",
    "add_branch",
    "add_doctor",
    "add_group",
    "change_branch",
    "change_clinic",
    "change_doctor",
    "change_group",
    "change_member",
    "change_service",
    "deactivate_member",
    "demo_logins",
    "demo_password",
    "face_of",
    "hidden_names",
    "invite_member",
    "keep_own_password",
    "may",
    "members",
    "one_time_password",
    "reactivate_member",
    "reset_password",
    "reset_second_factor",
    "second_factors",
    "set_goal",
    "sort_services",
]

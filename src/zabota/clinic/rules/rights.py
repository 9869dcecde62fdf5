"""Roles of the clinic and what each may see and do: the whole matrix in one table."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """Roles of the people of a clinic; Russian names are in ROLE_NAMES."""

    OWNER = "owner"
    MARKETER = "marketer"
    ADMINISTRATOR = "administrator"
    DOCTOR = "doctor"
    COORDINATOR = "coordinator"
    QUALITY = "quality_controller"


ROLE_NAMES: dict[Role, str] = {
    Role.OWNER: "Руководитель",
    Role.MARKETER: "Маркетолог",
    Role.ADMINISTRATOR: "Администратор",
    Role.DOCTOR: "Врач",
    Role.COORDINATOR: "Координатор",
    Role.QUALITY: "Контролёр качества",
}


class Right(StrEnum):
    """A thing that may be seen or done. Each page and action names exactly one."""

    PULSE_VIEW = "pulse.view"
    AUDIT_VIEW = "audit.view"
    PATIENTS_VIEW = "patients.view"
    PATIENTS_EDIT = "patients.edit"
    PATIENTS_MERGE = "patients.merge"
    PATIENTS_MONEY = "patients.money"
    PATIENTS_HEALTH = "patients.health"
    PATIENTS_EXPORT = "patients.export"
    CONSENTS_EDIT = "consents.edit"
    WORKLIST_WORK = "worklist.work"
    WORKLIST_CONTROL = "worklist.control"
    VISITS_BOOK = "visits.book"
    SCHEDULE_EDIT = "schedule.edit"
    #: A doctor's own day: patients, answers to questionnaires.
    RECEPTION_OWN = "reception.own"
    INBOX_WORK = "inbox.work"
    MESSAGES_EDIT = "messages.edit"
    CHANNELS_EDIT = "channels.edit"
    INTAKE_RUN = "intake.run"
    SETTINGS_EDIT = "settings.edit"
    STAFF_EDIT = "staff.edit"
    TRAIL_VIEW = "trail.view"
    SYSTEM_VIEW = "system.view"
    PROFILE_OWN = "profile.own"


RIGHTS: dict[Role, frozenset[Right]] = {
    Role.OWNER: frozenset(Right),
    Role.MARKETER: frozenset(
        {
            Right.PULSE_VIEW,
            Right.AUDIT_VIEW,
            Right.PATIENTS_VIEW,
            Right.PATIENTS_MONEY,
            Right.INTAKE_RUN,
            Right.MESSAGES_EDIT,
            Right.PROFILE_OWN,
        }
    ),
    Role.ADMINISTRATOR: frozenset(
        {
            Right.PATIENTS_VIEW,
            Right.PATIENTS_EDIT,
            Right.PATIENTS_MERGE,
            Right.PATIENTS_MONEY,
            Right.PATIENTS_HEALTH,
            Right.CONSENTS_EDIT,
            Right.WORKLIST_WORK,
            Right.VISITS_BOOK,
            Right.SCHEDULE_EDIT,
            Right.INBOX_WORK,
            Right.PROFILE_OWN,
        }
    ),
    Role.DOCTOR: frozenset({Right.PATIENTS_VIEW, Right.PATIENTS_HEALTH, Right.RECEPTION_OWN, Right.PROFILE_OWN}),
    Role.COORDINATOR: frozenset(
        {
            Right.PATIENTS_VIEW,
            Right.PATIENTS_EDIT,
            Right.PATIENTS_MONEY,
            Right.PATIENTS_HEALTH,
            Right.CONSENTS_EDIT,
            Right.WORKLIST_WORK,
            Right.VISITS_BOOK,
            Right.INBOX_WORK,
            Right.PROFILE_OWN,
        }
    ),
    Role.QUALITY: frozenset(
        {
            Right.PULSE_VIEW,
            Right.AUDIT_VIEW,
            Right.PATIENTS_VIEW,
            Right.PATIENTS_MONEY,
            Right.PATIENTS_HEALTH,
            # Refusals after a consultation come to the quality controller as tasks of their own queue.
            Right.WORKLIST_WORK,
            Right.WORKLIST_CONTROL,
            Right.INBOX_WORK,
            Right.TRAIL_VIEW,
            Right.PROFILE_OWN,
        }
    ),
}


def may(role: Role | str, right: Right) -> bool:
    """True when a person of this role has the right."""
    return right in RIGHTS[Role(role)]

"""Every door of the program: its name, its view, and what it takes to open it in a test."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver, reverse

from zabota.booking.models import Appointment, Transfer
from zabota.care.models import Plan, PlanStage
from zabota.clinic.models import Branch, Clinic, Doctor, Member, Service, ServiceGroup
from zabota.intake.models import Batch
from zabota.messaging.models import ChannelAccount, ChannelRule, Conversation, Template
from zabota.nextstep.models import Recall
from zabota.patients.models import Contact, DuplicateCandidate, Merge, Patient, Tag
from zabota.worklist.models import Task


@dataclasses.dataclass(frozen=True)
class Door:
    """One address of the program."""

    name: str
    view: Callable[..., Any]
    arguments: tuple[str, ...]

    @property
    def right(self) -> str | None:
        """The right that its view names."""
        right = getattr(self.view, "staff_right", None)
        return None if right is None else right.value


@dataclasses.dataclass(frozen=True)
class World:
    """One row of everything that a door may ask for, all of one clinic and branch."""

    clinic: Clinic
    branch: Branch
    member: Member
    patient: Patient
    twin: Patient
    absorbed: Patient
    doctor: Doctor
    group: ServiceGroup
    service: Service
    task: Task
    visit: Appointment
    transfer: Transfer
    plan: Plan
    stage: PlanStage
    contact: Contact
    tag: Tag
    recall: Recall
    batch: Batch
    pair: DuplicateCandidate
    merge: Merge
    channel: ChannelAccount
    text: Template
    talk: Conversation


def doors() -> list[Door]:
    """All addresses, in the order in which they are tried."""
    return list(_walk(get_resolver(), ""))


def _walk(resolver: URLResolver, space: str) -> Iterator[Door]:
    for each in resolver.url_patterns:
        if isinstance(each, URLPattern):
            yield Door(f"{space}{each.name}", each.callback, tuple(each.pattern.converters))
        elif isinstance(each, URLResolver):
            yield from _walk(each, f"{space}{each.namespace}:" if each.namespace else space)


#: Doors that every visitor may knock at without a right of the staff, and why.
OPEN = {
    "account_login": "the way in",
    "account_logout": "the way out",
    "account_inactive": "says that an account is closed",
    "account_change_password": "own account; the library asks for a login",
    "account_reauthenticate": "own account; the library asks for a login",
    "mfa_authenticate": "second step of the way in",
    "mfa_reauthenticate": "own account; the library asks for a login",
    "mfa_index": "own account; the library asks for a login",
    "mfa_activate_totp": "own account; the library asks for a login",
    "mfa_deactivate_totp": "own account; the library asks for a login",
    "mfa_view_recovery_codes": "own account; the library asks for a login",
    "mfa_generate_recovery_codes": "own account; the library asks for a login",
    "mfa_download_recovery_codes": "own account; the library asks for a login",
    "usersessions_list": "own account; the library asks for a login",
    "webapi:calendar": "calendar programs read it: the secret of the address lets in, nothing else",
    "webapi:hook": "providers call it: the random address and the provider's signature let in, nothing else",
    "desk:healthz": "tells whoever watches the server that it lives, nothing else",
    "portal:short": "a patient's way in: the secret of the link",
    "portal:link": "a patient's way in: the secret of the link",
    "portal:visit": "a patient's page: opens with the cookie of its own link",
    "portal:visit-confirm": "a patient's page: opens with the cookie of its own link",
    "portal:visit-cancel": "a patient's page: opens with the cookie of its own link",
    "portal:visit-call": "a patient's page: opens with the cookie of its own link",
    "portal:visit-undo": "a patient's page: opens with the cookie of its own link",
    "portal:leave": "a patient's way out of advertising: the signed address says who leaves",
    "portal:again": "anybody may ask; only the owner of the old link is written to",
    "portal:visit-move": "a patient's page: opens with the cookie of its own link",
    "portal:visit-digits": "a patient's page: opens with the cookie of its own link",
    "portal:visit-prepare": "a patient's page: opens with the cookie of its own link",
    "portal:visit-questions": "a patient's page: opens with the cookie of its own link",
    "portal:visit-video": "a patient's page: opens with the cookie of its own link",
    "portal:visit-video-consent": "a patient's page: opens with the cookie of its own link",
    "portal:offer": "a patient's page: opens with the cookie of its own link",
    "portal:offer-take": "a patient's page: opens with the cookie of its own link",
    "portal:offer-refuse": "a patient's page: opens with the cookie of its own link",
    "portal:offer-digits": "a patient's page: opens with the cookie of its own link",
    "portal:wellbeing": "a patient's page: opens with the cookie of its own link",
    "portal:wellbeing-answer": "a patient's page: opens with the cookie of its own link",
    "portal:wellbeing-advice": "a patient's page: opens with the cookie of its own link",
    "portal:wellbeing-digits": "a patient's page: opens with the cookie of its own link",
    "portal:book": "anybody may book on the clinic's own page",
    "portal:book-when": "anybody may book on the clinic's own page",
    "portal:book-phone": "anybody may book on the clinic's own page",
    "portal:book-code": "anybody may book on the clinic's own page",
    "portal:book-other": "anybody may book on the clinic's own page",
    "portal:book-consent": "anybody may book on the clinic's own page",
    "portal:visit-ics": "a patient's page: opens with the cookie of its own link",
    "portal:visit-wait": "a patient's page: opens with the cookie of its own link",
    "portal:demo-video": "a page to practise in: opens with a pass signed for this room and time",
    "ui:gallery": "samples of the design system; exist only in debug",
    "ui:plain": "samples of the design system; exist only in debug",
    "ui:workspace": "samples of the design system; exist only in debug",
    "ui:find": "samples of the design system; exist only in debug",
    "ui:done": "samples of the design system; exist only in debug",
}

#: Of a named argument of a door: which row of the world it means. A door with an argument of its own has a line below.
BY_PREFIX: tuple[tuple[str, Callable[[World], dict[str, Any]]], ...] = (
    ("webapi:calendar", lambda w: {"token": "nobody-knows"}),
    ("webapi:hook", lambda w: {"provider": "telegram", "token": "nobody-knows"}),
    ("desk:today-", lambda w: {"public_id": w.task.public_id, "outcome": "no_answer"}),
    ("desk:task-new", lambda w: {"patient_id": w.patient.public_id}),
    ("desk:task", lambda w: {"public_id": w.task.public_id}),
    ("desk:script", lambda w: {"reason": "recall_due"}),
    ("desk:patients-duplicate", lambda w: {"public_id": w.pair.public_id}),
    ("desk:patients-merge-undo", lambda w: {"public_id": w.merge.public_id}),
    (
        "desk:patient-contact",
        lambda w: {"public_id": w.patient.public_id, "contact_id": w.contact.pk, "action": "prefer"},
    ),
    ("desk:patient-plan", lambda w: {"public_id": w.patient.public_id, "plan_id": w.plan.public_id, "action": "agree"}),
    (
        "desk:patient-visit",
        lambda w: {"public_id": w.patient.public_id, "visit_id": w.visit.public_id, "action": "cancel"},
    ),
    ("desk:patient-recall", lambda w: {"public_id": w.patient.public_id, "recall_id": w.recall.pk, "action": "snooze"}),
    (
        "desk:patient",
        lambda w: {
            "public_id": w.patient.public_id,
            "other_id": w.twin.public_id,
            "tag_id": w.tag.pk,
            "stage_id": w.stage.pk,
            "purpose": "advertising",
        },
    ),
    ("desk:inbox-picture", lambda w: {"public_id": w.talk.public_id, "turn": 1, "place": 0}),
    ("desk:inbox-talk", lambda w: {"public_id": w.talk.public_id, "action": "take"}),
    ("desk:messages-text", lambda w: {"public_id": w.text.public_id}),
    ("desk:reception-", lambda w: {"public_id": w.visit.public_id, "step": "begin"}),
    ("desk:schedule-service", lambda w: {"public_id": w.service.public_id}),
    ("desk:schedule-", lambda w: {"public_id": "none"}),
    ("desk:waitlist-", lambda w: {"public_id": "none", "action": "wave"}),
    ("desk:calendar-visit", lambda w: {"public_id": w.visit.public_id, "step": "arrived", "wanted": "online"}),
    ("desk:calendar-transfer-visit", lambda w: {"public_id": w.visit.public_id}),
    ("desk:calendar-transfer", lambda w: {"public_id": w.transfer.public_id, "action": "done"}),
    ("desk:intake-", lambda w: {"public_id": w.batch.public_id, "step": "check"}),
    ("desk:channel-law", lambda w: {"rule_id": ChannelRule.objects.filter(clinic=w.clinic).order_by("id")[0].pk}),
    ("desk:channel", lambda w: {"public_id": w.channel.public_id, "provider": "smsc", "action": "off"}),
    ("desk:preparation-sheet", lambda w: {"public_id": "none"}),
    ("desk:aftercare-act", lambda w: {"public_id": "none", "step": "take"}),
    ("desk:staff-", lambda w: {"public_id": w.member.public_id, "action": "password"}),
    ("desk:clinic-branch", lambda w: {"public_id": w.branch.public_id}),
    ("desk:clinic-doctor", lambda w: {"public_id": w.doctor.public_id}),
    ("desk:clinic-service", lambda w: {"public_id": w.service.public_id}),
    ("desk:clinic-group", lambda w: {"public_id": w.group.public_id}),
    ("desk:pulse-table", lambda w: {"table": "months", "form": "csv"}),
    ("desk:audit-table", lambda w: {"table": "drivers", "form": "csv"}),
    ("desk:metrics-file", lambda w: {"form": "csv"}),
    ("desk:metrics-compare-people", lambda w: {"form": "csv"}),
    ("desk:metrics-compare-file", lambda w: {"form": "csv"}),
    ("desk:metric-people", lambda w: {"key": "r3", "form": "csv"}),
    ("desk:rule-", lambda w: {"form": "csv"}),
    ("desk:control-", lambda w: {"table": "people", "form": "csv"}),
    ("desk:calls-file", lambda w: {"form": "csv"}),
    ("desk:calendar-load-table", lambda w: {"table": "weeks", "form": "csv"}),
    ("desk:where-table", lambda w: {"table": "drivers", "form": "csv"}),
    ("desk:cohorts-table", lambda w: {"table": "map", "form": "csv"}),
    ("desk:goal-table", lambda w: {"table": "line", "form": "csv"}),
    ("desk:strategy-table", lambda w: {"table": "people", "form": "csv"}),
    ("desk:regular-", lambda w: {"span": "weekly", "table": "figures", "form": "csv"}),
    ("desk:view-drop", lambda w: {"view_id": "none"}),
    ("desk:behind", lambda w: {"report_id": "none", "place": "all", "form": "csv"}),
)


def address(door: Door, world: World) -> str:
    """The door's address with rows of this world. Fails when an argument has no row yet: add a line to BY_PREFIX."""
    if not door.arguments:
        return reverse(door.name)
    for prefix, rows in BY_PREFIX:
        if door.name.startswith(prefix):
            values = rows(world)
            return reverse(door.name, kwargs={name: values[name] for name in door.arguments})
    raise LookupError(f"{door.name}: say in tests/architecture/doors.py which rows its arguments mean")

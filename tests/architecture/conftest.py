"""Worlds in which the guards knock at every door."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest

from tests.architecture.doors import World
from zabota.booking.models import Appointment, AppointmentService, Transfer
from zabota.care.models import Plan, PlanStage
from zabota.clinic.models import Branch, Clinic, Doctor, Member, Service, ServiceGroup
from zabota.clinic.rules.rights import Role
from zabota.intake.models import Batch
from zabota.kernel.audit import Actor
from zabota.kernel.names import fold
from zabota.kernel.scope import clinic_scope
from zabota.messaging.api import save_account, save_template
from zabota.messaging.models import ChannelAccount, Conversation
from zabota.nextstep.models import Recall
from zabota.patients.api import merge_cards
from zabota.patients.models import Contact, DuplicateCandidate, Patient, Tag
from zabota.worklist.models import Reason, Task


@pytest.fixture
def new_world(
    new_patient: Callable[..., Patient], new_member: Callable[..., Member], now: dt.datetime
) -> Callable[[Clinic, Branch], World]:
    """Makes one row of everything in a branch."""

    def make(clinic: Clinic, branch: Branch) -> World:
        patient = new_patient(clinic, "Кузнецова Мила Андреевна", phone="+79161234567", branch=branch)
        twin = new_patient(clinic, "Кузнецова Мила Андревна", phone="+79161234568", branch=branch)
        absorbed = new_patient(clinic, "Кузнецова Людмила", branch=branch)
        doctor = Doctor.objects.create(clinic=clinic, name=f"Ким {branch.name}", name_key=fold(f"Ким {branch.name}"))
        doctor.branches.set([branch])
        group = ServiceGroup.objects.create(clinic=clinic, name=f"Осмотры {branch.name}", recall_interval_days=365)
        service = Service.objects.create(
            clinic=clinic, group=group, name=f"Осмотр {branch.name}", name_key=fold(f"Осмотр {branch.name}")
        )
        with clinic_scope(clinic.pk):
            plan = Plan.objects.create(
                clinic=clinic,
                patient=patient,
                doctor=doctor,
                title="Лечение",
                state=Plan.State.PROPOSED,
                proposed_on=now.date(),
            )
            # What the recall is counted from: without a visit it would go with the next count.
            done = Appointment.objects.create(
                clinic=clinic,
                patient=patient,
                branch=branch,
                doctor=doctor,
                status=Appointment.Status.COMPLETED,
                starts_at=now - dt.timedelta(days=100),
                day=(now - dt.timedelta(days=100)).date(),
            )
            AppointmentService.objects.create(appointment=done, service=service)
            pair = DuplicateCandidate.objects.create(clinic=clinic, first=patient, second=twin, score=90)
            visit = Appointment.objects.create(
                clinic=clinic, patient=patient, branch=branch, doctor=doctor, status=Appointment.Status.PLANNED,
                starts_at=now + dt.timedelta(days=3), day=(now + dt.timedelta(days=3)).date(),
            )  # fmt: skip
            return World(
                clinic=clinic,
                branch=branch,
                member=new_member(clinic, Role.DOCTOR, "Алексей", "Ким", branches=[branch]),
                patient=patient,
                twin=twin,
                absorbed=absorbed,
                doctor=doctor,
                group=group,
                service=service,
                task=Task.objects.create(
                    clinic=clinic, patient=patient, branch=branch, reason=Reason.RECALL_DUE, summary="Пора на осмотр",
                    due_at=now, dedupe_key=f"door-{branch.pk}", created_at=now,
                ),
                visit=visit,
                transfer=Transfer.objects.create(clinic=clinic, appointment=visit, made_at=now),
                plan=plan,
                stage=PlanStage.objects.create(plan=plan, position=1, title="Осмотр"),
                contact=Contact.objects.get(patient=patient),
                tag=Tag.objects.create(clinic=clinic, name=f"Сложный случай {branch.name}"),
                recall=Recall.objects.create(
                    clinic=clinic, patient=patient, group=group, previous_on=done.day, interval_days=365,
                    calculated_on=done.day + dt.timedelta(days=365), updated_at=now,
                ),
                batch=Batch.objects.create(clinic=clinic, branch=branch, created_at=now),
                pair=pair,
                merge=merge_cards(kept=patient, absorbed=absorbed, actor=Actor(kind="test"), now=now),
                text=save_template(
                    clinic=clinic, key=f"own-{branch.pk}", title="Ждём вас", message_class="service", purpose="other",
                    texts={"": "{имя}, ждём вас."}, actor=Actor(kind="test"), now=now,
                ).template,
                talk=Conversation.objects.create(
                    clinic=clinic, patient=patient, channel="sms", address=f"+7916000{branch.pk:04}", last_at=now,
                    created_at=now, account=ChannelAccount.objects.create(
                        clinic=clinic, provider="demo", channel="sms", title="SMS", created_at=now,
                        hook_hash=f"door-{branch.pk}",
                    ),
                ),
                channel=save_account(
                    clinic=clinic, provider="smsc", title="SMSC.ru", values={"login": "clinic", "password": "secret"},
                    actor=Actor(kind="test"), now=now,
                ),
            )  # fmt: skip

    return make

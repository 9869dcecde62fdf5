"""Fills the outbox of a fault test: `python -m tests.faults.begin_messages '{"messages": 1500, "provider": "ledger"}'`."""

from __future__ import annotations

import json
import sys

import django

django.setup()

import datetime as dt  # noqa: E402

from zabota.clinic.models import Clinic  # noqa: E402
from zabota.kernel import clock  # noqa: E402
from zabota.kernel.audit import SYSTEM  # noqa: E402
from zabota.kernel.scope import every_clinic  # noqa: E402
from zabota.messaging.api import (  # noqa: E402
    NewMessage,
    edit_rules,
    enqueue_many,
    ensure_templates,
    save_account,
    switch_account,
)
from zabota.messaging.jobs import drain_due  # noqa: E402
from zabota.messaging.models import BotLink, ChannelAccount, MessagingRules  # noqa: E402
from zabota.patients.models import Contact, Patient  # noqa: E402


def main(order: dict[str, object]) -> None:
    """A clinic that sends at any hour, as many patients as messages."""
    now, count, provider = clock.now(), int(order["messages"]), str(order["provider"])
    clinic = Clinic.objects.create(name="Улыбка")
    ensure_templates(clinic=clinic, now=now)
    edit_rules(clinic=clinic, actor=SYSTEM, now=now, service_day_cap=50)
    MessagingRules.objects.filter(clinic=clinic).update(service_from=dt.time(0), service_till=dt.time(0))
    for name in {"ledger", provider}:
        account = save_account(clinic=clinic, provider=name, title=name, values={}, actor=SYSTEM, now=now)
        switch_account(account=account, is_on=True, actor=SYSTEM, now=now)
    patients = Patient.objects.bulk_create(
        [Patient(clinic=clinic, surname="Опытный", name="Пациент", name_key=f"п {n}") for n in range(count)]
    )
    Contact.objects.bulk_create(
        [Contact(patient=each, clinic=clinic, kind="phone", value=f"+7916{n:07d}") for n, each in enumerate(patients)]
    )
    if provider == "forgetful":
        bot = ChannelAccount.objects.get(provider=provider)
        BotLink.objects.bulk_create(
            [
                BotLink(
                    clinic=clinic, patient=each, account=bot, channel="max", external_id=str(each.pk), state="active",
                    created_at=now, changed_at=now,
                )
                for each in patients
            ]
        )  # fmt: skip
    context = {"дата": "25.11", "день": "среда", "время": "10:00", "ссылка": "k.ru/a7"}
    enqueue_many(
        clinic_id=clinic.pk,
        messages=[
            NewMessage(
                template_key="reminder_48h",
                idem_key=f"visit:{n}",
                not_before_at=now,
                patient_id=each.pk,
                context=context,
                channels=("max", "sms") if provider == "forgetful" else ("sms",),
            )
            for n, each in enumerate(patients)
        ],
        now=now,
    )


def begin(order: dict[str, object]) -> None:
    """What the order asks for."""
    if order.get("look"):
        drain_due.enqueue()
    else:
        main(order)


with every_clinic(reason="a test fills the outbox"):
    begin(json.loads(sys.argv[1]))

"""Phones and addresses: add, mark whether they reach the person, prefer, remove."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from zabota.kernel import audit, facts
from zabota.kernel.audit import Actor
from zabota.kernel.errors import BadInput
from zabota.kernel.phones import read_phones
from zabota.patients.facts import ContactChanged
from zabota.patients.models import Contact, Patient
from zabota.patients.services.indexing import reindex


@transaction.atomic
def add_contacts(
    *, patient: Patient, phones: str = "", email: str = "", comment: str = "", actor: Actor, now: datetime
) -> list[Contact]:
    """Add what was typed: one or several phones with remarks among them, an address. Known ones change nothing.

    Raises BadInput when something cannot be read: nothing is kept then, so nothing is half-entered.
    """
    added = [*_phones(patient, phones, comment), *_email(patient, email, comment)]
    if not added:
        raise BadInput("Напишите телефон или почту.")
    made: list[Contact] = []
    for contact in added:
        if Contact.objects.filter(patient=patient, kind=contact.kind, value=contact.value).exists():
            continue
        contact.save()
        made.append(contact)
        _tell("patients.contact.added", contact, actor, now)
    if made:
        reindex([patient.pk])
    return made


@transaction.atomic
def mark_reach(*, contact: Contact, reach: str, actor: Actor, now: datetime) -> Contact:
    """Write down whether the person can be reached there. A wrong number is no longer the preferred one."""
    if reach not in Contact.Reach.values:
        raise BadInput("Неизвестная отметка контакта.")
    contact.reach = reach
    contact.reach_at = now
    if reach in (Contact.Reach.WRONG, Contact.Reach.INVALID):
        contact.is_preferred = False
    contact.save(update_fields=["reach", "reach_at", "is_preferred"])
    _tell("patients.contact.marked", contact, actor, now)
    return contact


@transaction.atomic
def take_back_mark(
    *, contact: Contact, reach: str, reach_at: datetime | None, is_preferred: bool, actor: Actor, now: datetime
) -> Contact:
    """The last mark was a mistake: the contact as it was before. One of each kind is preferred: who became so since stays."""
    others = Contact.objects.filter(patient_id=contact.patient_id, kind=contact.kind, is_preferred=True)
    contact.reach = reach
    contact.reach_at = reach_at
    contact.is_preferred = is_preferred and not others.exclude(pk=contact.pk).exists()
    contact.save(update_fields=["reach", "reach_at", "is_preferred"])
    _tell("patients.contact.marked", contact, actor, now)
    return contact


@transaction.atomic
def prefer_contact(*, contact: Contact, actor: Actor, now: datetime) -> Contact:
    """Call or write here first; one of each kind is preferred."""
    if contact.reach in (Contact.Reach.WRONG, Contact.Reach.INVALID):
        raise BadInput("Это чужой или ошибочный контакт. Сначала исправьте его.")
    Contact.objects.filter(patient_id=contact.patient_id, kind=contact.kind).update(is_preferred=False)
    Contact.objects.filter(pk=contact.pk).update(is_preferred=True)
    contact.is_preferred = True
    _tell("patients.contact.preferred", contact, actor, now)
    return contact


@transaction.atomic
def remove_contact(*, contact: Contact, actor: Actor, now: datetime) -> None:
    """Take a mistyped contact off the card. The trail keeps that it was there, not its digits."""
    _tell("patients.contact.removed", contact, actor, now)
    patient_id = contact.patient_id
    contact.delete()
    reindex([patient_id])


def _phones(patient: Patient, text: str, comment: str) -> list[Contact]:
    if not text.strip():
        return []
    read = read_phones(text, area_code=patient.branch.phone_area if patient.branch else "")
    if read.problem or not read.phones:
        raise BadInput(f"Не удалось прочитать телефон «{text.strip()[:60]}». Напишите его с кодом: +7 916 123-45-67.")
    return [
        Contact(
            patient=patient,
            clinic_id=patient.clinic_id,
            kind=Contact.Kind.PHONE,
            value=phone.e164,
            extension=phone.extension[:10],
            comment=(phone.comment or comment)[:120],
        )
        for phone in read.phones
    ]


def _email(patient: Patient, text: str, comment: str) -> list[Contact]:
    address = text.strip().lower()
    if not address:
        return []
    try:
        validate_email(address)
    except ValidationError:
        raise BadInput(f"Почта «{address[:60]}» записана с ошибкой. Пример: name@mail.ru.") from None
    return [
        Contact(
            patient=patient, clinic_id=patient.clinic_id, kind=Contact.Kind.EMAIL, value=address, comment=comment[:120]
        )
    ]


def _tell(action: str, contact: Contact, actor: Actor, now: datetime) -> None:
    audit.record(action, contact, actor=actor, now=now, details={"reach": contact.reach, "kind": contact.kind})
    facts.publish(
        ContactChanged(
            clinic_id=contact.clinic_id, patient_id=contact.patient_id, contact_id=contact.pk, reach=contact.reach
        ),
        now=now,
    )

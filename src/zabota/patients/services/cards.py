"""Cards: register a person, edit the card, source, tags, notes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction

from zabota.clinic.models import Branch, Clinic
from zabota.kernel import audit, clock, facts
from zabota.kernel.audit import Actor
from zabota.kernel.errors import BadInput
from zabota.kernel.names import NAME_LIMIT, fold, spell
from zabota.patients.facts import NoteAdded, PatientChanged, PatientRegistered
from zabota.patients.models import Note, Patient, Source, Tag
from zabota.patients.rules.areas import area_of
from zabota.patients.rules.search_text import name_key
from zabota.patients.services.contacts import add_contacts
from zabota.patients.services.indexing import reindex

#: Fields of a card that a person may change by hand.
EDITABLE = (
    "surname",
    "name",
    "patronymic",
    "born_on",
    "sex",
    "card_no",
    "branch",
    "source",
    "time_zone",
    "registered_on",
    "alert",
    "address",
    "area",
)
EARLIEST_BIRTH = date(1900, 1, 1)


@transaction.atomic
def register_patient(
    *,
    clinic: Clinic,
    surname: str,
    name: str = "",
    patronymic: str = "",
    born_on: date | None = None,
    sex: str = "",
    card_no: str = "",
    branch: Branch | None = None,
    source: str = "",
    phones: str = "",
    email: str = "",
    alert: str = "",
    address: str = "",
    area: str = "",
    actor: Actor,
    now: datetime,
) -> Patient:
    """Open a card. Raises BadInput with a sentence for the person at the desk."""
    today = clock.today(clinic.time_zone, now)
    patient = Patient(
        clinic=clinic,
        born_on=born_on,
        sex=sex,
        card_no=card_no.strip(),
        branch=branch,
        alert=alert.strip(),
        address=" ".join(address.split()),
        area=" ".join(area.split()) or area_of(address),
        registered_on=today,
        **_names(surname, name, patronymic),
    )
    _check(patient, today)
    if source.strip():
        patient.source = source_named(clinic=clinic, name=source)
    patient.save()
    if phones.strip() or email.strip():
        add_contacts(patient=patient, phones=phones, email=email, actor=actor, now=now)
    reindex([patient.pk])
    audit.record("patients.card.registered", patient, actor=actor, now=now, patient_id=patient.pk)
    facts.publish(PatientRegistered(clinic_id=clinic.pk, patient_id=patient.pk), now=now)
    return patient


@transaction.atomic
def edit_patient(*, patient: Patient, changes: Mapping[str, Any], actor: Actor, now: datetime) -> Patient:
    """Change fields of a card; what is the same stays untouched and leaves no trace."""
    unknown = set(changes) - set(EDITABLE)
    if unknown:
        raise ValueError(f"not fields of a card: {sorted(unknown)}")
    card = Patient.objects.select_for_update(of=("self",)).get(pk=patient.pk)
    new = dict(changes)
    if {"surname", "name", "patronymic"} & set(new):
        parts = {part: new.get(part, getattr(card, part)) for part in ("surname", "name", "patronymic")}
        new.update(_names(**parts))
    if "address" in new:
        new["address"] = " ".join(new["address"].split())
        # A new address takes the area with it unless somebody wrote one.
        kept = new.get("area", card.area)
        if not kept or (kept == card.area and new["address"] != card.address):
            new["area"] = area_of(new["address"]) or kept
    changed = [field for field, value in new.items() if getattr(card, field) != value]
    if not changed:
        return card
    for field in changed:
        setattr(card, field, new[field])
    _check(card, clock.today(card.clinic.time_zone, now))
    card.save(update_fields=[*changed, "updated_at"])
    reindex([card.pk])
    fields = tuple(sorted(set(changed) - {"name_key"}))
    audit.record(
        "patients.card.edited", card, actor=actor, now=now, patient_id=card.pk, details={"fields": list(fields)}
    )
    facts.publish(PatientChanged(clinic_id=card.clinic_id, patient_id=card.pk, fields=fields), now=now)
    return card


def source_named(*, clinic: Clinic, name: str) -> Source:
    """The clinic's source of this name, made when new; spelling differs by case and Ё only once."""
    spelled = " ".join(name.split())[:120]
    if not spelled:
        raise BadInput("Назовите источник.")
    return Source.objects.get_or_create(clinic=clinic, name_key=fold(spelled)[:120], defaults={"name": spelled})[0]


@transaction.atomic
def add_tag(*, patient: Patient, name: str, actor: Actor, now: datetime) -> Tag:
    """Hang a word on a card; a second time changes nothing."""
    spelled = " ".join(name.split())
    if not spelled:
        raise BadInput("Напишите метку.")
    if len(spelled) > 60:
        raise BadInput("Метка длиннее 60 знаков. Сократите её или напишите заметку.")
    tag = next((each for each in Tag.objects.filter(clinic=patient.clinic) if fold(each.name) == fold(spelled)), None)
    if tag is None:
        tag = Tag.objects.create(clinic=patient.clinic, name=spelled)
    if patient.tags.filter(pk=tag.pk).exists():
        return tag
    patient.tags.add(tag)
    audit.record("patients.tag.added", tag, actor=actor, now=now, patient_id=patient.pk, details={"tag_id": tag.pk})
    facts.publish(PatientChanged(clinic_id=patient.clinic_id, patient_id=patient.pk, fields=("tags",)), now=now)
    return tag


@transaction.atomic
def remove_tag(*, patient: Patient, tag: Tag, actor: Actor, now: datetime) -> None:
    """Take a word off a card."""
    if not patient.tags.filter(pk=tag.pk).exists():
        return
    patient.tags.remove(tag)
    audit.record("patients.tag.removed", tag, actor=actor, now=now, patient_id=patient.pk, details={"tag_id": tag.pk})
    facts.publish(PatientChanged(clinic_id=patient.clinic_id, patient_id=patient.pk, fields=("tags",)), now=now)


@transaction.atomic
def add_note(*, patient: Patient, text: str, actor: Actor, now: datetime) -> Note:
    """Write a note. Notes are not edited: a new one corrects an old one."""
    cleaned = text.strip()
    if not cleaned:
        raise BadInput("Напишите текст заметки.")
    if len(cleaned) > 4000:
        raise BadInput("Заметка длиннее 4 000 знаков. Разделите её на две.")
    note = Note.objects.create(
        patient=patient, clinic_id=patient.clinic_id, text=cleaned, author_id=actor.user_id, written_at=now
    )
    audit.record("patients.note.added", note, actor=actor, now=now)
    facts.publish(NoteAdded(clinic_id=patient.clinic_id, patient_id=patient.pk, note_id=note.pk), now=now)
    return note


def _names(surname: str, name: str, patronymic: str) -> dict[str, str]:
    parts = {"surname": spell(surname), "name": spell(name), "patronymic": spell(patronymic)}
    return {**parts, "name_key": name_key(*parts.values())}


def _check(patient: Patient, today: date) -> None:
    if not patient.surname and not patient.name:
        raise BadInput("Напишите фамилию или имя.")
    if any(len(part) > NAME_LIMIT for part in (patient.surname, patient.name, patient.patronymic)):
        raise BadInput(f"Фамилия, имя и отчество не длиннее {NAME_LIMIT} знаков каждое.")
    if len(patient.card_no) > 40:
        raise BadInput("Номер карты не длиннее 40 знаков.")
    if len(patient.address) > 300 or len(patient.area) > 80:
        raise BadInput("Адрес не длиннее 300 знаков, район не длиннее 80.")
    if len(patient.alert) > 300:
        raise BadInput("«Важно знать» не длиннее 300 знаков: подробности напишите в заметке.")
    if patient.born_on and not EARLIEST_BIRTH <= patient.born_on <= today:
        raise BadInput("Дата рождения должна быть не раньше 1900 года и не позже сегодняшнего дня.")
    if patient.registered_on and patient.born_on and patient.registered_on < patient.born_on:
        raise BadInput("«С нами с» раньше даты рождения.")

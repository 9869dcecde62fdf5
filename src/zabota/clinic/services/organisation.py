"""The clinic, its branches and its doctors."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import available_timezones

from django.db import transaction

from zabota.clinic.models import Branch, Clinic, Doctor
from zabota.clinic.services.troubles import NameTaken, NotOfThisClinic
from zabota.kernel.audit import Actor, record
from zabota.kernel.errors import BadInput
from zabota.kernel.names import fold


def change_clinic(
    *, clinic: Clinic, name: str, time_zone: str, second_factor_for_all: bool, actor: Actor, now: datetime
) -> Clinic:
    """Name, zone, and whether everybody needs a second factor."""
    with transaction.atomic():
        locked = Clinic.objects.select_for_update().get(pk=clinic.pk)
        changed = _changed(
            locked, name=_named(name), time_zone=_zone(time_zone), second_factor_for_all=second_factor_for_all
        )
        locked.save()
        record("clinic.clinic.changed", locked, actor=actor, now=now, clinic_id=locked.pk, details={"fields": changed})
    return locked


def add_branch(
    *,
    clinic: Clinic,
    name: str,
    address: str = "",
    phone: str = "",
    phone_area: str = "",
    time_zone: str,
    is_sensitive: bool = False,
    neutral_name: str = "",
    neutral_sms: str = "",
    neutral_email: str = "",
    actor: Actor,
    now: datetime,
) -> Branch:
    """A new place where patients are received. Raises NameTaken."""
    with transaction.atomic():
        _free_branch_name(clinic, _named(name), besides=None)
        branch = Branch.objects.create(
            clinic=clinic,
            name=_named(name),
            address=address,
            phone=phone,
            phone_area=phone_area,
            time_zone=_zone(time_zone),
            **_alias(is_sensitive, neutral_name, neutral_sms, neutral_email),
        )
        record("clinic.branch.added", branch, actor=actor, now=now)
    return branch


def change_branch(
    *,
    branch: Branch,
    name: str,
    address: str,
    phone: str,
    phone_area: str,
    time_zone: str,
    is_active: bool,
    is_sensitive: bool = False,
    neutral_name: str = "",
    neutral_sms: str = "",
    neutral_email: str = "",
    actor: Actor,
    now: datetime,
) -> Branch:
    """Change or close a branch. Raises NameTaken."""
    with transaction.atomic():
        locked = Branch.objects.select_for_update().get(pk=branch.pk)
        _free_branch_name(locked.clinic, _named(name), besides=locked)
        changed = _changed(
            locked,
            name=_named(name),
            address=address,
            phone=phone,
            phone_area=phone_area,
            time_zone=_zone(time_zone),
            is_active=is_active,
            **_alias(is_sensitive, neutral_name, neutral_sms, neutral_email),
        )
        locked.save()
        record("clinic.branch.changed", locked, actor=actor, now=now, details={"fields": changed})
    return locked


def add_doctor(
    *, clinic: Clinic, name: str, speciality: str = "", branches: Iterable[Branch] = (), actor: Actor, now: datetime
) -> Doctor:
    """A doctor whom exports will find by name. Raises NameTaken."""
    with transaction.atomic():
        _free_doctor_name(clinic, name, besides=None)
        doctor = Doctor.objects.create(
            clinic=clinic, name=_named(name), name_key=fold(name), speciality=speciality.strip()
        )
        doctor.branches.set(_of_clinic(branches, clinic.pk))
        record("clinic.doctor.added", doctor, actor=actor, now=now)
    return doctor


def change_doctor(
    *,
    doctor: Doctor,
    name: str,
    speciality: str,
    branches: Iterable[Branch],
    is_active: bool,
    actor: Actor,
    now: datetime,
) -> Doctor:
    """Change a doctor or mark that they no longer receive patients. Raises NameTaken."""
    with transaction.atomic():
        locked = Doctor.objects.select_for_update().get(pk=doctor.pk)
        _free_doctor_name(locked.clinic, name, besides=locked)
        changed = _changed(
            locked, name=_named(name), name_key=fold(name), speciality=speciality.strip(), is_active=is_active
        )
        locked.save()
        locked.branches.set(_of_clinic(branches, locked.clinic_id))
        record("clinic.doctor.changed", locked, actor=actor, now=now, details={"fields": changed})
    return locked


def _named(name: str) -> str:
    text = " ".join(name.split())
    if not text:
        raise BadInput("Напишите название.")
    return text


def _alias(is_sensitive: bool, name: str, sms: str, email: str) -> dict[str, Any]:
    name = " ".join(name.split())
    if is_sensitive and not name:
        raise BadInput("Напишите нейтральное название: его увидят вместо названия клиники и филиала.")
    return {
        "is_sensitive": is_sensitive,
        "neutral_name": name,
        "neutral_sms": sms.strip(),
        "neutral_email": email.strip().lower(),
    }


def _zone(time_zone: str) -> str:
    if time_zone not in available_timezones():
        raise BadInput("Такого часового пояса нет. Выберите из списка.")
    return time_zone


def _free_branch_name(clinic: Clinic, name: str, *, besides: Branch | None) -> None:
    others = Branch.objects.filter(clinic=clinic).exclude(pk=besides.pk if besides else 0)
    # Compared here: SQLite knows no capital letters but Latin ones, and loads find a branch by its folded name.
    if fold(name) in {fold(each) for each in others.values_list("name", flat=True)}:
        raise NameTaken("Филиал с таким названием уже есть.")


def _free_doctor_name(clinic: Clinic, name: str, *, besides: Doctor | None) -> None:
    same = Doctor.objects.filter(clinic=clinic, name_key=fold(_named(name)))
    if same.exclude(pk=besides.pk if besides else 0).exists():
        raise NameTaken("Врач с таким именем уже есть.")


def _of_clinic(branches: Iterable[Branch], clinic_id: int) -> list[Branch]:
    chosen = list(branches)
    if any(branch.clinic_id != clinic_id for branch in chosen):
        raise NotOfThisClinic
    return chosen


def _changed(row: Clinic | Branch | Doctor, **values: object) -> list[str]:
    """Set the values; names of those that were different, for the trail."""
    changed = sorted(name for name, value in values.items() if getattr(row, name) != value)
    for name, value in values.items():
        setattr(row, name, value)
    return changed

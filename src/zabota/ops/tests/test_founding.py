"""A clinic made by a command can work at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from zabota.clinic.models import Clinic
from zabota.kernel.scope import clinic_scope
from zabota.messaging.models import Template
from zabota.ops.cli import main
from zabota.patients.models import ConsentPurpose, ConsentText
from zabota.worklist.models import Script

pytestmark = pytest.mark.django_db


def has_its_first_things(clinic: Clinic) -> bool:
    """Scripts for the desk, a paper for each purpose, texts of messages."""
    with clinic_scope(clinic.pk):
        papers = set(ConsentText.objects.filter(clinic=clinic).values_list("purpose", flat=True))
        return (
            papers == set(ConsentPurpose.values)
            and Script.objects.filter(clinic=clinic).exists()
            and Template.objects.filter(clinic=clinic).exists()
        )


def test_a_clinic_made_with_its_first_person_has_scripts_papers_and_texts() -> None:
    assert (
        main(["staff", "add", "--clinic", "Улыбка", "--role", "owner", "--name", "Седов Антон", "anton@ulybka.ru"]) == 0
    )

    assert has_its_first_things(Clinic.objects.get(name="Улыбка"))


def test_a_clinic_made_by_its_first_import_has_them_too(tmp_path: Path) -> None:
    export = tmp_path / "visits.csv"
    export.write_text(
        "Код пациента;ФИО;Дата приёма;Врач;Услуга;Статус\n7;Соколова Мила;12.05.2026 10:00;Рябов И. А.;Осмотр;Завершён\n",
        encoding="utf-8",
    )
    assert main(["import", str(export), "--clinic", "Первая"]) == 0

    assert has_its_first_things(Clinic.objects.get(name="Первая"))

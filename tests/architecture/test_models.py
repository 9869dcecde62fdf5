"""Tables: whose rows a query may see is said by each model that holds personal data; keys point down and have a name."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import models

from zabota.kernel.errors import ScopeMissing
from zabota.kernel.scope import ScopedManager
from zabota.patients.models import Patient

ORDER = [
    "kernel",
    "clinic",
    "patients",
    "booking",
    "messaging",
    "care",
    "worklist",
    "nextstep",
    "visits",
    "intake",
    "analytics",
    "integrations",
    "ui",
    "desk",
    "portal",
    "webapi",
    "ops",
]

#: Fields that hold what tells one person from another, or what people wrote about them.
PERSONAL = {
    "surname",
    "name_key",
    "born_on",
    "phone",
    "email",
    "value",
    "comment",
    "text",
    "before",
    "moved",
    "subject_name",
}

#: Models without a scope of their own that hold such a field or hang on a scoped row, and why that is right.
WITHOUT_SCOPE = {
    "clinic.User": "accounts of the staff: logging in comes before any scope; the page of the staff asks through Member",
    "clinic.Doctor": "names of doctors are on the clinic's site; each query names its clinic",
    "clinic.Branch": "phone of the clinic itself",
    "clinic.Service": "no person in it",
    "clinic.Member": "accounts of the staff: see User",
    "patients.Source": "names of advertising channels",
    "patients.ConsentText": "text of a document that the clinic publishes",
    "worklist.Script": "text that the clinic wrote for all patients",
    "visits.Question": "question that the clinic wrote for all patients",
    "messaging.CannedAnswer": "text that the clinic wrote for all patients",
    "worklist.Absence": "days of a member of the staff",
    "booking.AppointmentService": "lines of a visit: service and price, no person; read with their visit",
    "booking.ResourceCell": "five minutes of a resource, no person; read through their appointment or hold",
    "booking.Occupation": "a span of a resource, no person; read through its appointment or hold",
}


def ours() -> list[type[models.Model]]:
    return [model for model in apps.get_models() if model.__module__.startswith("zabota.")]


def is_scoped(model: type[models.Model]) -> bool:
    return isinstance(model._default_manager, ScopedManager)


def problem_of_scope(model: type[models.Model]) -> str | None:
    """Why a model that holds personal data may be read without saying whose; None when it may not or holds none."""
    if is_scoped(model) or model._meta.label in WITHOUT_SCOPE:
        return None
    keys = [field for field in model._meta.get_fields() if isinstance(field, models.ForeignKey)]
    if any(field.related_model is Patient for field in keys):
        return "a key to Patient without a scope"
    parents = [field.related_model for field in keys if field.remote_field.on_delete is models.CASCADE]
    if any(isinstance(parent, type) and is_scoped(parent) for parent in parents):
        return "hangs on a scoped row without a scope"
    personal = sorted({field.name for field in model._meta.fields} & PERSONAL)
    return f"personal fields without a scope: {', '.join(personal)}" if personal else None


def test_personal_rows_have_a_scope() -> None:
    wrong = {model._meta.label: problem for model in ours() if (problem := problem_of_scope(model))}

    assert wrong == {}


def test_every_exception_is_still_needed() -> None:
    labels = {model._meta.label: model for model in ours()}

    assert {label for label in WITHOUT_SCOPE if label not in labels or is_scoped(labels[label])} == set()


def test_a_model_without_a_scope_would_be_found() -> None:
    class Planted(models.Model):
        patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="+")

        class Meta:
            app_label = "planted"
            managed = False

    try:
        assert problem_of_scope(Planted) == "a key to Patient without a scope"
    finally:
        apps.all_models.pop("planted", None)
        apps.clear_cache()


@pytest.mark.django_db
@pytest.mark.parametrize("model", [model for model in ours() if is_scoped(model)], ids=lambda model: model._meta.label)
def test_a_query_without_a_scope_fails(model: Any) -> None:
    with pytest.raises(ScopeMissing):
        model.objects.first()


def test_scoped_rows_know_their_clinic() -> None:
    for model in ours():
        if is_scoped(model):
            path = model._default_manager.clinic_path.removesuffix("_id").split("__")
            step: Any = model
            for part in path:
                step = step._meta.get_field(part).related_model
            assert step._meta.label == "clinic.Clinic", model._meta.label


def test_keys_point_down_and_have_a_stated_way_back() -> None:
    wrong = []
    for model in ours():
        for field in model._meta.get_fields():
            if not isinstance(field, models.ForeignKey) or not isinstance(field.related_model, type):
                continue
            here, there = model._meta.app_label, field.related_model._meta.app_label
            if there not in ORDER:
                continue
            if ORDER.index(there) > ORDER.index(here) and field.related_model._meta.label != "clinic.User":
                wrong.append(f"{model._meta.label}.{field.name} points up to {there}")
            if here != there and field.remote_field.related_name is None:
                wrong.append(f"{model._meta.label}.{field.name} has no related_name")
    assert wrong == []


#: Names that are terms of the field, or Django's own.
TERMS = {"clinic.User.last_login", "booking.Appointment.day", "analytics.StoredReport.as_of"}


def test_names_of_fields_say_what_they_hold() -> None:
    wrong = []
    for model in ours():
        for field in model._meta.fields:
            if f"{model._meta.label}.{field.name}" in TERMS:
                continue
            if type(field) is models.DateTimeField and not field.name.endswith(("_at", "_until", "at")):
                wrong.append(f"{model._meta.label}.{field.name}: an instant ends in _at")
            if type(field) is models.DateField and not (field.name.endswith(("_on", "_until")) or field.name == "on"):
                wrong.append(f"{model._meta.label}.{field.name}: a day ends in _on")
    assert wrong == []


@pytest.mark.django_db
def test_migrations_are_complete() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)

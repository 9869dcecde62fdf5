"""The list of services with what they need."""

from __future__ import annotations

from django.test import Client
from django.urls import reverse

from zabota.clinic.models import Clinic, Service
from zabota.kernel.names import fold


def test_service_with_a_yo_is_found_as_it_is_written(smile: Clinic, as_anton: Client) -> None:
    Service.objects.create(clinic=smile, name="Зелёный камень", name_key=fold("Зелёный камень"))
    Service.objects.create(clinic=smile, name="Чистка", name_key=fold("Чистка"))
    for typed in ("зелёный", "ЗЕЛЕНЫЙ"):
        page = as_anton.get(reverse("desk:schedule-services"), {"q": typed}).content.decode()
        assert "Зелёный камень" in page
        assert "Чистка" not in page

"""Scope: personal rows are seen within one clinic or not at all."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from zabota.clinic.models import Clinic
from zabota.kernel.errors import ScopeMissing
from zabota.kernel.scope import clinic_scope, current_clinic_id, every_clinic
from zabota.patients.models import Patient


def test_a_query_for_patients_without_a_scope_fails(mila: Patient) -> None:
    with pytest.raises(ScopeMissing):
        Patient.objects.count()


def test_within_a_scope_only_its_clinic_is_seen(mila: Patient, stranger: Patient, smile: Clinic) -> None:
    with clinic_scope(smile.pk):
        assert list(Patient.objects.all()) == [mila]
        assert not Patient.objects.filter(pk=stranger.pk).exists()


def test_the_program_itself_may_see_all_and_says_why(mila: Patient, stranger: Patient) -> None:
    with every_clinic(reason="проверка"):
        assert Patient.objects.count() == 2
    with pytest.raises(ValueError, match="reason"), every_clinic(reason=""):
        pass


def test_the_inner_scope_ends_where_its_block_ends(smile: Clinic, other_clinic: Clinic) -> None:
    with clinic_scope(smile.pk):
        with clinic_scope(other_clinic.pk):
            assert current_clinic_id() == other_clinic.pk
        assert current_clinic_id() == smile.pk
    assert current_clinic_id() is None


def test_a_scope_does_not_leak_into_another_thread(smile: Clinic) -> None:
    with clinic_scope(smile.pk), ThreadPoolExecutor(1) as pool:
        assert pool.submit(current_clinic_id).result() is None

"""Hundreds of values in one parameter: whatever signs stand in them, they are found, and nothing else is."""

from __future__ import annotations

import pytest

from zabota.clinic.models import Clinic
from zabota.kernel.among import array_of_numbers, array_of_texts

NASTY = ["plain", 'a"b', "c\\d", 'e","f', "", "NULL", "{g}", "h,i", "й\n'"]


@pytest.mark.django_db
def test_texts_with_any_signs_are_found_and_no_others() -> None:
    for name in [*NASTY, "a", "b", "e", "f", "{"]:
        Clinic.objects.create(name=name)

    assert set(Clinic.objects.filter(name__among=NASTY).values_list("name", flat=True)) == set(NASTY)
    assert [*Clinic.objects.filter(name__among=['a"b'])] == [Clinic.objects.get(name='a"b')]


@pytest.mark.django_db
def test_numbers_are_found_and_nothing_finds_nothing() -> None:
    first, second, _ = (Clinic.objects.create(name=str(n)) for n in range(3))

    assert {*Clinic.objects.filter(pk__among=[first.pk, second.pk])} == {first, second}
    assert not Clinic.objects.filter(pk__among=[]).exists()
    assert not Clinic.objects.filter(name__among=[]).exists()


def test_arrays_are_written_as_the_database_reads_them() -> None:
    assert array_of_numbers([1, -2]) == "{1,-2}"
    assert array_of_texts([]) == "{}"
    assert array_of_texts(['a"b', "c\\"]) == '{"a\\"b","c\\\\"}'

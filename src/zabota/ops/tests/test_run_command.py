"""What `zabota run` says to whoever started it."""

from __future__ import annotations

import pytest

from zabota.clinic.models import Member
from zabota.ops import run_command

pytestmark = pytest.mark.django_db


def test_an_empty_base_says_how_the_first_person_gets_in(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command._nobody()
    run_command._announce("127.0.0.1", 8000, [], nobody=True)
    said = capsys.readouterr().out
    assert "http://localhost:8000/" in said and "zabota staff add" in said


def test_with_people_there_is_nothing_to_say(vera: Member, capsys: pytest.CaptureFixture[str]) -> None:
    assert not run_command._nobody()
    run_command._announce("127.0.0.1", 8000, [], nobody=False)
    assert "staff add" not in capsys.readouterr().out

"""Words of scripts: better ones of ours replace former ones of ours, and never somebody's own."""

from __future__ import annotations

import pytest

from zabota.kernel.models import AuditEntry
from zabota.worklist import api
from zabota.worklist.jobs import distribute_tasks
from zabota.worklist.models import Reason, Script
from zabota.worklist.rules.library import DEFAULT_SCRIPTS
from zabota.worklist.rules.library_words import OURS, digest_of
from zabota.worklist.services.scripts import renew_scripts

#: The words of the first edition.
FORMER = {
    "title": "Просил перезвонить",
    "text": """{имя}, здравствуйте. Это {сотрудник}, клиника «{клиника}». Вы просили позвонить в это время. Вам удобно сейчас?

В прошлый раз мы говорили о приёме. Что решили? Если есть вопросы, давайте разберём их сейчас.""",
    "advice": "Прочитайте прошлый комментарий до звонка и начните с него: человек заметит, что его помнят.",
}
TODAYS = {each.reason: each for each in DEFAULT_SCRIPTS}


@pytest.fixture
def former(in_clinic, now):
    """A clinic made with the first edition."""
    api.ensure_scripts(clinic=in_clinic, now=now)
    script = Script.objects.get(reason=Reason.CALL_BACK)
    Script.objects.filter(pk=script.pk).update(**FORMER)
    return script


def current() -> Script:
    return Script.objects.get(reason=Reason.CALL_BACK, is_current=True)


def test_every_script_of_the_library_is_known_as_ours():
    for each in DEFAULT_SCRIPTS:
        digest = digest_of(each.reason, each.title, each.text, each.advice)
        assert digest in OURS, f"add {digest} of «{each.title}» to library_words.OURS and leave the former one there"


def test_former_words_of_ours_become_todays_and_stay_in_the_history(former, in_clinic, now):
    distribute_tasks.func()
    assert (current().title, current().version) == (TODAYS["call_back"].title, 2)
    kept = Script.objects.get(pk=former.pk)
    assert (kept.text, kept.is_current, kept.version) == (FORMER["text"], False, 1)
    assert Script.objects.filter(is_current=True).count() == len(DEFAULT_SCRIPTS)
    assert renew_scripts(clinic=in_clinic, now=now) == 0
    assert AuditEntry.objects.filter(action="worklist.scripts.renewed").count() == 1


def test_words_of_a_person_stay_even_when_they_are_our_former_ones(former, in_clinic, vera, actor, now):
    own = {**FORMER, "text": FORMER["text"].replace("разберём", "обсудим")}
    api.edit_script(clinic=in_clinic, reason=Reason.CALL_BACK, **own, seen_version=1, actor=actor, now=now)
    assert renew_scripts(clinic=in_clinic, now=now) == 0
    api.edit_script(clinic=in_clinic, reason=Reason.CALL_BACK, **FORMER, seen_version=2, actor=actor, now=now)
    assert renew_scripts(clinic=in_clinic, now=now) == 0
    assert current().title == FORMER["title"]


def test_words_that_nobody_of_us_wrote_stay_without_an_author_too(former, in_clinic, now):
    Script.objects.filter(pk=former.pk).update(text="Добрый день, это клиника.")
    assert renew_scripts(clinic=in_clinic, now=now) == 0

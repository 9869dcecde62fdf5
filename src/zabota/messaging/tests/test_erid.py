"""L40: the mark of advertising has its own field by text and channel; where it is required nothing leaves without it."""

from __future__ import annotations

import pytest

from zabota.kernel.errors import BadInput
from zabota.messaging import api
from zabota.messaging.models import TemplateVersion
from zabota.messaging.rules.lint import check_template, erid_of, with_required_lines
from zabota.messaging.rules.transport import Channel
from zabota.messaging.tests.conftest import state

TEXT = with_required_lines("«{клиника}»: осмотр со скидкой, {ссылка}")


def codes(texts, **more):
    return {(each.code, each.is_error) for each in check_template(texts, message_class="marketing", **more)}


def save(clinic, actor, now, **more):
    fields = {"texts": {"sms": TEXT, "": TEXT}, "message_class": "marketing", **more}
    return api.save_template(clinic=clinic, key="sale", title="Акция", purpose="sale", actor=actor, now=now, **fields)


def test_a_missing_mark_is_a_warning_until_the_clinic_requires_it():
    assert ("erid", False) in codes({"": TEXT})
    assert ("erid", True) in codes({"": TEXT}, erid_required=True)
    assert ("erid", True) in codes({"max": TEXT}, erid_required=True)
    assert not {code for code, _ in codes({"": TEXT}, erids={"": "2SDnjcABC12"}, erid_required=True)} & {"erid"}
    assert not {code for code, _ in codes({"sms": TEXT}, erid_required=True)} & {"erid"}


@pytest.mark.parametrize("erid", ["2SD njc", "привет", "<b>", "1234", "a" * 65])
def test_what_cannot_be_a_mark_is_refused(erid):
    assert ("erid_wrong", True) in codes({"": TEXT}, erids={"": erid})


def test_a_mark_stands_in_its_field_and_not_in_the_text_or_in_a_reminder():
    assert ("erid_by_hand", True) in codes({"": TEXT + " erid: 2SDnjcABC12"})
    found = check_template({"": "Ждём вас"}, message_class="service", erids={"": "2SDnjcABC12"})
    assert "erid_service" in {each.code for each in found}


def test_a_mark_of_sms_is_its_own():
    assert erid_of({"": "ALL12345"}, "sms") == "" and erid_of({"": "ALL12345"}, "max") == "ALL12345"
    assert erid_of({"sms": "SMS12345", "": "ALL12345"}, "sms") == "SMS12345"


def test_the_mark_is_in_what_leaves_and_in_the_preview(clinic, texts, sms, want, allow_ads, mila, actor, now):
    allow_ads(mila)
    save(clinic, actor, now, erids={"sms": "SMS12345", "": "ALL12345"})
    message = want(mila, "sale", channels=(Channel.SMS,))
    assert message.text.endswith("erid: SMS12345")
    shown = api.preview_wording(
        texts={"": TEXT}, subject="", channel="email", message_class="marketing", detail="d0", clinic=clinic,
        erids={"": "ALL12345"}, now=now,
    )  # fmt: skip
    assert shown.text.endswith("Реклама. Улыбка. erid: ALL12345")


def test_another_mark_is_another_version(clinic, texts, actor, now):
    numbers = [save(clinic, actor, now, erids={"": erid}).n for erid in ("ALL12345", "ALL12345", "ALL99999")]
    assert numbers == [1, 1, 2]
    assert TemplateVersion.objects.get(template__key="sale", n=1).erids == {"": "ALL12345"}


def test_where_it_is_required_nothing_leaves_through_a_messenger_without_it(
    clinic, texts, new_account, bot_of, want, allow_ads, mila, actor, now
):
    account, _ = new_account(Channel.MAX)
    bot_of(mila, account, "42")
    allow_ads(mila)
    save(clinic, actor, now)
    api.edit_rules(clinic=clinic, erid_required=True, actor=actor, now=now)

    assert state(want(mila, "sale", channels=(Channel.MAX,))) == ("suppressed", "no_erid")
    with pytest.raises(BadInput, match="только с меткой erid"):
        save(clinic, actor, now, texts={"": TEXT + " сегодня"})
    save(clinic, actor, now, erids={"": "ALL12345"})
    assert "erid: ALL12345" in want(mila, "sale", channels=(Channel.MAX,)).text

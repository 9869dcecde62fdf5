"""A sensitive branch: wherever somebody else may look, a neutral name stands instead of the clinic's."""

from __future__ import annotations

import pytest

from zabota.kernel.errors import BadInput
from zabota.messaging import api
from zabota.messaging.models import Conversation, Message
from zabota.messaging.queries.rows import rows_of
from zabota.messaging.rules.transport import Channel, Outgoing
from zabota.messaging.services.draining import outgoing_of
from zabota.messaging.services.templates import current_versions
from zabota.messaging.tests.conftest import state

ALIAS = "Медицинский центр"


@pytest.fixture
def quiet_branch(centre):
    """«Центр» treats what nobody should guess."""
    centre.is_sensitive, centre.neutral_name = True, ALIAS
    centre.neutral_sms, centre.neutral_email = "MEDCENTR", "hello@med.test"
    centre.save()
    return centre


def save(clinic, actor, now, text, subject=""):
    return api.save_template(
        clinic=clinic, key="own", title="Свой текст", message_class="service", purpose="own", texts={"": text},
        subject=subject, actor=actor, now=now,
    )  # fmt: skip


def test_text_subject_and_sender_carry_the_alias(want, new_account, email_of, mila, quiet_branch):
    new_account(Channel.EMAIL)
    email_of(mila, "mila@patient.test")
    message = want(mila, "reminder_48h", channels=(Channel.EMAIL,))
    leaving = leaving_of(message)
    assert ALIAS in message.text
    assert (leaving.sender, leaving.sender_name) == ("hello@med.test", ALIAS)
    for hidden in "Улыбка", "Центр ":
        assert hidden not in f"{leaving.text} {leaving.subject} {leaving.sender_name}"


def test_an_sms_leaves_under_the_neutral_sender(want, sms, drain, mila, quiet_branch):
    account, transport = sms
    message = want(mila)
    drain(account)
    assert state(message)[0] == "accepted"
    (sent,) = transport.ledger
    assert sent.sender == "MEDCENTR" and "Улыбка" not in sent.text and ALIAS in sent.text


def test_an_open_branch_changes_nothing(want, sms, mila, centre):
    leaving = leaving_of(want(mila))
    assert (leaving.sender, leaving.sender_name) == ("", "") and "Улыбка" in leaving.text


def test_without_a_neutral_sender_the_next_channel_is_taken(want, sms, new_account, email_of, mila, quiet_branch):
    new_account(Channel.EMAIL)
    email_of(mila, "mila@patient.test")
    quiet_branch.neutral_sms = ""
    quiet_branch.save()
    assert want(mila, channels=(Channel.SMS, Channel.EMAIL)).channel == "email"
    assert state(want(mila, channels=(Channel.SMS,))) == ("suppressed", "no_neutral_sender")


def test_a_name_that_was_written_out_before_gives_way_to_the_alias(want, clinic, sms, actor, now, mila, centre):
    save(clinic, actor, now, "«УЛЫБКА», филиал Центр: ждём вас", "Улыбка ждёт")
    centre.is_sensitive, centre.neutral_name, centre.neutral_sms = True, "Клиника на Лесной", "LES"
    centre.save()
    text = want(mila, "own").text
    assert "улыбка" not in text.casefold() and text.count("Клиника на Лесной") == 2


def test_the_lint_refuses_a_name_that_is_written_out(clinic, texts, actor, now, quiet_branch):
    with pytest.raises(BadInput, match="чувствительный филиал"):
        save(clinic, actor, now, "«Улыбка» ждёт вас")
    with pytest.raises(BadInput, match="чувствительный филиал"):
        save(clinic, actor, now, "Ждём вас", subject="Улыбка: напоминание")
    save(clinic, actor, now, "«{клиника}» ждёт вас")


def test_every_built_in_text_hides_the_names(clinic, texts, mila, quiet_branch, now):
    keys = {each.key for each in api.BUILT_IN.values()}
    for version in current_versions(clinic.pk, keys).values():
        for channel in Channel.SMS, Channel.EMAIL, Channel.MAX:
            shown = api.preview_wording(
                texts=version.texts, subject=version.subject, channel=channel, clinic=clinic, branch=quiet_branch,
                message_class=version.template.message_class, detail=version.template.detail, patient=mila, now=now,
            )  # fmt: skip
            assert "Улыбка" not in f"{shown.text} {shown.subject}", version.template.key


def test_an_answer_of_the_desk_leaves_under_the_alias_or_not_at_all(clinic, sms, actor, now, mila, quiet_branch):
    account, _ = sms
    conversation = Conversation.objects.create(
        clinic=clinic, patient=mila, channel="sms", account=account, address="+79161234567", last_at=now, created_at=now
    )
    api.reply(conversation=conversation, text="Перезвоним", key="1", actor=actor, now=now)
    assert leaving_of(Message.objects.get(purpose="reply")).sender == "MEDCENTR"

    quiet_branch.neutral_sms = ""
    quiet_branch.save()
    with pytest.raises(BadInput, match="нейтрального отправителя"):
        api.reply(conversation=conversation, text="Перезвоним", key="2", actor=actor, now=now)


def leaving_of(message: Message) -> Outgoing:
    """The message as it would leave now."""
    return outgoing_of(rows_of(Message.objects.filter(pk=message.pk))[0])

"""An account that does not work rests; of it and of a text that cannot be written the owner is told once.

When it works again the trouble ends by itself.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from django.db import transaction

from zabota.clinic.models import Clinic
from zabota.kernel import audit, facts
from zabota.kernel.audit import Actor
from zabota.kernel.errors import BadInput
from zabota.messaging.facts import AccountBroken
from zabota.messaging.models import ChannelAccount, ChannelTrouble, Message, Template
from zabota.messaging.rules.backoff import rest_of_account, trouble_words
from zabota.messaging.rules.transport import Blame, SendResult

#: A text over which nothing stumbled so long is well again.
_QUIET = timedelta(days=2)
#: Of a provider that is silent the owner is told at this failure in a row: the first two may be a moment.
_SILENCE_LASTS = 3


@transaction.atomic
def account_failed(*, account_id: int, result: SendResult, now: datetime) -> None:
    """Let the account rest, longer each time; tell the owner when nobody was told of this yet."""
    account = ChannelAccount.objects.select_for_update(no_key=True).get(pk=account_id)
    if account.open_until_at is not None and account.open_until_at > now and account.last_blame == result.blame:
        return  # another batch of the same failure
    failures = min(account.failures + 1, 100)
    rest = rest_of_account(result.blame, failures, retry_after=result.retry_after)
    ChannelAccount.objects.filter(pk=account_id).update(
        failures=failures,
        open_until_at=now + rest,
        last_blame=str(result.blame)[:20],
        last_detail=result.detail[:300],
    )
    if result.blame is Blame.DOWN and failures < _SILENCE_LASTS:
        return
    words = trouble_words(str(result.blame))[:300]  # whose it is stands before it wherever it is read
    _, is_new = ChannelTrouble.objects.get_or_create(
        account=account,
        ended_at=None,
        defaults={"clinic_id": account.clinic_id, "blame": str(result.blame), "words": words, "raised_at": now},
    )
    if is_new:
        facts.publish(
            AccountBroken(clinic_id=account.clinic_id, account_id=account_id, blame=str(result.blame)), now=now
        )


def account_works(*, account_id: int, now: datetime) -> None:
    """A message was taken: failures are forgotten and the trouble is over."""
    failed = ChannelAccount.objects.filter(pk=account_id).exclude(failures=0, open_until_at=None)
    if failed.update(failures=0, open_until_at=None, last_blame="", last_detail=""):
        ChannelTrouble.objects.filter(account_id=account_id, ended_at=None).update(ended_at=now)


class TextUnusable(BadInput):
    """A text cannot be written: a placeholder has nothing to show, or there is none of this name."""

    code = "text_unusable"

    def __init__(self, text: str, *, template: Template) -> None:
        super().__init__(text)
        self.template = template


@transaction.atomic
def text_failed(wrong: TextUnusable, *, now: datetime) -> None:
    """Tell the owner that a text does not go out, when nobody was told of it yet.

    Call it once the transaction that failed is over.
    """
    words = f"Пациентам не уходит. {wrong.text.partition(' Есть: ')[0]} Исправьте текст или данные клиники."
    _tell_of_text(wrong.template, Blame.CONTENT, words, now)


@transaction.atomic
def text_held_back(*, clinic_id: int, template_key: str, words: str, now: datetime) -> None:
    """Tell the owner, once, that a text does not go to everybody who asks for it; the words say why and what to do."""
    template = Template.objects.filter(clinic_id=clinic_id, key=template_key).first()
    if template is not None:
        _tell_of_text(template, Blame.LIMIT, words, now)


def _tell_of_text(template: Template, blame: Blame, words: str, now: datetime) -> None:
    _, is_new = ChannelTrouble.objects.get_or_create(
        template=template,
        ended_at=None,
        defaults={
            "clinic_id": template.clinic_id,
            "blame": blame,
            "words": words[:300],
            "raised_at": now,
            "last_at": now,
        },
    )
    if not is_new:
        # Once in an hour is enough to know that it lasts.
        lasting = ChannelTrouble.objects.filter(template=template, ended_at=None, last_at__lt=now - timedelta(hours=1))
        lasting.update(last_at=now)


#: What a provider has against a text itself: every patient would miss the next message too.
_OF_TEXT = {Blame.TOO_LONG: "слишком длинный", Blame.CONTENT: "не понравилось содержание"}


def texts_refused(blames: Mapping[int, Blame], *, account: ChannelAccount, now: datetime) -> None:
    """Of these messages (id → blame) those whose text the provider will not take are told of, once a text."""
    wrong = {pk: _OF_TEXT[blame] for pk, blame in blames.items() if blame in _OF_TEXT}
    rows = (
        Message.objects.filter(pk__in=wrong).exclude(template_version=None).select_related("template_version__template")
    )
    for row in rows if wrong else ():
        assert row.template_version is not None
        template = row.template_version.template
        words = f"Текст «{template.title}» отклоняет «{account.title}»: {wrong[row.pk]}."
        text_failed(TextUnusable(words, template=template), now=now)


def end_quiet_troubles(*, now: datetime) -> int:
    """Texts over which no message has stumbled for days: what they lacked is there again."""
    rows = ChannelTrouble.objects.filter(ended_at=None, last_at__lt=now - _QUIET)
    return rows.update(ended_at=now)


def text_mended(*, template: Template, now: datetime) -> None:
    """The text was written anew."""
    ChannelTrouble.objects.filter(template=template, ended_at=None).update(ended_at=now)


def troubles(clinic_id: int, *, unseen: bool = False) -> list[ChannelTrouble]:
    """Accounts that do not work now and texts that cannot be written, the latest first; `unseen`: nobody has read."""
    rows = ChannelTrouble.objects.filter(clinic_id=clinic_id, ended_at=None).select_related("account", "template")
    if unseen:
        rows = rows.filter(seen_at=None)
    return list(rows.order_by("-raised_at", "-pk"))


@transaction.atomic
def see_troubles(*, clinic: Clinic, ids: Collection[int], actor: Actor, now: datetime) -> int:
    """The owner has read these. Returns how many nobody had read before."""
    rows = ChannelTrouble.objects.filter(clinic=clinic, pk__in=ids, seen_at=None)
    seen = rows.update(seen_at=now, seen_by_id=actor.user_id)
    if seen:
        audit.record(
            "messaging.troubles.seen", clinic, actor=actor, now=now, clinic_id=clinic.pk, details={"count": seen}
        )
    return seen


def ready_accounts(*, now: datetime) -> list[int]:
    """Accounts that are on and do not rest."""
    on = ChannelAccount.objects.filter(is_on=True)
    rests = on.filter(open_until_at__gt=now).values("pk")
    return list(on.exclude(pk__in=rests).order_by("pk").values_list("pk", flat=True))

"""«Каналы»: the list with law and state, one account, its check, its switch, its webhook, the owner's own decision."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from zabota.clinic.api import Right
from zabota.desk.access import StaffRequest, staff_page
from zabota.desk.channels import words
from zabota.desk.channels.forms import AccountForm, ReasonForm, RulesForm
from zabota.desk.messages.sending import hold_of
from zabota.integrations import api as integrations
from zabota.kernel import clock
from zabota.kernel.errors import Trouble
from zabota.messaging import api as messaging
from zabota.messaging.api import Traits, Verdict
from zabota.messaging.models import ChannelAccount, ChannelRule
from zabota.patients import api as patients
from zabota.ui.page import page
from zabota.visits import api as visits


@dataclass(frozen=True, slots=True)
class Offered:
    """A provider that the clinic may connect."""

    traits: Traits
    cost: str
    rule: ChannelRule | None


@require_GET
@staff_page(Right.CHANNELS_EDIT)
def channels(request: StaffRequest) -> HttpResponse:
    """Accounts of the clinic with their state, then providers that can be connected, then the table of the law."""
    choice = messaging.ensure_rules(clinic_id=request.clinic.pk)
    closed = messaging.FOREIGN_MESSENGERS if choice.is_listed else frozenset()
    laws = {rule.channel: rule for rule in ChannelRule.objects.filter(clinic=request.clinic)}
    accounts = list(ChannelAccount.objects.filter(clinic=request.clinic).order_by("-is_on", "id"))
    troubles = {trouble.account_id: trouble for trouble in messaging.troubles(request.clinic.pk)}
    connected, now = {account.provider for account in accounts}, clock.now()
    context = {
        "accounts": [
            {
                "account": account,
                "traits": messaging.traits_of(account.provider),
                "trouble": troubles.get(account.pk),
                "rests": account.open_until_at is not None and account.open_until_at > now,
                "rule": laws.get(account.channel),
            }
            for account in accounts
        ],
        "offered": [
            Offered(transport.traits, words.COSTS.get(name, ""), laws.get(transport.traits.channel))
            for name, transport in messaging.transports().items()
            if (name not in integrations.DEMO or (request.clinic.is_demo and name not in connected))
            and transport.traits.channel not in closed
        ],
        "rules": list(laws.values()),
        "way": [messaging.CHANNEL_TITLES[each] for each in choice.cascade if each in messaging.CHANNEL_TITLES],
        "choice": choice,
        "hold": hold_of(choice),
        "may_stop": True,
        "closed": closed,
        "listed_words": messaging.LISTED_WORDS,
    }
    return page(request, "desk/channels/channels.html", context=context)


@require_http_methods(["GET", "POST"])
@staff_page(Right.CHANNELS_EDIT)
def channel_new(request: StaffRequest, provider: str) -> HttpResponse:
    """Connect a provider: the account is entered switched off."""
    traits = _traits(request, provider)
    form = AccountForm(request.POST or None, traits=traits)
    if request.method == "POST" and form.is_valid():
        try:
            account = messaging.save_account(
                clinic=request.clinic, provider=provider, **form.parts(), actor=request.actor, now=clock.now()
            )
            messages.success(request, "Сохранено. Проверьте канал и включите его.")
            return redirect("desk:channel", account.public_id)
        except Trouble as trouble:
            form.add_error(None, trouble.text)
    return page(
        request, "desk/channels/channel.html", context=_context(form, traits), status=422 if form.errors else 200
    )


@require_http_methods(["GET", "POST"])
@staff_page(Right.CHANNELS_EDIT)
def channel(request: StaffRequest, public_id: str) -> HttpResponse:
    """Change an account; an empty secret keeps the one that is there."""
    account = get_object_or_404(ChannelAccount, clinic=request.clinic, public_id=public_id)
    traits = _traits(request, account.provider)
    form = AccountForm(request.POST or None, traits=traits, account=account)
    if request.method == "POST" and form.is_valid():
        try:
            messaging.save_account(
                clinic=request.clinic,
                provider=account.provider,
                account=account,
                **form.parts(),
                actor=request.actor,
                now=clock.now(),
            )
            messages.success(request, "Сохранено.")
            return redirect("desk:channel", account.public_id)
        except Trouble as trouble:
            form.add_error(None, trouble.text)
    context = _context(form, traits, account)
    return page(request, "desk/channels/channel.html", context=context, status=422 if form.errors else 200)


@require_POST
@staff_page(Right.CHANNELS_EDIT)
def channel_act(request: StaffRequest, public_id: str, action: str) -> HttpResponse:
    """Check, switch on or off, tell the provider where to call."""
    account = get_object_or_404(ChannelAccount, clinic=request.clinic, public_id=public_id)
    now = clock.now()
    try:
        if action == "check":
            result = messaging.try_account(account=account)
            say = messages.success if result.verdict is Verdict.ACCEPTED else messages.error
            say(request, words.said(result))
        elif action == "domain" and account.provider == "smtp":
            return _domain(request, account)
        elif action in ("on", "off"):
            messaging.switch_account(account=account, is_on=action == "on", actor=request.actor, now=now)
            messages.success(
                request, _switched_on(account) if action == "on" else "Канал выключен: через него ничего не уйдёт."
            )
        elif action == "subscribe" and integrations.subscribes(account.provider):
            result = integrations.subscribe(account=account, actor=request.actor, now=now)
            is_told = result.verdict is Verdict.ACCEPTED
            (messages.success if is_told else messages.error)(
                request, "Приём включён: бот знает адрес." if is_told else words.said(result)
            )
        else:
            raise Http404
    except Trouble as trouble:
        messages.error(request, trouble.text)
    return redirect("desk:channel", account.public_id)


@require_POST
@staff_page(Right.CHANNELS_EDIT)
def listed(request: StaffRequest) -> HttpResponse:
    """«Организация из перечня 41-ФЗ?»: a yes is for ever."""
    is_listed = request.POST.get("answer") == "yes"
    try:
        messaging.answer_listed(clinic=request.clinic, is_listed=is_listed, actor=request.actor, now=clock.now())
        said = "Иностранные мессенджеры закрыты навсегда." if is_listed else "Записано: организация не из перечня."
        messages.success(request, said)
    except Trouble as trouble:
        messages.error(request, trouble.text)
    return redirect("desk:channels")


@require_http_methods(["GET", "POST"])
@staff_page(Right.CHANNELS_EDIT)
def rules(request: StaffRequest) -> HttpResponse:
    """When messages may arrive, how many, and which way to the patient is tried first."""
    kept = messaging.ensure_rules(clinic_id=request.clinic.pk)
    form = RulesForm(request.POST or None, rules=kept)
    if request.method == "POST" and form.is_valid():
        try:
            messaging.edit_rules(clinic=request.clinic, **form.parts(), actor=request.actor, now=clock.now())
            visits.replan_reminders(clinic_id=request.clinic.pk)
            messages.success(request, "Сохранено. Напоминания перепланируем за минуту")
            return redirect("desk:channels")
        except Trouble as trouble:
            form.add_error(None, trouble.text)
    return page(request, "desk/channels/rules.html", context={"form": form}, status=422 if form.errors else 200)


@require_POST
@staff_page(Right.CHANNELS_EDIT)
def erid(request: StaffRequest) -> HttpResponse:
    """Whether advertising leaves through messengers only with its mark."""
    is_required = request.POST.get("required") == "yes"
    messaging.edit_rules(clinic=request.clinic, erid_required=is_required, actor=request.actor, now=clock.now())
    said = "Реклама в мессенджерах уходит только с меткой erid." if is_required else "Метка erid не обязательна."
    messages.success(request, said)
    return redirect("desk:channels")


@require_POST
@staff_page(Right.CHANNELS_EDIT)
def channel_law(request: StaffRequest, rule_id: int) -> HttpResponse:
    """The owner allows advertising against the table, with a reason, or takes that back."""
    rule = get_object_or_404(ChannelRule, clinic=request.clinic, pk=rule_id)
    try:
        if rule.overridden_at is not None:
            messaging.end_override(rule=rule, actor=request.actor, now=clock.now())
            messages.success(request, "Снова действует таблица закона.")
        else:
            form = ReasonForm(request.POST)
            if not form.is_valid():
                messages.error(request, "Напишите причину: хотя бы десять знаков.")
                return redirect("desk:channels")
            reason = form.cleaned_data["reason"]
            messaging.override_legality(rule=rule, reason=reason, actor=request.actor, now=clock.now())
            messages.success(request, "Разрешено под вашу ответственность. Причина записана в журнал.")
    except Trouble as trouble:
        messages.error(request, trouble.text)
    return redirect("desk:channels")


def _domain(request: StaffRequest, account: ChannelAccount) -> HttpResponse:
    """The page of the account with what DNS says of the sender's domain."""
    traits = _traits(request, account.provider)
    context = _context(AccountForm(None, traits=traits, account=account), traits, account)
    context["domain_lines"] = integrations.domain_lines(account)
    return page(request, "desk/channels/channel.html", context=context)


def _switched_on(account: ChannelAccount) -> str:
    """That it is on, who was added to the recipients of data and how many must be asked again."""
    name = messaging.recipient_of(account)
    if not name:
        return "Канал включён."
    behind = max(patients.signed_before(account.clinic_id).values(), default=0)
    words = f"Канал включён. В согласиях назван получатель данных: {name}."
    return f"{words} Подписали прежний текст: {behind}; в картах стоит «спросите снова»." if behind else words


def _traits(request: StaffRequest, provider: str) -> Traits:
    traits = messaging.traits_of(provider)
    if traits is None or (provider in integrations.DEMO and not request.clinic.is_demo):
        raise Http404
    return traits


def _context(form: AccountForm, traits: Traits, account: ChannelAccount | None = None) -> dict[str, Any]:
    context: dict[str, Any] = {
        "form": form,
        "traits": traits,
        "account": account,
        "cost": words.COSTS.get(traits.provider),
    }
    if account is None:
        return context
    troubles = [each for each in messaging.troubles(account.clinic_id) if each.account_id == account.pk]
    return context | {
        "trouble": troubles[0] if troubles else None,
        "hook": integrations.hook_address(account),
        "hook_words": words.HOOKS.get(traits.provider, ""),
        "lost": messaging.is_lost(account),
        "secret": ""
        if messaging.is_lost(account) or traits.provider not in words.TELLS_SECRET
        else messaging.account_view(account).hook_secret,
        "subscribes": integrations.subscribes(traits.provider),
    }

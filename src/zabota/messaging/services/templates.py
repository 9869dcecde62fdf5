"""Texts of messages: the first day's set, new wordings as new versions, never a text that the law forbids."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import Max

from zabota.clinic.api import hidden_names
from zabota.clinic.models import Clinic
from zabota.kernel import audit
from zabota.kernel.audit import SYSTEM, Actor
from zabota.kernel.errors import AlreadyDone, BadInput
from zabota.messaging.models import MessagingRules, Template, TemplateVersion
from zabota.messaging.rules.defaults import DEFAULTS, always_given
from zabota.messaging.rules.lint import check_template, errors
from zabota.messaging.rules.words import CHANNEL_TITLES, CLASS_TITLES
from zabota.messaging.services.breaker import text_mended


class TextRefused(BadInput):
    """A text has errors; the message lists all of them."""

    code = "text_refused"


def ensure_templates(*, clinic: Clinic, now: datetime, actor: Actor = SYSTEM) -> int:
    """Give the clinic the built-in texts it lacks. Returns how many were added; safe to repeat."""
    with transaction.atomic():
        have = set(Template.objects.filter(clinic=clinic).values_list("key", flat=True))
        missing = [each for each in DEFAULTS if each.key not in have]
        for each in missing:
            template = Template.objects.create(
                clinic=clinic,
                key=each.key,
                title=each.title,
                message_class=each.message_class,
                purpose=each.purpose,
                detail=each.detail,
                is_builtin=True,
            )
            _write(template, each.texts, each.subject, actor, now)
        if missing:
            audit.record(
                "messaging.templates.added",
                clinic,
                actor=actor,
                now=now,
                clinic_id=clinic.pk,
                details={"count": len(missing)},
            )
    return len(missing)


@transaction.atomic
def save_template(
    *,
    clinic: Clinic,
    key: str,
    title: str,
    message_class: str,
    purpose: str,
    texts: Mapping[str, str],
    subject: str = "",
    detail: str = "d0",
    erids: Mapping[str, str] | None = None,
    seen_version: int | None = None,
    actor: Actor,
    now: datetime,
) -> TemplateVersion:
    """Make a new version of a text, or a new text. The same wording again is the same version.

    Raises TextRefused with every error at once, AlreadyDone when somebody saved another version meanwhile.
    """
    title, key = " ".join(title.split())[:120], key.strip()[:40]
    texts = {channel: text.replace("\r\n", "\n").strip() for channel, text in texts.items() if text.strip()}
    marks = {channel: erid.strip() for channel, erid in (erids or {}).items() if erid.strip()}
    if not title or not key:
        raise BadInput("Напишите название текста.")
    if message_class not in CLASS_TITLES or detail not in Template.Detail.values:
        raise BadInput("Выберите класс сообщения.")
    if set(texts) - {"", *CHANNEL_TITLES}:
        raise BadInput("Такого канала нет.")
    wrong = errors(
        check_template(
            texts,
            message_class=message_class,
            detail=detail,
            subject=subject.strip(),
            hidden=hidden_names(clinic),
            erids=marks,
            given=always_given(key),
            erid_required=MessagingRules.objects.filter(clinic=clinic, erid_required=True).exists(),
        )
    )
    if wrong:
        raise TextRefused(" ".join(dict.fromkeys(each.words for each in wrong)))
    Clinic.objects.select_for_update(no_key=True).get(pk=clinic.pk)
    template = Template.objects.filter(clinic=clinic, key=key).first()
    if template is None:
        template = Template(clinic=clinic, key=key, purpose=purpose.strip()[:40] or key)
    current = current_version(template) if template.pk else None
    if seen_version is not None and (current.n if current else 0) != seen_version:
        raise AlreadyDone("Пока вы правили, текст сохранил кто-то другой. Откройте его заново.")
    template.title, template.message_class, template.detail = title, message_class, detail
    template.is_archived = False
    template.save()
    if current is not None and current.fingerprint == _fingerprint(texts, subject.strip(), marks):
        return current
    version = _write(template, texts, subject.strip(), actor, now, marks)
    text_mended(template=template, now=now)
    details = {"key": key, "version": version.n, "class": message_class}
    audit.record("messaging.template.saved", template, actor=actor, now=now, details=details)
    return version


@transaction.atomic
def archive_template(*, template: Template, actor: Actor, now: datetime) -> None:
    """Take a text of the clinic out of use; built-in ones stay."""
    if template.is_builtin:
        raise BadInput("Встроенный текст не убирают: его можно изменить.")
    if Template.objects.filter(pk=template.pk, is_archived=False).update(is_archived=True):
        audit.record("messaging.template.archived", template, actor=actor, now=now, details={"key": template.key})


def current_version(template: Template) -> TemplateVersion | None:
    """The wording in use."""
    return TemplateVersion.objects.filter(template=template).order_by("-n").first()


def current_versions(clinic_id: int, keys: set[str]) -> dict[str, TemplateVersion]:
    """The wordings in use of these keys and of their detailed sisters, with their templates."""
    wanted = keys | {f"{key}_detailed" for key in keys}
    newest = (
        TemplateVersion.objects.filter(template__clinic_id=clinic_id, template__key__in=wanted)
        .values("template_id")
        .annotate(last=Max("n"))
        .values_list("template_id", "last")
    )
    last = dict(newest)
    versions = TemplateVersion.objects.filter(template_id__in=last).select_related("template")
    return {each.template.key: each for each in versions if each.n == last[each.template_id]}


def _write(
    template: Template,
    texts: Mapping[str, str],
    subject: str,
    actor: Actor,
    now: datetime,
    erids: Mapping[str, str] | None = None,
) -> TemplateVersion:
    last = TemplateVersion.objects.filter(template=template).aggregate(last=Max("n"))["last"] or 0
    return TemplateVersion.objects.create(
        template=template,
        n=last + 1,
        texts=dict(texts),
        subject=subject,
        erids=dict(erids or {}),
        fingerprint=_fingerprint(texts, subject, erids or {}),
        created_at=now,
        created_by_id=actor.user_id,
    )


def _fingerprint(texts: Mapping[str, str], subject: str, erids: Mapping[str, str]) -> str:
    raw = json.dumps([dict(texts), subject, *([dict(erids)] if erids else [])], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(raw.encode()).hexdigest()

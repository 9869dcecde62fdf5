"""What a wording would look like before it is saved: filled in for a person, with its cost and what is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from zabota.clinic.api import hidden_names
from zabota.clinic.models import Branch, Clinic
from zabota.messaging.models import MessagingRules
from zabota.messaging.rules.defaults import always_given
from zabota.messaging.rules.lint import PARTS_BUDGET, Finding, check_rendered, check_template, erid_of
from zabota.messaging.rules.parts import count_parts
from zabota.messaging.rules.text import TextWrong, ValueMissing, render, render_within
from zabota.messaging.rules.transport import Channel
from zabota.messaging.rules.words import MARKETING
from zabota.messaging.services.wording import Preview, marked, words_of
from zabota.patients.models import Patient

_WEEKDAYS = ("понедельник", "вторник", "среда", "четверг", "пятница", "суббота", "воскресенье")
#: Values that only the moment of sending knows.
_LATER = {
    "ссылка": "k.ru/a7Fq2x",
    "отписка": "k.ru/u/a7Fq2x",
    "код": "482913",
    "до": "14:30",
    "визиты": "10:00 и 11:30",
    "как_доехать": "метро в пяти минутах, парковка во дворе",
    "врач": "Соколова М. В.",
    "услуга": "осмотр",
    "подготовка": "Возьмите прежние снимки.",
    "советы": "Два часа не ешьте горячего.",
    "сводка": "За неделю 182 визита, впервые 25 пациентов.",
    "имя": "Мила Андреевна",
    "имя_коротко": "Мила",
    "кому": "Миле Андреевне",
    "кого": "Милу Андреевну",
}


def preview_wording(
    *,
    texts: Mapping[str, str],
    subject: str,
    channel: str,
    message_class: str,
    detail: str,
    clinic: Clinic,
    branch: Branch | None = None,
    patient: Patient | None = None,
    price_kopecks: int = 0,
    erids: Mapping[str, str] | None = None,
    key: str = "",
    now: datetime,
) -> Preview:
    """The text of `channel` as the patient would read it (a made-up person when there is none), and every finding.

    `key` names the text, by which it is known what always has a value; empty for one of the clinic's own.
    """
    findings = check_template(
        texts,
        message_class=message_class,
        detail=detail,
        subject=subject,
        hidden=hidden_names(clinic),
        erids=erids,
        erid_required=MessagingRules.objects.filter(clinic=clinic, erid_required=True).exists(),
        given=always_given(key),
    )
    source = texts.get(channel) or texts.get("", "")
    values = sample_values(clinic, branch=branch, patient=patient, now=now)
    try:
        if channel == Channel.SMS:
            text = render_within(source, values, budget=PARTS_BUDGET.get(message_class, 1))
        else:
            text = render(source, values)
        if message_class == MARKETING:
            text = marked(text, erid_of(erids or {}, channel), values, channel)
        title = render(subject, values) if subject and channel == Channel.EMAIL else ""
    except (TextWrong, ValueMissing):
        return Preview(source, "", "", 0, 0, 0, tuple(findings))
    counted = count_parts(text)
    rendered: list[Finding] = check_rendered(text, message_class=message_class, channel=channel)
    parts = counted.parts if channel == Channel.SMS else 1
    known = {each.words for each in findings}
    return Preview(
        text=text,
        subject=title,
        encoding=counted.encoding,
        units=counted.units,
        parts=parts,
        cost_kopecks=parts * price_kopecks,
        findings=(*findings, *(each for each in rendered if each.words not in known)),
    )


def sample_values(clinic: Clinic, *, branch: Branch | None, patient: Patient | None, now: datetime) -> dict[str, str]:
    """Values for every placeholder: the clinic's and the patient's own, the rest believable."""
    local = now.astimezone(ZoneInfo(branch.time_zone if branch else clinic.time_zone))
    when = {
        "дата": f"{local:%d.%m}",
        "день": _WEEKDAYS[local.weekday()],
        "время": "10:00",
        "прежняя_дата": f"{local:%d.%m}",
        "прежнее_время": "12:30",
    }
    own = {name: value for name, value in words_of(patient, branch, clinic).items() if value}
    return _LATER | when | own

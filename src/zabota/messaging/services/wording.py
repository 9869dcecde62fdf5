"""A template becomes a text: names in their cases, the clinic's own data, the budget of the channel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from zabota.clinic.api import Face, face_of
from zabota.clinic.models import Branch, Clinic
from zabota.kernel.declension import decline_name
from zabota.messaging.models import TemplateVersion
from zabota.messaging.rules.lint import PARTS_BUDGET, Finding, check_rendered, erid_of
from zabota.messaging.rules.parts import count_parts
from zabota.messaging.rules.text import render, render_within
from zabota.messaging.rules.transport import Channel
from zabota.patients.models import Patient


@dataclass(frozen=True, slots=True)
class Worded:
    """A text ready to leave through one channel."""

    text: str
    subject: str
    parts: int


@dataclass(frozen=True, slots=True)
class Preview:
    """What the patient would read and what it costs."""

    text: str
    subject: str
    encoding: str
    units: int
    parts: int
    cost_kopecks: int
    findings: tuple[Finding, ...] = ()


def words_of(patient: Patient | None, branch: Branch | None, clinic: Clinic) -> dict[str, str]:
    """Values that every template may use without anybody passing them."""
    values = {"клиника": face_of(clinic, branch).brand}
    if branch is not None:
        values |= {"адрес": branch.address, "телефон": branch.phone}
    if patient is not None:
        called = {"name": patient.name, "patronymic": patient.patronymic, "sex": patient.sex}
        values |= {
            "имя": patient.given_names or patient.full_name,
            "имя_коротко": patient.name or patient.full_name,
            "кому": decline_name(**called, case="dative") or patient.full_name,
            "кого": decline_name(**called, case="accusative") or patient.full_name,
        }
    return values


def text_for(version: TemplateVersion, channel: str) -> str:
    """The wording of a channel, or the one for all; empty when there is none."""
    texts: Mapping[str, str] = version.texts
    return texts.get(channel) or texts.get("", "")


def word(version: TemplateVersion, channel: str, values: Mapping[str, str]) -> Worded:
    """Put values in. Raises ValueMissing for a placeholder that must be there."""
    source = text_for(version, channel)
    if channel == Channel.SMS:
        # Length costs money here: whoever has shorter words passes them beside the long ones.
        values = {**values, **{name.removesuffix("_sms"): values[name] for name in values if name.endswith("_sms")}}
        text = render_within(source, values, budget=PARTS_BUDGET.get(version.template.message_class, 1))
        text = marked(text, erid_of(version.erids, channel), values, channel)
        return Worded(text, "", count_parts(text).parts)
    subject = render(version.subject, values) if version.subject and channel == Channel.EMAIL else ""
    text = marked(render(source, values), erid_of(version.erids, channel), values, channel)
    return Worded(text, " ".join(subject.split())[:200], 1)


def marked(text: str, erid: str, values: Mapping[str, str], channel: str) -> str:
    """Advertising with its mark: whose it is and the token of the register; as short as can be where letters cost."""
    if not erid:
        return text
    if channel == Channel.SMS:
        return f"{text} erid: {erid}"
    return f"{text}\n\nРеклама. {values.get('клиника', '')}. erid: {erid}".replace("Реклама. . ", "Реклама. ")


def masked(worded: Worded, face: Face, channel: str) -> Worded:
    """The same without the true names, should somebody have written them out; nothing changes for an open branch."""
    if not face.is_neutral:
        return worded
    text = face.cleaned(worded.text)
    parts = count_parts(text).parts if channel == Channel.SMS else worded.parts
    return Worded(text, face.cleaned(worded.subject), parts)


def neutral_sender(face: Face, channel: str) -> dict[str, str] | None:
    """Who a message of this branch is from: nothing for an open one, None where a sensitive one has no neutral name."""
    if not face.is_neutral or channel not in (Channel.SMS, Channel.EMAIL):
        return {}
    sender = face.sms_sender if channel == Channel.SMS else face.email_sender
    return {"sender": sender, "sender_name": face.brand} if sender else None


def look_ahead(version: TemplateVersion, channel: str, values: Mapping[str, str], *, price_kopecks: int) -> Preview:
    """The text as it would be sent, its cost and what is unwise about it."""
    worded = word(version, channel, values)
    counted = count_parts(worded.text)
    findings = check_rendered(worded.text, message_class=version.template.message_class, channel=channel)
    return Preview(
        text=worded.text,
        subject=worded.subject,
        encoding=counted.encoding,
        units=counted.units,
        parts=worded.parts,
        cost_kopecks=worded.parts * price_kopecks,
        findings=tuple(findings),
    )

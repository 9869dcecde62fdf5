"""Front door of messages: the contract of a channel, what upper apps put in and read out."""

from zabota.messaging.rules.defaults import BY_KEY as BUILT_IN
from zabota.messaging.rules.gate import Fate, Ruling
from zabota.messaging.rules.lint import Finding, check_template, check_text, errors, with_required_lines
from zabota.messaging.rules.mime import Skeleton, compile_skeleton, html_of, letter
from zabota.messaging.rules.parts import Parts, count_parts, split_parts
from zabota.messaging.rules.stop import wants_stop
from zabota.messaging.rules.text import PLACEHOLDERS
from zabota.messaging.rules.transport import (
    Account,
    AccountField,
    Blame,
    Channel,
    EventKind,
    InboundEvent,
    Outgoing,
    SendResult,
    SignatureWrong,
    Traits,
    Transport,
    Verdict,
    WebhookReply,
)
from zabota.messaging.rules.wanted import Guard, NewMessage, SubjectRef
from zabota.messaging.rules.words import CHANNEL_TITLES, CLASS_TITLES, MARKETING, OTP, REASONS, SERVICE
from zabota.messaging.services.enqueue import enqueue, enqueue_many
from zabota.messaging.services.registry import register_guard, register_transport, traits_of, transports
from zabota.messaging.services.rules import (
    edit_rules,
    end_override,
    ensure_rules,
    override_legality,
    pause_sending,
    resume_sending,
)
from zabota.messaging.services.templates import (
    TextRefused,
    archive_template,
    current_version,
    ensure_templates,
    save_template,
)
from zabota.messaging.services.wording import Preview

__all__ = [
    "BUILT_IN",
    "CHANNEL_TITLES",
    "CLASS_TITLES",
    "MARKETING",
    "OTP",
    "PLACEHOLDERS",
    "REASONS",
    "SERVICE",
    "Account",
    "AccountField",
    "Blame",
    "Channel",
    "EventKind",
    "Fate",
    "Finding",
    "Guard",
    "InboundEvent",
    "NewMessage",
    "Outgoing",
    "Parts",
    "Preview",
    "Ruling",
    "SendResult",
    "SignatureWrong",
    "Skeleton",
    "SubjectRef",
    "TextRefused",
    "Traits",
    "Transport",
    "Verdict",
    "WebhookReply",
    "archive_template",
    "check_template",
    "check_text",
    "compile_skeleton",
    "count_parts",
    "current_version",
    "edit_rules",
    "end_override",
    "enqueue",
    "enqueue_many",
    "ensure_rules",
    "ensure_templates",
    "errors",
    "html_of",
    "letter",
    "override_legality",
    "pause_sending",
    "register_guard",
    "register_transport",
    "resume_sending",
    "save_template",
    "split_parts",
    "traits_of",
    "transports",
    "wants_stop",
    "with_required_lines",
]

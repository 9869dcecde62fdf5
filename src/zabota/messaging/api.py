"""Front door of messages: the contract of a channel, what upper apps put in and read out."""

from zabota.messaging.models.fields import SecretLost
from zabota.messaging.queries.addresses import accounts_on, ways_of
from zabota.messaging.queries.hours import allowed_from, latest_before, zones_of
from zabota.messaging.queries.leaving import who_leaves
from zabota.messaging.queries.talks import canned_answers, conversations_of, inbox, inbox_counts, turns_of
from zabota.messaging.queries.why import DaySummary, WhyLine, daily_summary, day_span, explain_messages, why
from zabota.messaging.rules.brought import Brought
from zabota.messaging.rules.defaults import BY_KEY as BUILT_IN
from zabota.messaging.rules.defaults import may_have
from zabota.messaging.rules.gate import Fate, Ruling
from zabota.messaging.rules.legality import FOREIGN_MESSENGERS, LISTED_WORDS
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
from zabota.messaging.services.accounts import (
    account_by_hook,
    account_view,
    is_lost,
    recipient_of,
    save_account,
    switch_account,
    try_account,
)
from zabota.messaging.services.breaker import TextUnusable, see_troubles, text_failed, text_held_back, troubles
from zabota.messaging.services.draining import Drained, drain
from zabota.messaging.services.enqueue import enqueue, enqueue_many
from zabota.messaging.services.epoch import holds, look
from zabota.messaging.services.hearing import bot_invite, cards_at, patient_at
from zabota.messaging.services.optouts import (
    choose_channel,
    leave,
    opt_out,
    opt_out_address,
    reopen_advertising,
    shut_advertising,
)
from zabota.messaging.services.pictures import TOO_MANY as TOO_MANY_PICTURES
from zabota.messaging.services.pictures import may_keep, note_picture, unfetched
from zabota.messaging.services.previewing import preview_wording
from zabota.messaging.services.receiving import apply_receipts, receive
from zabota.messaging.services.registry import register_guard, register_transport, traits_of, transports
from zabota.messaging.services.rules import (
    BOUNDS,
    RESTORED,
    answer_listed,
    edit_rules,
    end_override,
    ensure_rules,
    override_legality,
    pause_sending,
    resume_sending,
)
from zabota.messaging.services.talking import (
    archive_canned,
    assign,
    bind_patient,
    close_conversation,
    mark_read,
    reopen_conversation,
    reply,
    save_canned,
)
from zabota.messaging.services.templates import (
    TextRefused,
    archive_template,
    current_version,
    ensure_templates,
    save_template,
)
from zabota.messaging.services.ticking import Ticked, tick
from zabota.messaging.services.tidying import BODIES
from zabota.messaging.services.voiding import void_for
from zabota.messaging.services.wording import Preview, look_ahead, words_of

__all__ = [
    "BODIES",
    "BOUNDS",
    "BUILT_IN",
    "CHANNEL_TITLES",
    "CLASS_TITLES",
    "FOREIGN_MESSENGERS",
    "LISTED_WORDS",
    "MARKETING",
    "OTP",
    "PLACEHOLDERS",
    "REASONS",
    "RESTORED",
    "SERVICE",
    "TOO_MANY_PICTURES",
    "Account",
    "AccountField",
    "Blame",
    "Brought",
    "Channel",
    "DaySummary",
    "Drained",
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
    "SecretLost",
    "SendResult",
    "SignatureWrong",
    "Skeleton",
    "SubjectRef",
    "TextRefused",
    "TextUnusable",
    "Ticked",
    "Traits",
    "Transport",
    "Verdict",
    "WebhookReply",
    "WhyLine",
    "account_by_hook",
    "account_view",
    "accounts_on",
    "allowed_from",
    "answer_listed",
    "apply_receipts",
    "archive_canned",
    "archive_template",
    "assign",
    "bind_patient",
    "bot_invite",
    "canned_answers",
    "cards_at",
    "check_template",
    "check_text",
    "choose_channel",
    "close_conversation",
    "compile_skeleton",
    "conversations_of",
    "count_parts",
    "current_version",
    "daily_summary",
    "day_span",
    "drain",
    "edit_rules",
    "end_override",
    "enqueue",
    "enqueue_many",
    "ensure_rules",
    "ensure_templates",
    "errors",
    "explain_messages",
    "holds",
    "html_of",
    "inbox",
    "inbox_counts",
    "is_lost",
    "latest_before",
    "leave",
    "letter",
    "look",
    "look_ahead",
    "mark_read",
    "may_have",
    "may_keep",
    "note_picture",
    "opt_out",
    "opt_out_address",
    "override_legality",
    "patient_at",
    "pause_sending",
    "preview_wording",
    "receive",
    "recipient_of",
    "register_guard",
    "register_transport",
    "reopen_advertising",
    "reopen_conversation",
    "reply",
    "resume_sending",
    "save_account",
    "save_canned",
    "save_template",
    "see_troubles",
    "shut_advertising",
    "split_parts",
    "switch_account",
    "text_failed",
    "text_held_back",
    "tick",
    "traits_of",
    "transports",
    "troubles",
    "try_account",
    "turns_of",
    "unfetched",
    "void_for",
    "wants_stop",
    "ways_of",
    "who_leaves",
    "why",
    "with_required_lines",
    "words_of",
    "zones_of",
]

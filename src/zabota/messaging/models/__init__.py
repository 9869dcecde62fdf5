"""Tables of messages: accounts, rules, texts, the outbox, receipts, addresses, conversations."""

from zabota.messaging.models.accounts import ChannelAccount, ChannelRule, ChannelTrouble, MessagingRules
from zabota.messaging.models.addresses import AddressBlock, BotLink, ChannelChoice
from zabota.messaging.models.epoch import OutboxEpoch
from zabota.messaging.models.events import Receipt
from zabota.messaging.models.outbox import Batch, Decision, Message, ProviderNumber
from zabota.messaging.models.talks import CannedAnswer, Conversation, Turn
from zabota.messaging.models.templates import Template, TemplateVersion

__all__ = [
    "AddressBlock",
    "Batch",
    "BotLink",
    "CannedAnswer",
    "ChannelAccount",
    "ChannelChoice",
    "ChannelRule",
    "ChannelTrouble",
    "Conversation",
    "Decision",
    "Message",
    "MessagingRules",
    "OutboxEpoch",
    "ProviderNumber",
    "Receipt",
    "Template",
    "TemplateVersion",
    "Turn",
]

"""Telegram: the bot of the clinic. The token stands in the address, so addresses are never written down."""

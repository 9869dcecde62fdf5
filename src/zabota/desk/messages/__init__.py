"""Texts of messages, the day's sending, conversations with patients."""

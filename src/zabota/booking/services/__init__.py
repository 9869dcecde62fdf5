"""Writes of booking: one function per intention."""

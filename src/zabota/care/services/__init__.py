"""Writes of care: one function per intention."""

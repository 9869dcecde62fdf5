"""Writes of patients: one function per intention."""

"""Reads of booking: batched, ids in and mappings out."""

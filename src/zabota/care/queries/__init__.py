"""Reads of care: batched, ids in and mappings out."""

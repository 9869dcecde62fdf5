"""Reads of patients: batched, ids in and mappings out."""

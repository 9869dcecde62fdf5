"""Reads of the worklist for pages and for other apps."""
